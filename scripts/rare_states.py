"""Pictures of the states that no guide shows: rare ones, full ones and empty ones."""

from __future__ import annotations

import base64

from playwright.sync_api import Page, Route

from scripts.demo_company import (
    BOARD,
    CAMPAIGN,
    CONSOLE,
    DASHBOARD,
    DemoCompany,
    in_phase,
)
from scripts.pictures import Pictures
from scripts.rpc import Client

PROGRESSIVE = "Clientes VIP, coleção nova"
COUNTDOWN_SECONDS = 60
ROOM = 36
LONG_NAME = "Reativação de clientes atacadistas do Vale do Itajaí, inverno 2026"
NEW_COMPANY = "Filial sem discador"
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
FIRST = ("Adriana", "Bernardo", "Cecília", "Diego", "Eduarda", "Fábio", "Gabriela")
LAST = ("Alves", "Barbosa", "Cardoso", "Dias da Silva Nascimento", "Esteves")
WHY_NOT = "button[name=action_why_not]"
REASONS = ".o-dropdown--menu .o-dropdown-item"
DIALOG = ".modal .o_form_view"
PROBLEMS = """Telefone;Nome
(47) 99123-4567;Maria Vieira
12;Número curto
(47) 99123-4567;Maria de novo
;Sem telefone
"""


