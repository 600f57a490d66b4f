"""Take the pictures of the documentation from the running demo product.

`make screenshots` starts the product and calls this. The pictures of the guides, in
English and Portuguese, go to `docs/screenshots/`. With `ARGS=--all` every state is
also taken at three sizes, in light and dark colours and in Portuguese, into
`.state/screenshots/`, to be looked at. `ARGS="--all board"` takes only the pictures
with that word in their name.

The demo's queue is used on the way; after `make clean` it is fresh.
"""

from __future__ import annotations

import os
import shutil
import sys

from playwright.sync_api import Page, sync_playwright

from scripts.console import Failure, main, say
from scripts.demo_company import BOARD, CONSOLE, DASHBOARD, DemoCompany, in_phase
from scripts.layout import ADDON_DIR, read_setup
from scripts.pictures import GUIDES, Pictures
from scripts.rare_states import RareStates
from scripts.rpc import Client

DESCRIPTION = ADDON_DIR / "static" / "description"
# The addon's own page has some of them.
STORE = {"console": "console-preview", "question": "question", "board": "board"}
SETTINGS = "/odoo/action-dialer_plinx_gate.dialer_settings_action"
UPDATES = ".o_notebook a[name=dialer_updates]"
ATTENDANCES = "button[name=action_view_dialer_attendances]"
LOGINS = ("admin", "supervisor", "ana", "bruno")


class GuidePictures(DemoCompany):
    """A morning in the demo company, with a picture of everything that happens."""

    skipped = talking = None

    def run(self) -> None:
        """Take all pictures, and leave the demo as it was but for its queue."""
        self.plinx.fault("none")
        self._set_company(dial_active_whatsapp=False)
        self._refresh_queue()
        try:
            self._calling()
            self._supervising()
            self._asking()
            self._customers()
            self._trouble()
        finally:
            self.plinx.fault("none")
            self._set_company(dial_active_whatsapp=False)
            self._end_sessions()

    def _console(self, name: str, phase: str, *steps) -> None:
        self.pictures.take(name, "ana", CONSOLE, in_phase(phase), *steps)

    def _calling(self) -> None:
        """From the start to the end of a call; who is busy is skipped."""
        self._console("console-start", "idle")
        self._begin()
        self._console("console-preview", "preview")
        self._act("dial")
        self._console("console-call", "call")
        self._act("hang_up")
        self._console("console-wrapup", "wrap_up", self._promise_a_call)
        steps = (self._save_and_unfold, self._call_and_hang_up)
        self._console("console-skipped", "wrap_up", *steps)
        self._finish("sale")
        self._act("next_contact")
        self._console("console-keys", "preview", self._show_keys)
        self._act("pause")
        self._console("console-paused", "paused")
        self._act("resume")

    def _promise_a_call(self, page: Page) -> None:
        page.wait_for_selector(".o_dialer_contact header a")
        page.click(choice("call_back"))

    def _save_and_unfold(self, page: Page) -> None:
        """Save the call in the console; the next customer is in conversation."""
        self.skipped = self._make_next_busy()
        page.click(choice("no_answer"))
        page.click(".o_dialer_save:enabled")
        page.click(".o_dialer_skips summary")

    def _show_keys(self, page: Page) -> None:
        page.click(".o_dialer_help")
        page.wait_for_selector(".o_dialer_keys")

    def _asking(self) -> None:
        """The question, and the dialer paused after Yes."""
        self._set_company(dial_active_whatsapp=True)
        self._call_and_hang_up()
        self._finish("sale")
        self.talking = self._make_next_busy()
        self._act("next_contact")
        modal = ".modal .o_dialer_question"
        self.pictures.take("question", "ana", CONSOLE, modal)
        self._act("answer", "yes")
        self._console("console-after-yes", "paused")

    def _customers(self) -> None:
        """What is left on the customers."""
        # nobody is skipped where only some pictures are wanted
        partner = (self.skipped or self.talking)["partner_id"][0]
        page = ("ana", f"/odoo/res.partner/{partner}", UPDATES)
        self.pictures.take(
            "customer-updates", *page, lambda shown: shown.click(UPDATES)
        )
        partner = self.talking["partner_id"][0]
        page = ("ana", f"/odoo/res.partner/{partner}", ATTENDANCES)
        self.pictures.take("customer-attendances", *page, self._show_attendance)

    def _show_attendance(self, page: Page) -> None:
        page.click(ATTENDANCES)
        page.click(".o_list_view .o_data_cell")
        page.wait_for_selector(".o_form_view .o_field_widget[name=result_id]")

    def _supervising(self) -> None:
        """The screens of the supervisor and of the administrator."""
        ana = self.session
        self._begin(login="bruno")
        self._act("dial", login="bruno")
        self.session = ana
        take = self.pictures.take
        if self.supervisor.call("dialer.checklist", "get_steps"):
            take("checklist", "supervisor", BOARD, ".o_dialer_checklist")
            self.supervisor.call("dialer.checklist", "close")
        take("board", "supervisor", BOARD, ".o_dialer_agent")
        take("dashboard", "supervisor", DASHBOARD, "canvas:not(.d-none)")
        campaign = f"/odoo/dialer-campaigns/{self._campaign()}"
        take("campaign", "supervisor", campaign, field("dial_mode"))
        take("settings", "supervisor", SETTINGS, field("dial_active_whatsapp"))
        page = ("admin", SETTINGS, field("plinx_url"))
        take("connection", *page, self._scroll_to_connection)
        take("sandbox", "admin", self.plinx.url, "form")

    def _scroll_to_connection(self, page: Page) -> None:
        button = page.locator("[name=action_test_connection]")
        button.evaluate("button => button.scrollIntoView({block: 'end'})")

    def _trouble(self) -> None:
        """Plinx does not answer; nobody is left to call."""
        self.plinx.fault("down")
        self._act("resume")
        self._console("console-hold", "hold")
        self.plinx.fault("none")
        self._end_sessions()
        values = {"name": "Pós-venda", "domain": "[('id', '=', 0)]"}
        values["company_id"] = self.company
        campaign = self.admin.call("dialer.campaign", "create", [values])
        self.admin.call("dialer.campaign", "action_start", campaign)
        state = self.ana.call("dialer.session", "start", campaign[0])
        self.session = state["session_id"]
        self._act("next_contact")
        self._console("console-empty", "empty")
        self._act("close")
        self.admin.call("dialer.campaign", "unlink", campaign)


def field(name: str) -> str:
    """The selector of a field of a form."""
    return f".o_field_widget[name={name}]"


def choice(code: str) -> str:
    """The selector of a result that can be chosen; its input itself is hidden."""
    return f".o_dialer_choice:has([data-code={code}])"


def run() -> int:
    """Take the pictures of a running product.

    :raise Failure: when it is not there, or a page does not show what it should
    """
    if "DIALER_URL" not in os.environ:
        raise Failure("Call `make screenshots`, which starts the product first.")
    words = sys.argv[1:]
    only = "".join(word for word in words if not word.startswith("--"))
    url, chromium = os.environ["DIALER_URL"], read_setup()["chromium"]
    users = {login: Client(url, login, login) for login in LOGINS}
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium) as browser,
    ):
        pictures = Pictures(browser, users, "--all" in words, only)
        try:
            GuidePictures(pictures).run()
            if pictures.everything:
                RareStates(pictures).run()
        finally:
            pictures.restore_preferences()
    for name, source in STORE.items():
        shutil.copyfile(GUIDES / "en" / f"{source}.png", DESCRIPTION / f"{name}.png")
    say(f"The pictures are in {GUIDES}.")
    return 0


if __name__ == "__main__":
    main(run)
