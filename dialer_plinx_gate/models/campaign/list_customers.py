# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the customers of an imported list come into the queue of a campaign."""

from odoo import fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import SQL

from ...tools import inputs


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    import_ids = fields.One2many("dialer.list.import", "campaign_id", string="Lists")
    import_count = fields.Integer(
        compute="_compute_import_count",
        groups="dialer_plinx_gate.group_dialer_supervisor",
    )

    def _compute_import_count(self):
        counts = dict(
            self.env["dialer.list.import"]._read_group(
                [("campaign_id", "in", self.ids)], ["campaign_id"], ["__count"]
            )
        )
        for campaign in self:
            campaign.import_count = counts.get(campaign, 0)

    def action_import_list(self):
        """Open the form that brings a list of customers into the queue.

        :return: window action
        :rtype: dict
        """
        inputs.one(self, "write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import a list"),
            "res_model": "dialer.list.import",
            "views": [(False, "form")],
            "context": {
                "default_campaign_id": self.id,
                "default_kind": "customers",
                "default_company_id": self.company_id.id,
            },
        }

    def _listed_numbers(self, numbers):
        """Which of these numbers this campaign may not call.

        :param list numbers: E.164
        :rtype: set[str]
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT number FROM (%s) list WHERE number = ANY(%s)",
                self._do_not_call_numbers(),
                list(numbers),
            )
        )
        return {row[0] for row in rows}

    def _customers_by(self, column, values):
        """Customers, or leads, by what stands in a column, the company's own first.

        Only those whom who brings the list may read.

        :param str column: ``phone_sanitized``, or ``phone`` as it was written
        :param list values: what to look for
        :return: their ids by value
        :rtype: dict[str, int]
        """
        if not values:
            return {}
        model = self.env[self._target_model()]
        model.flush_model()
        open_leads = SQL("AND won_status != 'won'") if self.target == "lead" else SQL()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (%(column)s) %(column)s, id FROM %(table)s
                 WHERE %(column)s = ANY(%(values)s) AND active %(open_leads)s
                   AND (company_id = %(company)s OR company_id IS NULL)
              ORDER BY %(column)s, company_id NULLS LAST, id
                """,
                column=SQL.identifier(column),
                table=SQL.identifier(model._table),
                values=list(values),
                company=self.company_id.id,
                open_leads=open_leads,
            )
        )
        readable = model.browse(row[1] for row in rows)._filtered_access("read")
        return {value: key for value, key in rows if key in readable._ids}

    def _lock_queue(self):
        """Keep others from filling the queue meanwhile.

        :raise UserError: when somebody does at this moment
        """
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._(
                    "The queue of “%(campaign)s” is being filled or is taking in "
                    "another list. Try again shortly.",
                    campaign=self.name,
                )
            ) from error

    def _import_customers(self, customer_ids):
        """Put customers into the queue whom no filter needs to match.

        Who was withdrawn comes back; who is in the queue stays as agents left it, and
        is not withdrawn any more.

        :param list customer_ids: ids of customers, or of leads
        :return: ids of those who were in the queue already
        :rtype: set[int]
        """
        self.env.flush_all()
        # a fill that began before sees that the queue is another one now
        self._lock_queue()
        self.env.cr.execute(
            SQL("UPDATE dialer_campaign SET write_date = now() WHERE id = %s", self.id)
        )
        # those known are read first: the update below makes them all alike
        link = SQL.identifier("dialer_queue_entry", self._link())
        values = {"link": link, "campaign": self.id, "ids": list(customer_ids)}
        known = self.env.execute_query(
            SQL(
                "SELECT %(link)s FROM dialer_queue_entry"
                " WHERE campaign_id = %(campaign)s"
                " AND %(link)s = ANY(%(ids)s) AND NOT COALESCE(withdrawn, FALSE)",
                **values,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE dialer_queue_entry SET %(change)s
                 WHERE campaign_id = %(campaign)s AND %(link)s = ANY(%(ids)s)
                   AND (imported IS NOT TRUE OR withdrawn)
                """,
                change=self.env["dialer.queue.entry"]._import_sql(),
                **values,
            )
        )
        self._insert_customers(customer_ids)
        self.env["dialer.queue.entry"].invalidate_model()
        return {row[0] for row in known}

    def _insert_customers(self, customer_ids):
        """Add those of these customers who are not in the queue yet."""
        model = self.env[self._target_model()]
        table = SQL.identifier(model._table)
        self.env.cr.execute(
            self._insert_statement(
                SQL(
                    """
                    SELECT %(columns)s FROM %(table)s
                     WHERE id = ANY(%(ids)s) AND NOT EXISTS (
                           SELECT 1 FROM dialer_queue_entry known
                            WHERE known.campaign_id = %(campaign)s
                              AND %(link)s = %(table)s.id)
                  ORDER BY id
                    """,
                    columns=SQL(", ").join(self._entry_columns(model._table, True)),
                    table=table,
                    ids=list(customer_ids),
                    campaign=self.id,
                    link=SQL.identifier("known", self._link()),
                )
            )
        )
