# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The ids by which Plinx knows a customer: learned, followed, never waited for."""

import psycopg2.errors

from odoo import api, models
from odoo.tools import SQL

from ...plinx.phone import bsuids, wa_id_key


class DialerCustomerMixin(models.AbstractModel):
    _inherit = "dialer.customer.mixin"

    @api.model
    def _dialer_learn_identities(self, conversations):
        """Keep the ids that Plinx gave for these customers, where they are new.

        A customer whose row somebody else holds now is left for the next time, so
        that nobody waits for this.

        :param dict conversations: conversation by id of the customer, of this model
        """
        if not conversations:
            return
        # an id that Plinx did not name this time is kept
        rows = []
        for customer_id, *known in self._dialer_known_identities(list(conversations)):
            conversation = conversations[customer_id]
            valid = self._dialer_valid_ids(conversation.wa_id, conversation.bsuid)
            learned = [new or old for new, old in zip(valid, known, strict=True)]
            if learned != known:
                rows.append((customer_id, *learned))
        if rows:
            self._dialer_write_identities(rows)

    @api.model
    def _dialer_known_identities(self, ids):
        """The ids learned so far, of two thousand customers in one statement.

        :return: id of the customer, WhatsApp id, user id
        :rtype: list[tuple[int, str | None, str | None]]
        """
        self.flush_model(["plinx_wa_id", "plinx_bsuid"])
        return self.env.execute_query(
            SQL(
                "SELECT id, plinx_wa_id, plinx_bsuid FROM %s WHERE id = ANY(%s)",
                SQL.identifier(self._table),
                ids,
            )
        )

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
        ids, wa_ids, user_ids = map(list, zip(*rows, strict=True))
        # All customers of one answer in one statement. Rows that others hold are
        # skipped, not awaited: an agent is waiting for this request.
        query = SQL(
            """
            UPDATE %(table)s customer
               SET plinx_wa_id = given.wa_id, plinx_bsuid = given.bsuid
              FROM unnest(%(ids)s, %(wa_ids)s::varchar[], %(user_ids)s::varchar[])
                AS given(id, wa_id, bsuid)
             WHERE customer.id = given.id
               AND customer.id IN (SELECT id FROM %(table)s WHERE id = ANY(%(ids)s)
                              FOR NO KEY UPDATE SKIP LOCKED)
            """,
            table=table,
            ids=ids,
            wa_ids=wa_ids,
            user_ids=user_ids,
        )
        cr = self.env.cr
        try:
            with cr.savepoint(flush=False):
                cr.execute(query, log_exceptions=False)
        except psycopg2.errors.SerializationFailure:
            # one of them changed since this transaction began; the next answer of
            # Plinx brings the same ids
            return
        self.browse(ids).invalidate_recordset(
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
        # Found by either id, for either may be the one that changed. Customers shared
        # by all companies are followed, too.
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
