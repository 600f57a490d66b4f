"""The people of a simulated day: agents who call, and an office that changes things."""

from __future__ import annotations

import random
import re
import threading
import time

import requests
from day_truth import Call, Change, key_of

from scripts.console import Failure
from scripts.rpc import Client

TROUBLES = (Failure, requests.RequestException, ValueError, KeyError, TypeError)
SENTENCES = ("UserError", "ValidationError", "AccessError", "MissingError")
# Seconds that people take, and how often an agent is slow to press Dial or to answer.
THINKING, TALKING, WAITING = (0.05, 0.3), (0.3, 0.9), 0.5
SLOW, SLOW_SECONDS = 0.02, 16
RESULTS = {
    "sale": 45,
    "not_interested": 35,
    "no_answer": 10,
    "busy": 6,
    "do_not_call": 4,
}


def kind_of(error: Exception) -> str:
    """What went wrong, without the names and numbers of the case."""
    if not isinstance(error, Failure):
        return type(error).__name__
    line = str(error).strip().splitlines()[-1].replace("odoo.exceptions.", "")
    return re.sub(r"“[^”]*”|\d+", "…", line)[:110]


class Agent(threading.Thread):
    """One agent, over JSON-RPC: whatever the state says, what a person would do.

    :param day: bench_day.Day
    :param str url: of the server
    :param int number: which agent
    """

    def __init__(self, day, url: str, number: int):
        super().__init__(name=f"agent {number}", daemon=True)
        login = f"bench_agent_{number}"
        self.day, self.truth = day, day.truth
        self.dice = random.Random(f"{day.options.seed} {login}")
        self.client = Client(url, login, login)
        self.campaign_id = day.campaign_ids[number % len(day.campaign_ids)]
        self.session, self.state, self.windows = None, None, []
        self.shown_at, self.shown_id, self.partner_id = 0.0, None, None
        self.call = None
        self.longest = 0.0

    def run(self):
        """Work until the day is over, then end the call and the session."""
        while self.session is None and not self.day.over.is_set():
            self.state = self.ask("start", self.campaign_id)
            self.session = self.state and self.state["session_id"]
        while not self.day.over.is_set():
            self.step()
        if self.call:
            self.hang_up()
        self.ask("close")

    def step(self):
        """Do what the screen asks for."""
        state = self.state or self.ask("get_state")
        if not state:
            self.pause(WAITING)
        elif self.call:
            self.hang_up()
        elif state["question"] and state["state"] == "running":
            self.answer()
        elif state["state"] == "paused":
            self.pause(self.think())
            self.ask("resume")
        elif state["entry"] and state["decision"] == "dial":
            self.pause(self.think())
            self.dial()
        else:
            self.look_on(state)

    def look_on(self, state):
        """Get the next customer, after a while when there was nobody."""
        if state["decision"] in ("hold", "empty"):
            name = "on hold" if state["decision"] == "hold" else "nobody to call"
            self.truth.count(self.truth.counts, f"agent-seconds {name}", WAITING)
            self.pause(WAITING)
        self.ask("next_contact")

    def answer(self):
        """Answer the question: as often yes as no."""
        self.truth.count(self.truth.counts, "asked")
        self.pause(self.think())
        self.ask("answer", self.dice.choice(("yes", "no")), self.state["entry"]["id"])

    def dial(self):
        """Press Dial; when a call comes of it, have the oracle judge it.

        A call whose result was refused is on screen still, and judged already.
        """
        begin, known = self.truth.clock(), self.state["entry"]["state"] == "dialing"
        state = self.ask("dial")
        if not state or not state.get("uri"):
            return
        number = key_of(state["entry"]["phone"])
        window = Change(begin, self.truth.clock())
        self.call = Call(state["entry"]["partner_id"], number, window)
        if not known:
            self.truth.judge(self.call, self.windows)
            self.truth.calls.append(self.call)

    def hang_up(self):
        """Talk, then register the result."""
        self.pause(self.dice.uniform(*TALKING))
        self.call.ended = self.truth.clock()
        code = self.dice.choices([*RESULTS], [*RESULTS.values()])[0]
        result = self.day.results[code]
        goes_on = self.dice.random() < 0.5
        done = self.ask("register_result", result, go_on=goes_on)
        if done and code == "do_not_call":
            self.truth.blocked.setdefault(self.call.number, self.truth.clock())
        self.call = None

    def ask(self, method, *args, **kwargs):
        """Call a method of the session; None when it was refused.

        :return: the state, which is on screen from then on
        """
        ids = [] if method == "start" else [[self.session]]
        window = Change(self.truth.clock())
        self.windows.append(window)
        try:
            state = self.client.call("dialer.session", method, *ids, *args, **kwargs)
        except TROUBLES as error:
            self.note(method, error)
            self.state = None
            return None
        window.end = self.truth.clock()
        self.longest = max(self.longest, window.end - window.begin)
        self.show(state, window)
        self.truth.count(self.truth.counts, "skipped", state["skipped"])
        return state

    def show(self, state, window):
        """Bring a state on screen."""
        entry = state["entry"] or {}
        if entry.get("id") != self.shown_id:
            self.windows, self.shown_at = [window], window.begin
            self.shown_id = entry.get("id")
            self.truth.count(self.truth.counts, "contacts", bool(entry))
        self.windows = [one for one in self.windows if one.end is not None]
        self.state, self.partner_id = state, entry.get("partner_id")

    def note(self, method, error):
        """Count an error; a sentence is no error when a colleague was faster."""
        kind = kind_of(error)
        customer = self.truth.customers.get(self.partner_id)
        changed = customer is not None and customer.touched >= self.shown_at
        clear = kind.startswith(SENTENCES) and method in ("dial", "answer")
        if changed and clear:
            name = "refused with a sentence after a change"
            self.truth.count(self.truth.counts, name)
        else:
            self.truth.count(self.truth.errors, f"{method}: {kind}")

    def think(self) -> float:
        """Seconds until the agent presses a button."""
        if self.dice.random() < SLOW:
            return SLOW_SECONDS
        return self.dice.uniform(*THINKING)

    def pause(self, seconds):
        """Let time pass, not beyond the end of the day."""
        self.day.over.wait(seconds)


