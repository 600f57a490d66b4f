"""Pictures of the states that no guide shows: rare ones, full ones and empty ones."""

from __future__ import annotations

import base64
import os

from scripts.browser import Browser
from scripts.floor import CAMPAIGN, CONSOLE, Floor, in_phase
from scripts.studio import Person

PROGRESSIVE = "Clientes VIP, coleção nova"
BOARD = "/odoo/dialer-board"
COUNTDOWN_SECONDS = 60
ROOM = 36
LONG_NAME = "Reativação de clientes atacadistas do Vale do Itajaí, inverno 2026"
NEW_COMPANY = "Filial sem discador"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"a secret of the demo").decode()
REPORTS = {
    "collisions": "dialer-collisions",
    "answers": "dialer-answers",
    "results": "dialer-attendances-report",
    "attempts": "dialer-attempts",
    "time": "dialer-time",
    "whatsapp": "dialer-whatsapp",
}
LISTS = {
    "campaigns": "dialer-campaigns",
    "sessions": "action-dialer_plinx_gate.dialer_session_action",
    "queue": "action-dialer_plinx_gate.dialer_queue_entry_action",
    "attendances": "action-dialer_plinx_gate.dialer_attendance_action",
    "verdicts": "action-dialer_plinx_gate.dialer_gate_event_action",
    "conversations": "action-dialer_plinx_gate.plinx_conversation_action",
    "do-not-call": "action-dialer_plinx_gate.dialer_do_not_call_action",
    "imports": "dialer-lists",
}
SETTINGS_LISTS = {
    "result": "action-dialer_plinx_gate.dialer_result_action",
    "pause-reason": "action-dialer_plinx_gate.dialer_pause_reason_action",
}
PROBLEMS = """Telefone;Nome
(47) 99123-4567;Maria Vieira
12;Número curto
(47) 99123-4567;Maria de novo
;Sem telefone
"""


