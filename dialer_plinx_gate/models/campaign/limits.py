# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The rules of a campaign: how often, when and by whom a customer is called."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..queue.blocks import LIMITS


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    countdown_seconds = fields.Integer(
        string="Countdown (seconds)",
        default=5,
        help="How long the agent sees the customer before the dialer dials by "
        "itself. The agent can stop the countdown.",
    )
    entry_day_limit = fields.Integer(
        string="Attempts a day",
        help="How often this campaign calls a customer in one day. 0: no limit.",
    )
    number_day_limit = fields.Integer(
        string="Calls to a number a day",
        help="Counts all campaigns of the company. 0: no limit.",
    )
    customer_day_limit = fields.Integer(
        string="Calls to a customer a day",
        help="Counts all campaigns of the company. 0: no limit.",
    )
    number_limit = fields.Integer(
        string="Calls to a number",
        help="In the whole life of the campaign. 0: no limit.",
    )
    customer_limit = fields.Integer(
        string="Calls to a customer",
        help="In the whole life of the campaign, over all the leads of the customer. "
        "0: no limit.",
    )
    min_gap_minutes = fields.Integer(
        string="Time between two calls (minutes)",
        help="A customer whom any campaign of the company called is left alone for "
        "this long. A promised callback is kept all the same, unless somebody else "
        "has called in between. 0: no rule.",
    )
    callback_own_minutes = fields.Integer(
        string="A callback is its agent's for (minutes)",
        default=60,
        help="Once a promised call is due, the agent who promised it has it first; "
        "after this time any agent of the campaign gets it.",
    )

    _countdown_range = models.Constraint(
        "CHECK(countdown_seconds BETWEEN 0 AND 300)",
        "The countdown must be between 0 and 300 seconds.",
    )
    _limits_range = models.Constraint(
        "CHECK(entry_day_limit BETWEEN 0 AND 10000 "
        "AND number_day_limit BETWEEN 0 AND 10000 "
        "AND customer_day_limit BETWEEN 0 AND 10000 "
        "AND number_limit BETWEEN 0 AND 10000 "
        "AND customer_limit BETWEEN 0 AND 10000)",
        "Limits of calls must be between 0 and 10,000; 0 means no limit.",
    )
    _times_range = models.Constraint(
        "CHECK(min_gap_minutes BETWEEN 0 AND 525600 "
        "AND callback_own_minutes BETWEEN 0 AND 525600)",
        "Times must be between 0 and 525,600 minutes, which is one year.",
    )

    @api.constrains("calendar_id")
    def _check_calendar(self):
        for campaign in self.filtered("calendar_id"):
            # sudo: resource.calendar - supervisors need not see all working hours
            calendar = campaign.calendar_id.sudo()
            if not calendar._dialer_has_hours():
                raise ValidationError(
                    self.env._(
                        "The calling hours “%(calendar)s” have no fixed hours, so "
                        "nobody would ever be called. Add hours to them, or choose "
                        "others.",
                        calendar=calendar.name,
                    )
                )

    def write(self, vals):
        """Note whose filters they are; offer again those who wait for old rules."""
        result = super().write(self._sign_filters(vals))
        if "calendar_id" in vals:
            self._reopen_hours()
        if {*LIMITS, "min_gap_minutes"} & vals.keys():
            self._reopen({"gap", *LIMITS})
        return result

    def _reopen_hours(self):
        """Look again at all who wait for the calling hours of these campaigns."""
        self._reopen({"hours", "no_hours"})
