# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the rooms before the gate ask of it besides verdicts."""

import math
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_time

from ...plinx.verdict import utcnow
from .breaker import AUTH_SECONDS

# When to try again while Plinx gives no time of its own.
HOLD_SECONDS = 10
# Reasons whose sentence tells the seconds until the next try.
WAITING_REASONS = ("breaker_open", "rate_limited")
AUTH_REASONS = ("token_refused", "forbidden")


class DialerGate(models.AbstractModel):
    _inherit = "dialer.gate"

    @api.model
    def _record(self, values_list):
        """Write verdicts into the ledger.

        :rtype: dialer.gate.event
        """
        return self.env["dialer.gate.event"]._append(values_list)

    @api.model
    def _banner(self, company):
        """What agents and supervisors of a company are told while there is an alarm.

        :rtype: str | None
        """
        return self.env["plinx.connection"]._of(company)._banner()

    @api.model
    def _retry_at(self, event):
        """When a held dialer tries again, naive UTC."""
        wait = AUTH_SECONDS if event.reason in AUTH_REASONS else HOLD_SECONDS
        asked_at = event.date or fields.Datetime.now()
        return event.retry_at or asked_at + timedelta(seconds=wait)

    @api.model
    def _retry_in(self, event):
        """Seconds until then, at least one."""
        return max(1, math.ceil((self._retry_at(event) - utcnow()).total_seconds()))

    @api.model
    def _hold_sentence(self, event, since):
        """Why nobody is dialed since then, for the agent.

        :param datetime since: naive UTC
        """
        began, zone = since or event.date, event.user_id.tz
        since = format_time(self.env, began, tz=zone, time_format="short")
        seconds = self._retry_in(event)
        if event.reason in WAITING_REASONS:
            return self.env._(
                "Nobody is dialed since %(since)s: %(why)s",
                since=since,
                why=self._reason_sentence(
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

    @api.model
    def _avoided_sql(self, user, company, start):
        """How many customers in conversation an agent did not call, as a subquery."""
        return SQL(
            """
            (SELECT count(*) FROM dialer_gate_event
              WHERE user_id = %(user)s AND date >= %(start)s
                AND company_id = %(company)s AND verdict = 'active'
                AND (decision = 'skip'
                     OR decision = 'ask' AND answer IN ('yes', 'no')))
            """,
            user=user.id,
            company=company.id,
            start=start,
        )

    @api.model
    def _shadow_values(self, verdict, company):
        """When to ask again, and what shadow mode kept from happening."""
        values = {}
        if verdict.retry_at:
            # a whole second later rather than a moment too early
            later = verdict.retry_at + timedelta(microseconds=999_999)
            values["retry_at"] = later.replace(microsecond=0)
        if company.plinx_shadow:
            values["shadow_decision"] = self._decide_by_rules(verdict, company)
        return values

    @api.model
    def _conversation_values(self, conversation):
        """What the popup and the ledger show of a conversation, JSON-able."""
        if conversation is None:
            return False
        moments = {
            name: fields.Datetime.to_string(getattr(conversation, name)) or None
            for name in ("opened_at", "last_inbound_at")
        }
        return {
            "id": conversation.id,
            "status": conversation.status,
            "assignee": conversation.assignee,
            "url": conversation.url,
            **moments,
        }
