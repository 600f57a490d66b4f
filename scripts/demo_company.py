"""The demo company at work: what brings about the state that a picture shows."""

from __future__ import annotations

import os
import time

import requests

from scripts.console import Failure
from scripts.pictures import Pictures

CAMPAIGN = "Retomada de orçamentos"
CONSOLE = "/odoo/dialer-console"
BOARD = "/odoo/dialer-board"
DASHBOARD = "/odoo/dialer-dashboard"


class Sandbox:
    """The Plinx of the demo."""

    def __init__(self):
        self.url = os.environ["DIALER_SANDBOX_URL"]
        self.opened: set[str] = set()

    def open(self, phone: str) -> None:
        """Put a customer into conversation, by the number in E.164."""
        self.opened.add(phone)
        values = {"assignee": "Bia", "url": "https://plinx.example.com/c/1024"}
        self._send("put", f"conversations/{phone.lstrip('+')}", values)

    def close(self, phone: str) -> None:
        """End a customer's conversation, if there is one."""
        self._send("delete", f"conversations/{phone.lstrip('+')}")

    def close_all(self) -> None:
        """End the conversations that were opened for the pictures."""
        while self.opened:
            self.close(self.opened.pop())

    def fault(self, kind: str) -> None:
        """Make Plinx fail in one way, or work again with `none`."""
        self._send("put", "fault", {"kind": kind})

    def _send(self, method: str, path: str, values: dict | None = None) -> None:
        url = f"{self.url}/sandbox/{path}"
        answer = requests.request(method, url, json=values, timeout=10)
        if answer.status_code != 404:
            answer.raise_for_status()


class DemoCompany:
    """The users of the demo, its Plinx, and the session that was opened last."""

    def __init__(self, pictures: Pictures):
        self.pictures = pictures
        self.users = pictures.users
        self.ana, self.admin = self.users["ana"], self.users["admin"]
        self.supervisor = self.users["supervisor"]
        self.plinx = Sandbox()
        self.session = 0
        users = self.admin.read("res.users", [("id", "=", self.ana.uid)], "company_id")
        self.company = users[0]["company_id"][0]

    def _act(self, method: str, *args, login="ana") -> dict:
        """Call a method of the session that was opened last."""
        user = self.users[login]
        return user.call("dialer.session", method, [self.session], *args)

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
            user = self.users[login]
            mine = [("user_id", "=", user.uid), ("state", "!=", "closed")]
            for session in user.read("dialer.session", mine, "entry_state"):
                self.session = session["id"]
                if session["entry_state"] == "dialing":
                    self._finish("no_answer", login)
                self._act("close", login=login)

    def _finish(self, code: str, login="ana") -> None:
        """Register the result of the call that is on screen."""
        result = self.admin.read("dialer.result", [("code", "=", code)], "name")[0]
        self._act("register_result", result["id"], login=login)

    def _open_session(self, campaign: str = CAMPAIGN, login="ana") -> None:
        """Start a campaign; nobody is on screen yet."""
        user = self.users[login]
        state = user.call("dialer.session", "start", self._campaign(campaign))
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
        waiting = [
            ("campaign_id.name", "=", CAMPAIGN),
            ("state", "=", "pending"),
            ("next_call_at", "<=", moment()),
            ("phone", "!=", False),
        ]
        first = {"order": "priority desc, next_call_at, id", "limit": 1}
        names = ("phone", "partner_id")
        entry = self.admin.read("dialer.queue.entry", waiting, *names, **first)[0]
        self.plinx.open(entry["phone"])
        return entry

    def _call_and_hang_up(self, _page=None) -> None:
        self._act("dial")
        self._act("hang_up")


def moment() -> str:
    """This moment as Odoo writes it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())


def in_phase(phase: str) -> str:
    """The selector of a console that is in a phase."""
    return f".o_dialer_console[data-phase={phase}] .o_dialer_stage"
