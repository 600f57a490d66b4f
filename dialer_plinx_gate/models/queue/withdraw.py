# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Taking the customers of listed numbers out of the queues, and bringing them back."""

from odoo import api, fields, models
from odoo.tools import SQL

from ...plinx.phone import identities

# Who can be taken out at once; a call that is under way is left to its agent.
WITHDRAWABLE = ("pending", "invalid", "exhausted", "reserved", "asking")


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    # only these are looked for by number: an index of all would make a fill a third
    # slower (300,000 rows: 9.7 s with it, 6.8 s without)
    _blocked_number = models.Index(
        "(phone) WHERE state = 'cancelled' AND wait_reason = 'do_not_call'"
    )

    @api.model
    def _withdraw_numbers(self, numbers, companies=None):
        """Take all who have one of these numbers out of their queues, at once.

        An agent who has such a customer on screen loses it; a call that is under way
        goes on. Nobody is called back on a number that must not be called.

        :param list numbers: E.164 numbers that must not be called
        :param res.company companies: only their queues; None for all
        :return: how many were taken out
        :rtype: int
        """
        if not numbers:
            return 0
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE dialer_queue_entry
                   SET state = 'cancelled', wait_reason = 'do_not_call',
                       agent_id = NULL, session_id = NULL, reserved_until = NULL
                 WHERE id IN (%(entries)s) AND state IN %(states)s AND %(companies)s
             RETURNING id, activity_id
                """,
                entries=self._entries_of_numbers(numbers),
                states=WITHDRAWABLE,
                companies=self._of_companies(companies),
            )
        )
        self.invalidate_model()
        if rows:
            withdrawn = self.browse(row[0] for row in rows)
            self.env["dialer.held.number"]._free(withdrawn)
            withdrawn._clear_screens()
            promised = self.browse(row[0] for row in rows if row[1])
            # sudo: the promise is another agent's, maybe of another company
            promised.sudo()._move_activities()
        return len(rows)

    def _clear_screens(self):
        """Take these entries, which were taken out of the queue, off the screens."""
        # sudo: whoever blocks a number, the agents who have it are others
        sessions = self.env["dialer.session"].sudo()
        # open sessions are few, entries may be many
        showing = sessions.search(
            [("state", "!=", "closed"), ("entry_id.state", "=", "cancelled")]
        )
        mine = set(self.ids)
        showing.filtered(lambda s: s.entry_id.id in mine)._clear_screen("expired")

    @api.model
    def _bring_back_numbers(self, numbers, companies=None):
        """Let customers back into their queues whose numbers are on no list now.

        :param list numbers: E.164 numbers that were on a list
        :param res.company companies: only their queues; None for all
        :return: how many came back
        :rtype: int
        """
        if not numbers:
            return 0
        self.env.flush_all()
        self.env.cr.execute(
            # who has attempts left is called again; who has none stays out
            SQL(
                """
                UPDATE dialer_queue_entry
                   SET wait_reason = NULL, next_call_at = %(now)s, state =
                       CASE WHEN attempts < campaign.max_attempts THEN 'pending'
                            ELSE 'exhausted' END
                  FROM dialer_campaign campaign
                 WHERE campaign.id = dialer_queue_entry.campaign_id
                   AND dialer_queue_entry.id IN (%(entries)s)
                   AND dialer_queue_entry.state = 'cancelled'
                   AND dialer_queue_entry.wait_reason = 'do_not_call'
                   AND %(companies)s AND NOT (%(listed)s)
                """,
                now=fields.Datetime.now(),
                entries=self._entries_of_numbers(numbers),
                companies=self._of_companies(companies),
                listed=self._still_listed(),
            )
        )
        count = self.env.cr.rowcount
        self.invalidate_model()
        return count

    @api.model
    def _of_companies(self, companies):
        if not companies:
            return SQL("TRUE")
        return SQL("dialer_queue_entry.company_id IN %s", companies._ids)

    @api.model
    def _entries_of_numbers(self, numbers):
        """The entries whose customer has one of these numbers, as a SELECT of ids.

        Any of the customer's numbers counts, however it is written there. So does the
        one that an entry was cancelled with.
        """
        keys = {one.key for number in numbers for one in identities(number, None)}
        customers = self.env["dialer.number"]._customers_of_keys_sql
        return SQL(
            """
            SELECT entry.id FROM (%(partners)s) customer
              JOIN dialer_queue_entry entry ON entry.partner_id = customer.customer_id
             UNION
            SELECT entry.id FROM (%(leads)s) customer
              JOIN dialer_queue_entry entry ON entry.lead_id = customer.customer_id
             UNION
            SELECT id FROM dialer_queue_entry
             WHERE state = 'cancelled' AND wait_reason = 'do_not_call'
               AND phone IN %(numbers)s
            """,
            partners=customers(keys, kind="res.partner"),
            leads=customers(keys, kind="crm.lead"),
            numbers=tuple(numbers),
        )

    @api.model
    def _still_listed(self):
        """Whether a list has one of the numbers of an entry, as a condition."""
        numbers = self.env["dialer.number"]._keys_of_customers_sql
        return SQL(
            """
            EXISTS (
                SELECT FROM (
                    SELECT key FROM (%(partner)s) own
                     UNION ALL
                    SELECT key FROM (%(lead)s) own
                     UNION ALL
                    SELECT substr(dialer_queue_entry.phone, 2)
                ) number
                 WHERE EXISTS (
                    SELECT FROM phone_blacklist list
                     WHERE list.active AND list.dialer_key = number.key)
                    OR EXISTS (
                    SELECT FROM dialer_do_not_call list
                     WHERE list.company_id = dialer_queue_entry.company_id
                       AND list.in_effect AND list.number = '+' || number.key))
            """,
            partner=numbers(
                kind="res.partner", customer=SQL("dialer_queue_entry.partner_id")
            ),
            lead=numbers(kind="crm.lead", customer=SQL("dialer_queue_entry.lead_id")),
        )
