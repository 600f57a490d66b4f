# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an agent sees while Plinx is silent, and what the ledger keeps besides."""

import math
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_time

from ...plinx.verdict import utcnow
from ..gate.breaker import AUTH_SECONDS
from .next import HOLD_SECONDS

# Reasons whose sentence tells the seconds until the next try.
WAITING_REASONS = ("breaker_open", "rate_limited")
AUTH_REASONS = ("token_refused", "forbidden")


class DialerSession(models.Model):
    _name = "dialer.session"
    _inherit = ["dialer.session", "plinx.banner.mixin"]

    hold_message = fields.Char(compute="_compute_hold_message")

    @api.depends("decision", "event_id", "hold_since")
    def _compute_hold_message(self):
        for session in self:
            held = session.decision == "hold" and session.state != "closed"
            session.hold_message = held and session._message()

    def _prepare_event(self, step):
        """Keep when to ask again, and what shadow mode kept from happening."""
        values = super()._prepare_event(step)
        if step.verdict.retry_at:
            # a whole second later rather than a moment too early
            later = step.verdict.retry_at + timedelta(microseconds=999_999)
            values["retry_at"] = later.replace(microsecond=0)
        company = self.company_id
        if company.plinx_shadow:
            values["shadow_decision"] = self.env["dialer.gate"]._decide_by_rules(
                step.verdict, company
            )
        return values

    def _state(self, skipped=0, message=None, **extra):
        """Add the banner."""
        connection = self.env["plinx.connection"]._of(self.company_id)
        extra = {"banner": connection._banner(), **extra}
        return super()._state(skipped=skipped, message=message, **extra)

    def _hold_values(self):
        """Add when the next try is: as a moment, and in seconds from now."""
        values = super()._hold_values()
        if values:
            retry_at = self._hold_retry_at()
            values["retry_at"] = fields.Datetime.to_string(retry_at)
            values["retry_in"] = self._hold_retry_in()
        return values

    def _hold_retry_at(self):
        """When the held dialer tries again.

        :return: naive UTC
        :rtype: datetime.datetime
        """
        event = self.event_id
        wait = AUTH_SECONDS if event.reason in AUTH_REASONS else HOLD_SECONDS
        asked_at = event.date or fields.Datetime.now()
        return event.retry_at or asked_at + timedelta(seconds=wait)

    def _hold_retry_in(self):
        """Seconds until then, at least one.

        :rtype: int
        """
        return max(1, math.ceil((self._hold_retry_at() - utcnow()).total_seconds()))

    def _message(self):
        """Say in one sentence why nobody is dialed, since when, and what follows."""
        if self.decision != "hold" or self.state == "closed" or self.entry_id:
            return super()._message()
        event, seconds = self.event_id, self._hold_retry_in()
        since = format_time(
            self.env,
            self.hold_since or event.date,
            tz=self.user_id.tz,
            time_format="short",
        )
        if event.reason in WAITING_REASONS:
            return self.env._(
                "Nobody is dialed since %(since)s: %(why)s",
                since=since,
                why=self.env["dialer.gate"]._reason_sentence(
                    event.reason, {**(event.detail or {}), "seconds": seconds}
                ),
            )
        if event.reason in AUTH_REASONS:
            return self.env._(
                "Nobody is dialed since %(since)s: %(why)s Your administrator has to "
                "enter another one; then the dialer goes on.",
                since=since,
                why=event.reason_text,
            )
        return self.env._(
            "Nobody is dialed since %(since)s: %(why)s Next try in %(seconds)s s.",
            since=since,
            why=event.reason_text,
            seconds=seconds,
        )
