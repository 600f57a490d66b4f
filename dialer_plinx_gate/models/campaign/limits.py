# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The rules of a campaign: how often, when and by whom a customer is called."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    countdown_seconds = fields.Integer(
        string="Dial automatically after (seconds)",
        default=5,
        help="How long the agent sees the customer before the dialer dials "
        "automatically. The agent can stop the countdown.",
    )
    entry_day_limit = fields.Integer(
        string="Attempts per day",
        help="How often this campaign may call a customer in one day. 0: no limit.",
    )
    number_day_limit = fields.Integer(
        string="Calls per number per day",
        help="Counts all campaigns of the company. 0: no limit.",
    )
    customer_day_limit = fields.Integer(
        string="Calls per customer per day",
        help="Counts all campaigns of the company. 0: no limit.",
    )
    number_limit = fields.Integer(
        string="Calls per number",
        help="Over the whole campaign. 0: no limit.",
    )
    customer_limit = fields.Integer(
        string="Calls per customer",
        help="Over the whole campaign, counting all leads of the customer. 0: no "
        "limit.",
    )
    min_gap_minutes = fields.Integer(
        string="Time between two calls (minutes)",
        help="After a call from any campaign of the company, the customer is not "
        "called again for this long. A promised callback is still kept, unless "
        "somebody else has called in the meantime. 0: no rule.",
    )
    callback_own_minutes = fields.Integer(
        string="Reserve a callback for its agent (minutes)",
        default=60,
        help="Once a promised call is due, it goes first to the agent who promised "
        "it; after this time, any agent of the campaign can take it.",
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
                        "The calling hours “%(calendar)s” contain no hours, so nobody "
                        "would ever be called. Add hours or choose other calling "
                        "hours.",
                        calendar=calendar.name,
                    )
                )