class RareStates(Floor):
    """What a day seldom brings, or only a large company has."""

    def run(self) -> None:
        """Take the pictures, and leave nothing open."""
        self._refresh_queue()
        try:
            self._starting()
            self._counting_down()
            self._interrupted()
            self._pausing()
            self._unsure()
            self._dialogs()
            self._lists()
            self._room()
            self._new_company()
        finally:
            self.plinx.fault("none")
            self.plinx.report_no_more()
            self._set_company(plinx_failure_policy="hold", plinx_webhook_secret=False)
            self._end_sessions()

    def _console(self, name: str, phase: str, to: str = "", **steps) -> None:
        """Take the console; `steps` lead from one phase `to` another."""
        if to:
            act = steps["before"]

            def before(tab: Browser) -> None:
                act(tab)
                tab.wait(in_phase(to))

            steps["before"] = before
        self.studio.take_state(name, "ana", CONSOLE, in_phase(phase), **steps)

    def _press_and_wait(self, method: str):
        """Steps that press the main button and keep the server's answer away."""

        def press(tab: Browser) -> None:
            tab.hold_back(f"*/dialer.session/{method}*")
            tab.click(".o_dialer_primary:enabled")

        return {"before": press, "after": Browser.give_up}

    def _starting(self) -> None:
        """What is seen while the server is at work."""
        self._console(
            "console-starting", "idle", "starting", **self._press_and_wait("start")
        )
        self._open_session()
        self._console("console-ready", "ready")
        waiting = self._press_and_wait("next_contact")
        self._console("console-searching", "ready", "searching", **waiting)
        self._act("next_contact")
        waiting = self._press_and_wait("dial")
        self._console("console-dialing", "preview", "dialing", **waiting)
        self._end_sessions()

    def _counting_down(self) -> None:
        self._set_campaign(PROGRESSIVE, countdown_seconds=COUNTDOWN_SECONDS)
        self._begin(PROGRESSIVE)
        self._console("console-countdown", "countdown")
        self._console(
            "console-stopped",
            "countdown",
            "preview",
            before=lambda tab: tab.click(".o_dialer_stop"),
        )
        self._end_sessions()

    def _interrupted(self) -> None:
        """The network goes, and a customer writes on WhatsApp in the call."""
        self._begin()
        cut = {"before": self._cut_off, "after": lambda tab: tab.offline(False)}
        self._console("console-offline", "preview", "offline", **cut)
        self._act("dial")
        self._console("console-offline-call", "call", **cut)
        entry = self.ana.call("dialer.session", "get_state", [self.session])["entry"]
        found = self.admin.read(
            "res.company", [("id", "=", self.company)], "plinx_webhook_url"
        )
        path = found[0]["plinx_webhook_url"].partition("/plinx/")[2]
        self._set_company(plinx_webhook_secret=WEBHOOK_SECRET)
        url = f"{os.environ['DIALER_URL']}/plinx/{path}"
        self.plinx.report_to(url, WEBHOOK_SECRET)

        def write(tab: Browser) -> None:
            tab.wait(".o_dialer_contact header a")
            self.plinx.close(entry["phone"])
            self.plinx.open(entry["phone"])
            tab.wait(".o_dialer_banner")

        self._console("console-banner", "call", before=write)
        self.plinx.close(entry["phone"])
        self.plinx.report_no_more()
        self._finish("sale")
        self._end_sessions()

    def _cut_off(self, tab: Browser) -> None:
        tab.wait(".o_dialer_contact header a")
        tab.offline(True)
        tab.run("window.dispatchEvent(new Event('online'))")

    def _pausing(self) -> None:
        self._begin()
        self._console("console-pause-menu", "preview", before=self._open_reasons)
        reason = self.admin.read("dialer.pause.reason", [("limit_minutes", ">", 0)])[0]
        self._act("pause", reason["id"])
        self._console("console-paused-limit", "paused")
        self._end_sessions()

    def _open_reasons(self, tab: Browser) -> None:
        tab.click(".o_dialer_pause:enabled")
        tab.wait(".o-dropdown--menu .o-dropdown-item")

    def _unsure(self) -> None:
        """Plinx does not answer, and the company leaves it to the agent."""
        self._set_company(plinx_failure_policy="ask")
        self.plinx.fault("http-500")
        self._begin()
        modal = ".modal .o_dialer_question"
        self.studio.take_state("question-unknown", "ana", CONSOLE, modal)
        self._console(
            "console-question",
            "question",
            before=lambda tab: tab.click(".modal .btn-close"),
        )
        self._end_sessions()
        self.plinx.fault("none")
        self._set_company(plinx_failure_policy="hold")

    def _dialogs(self) -> None:
        """Why not called, recycling, a list with problems."""
        self._set_campaign(CAMPAIGN, max_attempts=1)
        for _number in range(2):
            self._begin()
            self._call_and_hang_up()
            self._finish("no_answer")
            self._act("close")
        self._set_campaign(CAMPAIGN, max_attempts=5)
        page = f"/odoo/dialer-campaigns/{self._campaign()}"
        for name, button in (
            ("why-not-campaign", "button[name=action_why_not]"),
            ("recycling", ".oe_stat_button .fa-recycle"),
        ):
            self.studio.take_state(
                name, "supervisor", page, button, before=opening(button)
            )
        known = [("state", "=", "exhausted"), ("partner_id", "!=", False)]
        entry = self.admin.read("dialer.queue.entry", known, "partner_id", limit=1)[0]
        button = "button[name=action_why_not]"
        self.studio.take_state(
            "why-not-customer",
            "supervisor",
            f"/odoo/res.partner/{entry['partner_id'][0]}",
            button,
            before=opening(button),
        )
        self._problems()

    def _problems(self) -> None:
        values = {
            "kind": "customers",
            "campaign_id": self._campaign(),
            "company_id": self.company,
            "file": base64.b64encode(PROBLEMS.encode()).decode(),
            "file_name": "lista.csv",
        }
        new = self.supervisor.call("dialer.list.import", "create", [values])[0]
        self.supervisor.call("dialer.list.import", "action_import", [new])
        self.studio.take_state(
            "import-problems",
            "supervisor",
            f"/odoo/dialer-lists/{new}",
            "button[name=action_view_problems]",
        )
        self.studio.take_state(
            "import-problem-list",
            "supervisor",
            f"/odoo/dialer-lists/{new}",
            "button[name=action_view_problems]",
            before=opening("button[name=action_view_problems]", ".o_list_view"),
        )

    def _lists(self) -> None:
        """Every list of ours, and every report as chart and as table."""
        for name, path in {**LISTS, **SETTINGS_LISTS}.items():
            self.studio.take_state(
                f"list-{name}", "supervisor", f"/odoo/{path}", ".o_list_view"
            )
        for name, path in REPORTS.items():
            page = ("supervisor", f"/odoo/{path}", ".o_graph_view")
            self.studio.take_state(f"report-{name}-graph", *page)
            table = opening(".o_switch_view.o_pivot", ".o_pivot_view")
            self.studio.take_state(f"report-{name}-pivot", *page, before=table)

    def _room(self) -> None:
        """A board with many agents in every state, and long names."""
        self._refresh_queue()
        self._set_campaign(CAMPAIGN, name=LONG_NAME)
        group = self.admin.call(
            "ir.model.data",
            "check_object_reference",
            "dialer_plinx_gate",
            "group_dialer_agent",
        )[1]
        try:
            for number in range(ROOM):
                self._work(self._agent(number, group), number)
            self.studio.take_state("board-room", "supervisor", BOARD, ".o_dialer_agent")
            self.studio.take_state(
                "dashboard-room",
                "supervisor",
                "/odoo/dialer-dashboard",
                "canvas:not(.d-none)",
            )
        finally:
            self._set_campaign(LONG_NAME, name=CAMPAIGN)
            self._send_home()

    def _agent(self, number: int, group: int) -> Person:
        """An agent of a large room, made when there is none."""
        login = f"agent{number}"
        known = [("login", "=", login), ("active", "in", (True, False))]
        found = self.admin.read("res.users", known, "id")
        values = {
            "name": f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}",
            "active": True,
            "company_id": self.company,
            "company_ids": [[6, 0, [self.company]]],
            "group_ids": [[4, group]],
        }
        if found:
            self.admin.call("res.users", "write", [found[0]["id"]], values)
        else:
            new = {"login": login, "password": login, **values}
            self.admin.call("res.users", "create", [new])
        return Person(login)

    def _work(self, person: Person, number: int) -> None:
        """Put an agent into one of the states of the board."""
        campaign = self._campaign(LONG_NAME)
        state = person.call("dialer.session", "start", campaign)
        session = [state["session_id"]]
        kind = number % 6
        if kind == 5:
            person.call("dialer.session", "pause", session)
            return
        state = person.call("dialer.session", "next_contact", session)
        if kind and state["decision"] == "dial":
            person.call("dialer.session", "dial", session)
            if kind == 4:
                person.call("dialer.session", "hang_up", session)

    def _send_home(self) -> None:
        """End the sessions of the large room and put its agents away."""
        agents = [("user_id.login", "=like", "agent%"), ("state", "!=", "closed")]
        sessions = self.supervisor.read("dialer.session", agents, "id")
        for session in sessions:
            for method in ("board_release", "board_close"):
                self.supervisor.call("dialer.session", method, [session["id"]])
        users = self.admin.read("res.users", [("login", "=like", "agent%")], "id")
        for user in users:
            self.admin.call("res.users", "write", [user["id"]], {"active": False})

    def _new_company(self) -> None:
        """First steps, and empty lists: a company where nobody called yet."""
        known = self.admin.read("res.company", [("name", "=", NEW_COMPANY)], "id")
        if known:
            company = known[0]["id"]
        else:
            values = {"name": NEW_COMPANY}
            company = self.admin.call("res.company", "create", [values])[0]
        people = [self.admin.uid, self.supervisor.uid]
        joined = {"company_ids": [[4, company]]}
        self.admin.call("res.users", "write", people, joined)
        for person in (self.admin, self.supervisor):
            person.cookies = {"cids": str(company)}
        try:
            self.studio.take_state(
                "first-steps", "supervisor", BOARD, ".o_dialer_checklist"
            )
            self.studio.take_state(
                "first-steps-admin", "admin", BOARD, ".o_dialer_checklist"
            )
            for name, path in {**LISTS, **REPORTS}.items():
                page = f"/odoo/{path}"
                self.studio.take_state(
                    f"empty-{name}", "supervisor", page, ".o_view_nocontent"
                )
        finally:
            for person in (self.admin, self.supervisor):
                person.cookies = {}


FIRST = ("Adriana", "Bernardo", "Cecília", "Diego", "Eduarda", "Fábio", "Gabriela")
LAST = ("Alves", "Barbosa", "Cardoso", "Dias da Silva Nascimento", "Esteves")


def opening(button: str, shown: str = ".modal .o_form_view"):
    """A step that clicks a button and waits for what it shows."""

    def step(tab: Browser) -> None:
        tab.click(button)
        tab.wait(shown)

    return step