class Office:
    """The supervisor, and the clock that has Odoo's own jobs run more often.

    Half of what the office changes is on an agent's screen at that moment.

    :param day: bench_day.Day
    :param str url: of the server
    """

    def __init__(self, day, url: str):
        self.day, self.truth = day, day.truth
        self.dice = random.Random(f"{day.options.seed} office")
        self.client = Client(url, "bench_supervisor", "bench_supervisor")
        self.admin = Client(url, "admin", "admin")

    def block(self):
        """Put a customer's number on the do-not-call list."""
        customer = self.pick()
        number = self.dice.choice(sorted(customer.phones[-1].value))
        if number in self.truth.blocked:
            return
        values = {"number": f"+{number}", "company_id": self.day.company_id}
        customer.touched = self.truth.clock()
        self.client.call("dialer.do.not.call", "create", [values])
        self.truth.blocked.setdefault(number, self.truth.clock())
        self.truth.count(self.truth.counts, "numbers blocked by supervisors")

    def edit(self):
        """Give a customer another number; half of these are in conversation."""
        customer, number = self.pick(), self.day.fresh_number()
        if self.dice.random() < 0.5:
            self.day.start_conversation(number)
        self.change(customer, frozenset([number]))
        values = {"phone": f"+{number}"}
        self.client.call("res.partner", "write", [customer.partner_id], values)
        customer.phones[-1].end = self.truth.clock()
        self.truth.count(self.truth.counts, "phones edited")

    def merge(self):
        """Merge two contacts, one of them in call if there is such a one."""
        first, second = self.pick(talking=True), self.pick(anywhere=True)
        kept, gone = self.dice.sample([first, second], 2)
        if kept is gone:
            return
        self.day.gone.add(gone.partner_id)
        kept.touched = gone.touched = self.truth.clock()
        model = "base.partner.merge.automatic.wizard"
        values = {
            "partner_ids": [(6, 0, [kept.partner_id, gone.partner_id])],
            "dst_partner_id": kept.partner_id,
        }
        wizard = self.client.call(model, "create", values)
        self.client.call(model, "action_merge", [wizard])
        self.truth.count(self.truth.counts, "contacts merged")

    def ask_agents(self, asks: bool):
        """Change the company's parameter: ask the agent, or skip."""
        values = {"dial_active_whatsapp": asks}
        settings = [self.day.settings_id]
        self.client.call("dialer.settings", "write", settings, values)

    def compare(self):
        """Have the conversations compared with Plinx, as the cron does."""
        for cron_id in self.day.cron_ids:
            self.admin.call("ir.cron", "method_direct_trigger", [cron_id])

    def change(self, customer, numbers):
        """Tell the oracle that a customer's numbers are about to change."""
        now = self.truth.clock()
        customer.touched = now
        customer.phones.append(Change(now, value=numbers))

    def pick(self, talking=False, anywhere=False):
        """Choose a customer, one on an agent's screen as often as not."""
        shown = [
            agent.partner_id
            for agent in self.day.agents
            if agent.partner_id and (agent.call or not talking)
        ]
        pool = sorted(set(shown) - self.day.gone)
        if anywhere or not pool or self.dice.random() < 0.5:
            pool = sorted(set(self.truth.customers) - self.day.gone)
        return self.truth.customers[self.dice.choice(pool)]


class Timetable(threading.Thread):
    """Does what is due, at its time.

    :param day: bench_day.Day
    :param list plan: pairs of seconds from the beginning, and an action
    """

    def __init__(self, day, plan: list):
        super().__init__(daemon=True)
        self.day, self.plan = day, sorted(plan, key=lambda pair: pair[0])

    def run(self):
        """Run the plan until its end or the end of the day."""
        for at, action in self.plan:
            wait = self.day.begin + at - time.monotonic()
            if self.day.over.wait(max(0, wait)):
                return
            try:
                action()
            except TROUBLES as error:
                name = getattr(action, "__name__", "office")
                truth = self.day.truth
                truth.count(truth.errors, f"{name}: {kind_of(error)}")
