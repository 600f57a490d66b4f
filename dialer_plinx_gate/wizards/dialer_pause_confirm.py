# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The question about a customer in conversation, as a popup."""

from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.tools import babel_locale_parse, get_lang

from ..tools import inputs


class DialerPauseConfirm(models.TransientModel):
    _name = "dialer.pause.confirm"
    _inherit = ["dialer.session.popup"]
    _description = "Customer in conversation"

    in_conversation = fields.Boolean(compute="_compute_question")
    question = fields.Char(compute="_compute_question")
    attendant = fields.Char(compute="_compute_question", string="Talking with")
    opened_at = fields.Datetime(compute="_compute_question", string="Since")
    last_inbound_at = fields.Datetime(
        compute="_compute_question", string="Customer's last message"
    )
    last_inbound_age = fields.Char(
        compute="_compute_last_inbound_age", string="Last message"
    )
    url = fields.Char(compute="_compute_question", string="Conversation")
    reason = fields.Char(compute="_compute_question")
    call_anyway = fields.Boolean(compute="_compute_question")

    def _compute_question(self):
        """Show what the gate knows, from the session's own question."""
        for popup in self:
            session = popup.session_id
            question = session and session._as_agent()._question() or {}
            conversation = question.get("conversation") or {}
            popup.in_conversation = question.get("active", False)
            popup.question = question.get("text") or self.env._(
                "This question is no longer open."
            )
            popup.reason = question.get("reason", False)
            popup.call_anyway = question.get("call_anyway", False)
            popup.attendant = conversation.get("assignee") or False
            popup.opened_at = conversation.get("opened_at") or False
            popup.last_inbound_at = conversation.get("last_inbound_at") or False
            popup.url = conversation.get("url") or False

    @api.depends("last_inbound_at")
    def _compute_last_inbound_age(self):
        """Say in words how old the customer's last message is."""
        locale = babel_locale_parse(get_lang(self.env).code)
        for popup in self:
            moment = popup.last_inbound_at
            popup.last_inbound_age = moment and format_timedelta(
                moment - fields.Datetime.now(), add_direction=True, locale=locale
            )

    def action_yes(self):
        """Pause the dialer, record the attendance and go on to the next customer.

        :return: action that shows where the session stands now
        :rtype: dict
        """
        return self._answer("yes")

    def action_no(self):
        """Go on to the next customer; nothing is recorded.

        :return: action that shows where the session stands now
        :rtype: dict
        """
        return self._answer("no")

    def action_call_anyway(self):
        """Call the customer nevertheless, where the company allows it.

        :return: action that opens the call, or shows where the session stands
        :rtype: dict
        """
        return self._answer("call")

    def _answer(self, choice):
        inputs.one(self)
        state = self.session_id.answer(choice, entry_id=self.entry_id.id)
        return self.session_id._state_action(state)
