# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What people are told while Plinx is silent and nobody is dialed, and until when."""

import math
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_time
from odoo.tools.translate import LazyTranslate

from ...plinx import reasons
from ...plinx.verdict import utcnow
from .breaker import AUTH_SECONDS

_lt = LazyTranslate(__name__)

# When to try again while Plinx gives no time of its own.
HOLD_SECONDS = 10
# Reasons whose own sentence tells the seconds until the next try.
WAITING_REASONS = ("breaker_open", "rate_limited")
HELD = _lt("Dialing has been on hold since %(since)s: %(why)s")
HELD_UNTIL = _lt(
    "Dialing has been on hold since %(since)s: %(why)s Next try in %(seconds)s s."
)
HELD_BY_TOKEN = _lt(
    "Dialing has been on hold since %(since)s: %(why)s Your administrator has to "
    "enter another one; then the dialer goes on."
)


class DialerGate(models.AbstractModel):
    _inherit = "dialer.gate"

    @api.model
    def _banner(self, company):
        """What agents and supervisors of a company are told while there is an alarm.

        :param res.company company: one company
        :return: sentences in the user's language, or None
        :rtype: str | None
        """
        # the connection knows since when; whoever shows it knows only the gate
        return self.env["plinx.connection"]._of(company)._banner()

    @api.model
    def _retry_at(self, event):
        """When a dialer that was held by this verdict tries again.

        :param dialer.gate.event event: one verdict
        :return: naive UTC
        :rtype: datetime.datetime
        """
        # a refused token does not mend itself, so looking seldom is enough
        wait = AUTH_SECONDS if _is_token_refused(event) else HOLD_SECONDS
        asked_at = event.date or fields.Datetime.now()
        return event.retry_at or asked_at + timedelta(seconds=wait)

    @api.model
    def _retry_in(self, event):
        """Seconds until :meth:`_retry_at`, at least one.

        :param dialer.gate.event event: one verdict
        :rtype: int
        """
        return max(1, math.ceil((self._retry_at(event) - utcnow()).total_seconds()))

    @api.model
    def _hold_sentence(self, event, since):
        """Say why nobody is dialed, since when, and what follows.

        :param dialer.gate.event event: the verdict that holds the dialer
        :param datetime since: when the hold began, naive UTC; False: at the verdict
        :return: in the user's language, with the time of day of the verdict's agent
        :rtype: str
        """
        # the seconds count down with each look, those of the verdict do not
        seconds, detail = self._retry_in(event), event.detail or {}
        text = HELD_UNTIL
        if event.reason in WAITING_REASONS:
            text, detail = HELD, {**detail, "seconds": seconds}
        elif _is_token_refused(event):
            text = HELD_BY_TOKEN
        began = since or event.date or fields.Datetime.now()
        since = format_time(self.env, began, tz=event.user_id.tz, time_format="short")
        sentence = self.env._(text)
        return sentence % {
            "since": since,
            "why": self._reason_sentence(event.reason, detail),
            "seconds": seconds,
        }


def _is_token_refused(event):
    """Whether a verdict came of a token that Plinx does not take."""
    reason = reasons.REASONS.get(event.reason)
    return bool(reason) and reason.outcome == reasons.AUTH
