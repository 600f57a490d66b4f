# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The transitions of an entry that a session asks for."""

from odoo import fields, models


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    def _give_back(self):
        """Nobody holds these entries any more: they wait as before."""
        self.write(self._waiting_values())

    def _ask(self):
        """The agent is asked about this customer, who is on screen."""
        self.write({"state": "asking"})

    def _dial(self):
        """The customer on screen is called, on the number that comes first."""
        numbers = self._identities()[self.id]
        self.write(
            {
                "state": "dialing",
                "attempts": self.attempts + 1,
                "dialed_at": fields.Datetime.now(),
                "phone": numbers[0].e164 if numbers else self.phone,
                "dialed_numbers": [number.e164 for number in numbers],
            }
        )

    def _finish(self, result, when, user, ended=None):
        """Go on by the result of a call, see :meth:`_result_values`.

        :return: when the customer is called again, naive UTC, or False
        """
        values = self._result_values(result, when, user, ended)
        self.write(values)
        return values.get("next_call_at", False)

    def _promise(self, when, user):
        """The customer is called again by this agent, see :meth:`_callback_values`."""
        self.write(self._callback_values(when, user))

    def _invalidate(self):
        """These customers have no number that could be dialed."""
        self.write({"state": "invalid"})

    def _wait_sentence(self, reason):
        """Why an entry waits, in a sentence."""
        return self._reason_sentence(reason)
