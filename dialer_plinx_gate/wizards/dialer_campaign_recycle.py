# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The form that calls exhausted customers of a campaign again."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import inputs

SAMPLE = 10


class DialerCampaignRecycle(models.TransientModel):
    _name = "dialer.campaign.recycle"
    _description = "Call exhausted customers again"
    _inherit = ["dialer.guard.mixin"]
    _check_company_auto = True

    campaign_id = fields.Many2one(
        "dialer.campaign", required=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    result_ids = fields.Many2many(
        "dialer.result",
        string="Last result",
        check_company=True,
        help="Only customers whose last call ended with one of these results. Leave "
        "empty for any result.",
    )
    last_before = fields.Datetime(
        string="Last called before",
        help="Only customers that have not been called since. Leave empty for any "
        "date.",
    )
    limit = fields.Integer(
        string="Maximum",
        help="Customers not called for the longest time come first. 0: all.",
    )
    count = fields.Integer(string="Customers", compute="_compute_preview")
    sample_ids = fields.Many2many(
        "dialer.queue.entry", string="For example", compute="_compute_preview"
    )

    _limit_range = models.Constraint(
        'CHECK("limit" IS NULL OR "limit" BETWEEN 0 AND 1000000)',
        "The number of customers must be between 0 and 1,000,000.",
    )

    @api.model
    def _fixed_fields(self):
        """A popup stays with the campaign that it was opened for."""
        return super()._fixed_fields() | {"campaign_id"}

    @api.model
    def default_get(self, fields):
        """Leave out a campaign of others: the form would show its name."""
        values = super().default_get(fields)
        if campaign_id := values.get("campaign_id"):
            campaign = self.env["dialer.campaign"].browse(campaign_id).exists()
            if not campaign._filtered_access("write"):
                del values["campaign_id"]
        return values

    @api.depends("campaign_id")
    def _compute_company_id(self):
        for recycle in self:
            recycle.company_id = recycle._own_campaign().company_id

    @api.depends("campaign_id", "result_ids", "last_before", "limit")
    def _compute_preview(self):
        """Count whom the choice would bring back, and show the first of them."""
        for recycle in self:
            chosen = recycle._chosen()
            count = self.env.execute_query(
                SQL("SELECT count(*) FROM (%s) chosen", chosen)
            )
            sample = self.env.execute_query(SQL("%s LIMIT %s", chosen, SAMPLE))
            if recycle.limit and recycle.limit < SAMPLE:
                sample = sample[: recycle.limit]
            limit = recycle.limit or count[0][0]
            recycle.count = min(count[0][0], limit)
            recycle.sample_ids = [fields.Command.set([row[0] for row in sample])]

    def action_recycle(self):
        """Give the chosen customers a fresh start: they wait, with no attempts.

        :return: notification with their number
        :rtype: dict
        :raise UserError: when there is nobody to bring back
        """
        inputs.one(self)
        self.campaign_id.check_access("write")
        if self.campaign_id.state == "closed":
            raise UserError(
                self.env._(
                    "“%(campaign)s” is closed: nobody in its queue can be called "
                    "again.",
                    campaign=self.campaign_id.name,
                )
            )
        count = self._recycle()
        if not count:
            raise UserError(
                self.env._("No exhausted customers match these conditions any more.")
            )
        self.campaign_id.message_post(
            body=self.env._(
                "%(count)s exhausted customers will be called again.", count=count
            )
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s customers are waiting again.", count=count
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _recycle(self):
        """Reset the chosen entries in one statement.

        :return: how many
        :rtype: int
        """
        self.env.flush_all()
        entries = self.env["dialer.queue.entry"]
        self.env.cr.execute(
            SQL(
                """
                UPDATE dialer_queue_entry SET %(renewal)s
                 WHERE state = 'exhausted' AND id IN (%(chosen)s %(limit)s)
                """,
                renewal=entries._recycle_sql(fields.Datetime.now()),
                chosen=self._chosen(),
                limit=SQL("LIMIT %s", self.limit) if self.limit else SQL(),
            )
        )
        count = self.env.cr.rowcount
        entries.invalidate_model()
        return count

    def _own_campaign(self):
        """The campaign, if the person may change it: no rule has seen a form's value.

        :rtype: dialer.campaign
        """
        return self.campaign_id._origin.exists()._filtered_access("write")

    def _chosen(self):
        """The exhausted entries that fulfil the conditions, longest ago first.

        :return: a SELECT of ids
        :rtype: SQL
        """
        self.env["dialer.queue.entry"].flush_model()
        self.env["dialer.attendance"].flush_model()
        # of each entry its latest attendance, if there is any, decides
        conditions = [SQL("TRUE")]
        if results := self.result_ids._origin:
            # ids that were typed: those that the person may not read match nobody
            seen = results.exists()._filtered_access("read").ids
            conditions.append(SQL("last.result_id = ANY(%s)", seen))
        if self.last_before:
            conditions.append(
                SQL("(last.date IS NULL OR last.date < %s)", self.last_before)
            )
        return SQL(
            """
            SELECT entry.id FROM dialer_queue_entry entry
         LEFT JOIN (SELECT DISTINCT ON (entry_id) entry_id, result_id, date
                      FROM dialer_attendance WHERE campaign_id = %(campaign)s
                  ORDER BY entry_id, date DESC, id DESC) last
                ON last.entry_id = entry.id
             WHERE entry.campaign_id = %(campaign)s AND entry.state = 'exhausted'
               AND %(conditions)s
          ORDER BY last.date NULLS FIRST, entry.id
            """,
            campaign=self._own_campaign().id or 0,
            conditions=SQL(" AND ").join(conditions),
        )
