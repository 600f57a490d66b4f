# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The search for the next customer: along the head of the queue, batch by batch."""

import time
from dataclasses import dataclass

from odoo import models

# How many customers Plinx is asked about at once: as many as it takes, until one was
# found among the first few; then only these, until they are no longer enough.
MANY = 200
FEW = 10
# The agent's call comes back within two seconds, however many are skipped.
LOOK_AHEAD_SECONDS = 0.9
MAX_SKIPS = 2000


@dataclass
class Candidate:
    """One entry of the queue with what the gate says and the dialer decides.

    ``decision`` is one of the gate's, or ``wait`` for an entry with a block, of
    which Plinx was not asked. ``called`` are the customer's numbers as they were
    asked about.
    """

    entry: models.BaseModel
    verdict: object
    decision: str
    block: object = None
    called: object = None


class LookAhead:
    """What a session sees at the head of its queue, in the order of calling.

    Looking locks and writes nothing; only the customer that is chosen is reserved, by
    one statement. So nobody waits for HTTP behind a lock.

    ``candidates`` were seen, those before ``position`` were tried, ``chosen`` is the
    one that was reserved, ``exhausted`` says that the queue has no more.
    """

    def __init__(self, session, stay_paused=False):
        self.session = session
        self.stay_paused = stay_paused
        self.candidates = []
        self.position = 0
        self.chosen = None
        self.exhausted = False
        self._last_key = None
        # the clock is looked up when it is read, so that tests can stop the time
        self._started = time.monotonic()

    def search(self):
        """Look on until a customer is reserved, or there is no reason to go on."""
        while not self.chosen and self._read_batch():
            self.chosen = self._reserve_first()

    @property
    def hold(self):
        """The candidate that nobody gets past, if there is one."""
        last = self.candidates[-1:]
        return last[0] if last and last[0].decision == "hold" else None

    @property
    def passed(self):
        """The candidates that were passed over on the way."""
        return self.candidates[: self.position] if self.chosen else self.candidates

    @property
    def skips(self):
        """Those of them in conversation, or without a phone."""
        return [one for one in self.passed if one.decision == "skip"]

    @property
    def blocks(self):
        """The blocks of those that a rule protects, by entry id."""
        return {one.entry.id: one.block for one in self.passed if one.block}

    @property
    def found_early(self):
        """Whether a customer was found among the first few."""
        return bool(self.chosen) and self.position <= FEW

    @property
    def _out_of_time(self):
        """Whether the agent has waited long enough for one call."""
        return (
            time.monotonic() - self._started > LOOK_AHEAD_SECONDS
            or len(self.candidates) >= MAX_SKIPS
        )

    def _read_batch(self):
        """Ask Plinx about the next batch of the queue.

        :return: whether there is anything new to choose from
        :rtype: bool
        """
        if self.exhausted or self.hold or self._out_of_time:
            return False
        session = self.session
        few = session.short_lookahead or session.company_id.dial_active_whatsapp
        size = FEW if few and not self.candidates else MANY
        entries = session.entry_id._peek(
            session.campaign_id, session.user_id, size, after=self._last_key
        )
        self.exhausted = len(entries) < size
        if entries:
            self._judge(entries)
        return bool(entries)

    def _judge(self, entries):
        """Add these entries with what is decided about them, up to a hold."""
        gate, company = self.session.env["dialer.gate"], self.session.company_id
        known = entries._with_customer_numbers()
        blocks = known._blocks()
        # by now all of them have been read, in one statement
        self._last_key = entries[-1]._queue_key()
        verdicts = gate._evaluate(known.filtered(lambda e: e.id not in blocks))
        called = known._customer_numbers()
        for entry in entries:
            if block := blocks.get(entry.id):
                self.candidates.append(Candidate(entry, None, "wait", block))
                continue
            verdict = verdicts[entry.id]
            decision = gate._decide(verdict, company)
            self.candidates.append(
                Candidate(entry, verdict, decision, called=called.get(entry.id))
            )
            if decision == "hold":
                break

    def _reserve_first(self):
        """Reserve the first new candidate that may be shown to the agent.

        A dialer that stays paused puts no question.

        :return: the candidate, or None
        """
        for candidate in self.candidates[self.position :]:
            self.position += 1
            if candidate.decision not in ("dial", "ask"):
                continue
            asks = candidate.decision == "ask" and not self.stay_paused
            state = "asking" if asks else "reserved"
            if candidate.entry._reserve(self.session, state):
                return candidate
        return None
