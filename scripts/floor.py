"""The demo company at work: what is needed to bring about each state of a picture."""

from __future__ import annotations

import time

from scripts.console import Failure
from scripts.studio import Sandbox, Studio

CAMPAIGN = "Retomada de orçamentos"
CONSOLE = "/odoo/dialer-console"


class Floor:
    """People, Plinx and the session that was opened last."""

    def __init__(self, studio: Studio):
        self.studio = studio
        self.people = studio.people
        self.ana, self.admin = self.people["ana"], self.people["admin"]
        self.supervisor = self.people["supervisor"]
        self.plinx = Sandbox()
        self.session = 0
        users = self.admin.read("res.users", [("id", "=", self.ana.uid)], "company_id")
        self.company = users[0]["company_id"][0]

    def _act(self, method: str, *args, login="ana") -> dict:
        """Call a method of the session that was opened last."""
        person = self.people[login]
        return person.call("dialer.session", method, [self.session], *args)

    def _refresh_queue(self) -> None:
        """Have everybody wait to be called again, and nobody in conversation."""
        self._end_sessions()
        self.plinx.close_all()
        used = [("campaign_id", "=", self._campaign()), ("phone", "!=", False)]
        entries = self.supervisor.call("dialer.queue.entry", "search", used)
        values = {
            "state": "pending",
            "attempts": 0,
            "wait_reason": False,
            "next_call_at": moment(),
        }
        # only an administrator repairs what is the dialer's own
        self.admin.call("dialer.queue.entry", "write", entries, values)

    def _set_company(self, **values) -> None:
        self.admin.call("res.company", "write", [self.company], values)

    def _campaign(self, name: str = CAMPAIGN) -> int:
        return self.admin.read("dialer.campaign", [("name", "=", name)], "id")[0]["id"]

    def _set_campaign(self, campaign: str, **values) -> None:
        self.admin.call("dialer.campaign", "write", [self._campaign(campaign)], values)

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

    def _open_session(self, campaign: str = CAMPAIGN, login="ana") -> None:
        """Start a campaign; nobody is on screen yet."""
        person = self.people[login]
        state = person.call("dialer.session", "start", self._campaign(campaign))
        self.session = state["session_id"]

    def _begin(self, campaign: str = CAMPAIGN, login="ana") -> None:
        """Start a campaign and take the first customer."""
        self._open_session(campaign, login)
        state = self._act("next_contact", login=login)
        if not state["entry"]:
            raise Failure(f"{state['message']}\nmake clean gives a fresh queue.")

    def _make_next_busy(self) -> dict:
        """Put the customer who would be next into conversation.

        :return: the entry of the queue
        """
        entry = self.admin.read(
            "dialer.queue.entry",
            [
                ("campaign_id.name", "=", CAMPAIGN),
                ("state", "=", "pending"),
                ("next_call_at", "<=", moment()),
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


def moment() -> str:
    """This moment as Odoo writes it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())


def in_phase(phase: str) -> str:
    """The selector of a console that is in a phase."""
    return f".o_dialer_console[data-phase={phase}] .o_dialer_stage"
