# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The numbers that agents have at the moment: each is one agent's at a time."""

from odoo import api, fields, models
from odoo.tools import SQL

from .entry import HELD_STATES


class DialerHeldNumber(models.Model):
    """A number of a customer whom an agent has on screen, or in call.

    There is a row for each number of each entry that is held, whichever record the
    number stands in and however it is written there. The rows come with the
    reservation, in its statement, and go with every way out of it.
    """

    _name = "dialer.held.number"
    _description = "Number that an agent has"
    _log_access = False
    _rec_name = "key"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    key = fields.Char(required=True, help="As the reader of numbers gives it.")
    entry_id = fields.Many2one(
        "dialer.queue.entry", required=True, ondelete="cascade", index=True
    )

    _once = models.UniqueIndex(
        "(company_id, key)", "Another agent has a customer with this number."
    )

    @api.model
    def _free(self, entries):
        """Let the numbers of these entries be called by others again.

        :param dialer.queue.entry entries: held until now
        """
        if entries:
            self.env.cr.execute(
                SQL(
                    "DELETE FROM dialer_held_number WHERE entry_id = ANY(%s)",
                    list(entries.ids),
                )
            )
            self.invalidate_model(flush=False)

    @api.model
    def _free_left_over(self):
        """Free what no agent has any more, however that came about.

        Rows that another transaction has are left for the next time.
        """
        self.env["dialer.queue.entry"].flush_model(["state"])
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM dialer_held_number WHERE id IN (
                    SELECT held.id FROM dialer_held_number held
                     -- few numbers are held: each entry is looked up by its id
                     WHERE (SELECT entry.state FROM dialer_queue_entry entry
                             WHERE entry.id = held.entry_id) NOT IN %s
                       FOR UPDATE OF held SKIP LOCKED)
                """,
                HELD_STATES,
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _hold_all(self):
        """Note the numbers of all entries that agents have already."""
        self.env["dialer.queue.entry"].flush_model()
        self.env["dialer.number"]._flush_numbers()
        for company in self.env["res.company"].search([("id", "!=", False)]):
            condition = SQL(
                "entry.company_id = %s AND entry.state IN %s", company.id, HELD_STATES
            )
            self.env.cr.execute(
                SQL(
                    "INSERT INTO dialer_held_number (company_id, key, entry_id)"
                    " SELECT company_id, key, id FROM (%s) number"
                    " ON CONFLICT DO NOTHING",
                    self._keys_of_entries_sql(company, condition),
                )
            )

    @api.model
    def _holder(self, entry):
        """The entry by which an agent has a number of a customer who waits.

        :param dialer.queue.entry entry: of the customer who waits
        :return: at most one entry
        :rtype: dialer.queue.entry
        """
        self.env["dialer.number"]._flush_numbers()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT held.entry_id FROM (%s) number
                  JOIN dialer_held_number held USING (company_id, key)
                 WHERE held.entry_id != number.id LIMIT 1
                """,
                self._keys_of_entries_sql(
                    entry.company_id, SQL("entry.id = %s", entry.id)
                ),
            )
        )
        holder = entry.browse(row[0] for row in rows)
        return holder.filtered(lambda other: other.state in HELD_STATES)

    @api.model
    def _keys_of_entries_sql(self, company, condition):
        """The numbers of the customers of some entries of a company.

        ``dialer.number._flush_numbers`` belongs before it.

        :param res.company company: whose entries
        :param SQL condition: which, on ``entry``
        :return: a SELECT of ``company_id``, ``id`` of the entry and ``key``, each once
        :rtype: SQL
        """
        numbers = self.env["dialer.number"]
        return SQL(
            """
            SELECT DISTINCT entry.company_id, entry.id, number.key
              FROM dialer_queue_entry entry
             CROSS JOIN LATERAL (
                SELECT key FROM (%(partner)s) own
                 UNION ALL
                SELECT key FROM (%(lead)s) own
             ) number
             WHERE %(condition)s
            """,
            partner=numbers._keys_of_customers_sql(
                company, "res.partner", SQL("entry.partner_id")
            ),
            lead=numbers._keys_of_customers_sql(
                company, "crm.lead", SQL("entry.lead_id")
            ),
            condition=condition,
        )

    @api.model
    def _customers_sql(self, company):
        """The customers one of whose numbers an agent of a company has.

        :param res.company company: whose agents
        :return: a SELECT of ``kind`` (the model) and ``customer_id``
        :rtype: SQL
        """
        return SQL(
            """
            SELECT kind, customer_id FROM (%(numbers)s) number
             WHERE key = ANY(ARRAY(
                   SELECT held.key FROM dialer_held_number held
                     JOIN dialer_queue_entry entry ON entry.id = held.entry_id
                    WHERE held.company_id = %(company)s AND entry.state IN %(held)s))
            """,
            numbers=self.env["dialer.number"]._keys_of_customers_sql(company),
            company=company.id,
            held=HELD_STATES,
        )