class RareStates(DemoCompany):
    """What a day seldom brings, or only a large company has."""

    def __init__(self, pictures: Pictures):
        super().__init__(pictures)
        self.held: list[Route] = []

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
            self._set_company(plinx_failure_policy="hold")
            self._end_sessions()

    def _console(self, name: str, phase: str, act=None, to: str = "") -> None:
        """Take the console in a phase, or after an act that leads `to` another."""

        def step(page: Page) -> None:
            if act:
                act(page)
            if to:
                page.wait_for_selector(in_phase(to))

        page = ("ana", CONSOLE, in_phase(phase))
        self.pictures.take_state(name, *page, step, self._leave)

    def _leave(self, page: Page) -> None:
        """Leave the page; requests that were held back are never sent."""
        page.goto("about:blank")
        while self.held:
            self.held.pop().abort()

    def _hold(self, route: Route) -> None:
        self.held.append(route)

    def _press_and_wait(self, method: str):
        """A step that presses the main button and holds its request back."""

        def press(page: Page) -> None:
            page.route(f"**/dialer.session/{method}*", self._hold)
            page.click(".o_dialer_primary:enabled")

        return press

    def _starting(self) -> None:
        """What is seen while the server is at work."""
        press = self._press_and_wait("start")
        self._console("console-starting", "idle", press, "starting")
        self._open_session()
        self._console("console-ready", "ready")
        press = self._press_and_wait("next_contact")
        self._console("console-searching", "ready", press, "searching")
        self._act("next_contact")
        press = self._press_and_wait("dial")
        self._console("console-dialing", "preview", press, "dialing")
        self._end_sessions()

    def _counting_down(self) -> None:
        self._set_campaign(PROGRESSIVE, countdown_seconds=COUNTDOWN_SECONDS)
        self._begin(PROGRESSIVE)
        self._console("console-countdown", "countdown")
        stop = clicking(".o_dialer_stop")
        self._console("console-stopped", "countdown", stop, "preview")
        self._end_sessions()

    def _interrupted(self) -> None:
        """The network goes, and a customer writes on WhatsApp in the call."""
        self._begin()
        self._console("console-offline", "preview", self._cut_off, "offline")
        self._act("dial")
        self._console("console-offline-call", "call", self._cut_off)
        entry = self.ana.call("dialer.session", "get_state", [self.session])["entry"]

        def write(page: Page) -> None:
            page.wait_for_selector(".o_dialer_contact header a")
            self.plinx.close(entry["phone"])
            self.plinx.open(entry["phone"])
            page.wait_for_selector(".o_dialer_banner")

        self._console("console-banner", "call", write)
        self.plinx.close(entry["phone"])
        self._finish("sale")
        self._end_sessions()

    def _cut_off(self, page: Page) -> None:
        page.wait_for_selector(".o_dialer_contact header a")
        page.context.set_offline(True)
        page.evaluate("dispatchEvent(new Event('online'))")

    def _pausing(self) -> None:
        self._begin()
        reasons = clicking(".o_dialer_pause:enabled", REASONS)
        self._console("console-pause-menu", "preview", reasons)
        reason = self.admin.read("dialer.pause.reason", [("limit_minutes", ">", 0)])[0]
        self._act("pause", reason["id"])
        self._console("console-paused-limit", "paused")
        self._end_sessions()

    def _unsure(self) -> None:
        """Plinx does not answer, and the company leaves it to the agent."""
        self._set_company(plinx_failure_policy="ask")
        self.plinx.fault("http-500")
        self._begin()
        modal = ".modal .o_dialer_question"
        self.pictures.take_state("question-unknown", "ana", CONSOLE, modal)
        close = clicking(".modal .btn-close")
        self._console("console-question", "question", close)
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
        campaign = f"/odoo/dialer-campaigns/{self._campaign()}"
        self._dialog("why-not-campaign", campaign, WHY_NOT)
        self._dialog("recycling", campaign, ".oe_stat_button .fa-recycle")
        known = [("state", "=", "exhausted"), ("partner_id", "!=", False)]
        entry = self.admin.read("dialer.queue.entry", known, "partner_id", limit=1)[0]
        customer = f"/odoo/res.partner/{entry['partner_id'][0]}"
        self._dialog("why-not-customer", customer, WHY_NOT)
        new = f"/odoo/dialer-lists/{self._import_list()}"
        button = "button[name=action_view_problems]"
        self.pictures.take_state("import-problems", "supervisor", new, button)
        self._dialog("import-problem-list", new, button, ".o_list_view")

    def _dialog(self, name: str, path: str, button: str, shown: str = DIALOG) -> None:
        """Take what a button of a supervisor's page shows."""
        page = ("supervisor", path, button)
        self.pictures.take_state(name, *page, clicking(button, shown))

    def _import_list(self) -> int:
        """Import a list with problems; return its id."""
        values = {
            "kind": "customers",
            "campaign_id": self._campaign(),
            "company_id": self.company,
            "file": base64.b64encode(PROBLEMS.encode()).decode(),
            "file_name": "lista.csv",
        }
        new = self.supervisor.call("dialer.list.import", "create", [values])
        self.supervisor.call("dialer.list.import", "action_import", new)
        return new[0]

    def _lists(self) -> None:
        """Every list of ours, and every report as chart and as table."""
        take = self.pictures.take_state
        for name, path in {**LISTS, **SETTINGS_LISTS}.items():
            take(f"list-{name}", "supervisor", f"/odoo/{path}", ".o_list_view")
        table = clicking(".o_switch_view.o_pivot", ".o_pivot_view")
        for name, path in REPORTS.items():
            page = ("supervisor", f"/odoo/{path}", ".o_graph_view")
            take(f"report-{name}-graph", *page)
            take(f"report-{name}-pivot", *page, table)

    def _room(self) -> None:
        """A board with many agents in every state, and long names."""
        self._refresh_queue()
        self._set_campaign(CAMPAIGN, name=LONG_NAME)
        name = ("dialer_plinx_gate", "group_dialer_agent")
        group = self.admin.call("ir.model.data", "check_object_reference", *name)[1]
        take = self.pictures.take_state
        try:
            for number in range(ROOM):
                self._work(self._agent(number, group), number)
            take("board-room", "supervisor", BOARD, ".o_dialer_agent")
            take("dashboard-room", "supervisor", DASHBOARD, "canvas:not(.d-none)")
        finally:
            self._set_campaign(LONG_NAME, name=CAMPAIGN)
            self._send_home()

    def _agent(self, number: int, group: int) -> Client:
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
        return Client(self.admin.url, login, login)

    def _work(self, user: Client, number: int) -> None:
        """Put an agent into one of the states of the board."""
        campaign = self._campaign(LONG_NAME)
        state = user.call("dialer.session", "start", campaign)
        session = [state["session_id"]]
        kind = number % 6
        if kind == 5:
            user.call("dialer.session", "pause", session)
            return
        state = user.call("dialer.session", "next_contact", session)
        if kind and state["decision"] == "dial":
            user.call("dialer.session", "dial", session)
            if kind == 4:
                user.call("dialer.session", "hang_up", session)

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
        users = [self.admin.uid, self.supervisor.uid]
        self.admin.call("res.users", "write", users, {"company_ids": [[4, company]]})
        take, chosen = self.pictures.take_state, {"cids": str(company)}
        self.pictures.cookies = {"admin": chosen, "supervisor": chosen}
        try:
            take("first-steps", "supervisor", BOARD, ".o_dialer_checklist")
            take("first-steps-admin", "admin", BOARD, ".o_dialer_checklist")
            for name, path in {**LISTS, **REPORTS}.items():
                page = ("supervisor", f"/odoo/{path}", ".o_view_nocontent")
                take(f"empty-{name}", *page)
        finally:
            self.pictures.cookies = {}


def clicking(button: str, shown: str = "body"):
    """A step that clicks a button and waits for what it shows."""

    def step(page: Page) -> None:
        page.click(button)
        page.wait_for_selector(shown)

    return step
