# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The buttons of the plain form, for those who do not use the console."""

from odoo import models
from odoo.exceptions import UserError


class DialerSession(models.Model):
    _inherit = "dialer.session"

    def action_next_contact(self):
        """Button: get the next customer. See :meth:`next_contact`."""
        return self._state_action(self.next_contact())

    def action_dial(self):
        """Button: place the call. See :meth:`dial`."""
        return self._state_action(self.dial())

    def action_pause(self):
        """Button: pause. See :meth:`pause`."""
        return self._state_action(self.pause())

    def action_resume(self):
        """Button: go on. See :meth:`resume`."""
        return self._state_action(self.resume())

    def action_close(self):
        """Button: end the session. See :meth:`close`."""
        return self._state_action(self.close())

    def action_answer(self):
        """Button: open the question again after it was closed without an answer."""
        return self._state_action(self.get_state())

    def action_register_result(self):
        """Button: open the form with the result of the call.

        :return: window action on dialer.call.result
        :rtype: dict
        :raise UserError: when there was no call
        """
        session = self._at_work()
        if session._held_entry().state != "dialing":
            raise UserError(self.env._("There is no call waiting for a result."))
        wizard = self.env["dialer.call.result"].create({"session_id": session.id})
        return self._popup(wizard, self.env._("Result of the call"))

    def _state_action(self, state):
        """What the plain form does with a state: the question, the call, a message.

        A popup that was opened over the console hands the state to it.

        :param dict state: see :meth:`get_state`
        :return: an action of the web client
        :rtype: dict
        """
        if self.env.context.get("dialer_console"):
            return {"type": "ir.actions.act_window_close", "infos": {"state": state}}
        if state.get("question"):
            popup = self.env["dialer.pause.confirm"].create({"session_id": self.id})
            return self._popup(popup, self.env._("Dialer"))
        if state.get("uri"):
            return {"type": "ir.actions.act_url", "url": state["uri"], "target": "self"}
        reload = {"type": "ir.actions.client", "tag": "soft_reload"}
        message = state["message"]
        if state["skipped"]:
            message = self.env._(
                "%(count)s customers skipped: in conversation on WhatsApp.",
                count=state["skipped"],
            )
        if not message:
            return reload
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "info", "message": message, "next": reload},
        }

    def _popup(self, record, name):
        """The window action that opens a record in a popup."""
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "medium"},
        }
