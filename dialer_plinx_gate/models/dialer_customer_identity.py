# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import psycopg2.errors

from odoo import api, models
from odoo.tools import SQL

from ..plinx.phone import bsuids, wa_id_key


class DialerCustomerMixin(models.AbstractModel):
    _name = "dialer.customer.mixin"
    _inherit = "dialer.customer.mixin"

    @api.model
    def _dialer_learn_identities(self, conversations):
        """Keep the ids that Plinx gave for these customers, where they are new.

        A customer whose row somebody else holds now is left for the next time, so
        that nobody waits for this.

        :param dict conversations: conversation by customer, all of this model
        """
        rows = []
        for customer, conversation in conversations.items():
            wa_id, bsuid = self._dialer_valid_ids(
                conversation.wa_id, conversation.bsuid
            )
            known = (customer.plinx_wa_id, customer.plinx_bsuid)
            learned = (wa_id or known[0] or None, bsuid or known[1] or None)
            if learned != (known[0] or None, known[1] or None):
                rows.append((customer.id, *learned))
        if rows:
            self._dialer_write_identities(rows)

    @api.model
    def _dialer_valid_ids(self, wa_id, bsuid):
        """These ids as a contact keeps them, None for one that is none."""
        digits = (wa_id or "").lstrip("+")
        return (
            digits if digits.isdecimal() and wa_id_key(digits) else None,
            bsuid if bsuids(bsuid) == [bsuid] else None,
        )

    @api.model
    def _dialer_write_identities(self, rows):
        self.flush_model(["plinx_wa_id", "plinx_bsuid"])
        table = SQL.identifier(self._table)
        query = SQL(
            """
            UPDATE %(table)s customer
               SET plinx_wa_id = given.wa_id, plinx_bsuid = given.bsuid
              FROM (VALUES %(rows)s) AS given(id, wa_id, bsuid)
             WHERE customer.id = given.id
               AND customer.id IN (SELECT id FROM %(table)s WHERE id IN %(ids)s
                              FOR NO KEY UPDATE SKIP LOCKED)
            """,
            table=table,
            rows=SQL(", ").join(
                SQL("(%s, %s::varchar, %s::varchar)", *row) for row in rows
            ),
            ids=tuple(row[0] for row in rows),
        )
        cr = self.env.cr
        try:
            with cr.savepoint(flush=False):
                cr.execute(query, log_exceptions=False)
        except psycopg2.errors.SerializationFailure:
            # one of them changed since this transaction began; the next answer of
            # Plinx brings the same ids
            return
        self.browse(row[0] for row in rows).invalidate_recordset(
            ["plinx_wa_id", "plinx_bsuid"], flush=False
        )

    @api.model
    def _dialer_change_identities(self, company, wa_id, bsuid):
        """Follow a customer whose number or user id changed in WhatsApp.

        :param res.company company: whose customers, and those shared by all
        :param str wa_id: the number that the user has now
        :param str bsuid: the user's business-scoped id
        """
        wa_id, bsuid = self._dialer_valid_ids(wa_id, bsuid)
        if not (wa_id and bsuid):
            return
        self.flush_model(["plinx_wa_id", "plinx_bsuid", "company_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE %(table)s SET plinx_wa_id = %(wa_id)s, plinx_bsuid = %(bsuid)s
                 WHERE (plinx_bsuid = %(bsuid)s OR plinx_wa_id = %(wa_id)s)
                   AND (company_id = %(company)s OR company_id IS NULL)
                   AND (plinx_wa_id IS DISTINCT FROM %(wa_id)s
                        OR plinx_bsuid IS DISTINCT FROM %(bsuid)s)
                """,
                table=SQL.identifier(self._table),
                wa_id=wa_id,
                bsuid=bsuid,
                company=company.id,
            )
        )
        self.invalidate_model(["plinx_wa_id", "plinx_bsuid"])
