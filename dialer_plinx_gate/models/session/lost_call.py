# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Calls that were left without a result.

The agent may be talking while the computer sleeps: only
``dialer_call_timeout_minutes`` after the dial, and without a sign of the agent, a call
ends in an attendance *No result registered*, and the customer is called again by that
result.
"""

from datetime import timedelta

from odoo import api, fields, models

from ...tools.faults import kept_apart


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    @api.model
    def _settle_lost_calls(self):
        """End the calls whose agents are gone without having said how they ended.

        :return: the entries that had such a call
        :rtype: dialer.queue.entry
        """
        # no company ends calls within their first minute
        calling = self.search(
            [
                ("state", "=", "dialing"),
                ("dialed_at", "<", fields.Datetime.now() - timedelta(minutes=1)),
            ]
        )
        settled = self.browse()
        for company, entries in calling.grouped("company_id").items():
            with kept_apart(company, "looking for calls that were left"):
                settled += entries._settle_lost()
        return settled

    def _settle_lost(self):
        """End those of these calls that are lost, each by itself.

        :return: the entries whose call was ended
        :rtype: dialer.queue.entry
        """
        settled = self.browse()
        lost = self.filtered(lambda entry: entry._is_lost_call())
        # whoever saves a result at this moment keeps the call
        for entry in lost.try_lock_for_update(allow_referencing=True):
            with kept_apart(entry, "ending a call that was left"):
                entry._settle_lost_call()
                settled += entry
        return settled

    def _is_lost_call(self):
        """Whether nobody will say any more how this call ended."""
        minutes = self.company_id.dialer_call_timeout_minutes
        if fields.Datetime.now() - self.dialed_at < timedelta(minutes=minutes):
            return False
        # a session that was closed since cannot register it either
        session = self.session_id.filtered(lambda s: s.state != "closed")
        return not session or bool(session._filter_gone())

    def _settle_lost_call(self):
        """End a call without a result: an attendance that says so, then a retry.

        :return: the attendance
        :rtype: dialer.attendance
        """
        self.ensure_one()
        result = self.env.ref("dialer_plinx_gate.result_no_result")
        return self.session_id._end_call(
            self, result, date=self.hung_up_at or self.dialed_at
        )
