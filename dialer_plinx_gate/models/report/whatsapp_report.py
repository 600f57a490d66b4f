# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What became of customers whose first attendance took place on WhatsApp."""

from odoo import fields, models
from odoo.tools import SQL


class DialerWhatsappReport(models.Model):
    """Customers whose first attendance took place on WhatsApp, and what followed."""

    _name = "dialer.whatsapp.report"
    _inherit = ["dialer.customer.names"]
    _description = "First Contact on WhatsApp"
    # no table: it is added up when somebody looks, so it is never out of date
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "partner_id"
    _depends = {
        "dialer.attendance": [
            "date",
            "channel",
            "partner_id",
            "lead_id",
            "user_id",
            "campaign_id",
            "company_id",
            "result_id",
        ],
        "dialer.result": ["effect"],
    }

    date = fields.Datetime(string="First contact on", readonly=True)
    attendance_id = fields.Many2one("dialer.attendance", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    lead_id = fields.Many2one("crm.lead", readonly=True)
    user_id = fields.Many2one("res.users", string="Agent", readonly=True)
    campaign_id = fields.Many2one("dialer.campaign", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    later_count = fields.Integer(string="Later attendances", readonly=True)
    next_date = fields.Datetime(string="Next attendance", readonly=True)
    days = fields.Float(string="Days until next", readonly=True, aggregator="avg")
    last_result_id = fields.Many2one(
        "dialer.result",
        string="Latest result",
        readonly=True,
        help="Empty: nothing has followed the conversation.",
    )
    outcome = fields.Selection(
        [
            ("nothing", "Nothing so far"),
            ("open", "Still in contact"),
            ("done", "Concluded"),
            ("dnc", "Do not call"),
        ],
        readonly=True,
    )

    @property
    def _table_query(self):
        """One row for each customer, or lead without one, of a company."""
        # The first attendance of each customer in a company; of these, the ones held on
        # WhatsApp, each with what came after it.
        return SQL(
            """
            WITH met AS (
                SELECT DISTINCT ON (company_id, partner_id,
                                    CASE WHEN partner_id IS NULL THEN lead_id END)
                       id, date, channel, partner_id, lead_id, user_id, campaign_id,
                       company_id
                  FROM dialer_attendance
              ORDER BY company_id, partner_id,
                       CASE WHEN partner_id IS NULL THEN lead_id END, date, id
            )
            SELECT met.id, met.id AS attendance_id, met.date, met.partner_id,
                   met.lead_id, met.user_id, met.campaign_id, met.company_id,
                   later.later_count, later.next_date, later.last_result_id,
                   EXTRACT(EPOCH FROM later.next_date - met.date) / 86400.0 AS days,
                   CASE WHEN later.later_count = 0 THEN 'nothing'
                        WHEN result.effect IN ('done', 'dnc') THEN result.effect
                        ELSE 'open'
                    END AS outcome
              FROM met
        CROSS JOIN LATERAL (
                SELECT count(*) AS later_count, min(next.date) AS next_date,
                       (array_agg(next.result_id
                                  ORDER BY next.date DESC, next.id DESC))[1]
                           AS last_result_id
                  FROM dialer_attendance next
                 WHERE next.company_id = met.company_id
                   AND (next.partner_id = met.partner_id
                        OR met.partner_id IS NULL AND next.lead_id = met.lead_id)
                   AND (next.date, next.id) > (met.date, met.id)
              ) later
         LEFT JOIN dialer_result result ON result.id = later.last_result_id
             WHERE met.channel = 'whatsapp'
            """
        )
