# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The circuit breaker of :mod:`plinx.breaker`, shared by all workers in one row.

The row is written in the transaction of the request that asked, and never waited
for: while another transaction has it, or changed it meanwhile, this outcome is lost,
which does no harm. An answer in good times writes nothing.
"""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import psycopg2.errors
from psycopg2.extras import Json

from odoo import fields, models
from odoo.tools import SQL

from ...plinx import reasons
from ...plinx.breaker import (
    CALL,
    PROBE,
    BreakerState,
    allow,
    record,
    refusal,
    start_probe,
)
from ...plinx.verdict import utcnow

# When to look again while somebody else is asking, and while the token is refused.
BUSY_SECONDS, AUTH_SECONDS = 5, 30


class PlinxConnection(models.Model):
    _inherit = "plinx.connection"

    # One column, so that workers read and write the state as a whole; the fields
    # below repeat what people look for.
    breaker = fields.Json(readonly=True, help="What the workers share.")
    state = fields.Selection(
        [
            ("ok", "In order"),
            ("failing", "Failing"),
            ("limited", "Cooling down"),
            ("open", "Does not answer"),
            ("auth_error", "Token refused"),
        ],
        default="ok",
        required=True,
        readonly=True,
    )
    failing_since = fields.Datetime(
        readonly=True, help="The first failure since Plinx last answered."
    )
    opened_at = fields.Datetime(
        readonly=True, help="When Plinx stopped being asked before every call."
    )
    open_until = fields.Datetime(readonly=True, string="Next try")
    recovered_at = fields.Datetime(
        readonly=True,
        help="When Plinx answered again after trouble, or its settings changed.",
    )
    auth_error = fields.Char(readonly=True, help="Code of a refused token.")
    last_reason = fields.Char(
        readonly=True, help="Code of how the last recorded call ended."
    )
    last_detail = fields.Json(readonly=True)

    def _breaker(self):
        """The state as this transaction sees it.

        :rtype: odoo.addons.dialer_plinx_gate.plinx.breaker.BreakerState
        """
        return BreakerState.from_json(self.breaker)

    def _refusal(self):
        """Whether to leave Plinx alone now.

        After the pause only one worker asks: the others are refused until its
        transaction has ended. A refused token is not tried again before the
        settings change.

        :return: the verdict on everybody, or None when Plinx may be asked
        :rtype: odoo.addons.dialer_plinx_gate.plinx.verdict.Verdict | None
        """
        # read without a lock: a worker that sees a moment too little asks once too
        # often
        state, now = self._breaker(), utcnow()
        if state.auth_error:
            again = now + timedelta(seconds=AUTH_SECONDS)
            return replace(refusal(state, now), retry_at=again)
        turn = allow(state, now)
        if turn == CALL:
            return None
        verdict = refusal(state, now)
        if turn != PROBE:
            return verdict
        if self._try_probe():
            return None
        return replace(
            verdict,
            detail={**verdict.detail, "seconds": BUSY_SECONDS},
            retry_at=now + timedelta(seconds=BUSY_SECONDS),
        )

    def _try_probe(self):
        """Become the one that asks; for the rest of this transaction.

        :rtype: bool
        """
        query = SQL(
            "SELECT pg_try_advisory_xact_lock('plinx_connection'::regclass::int, %s)",
            self.id,
        )
        if not self.env.execute_query(query)[0][0]:
            return False
        # Who asked before has perhaps just ended, unseen by this transaction; the
        # row tells, and is given back at once: nobody has it while Plinx is asked.
        self.flush_model()
        with closing(self.env.cr.savepoint(flush=False)):
            return self._lock_breaker() is not None

    def _record_outcomes(self, outcomes, answers):
        """Learn from calls that have just ended; never waits and never raises.

        :param list outcomes: odoo.addons.dialer_plinx_gate.plinx.breaker.Outcome
        :param answers: what the calls gave, verdicts or the result of a health call
        """
        # in good times there is nothing to learn, and nothing is written
        good = all(outcome.kind == reasons.OK for outcome in outcomes)
        if not self or not outcomes or (good and _is_clean(self._breaker())):
            return
        before = self._lock_breaker()
        if before is None:
            return
        now = utcnow()
        # Who asks while it is open probes; who began before it opened is told apart
        # by the row that has changed since.
        asked = start_probe(before, now) if before.is_open else before
        after = record(asked, outcomes, now)
        if after != before:
            details = {answer.reason: answer.detail for answer in answers}
            self._store(before, after, now, details.get(after.last_reason))

    def _record_missing(self):
        """Learn that there is no address or no token, once; never waits."""
        if not self or self._breaker().last_reason == reasons.NOT_CONFIGURED:
            return
        before = self._lock_breaker()
        if before is not None:
            after = replace(before, last_reason=reasons.NOT_CONFIGURED)
            self._store(before, after, utcnow())

    def _lock_breaker(self):
        """Take the row, if nobody has it and nobody changed it meanwhile.

        :return: its present state, or None
        :rtype: odoo.addons.dialer_plinx_gate.plinx.breaker.BreakerState | None
        """
        self.flush_model()
        cr = self.env.cr
        query = SQL(
            "SELECT breaker FROM plinx_connection WHERE id = %s "
            "FOR NO KEY UPDATE SKIP LOCKED",
            self.id,
        )
        # skipped when somebody has it; a row changed since this transaction began is an
        # error of its isolation level, and means the same
        try:
            with cr.savepoint(flush=False):
                cr.execute(query, log_exceptions=False)
                row = cr.fetchone()
        except psycopg2.errors.SerializationFailure:
            return None
        return BreakerState.from_json(row[0]) if row else None

    def _store(self, before, after, now, detail=None):
        """Write the locked row, and wake the watch when there is something to tell.

        :param before: the state that was
        :param after: the state that is
        :param datetime now: naive UTC
        :param dict detail: what the sentence of the last reason needs
        """
        # Written at once, while the row is locked. A trouble keeps the moment it began
        # at, and its end is noted when an answer comes.
        self.env.execute_query(
            SQL(
                """
                UPDATE plinx_connection
                   SET breaker = %(breaker)s, state = %(state)s,
                       failing_since = CASE WHEN %(sound)s THEN NULL
                                       ELSE COALESCE(failing_since, %(now)s) END,
                       recovered_at = CASE WHEN %(sound)s THEN %(now)s
                                      ELSE recovered_at END,
                       opened_at = %(opened_at)s, open_until = %(open_until)s,
                       auth_error = %(auth_error)s, last_reason = %(last_reason)s,
                       last_detail = %(last_detail)s
                 WHERE id = %(id)s
                 RETURNING id
                """,
                id=self.id,
                breaker=Json(after.to_json()),
                state=_state_name(after),
                sound=after.last_reason in (None, "ok"),
                now=_whole(now),
                opened_at=_whole(after.opened_at),
                open_until=_whole(after.open_until or after.cooldown_until),
                auth_error=after.auth_error,
                last_reason=after.last_reason,
                last_detail=Json(detail or None),
            )
        )
        self.invalidate_recordset(flush=False)
        # only what people may have to be told; mere failures wait for the next minute
        if (
            bool(before.auth_error) != bool(after.auth_error)
            or _is_missing(before) != _is_missing(after)
            or (before.is_open and not after.is_open)
        ):
            self._wake_watch()

    def _reset(self):
        """Forget all troubles: the settings have changed."""
        # a clean state is left alone: nothing is written, nobody has to wait
        for connection in self:
            before = connection._breaker()
            if not _is_clean(before):
                connection._store(before, BreakerState(), utcnow())


def _is_clean(state):
    """Whether a further answer would change nothing that matters."""
    return not (
        state.is_open
        or state.auth_error
        or state.cooldown_until
        or state.failures_in_row
        or state.last_reason not in (None, "ok")
        or any(failed for _at, failed in state.window)
    )


def _is_missing(state):
    return state.last_reason == reasons.NOT_CONFIGURED


def _state_name(state):
    if state.auth_error:
        return "auth_error"
    if state.is_open:
        return "open"
    if state.cooldown_until:
        return "limited"
    return "ok" if _is_clean(state) else "failing"


def _whole(moment):
    """A moment as the ORM writes it, without microseconds."""
    return moment and moment.replace(microsecond=0)
