"""The truth of a simulated day: who is in conversation when, and what was done.

All times are those of the sandbox's clock, in seconds. What two parties do at the
same time has no order: a fault is counted only where it is one in every order.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

# How old an answer of Plinx may be when the call is placed, and what the whole
# seconds of the database and the way of a call add to it.
FRESH_SECONDS = 15 + 1


def key_of(digits: str) -> str:
    """The number, nine digits after its area code, that an id or a phone means.

    The day's numbers are mobiles of one area code, so their length tells the form.
    """
    digits = digits.lstrip("+")
    return digits if len(digits) == 13 else f"{digits[:4]}9{digits[4:]}"


@dataclass
class Change:
    """Something that came about between two moments; ``end`` None: not yet known."""

    begin: float
    end: float | None = None
    value: object = None


@dataclass
class Conversation:
    """One conversation: the calls that opened and, perhaps, closed it."""

    opened: Change
    closed: Change | None = None


@dataclass
class Customer:
    """A contact. ``phones`` are all changes of its numbers, the first the list."""

    partner_id: int
    phones: list[Change]
    touched: float = 0.0

    def possible(self, begin: float, end: float) -> list[frozenset]:
        """The sets of numbers that the contact may have had in that time."""
        before = [c for c in self.phones if c.end is not None and c.end <= begin]
        around = [
            c for c in self.phones if c.begin < end and (c.end is None or c.end > begin)
        ]
        return [change.value for change in (*before[-1:], *around)]


@dataclass
class Lookup:
    """One question to Plinx, and whether its answer was a good one."""

    begin: float
    keys: frozenset
    end: float | None = None
    good: bool = False


@dataclass
class Call:
    """One call, from the agent's click to the click with the result."""

    partner_id: int
    number: str
    dialed: Change
    ended: float | None = None


@dataclass
class Truth:
    """What the oracle knows, written by all threads of the day.

    :param clock: function that gives the seconds of the sandbox's clock
    """

    clock: object
    customers: dict[int, Customer] = field(default_factory=dict)
    conversations: dict[str, list] = field(default_factory=dict)
    lookups: list[Lookup] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    blocked: dict[str, float] = field(default_factory=dict)
    counts: Counter = field(default_factory=Counter)
    errors: Counter = field(default_factory=Counter)
    faults: Counter = field(default_factory=Counter)
    _lock: object = field(default_factory=threading.Lock)

    def count(self, counter: Counter, name: str, by: int = 1) -> None:
        """Add to one of the counters."""
        with self._lock:
            counter[name] += by

    def open(self, wa_id: str, action) -> Conversation:
        """Open a conversation by the action and note when it was."""
        one = Conversation(Change(self.clock()))
        with self._lock:
            self.conversations.setdefault(key_of(wa_id), []).append(one)
        action()
        one.opened.end = self.clock()
        return one

    def close(self, one: Conversation, action) -> None:
        """Close a conversation by the action and note when it was."""
        one.closed = Change(self.clock())
        action()
        one.closed.end = self.clock()

    def was_active(self, keys, begin: float, end: float) -> bool:
        """Whether one of the numbers was in conversation for certain all that time."""
        for key in keys:
            for one in tuple(self.conversations.get(key, ())):
                opened, closed = one.opened, one.closed
                since = opened.end is not None and opened.end <= begin
                if since and (closed is None or closed.begin >= end):
                    return True
        return False

    def is_wrong(self, partner_id, begin: float, end: float, now: float) -> bool:
        """Whether whoever was dialed at ``now`` was in conversation in that time."""
        customer = self.customers[partner_id]
        return all(
            self.was_active(keys, begin, end) for keys in customer.possible(now, now)
        )

    def judge(self, call: Call, windows: list[Change]) -> None:
        """Count what is wrong with a call that was just placed.

        :param Call call: of an agent
        :param windows: the agent's requests since the customer came on screen: the
            answer that let the call pass came within one of them
        """
        begin, end = call.dialed.begin, call.dialed.end
        answers = [
            lookup
            for lookup in tuple(self.lookups)
            if lookup.good
            and call.number in lookup.keys
            and lookup.end >= begin - FRESH_SECONDS
            and any(w.begin <= lookup.begin and lookup.end <= w.end for w in windows)
        ]
        if not answers:
            changed = self.customers[call.partner_id].touched >= windows[0].begin
            why = "changed on screen" if changed else "nothing had changed"
            self.count(self.counts, "dialed without a live answer")
            self.count(self.counts, f"without a live answer: {why}")
        moments = [(one.begin, one.end) for one in answers] or [(begin, end)]
        if all(self.is_wrong(call.partner_id, *moment, begin) for moment in moments):
            self.count(self.counts, "dialed while active at lookup")
        elif self.is_wrong(call.partner_id, begin, end, begin):
            self.count(self.counts, "went active between lookup and call")
        if self.blocked.get(call.number, end) < begin:
            self.count(self.counts, "dialed after the number was blocked")

    def doubles(self) -> int:
        """How many pairs of calls had one number at the same time."""
        by_number = {}
        for call in self.calls:
            by_number.setdefault(call.number, []).append(call)
        found = 0
        for calls in by_number.values():
            calls.sort(key=lambda call: call.dialed.end)
            for number, call in enumerate(calls):
                found += sum(
                    later.dialed.end < call.ended for later in calls[number + 1 :]
                )
        return found
