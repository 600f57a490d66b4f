"""Take the pictures of the documentation from the running demo product.

`make screenshots` starts the product and calls this. The pictures of the guides, in
English and Portuguese, go to `docs/screenshots/`. With `ARGS=--all` every state is
also taken at three sizes into `.state/screenshots/`, to be looked at.

The demo's queue is used on the way; after `make clean` it is fresh.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from scripts.browser import Browser, browser
from scripts.console import Failure, main, say
from scripts.layout import ADDON_DIR, ROOT, STATE, read_setup

GUIDES = ROOT / "docs" / "screenshots"
DESCRIPTION = ADDON_DIR / "static" / "description"
# The addon's own page has some of them.
STORE = {"console": "console-preview", "question": "question", "board": "board"}
EVERYTHING = STATE / "screenshots"
TIME_ZONE = "America/Sao_Paulo"
GUIDE_SIZE = (1280, 720)
SIZES = [(1280, 720), (1024, 768), (1920, 1080)]
LANGUAGES = {"en": "en_US", "pt_BR": "pt_BR"}
CAMPAIGN = "Retomada de orçamentos"
CONSOLE = "/odoo/dialer-console"
SETTINGS = "/odoo/action-dialer_plinx_gate.dialer_settings_action"
PEOPLE = ("admin", "supervisor", "ana", "bruno")


class Person:
    """A user of the demo, who calls the server and whose screen is shown."""

    def __init__(self, login: str):
        self.login = login
        self.url = os.environ["DIALER_URL"]
        self.http = requests.Session()
        found = self._post(
            "/web/session/authenticate",
            db=os.environ["DIALER_DATABASE"],
            login=login,
            password=login,
        )
        self.uid = found["uid"]

    def call(self, model: str, method: str, *args, **kwargs):
        """Call a method of a model.

        :raise Failure: with the server's sentence
        """
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=list(args),
            kwargs=kwargs,
        )

    def read(self, model: str, domain: list, *names: str, **kwargs) -> list[dict]:
        """Search and read records."""
        return self.call(model, "search_read", domain, list(names), **kwargs)

    def _post(self, path: str, **parameters):
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        answer = self.http.post(self.url + path, json=body, timeout=120).json()
        if "error" in answer:
            raise Failure(f"{path}: {answer['error']['data']['message']}")
        # a method that returns nothing leaves it out
        return answer.get("result")


@dataclass
class Sandbox:
    """The Plinx of the demo."""

    url: str = field(default_factory=lambda: os.environ["DIALER_SANDBOX_URL"])

    def open(self, phone: str) -> None:
        """Put a customer into conversation, by the number in E.164."""
        address = f"{self.url}/sandbox/conversations/{phone.lstrip('+')}"
        values = {"assignee": "Bia", "url": "https://plinx.example.com/c/1024"}
        requests.put(address, json=values, timeout=10).raise_for_status()

    def fault(self, kind: str) -> None:
        """Make Plinx ill in one way, or well with `none`."""
        fault = {"kind": kind}
        requests.put(f"{self.url}/sandbox/fault", json=fault, timeout=10)


class Studio:
    """Shows pages as a person sees them, in each variant, and takes the pictures."""

    def __init__(self, tab: Browser, people: dict[str, Person], everything: bool):
        self.tab = tab
        self.people = people
        self.everything = everything

    def take(self, name: str, login: str, path: str, until: str, **steps) -> None:
        """Take one picture in every variant.

        :param name: of the picture, without ending
        :param path: of the page, or its whole address
        :param until: selector of what must be seen
        :param steps: `before` and `after`, called with the browser around each
            showing of the page
        """
        say(f"  {name}")
        for language in LANGUAGES:
            self.speak(login, language)
            self.tab.language(language.replace("_", "-"))
            with self._shown(login, path, until, "light", **steps):
                self.tab.picture(GUIDES / language / f"{name}.png")
        if not self.everything:
            return
        self.speak(login, "en")
        # Odoo's community edition has no dark colours; the sandbox's page has
        for scheme in ("light",) if path.startswith("/") else ("light", "dark"):
            with self._shown(login, path, until, scheme, **steps):
                for width, height in SIZES:
                    self.tab.size(width, height)
                    file = f"{name}-{width}x{height}-{scheme}.png"
                    self.tab.picture(EVERYTHING / file)

    @contextmanager
    def _shown(self, login, path, until, scheme, before=None, after=None):
        person = self.people[login]
        url = person.url + path if path.startswith("/") else path
        session_id = person.http.cookies["session_id"]
        self.tab.cookies(url, session_id=session_id)
        self.tab.scheme(scheme)
        self.tab.size(*GUIDE_SIZE)
        self.tab.open(url, until)
        if before:
            before(self.tab)
        yield
        if after:
            after(self.tab)

    def speak(self, login: str, language: str) -> None:
        """Give a person this language."""
        person = self.people[login]
        values = {"lang": LANGUAGES[language]}
        self.people["admin"].call("res.users", "write", [person.uid], values)


class Shift:
    """A morning in the demo company, with a picture of everything that happens."""

    def __init__(self, studio: Studio):
        self.studio = studio
        self.people = studio.people
        self.ana, self.admin = self.people["ana"], self.people["admin"]
        self.plinx = Sandbox()
        self.session = self.company = 0
        self.skipped = self.talking = None

    def run(self) -> None:
        """Take all pictures, and leave the demo as it was but for its queue."""
        self.plinx.fault("none")
        users = self.admin.read("res.users", [("id", "=", self.ana.uid)], "company_id")
        self.company = users[0]["company_id"][0]
        self._ask_agents(False)
        try:
            self._calling()
            self._supervising()
            self._asking()
            self._customers()
            self._trouble()
        finally:
            self.plinx.fault("none")
            self._ask_agents(False)
            self._end_sessions()
            for login in PEOPLE:
                self.studio.speak(login, "en")

    def _console(self, name: str, phase: str, **steps) -> None:
        wanted = f".o_dialer_console[data-phase={phase}] .o_dialer_stage"
        self.studio.take(name, "ana", CONSOLE, wanted, **steps)

    def _act(self, method: str, *args, login="ana") -> dict:
        """Call a method of the session that was opened last."""
        person = self.people[login]
        return person.call("dialer.session", method, [self.session], *args)

    def _ask_agents(self, ask: bool) -> None:
        values = {"dial_active_whatsapp": ask}
        self.admin.call("res.company", "write", [self.company], values)

    def _end_sessions(self) -> None:
        for login in ("ana", "bruno"):
            person = self.people[login]
            mine = [("user_id", "=", person.uid), ("state", "!=", "closed")]
            for session in person.read("dialer.session", mine, "entry_state"):
                self.session = session["id"]
                if session["entry_state"] == "dialing":
                    self._finish("no_answer", login)
                self._act("close", login=login)

    def _finish(self, code: str, login="ana") -> None:
        result = self.admin.read("dialer.result", [("code", "=", code)], "name")[0]
        self._act("register_result", result["id"], login=login)

    def _begin(self, login="ana") -> None:
        """Start the campaign and take the first customer."""
        campaigns = self.admin.read("dialer.campaign", [("name", "=", CAMPAIGN)], "id")
        person = self.people[login]
        state = person.call("dialer.session", "start", campaigns[0]["id"])
        self.session = state["session_id"]
        state = self._act("next_contact", login=login)
        if not state["entry"]:
            raise Failure(f"{state['message']}\nmake clean gives a fresh queue.")

    def _make_next_busy(self) -> dict:
        """Put the customer who would be next into conversation.

        :return: the entry of the queue
        """
        due = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        entry = self.admin.read(
            "dialer.queue.entry",
            [
                ("campaign_id.name", "=", CAMPAIGN),
                ("state", "=", "pending"),
                ("next_call_at", "<=", due),
                ("phone", "!=", False),
            ],
            "phone",
            "partner_id",
            order="priority desc, next_call_at, id",
            limit=1,
        )[0]
        self.plinx.open(entry["phone"])
        return entry

    def _call_and_hang_up(self, _tab=None) -> None:
        self._act("dial")
        self._act("hang_up")

    # ------------------------------------------------------------------
    # What is seen
    # ------------------------------------------------------------------

    def _calling(self) -> None:
        """From the start to the end of a call; who is busy is skipped."""
        self._end_sessions()
        self._console("console-start", "idle")
        self._begin()
        self._console("console-preview", "preview")
        self._act("dial")
        self._console("console-call", "call")
        self._act("hang_up")
        self._console("console-wrapup", "wrapup", before=self._promise_a_call)
        self._console(
            "console-skipped",
            "wrapup",
            before=self._save_and_unfold,
            after=self._call_and_hang_up,
        )
        self._finish("sale")
        self._act("next_contact")
        self._console("console-keys", "preview", before=self._show_keys)
        self._act("pause")
        self._console("console-paused", "paused")
        self._act("resume")

    def _promise_a_call(self, tab: Browser) -> None:
        tab.wait(".o_dialer_contact header a")
        tab.click("input[data-code=call_back]")

    def _save_and_unfold(self, tab: Browser) -> None:
        """Save the call in the console; the next customer is in conversation."""
        self.skipped = self._make_next_busy()
        tab.click("input[data-code=no_answer]")
        tab.click(".o_dialer_save:enabled")
        tab.click(".o_dialer_skips summary")

    def _show_keys(self, tab: Browser) -> None:
        tab.click(".o_dialer_help")
        tab.wait(".o_dialer_keys")

    def _asking(self) -> None:
        """The question, and the dialer paused after Yes."""
        self._ask_agents(True)
        self._call_and_hang_up()
        self._finish("sale")
        self.talking = self._make_next_busy()
        self._act("next_contact")
        modal = ".modal .o_dialer_question"
        self.studio.take("question", "ana", CONSOLE, modal)
        self._act("answer", "yes")
        self._console("console-after-yes", "paused")

    def _customers(self) -> None:
        """What is left on the customers."""
        partner = self.skipped["partner_id"][0]
        page = ".o_notebook a[name=dialer_updates]"
        self.studio.take(
            "customer-updates",
            "ana",
            f"/odoo/res.partner/{partner}",
            page,
            before=lambda tab: tab.click(page),
        )
        partner = self.talking["partner_id"][0]
        self.studio.take(
            "customer-attendances",
            "ana",
            f"/odoo/res.partner/{partner}",
            "button[name=action_view_dialer_attendances]",
            before=self._show_attendance,
        )

    def _show_attendance(self, tab: Browser) -> None:
        tab.click("button[name=action_view_dialer_attendances]")
        tab.click(".o_list_view .o_data_cell")
        tab.wait(".o_form_view .o_field_widget[name=result_id]")

    def _supervising(self) -> None:
        """The screens of the supervisor and of the administrator."""
        board = "/odoo/dialer-board"
        settled = ".o_dialer_agent"
        ana = self.session
        self._begin("bruno")
        self._act("dial", login="bruno")
        self.session = ana
        steps = self.people["supervisor"].call("dialer.checklist", "get_steps")
        if steps:
            self.studio.take("checklist", "supervisor", board, ".o_dialer_checklist")
            self.people["supervisor"].call("dialer.checklist", "close")
        self.studio.take("board", "supervisor", board, settled)
        self.studio.take(
            "dashboard", "supervisor", "/odoo/dialer-dashboard", "canvas:not(.d-none)"
        )
        campaign = self.admin.read("dialer.campaign", [("name", "=", CAMPAIGN)], "id")
        self.studio.take(
            "campaign",
            "supervisor",
            f"/odoo/dialer-campaigns/{campaign[0]['id']}",
            ".o_field_widget[name=dial_mode]",
        )
        parameter = ".o_field_widget[name=dial_active_whatsapp]"
        self.studio.take("settings", "supervisor", SETTINGS, parameter)
        self.studio.take(
            "connection",
            "admin",
            SETTINGS,
            ".o_field_widget[name=plinx_url]",
            before=lambda tab: tab.run(
                "document.querySelector('[name=action_test_connection]')"
                ".scrollIntoView({block: 'end'})"
            ),
        )
        self.studio.take("sandbox", "admin", self.plinx.url, "form")

    def _trouble(self) -> None:
        """Plinx does not answer; nobody is left to call."""
        self.plinx.fault("down")
        self._act("resume")
        self._console("console-hold", "hold")
        self.plinx.fault("none")
        self._end_sessions()
        values = {"name": "Pós-venda", "domain": "[('id', '=', 0)]"}
        campaign = self.admin.call(
            "dialer.campaign", "create", [{**values, "company_id": self.company}]
        )
        self.admin.call("dialer.campaign", "action_start", campaign)
        state = self.ana.call("dialer.session", "start", campaign[0])
        self.session = state["session_id"]
        self._act("next_contact")
        self._console("console-empty", "empty")
        self._act("close")
        self.admin.call("dialer.campaign", "unlink", campaign)


def run() -> int:
    """Take the pictures of a running product.

    :raise Failure: when it is not there, or a page does not show what it should
    """
    if "DIALER_URL" not in os.environ:
        raise Failure("Call `make screenshots`, which starts the product first.")
    people = {login: Person(login) for login in PEOPLE}
    with browser(read_setup()["chromium"]) as tab:
        tab.command("Emulation.setTimezoneOverride", timezoneId=TIME_ZONE)
        Shift(Studio(tab, people, "--all" in sys.argv[1:])).run()
    for name, source in STORE.items():
        shutil.copyfile(GUIDES / "en" / f"{source}.png", DESCRIPTION / f"{name}.png")
    say(f"The pictures are in {GUIDES}.")
    return 0


if __name__ == "__main__":
    main(run)
