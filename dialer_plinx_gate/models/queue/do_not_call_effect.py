# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The do-not-call lists and the queues: Odoo's own for all, and one a company."""

from odoo import api, fields, models
from odoo.tools import SQL

from .entry import Block

# Who can be taken out at once; a call that is under way is left to its agent.
WITHDRAWABLE = ("pending", "invalid", "exhausted", "reserved", "asking")


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    # only these are looked for by number: an index of all would make a fill a third
    # slower (300,000 rows: 9.7 s with it, 6.8 s without)
    _blocked_number = models.Index(
        "(phone) WHERE state = 'cancelled' AND wait_reason = 'do_not_call'"
    )

    def _blocks(self):
        """Add who is on Odoo's list, or on the company's own.

        By the numbers that Odoo keeps, and by the one that would be dialed, which
        may be one of several in the field.
        """
        blocks = super()._blocks()
        rest = self.filtered(lambda entry: entry.id not in blocks)
        self.flush_model(["phone"])
        numbers = {
            entry_id: called.stored | {one.e164 for one in called.identities[:1]}
            for entry_id, called in rest._customer_numbers().items()
        }
        listed = rest._listed(set().union(*numbers.values()))
        for entry in rest if listed else ():
            for number in numbers.get(entry.id, ()):
                if {(None, number), (entry.company_id.id, number)} & listed:
                    blocks[entry.id] = Block("do_not_call", state="cancelled")
        return blocks

    def _listed(self, numbers):
        """Which of these numbers are on a do-not-call list.

        :param set numbers: E.164
        :return: pairs of company id and number; None for all companies
        :rtype: set[tuple[int | None, str]]
        """
        if not numbers:
            return set()
        days = [(company.id, company._dialer_date()) for company in self.company_id]
        self.env["phone.blacklist"].flush_model(["number", "active"])
        self.env["dialer.do.not.call"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT NULL, number FROM phone_blacklist
                 WHERE active AND number = ANY(%(numbers)s)
                 UNION ALL
                SELECT own.company_id, own.number
                  FROM dialer_do_not_call own
                  JOIN (VALUES %(days)s) AS today(company_id, day)
                    ON today.company_id = own.company_id AND own.date_from <= today.day
                 WHERE own.number = ANY(%(numbers)s)
                """,
                numbers=list(numbers),
                days=SQL(", ").join(SQL("(%s, %s)", *day) for day in days),
            )
        )
        return set(rows)

    @api.model
    def _withdraw_numbers(self, numbers, companies=None):
        """Take all who have one of these numbers out of their queues, at once.

        An agent who has such a customer on screen loses it; a call that is under way
        goes on.

        :param list numbers: E.164 numbers that must not be called
        :param res.company companies: only their queues; None for all
        :return: how many were taken out
        :rtype: int
        """
        if not numbers:
            return 0
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE dialer_queue_entry
                   SET state = 'cancelled', wait_reason = 'do_not_call',
                       agent_id = NULL, session_id = NULL, reserved_until = NULL
                 WHERE id IN (%(entries)s) AND state IN %(states)s AND %(companies)s
                """,
                entries=self._entries_of_numbers(numbers),
                states=WITHDRAWABLE,
                companies=self._of_companies(companies),
            )
        )
        count = self.env.cr.rowcount
        self.invalidate_model()
        if count:
            self._clear_screens()
        return count

    @api.model
    def _clear_screens(self):
        """Take customers off the agents' screens who were taken out of the queue."""
        # sudo: whoever blocks a number, the agents who have it are others
        sessions = self.env["dialer.session"].sudo()
        sessions.search(
            [("state", "!=", "closed"), ("entry_id.state", "=", "cancelled")]
        ).write({"entry_id": False, "decision": False})

    @api.model
    def _give_back_numbers(self, numbers, companies=None):
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
        """The entries whose customer has one of these numbers, as a SELECT of ids."""
        return SQL(
            """
            SELECT entry.id FROM res_partner customer
              JOIN dialer_queue_entry entry ON entry.partner_id = customer.id
             WHERE customer.phone_sanitized IN %(numbers)s
             UNION
            SELECT entry.id FROM crm_lead customer
              JOIN dialer_queue_entry entry ON entry.lead_id = customer.id
             WHERE customer.phone_sanitized IN %(numbers)s
             UNION
            SELECT id FROM dialer_queue_entry
             WHERE state = 'cancelled' AND wait_reason = 'do_not_call'
               AND phone IN %(numbers)s
            """,
            numbers=tuple(numbers),
        )

    @api.model
    def _still_listed(self):
        """Whether another list has the number of an entry, as a condition."""
        return SQL(
            """
            EXISTS (SELECT 1 FROM phone_blacklist list
                     WHERE list.active AND list.number = dialer_queue_entry.phone)
            OR EXISTS (SELECT 1 FROM dialer_do_not_call list
                     WHERE list.company_id = dialer_queue_entry.company_id
                       AND list.in_effect AND list.number = dialer_queue_entry.phone)
            """
        )


class PhoneBlacklist(models.Model):
    _inherit = "phone.blacklist"

    @api.model_create_multi
    def create(self, vals_list):
        """Block numbers everywhere; their customers leave all queues at once."""
        records = super().create(vals_list)
        self._withdraw(records.filtered("active"))
        return records

    def write(self, vals):
        """Block or free numbers; the queues follow."""
        before = self.filtered("active").mapped("number")
        result = super().write(vals)
        if {"active", "number"} & vals.keys():
            blocked = self.filtered("active")
            self._withdraw(blocked)
            self._give_back(set(before) - set(blocked.mapped("number")))
        return result

    def unlink(self):
        """Free numbers; their customers come back to the queues."""
        before = self.filtered("active").mapped("number")
        result = super().unlink()
        self._give_back(before)
        return result

    @api.model
    def _withdraw(self, records):
        # sudo: the list is for all companies
        self.env["dialer.queue.entry"].sudo()._withdraw_numbers(
            records.mapped("number")
        )

    @api.model
    def _give_back(self, numbers):
        # sudo: the list is for all companies
        self.env["dialer.queue.entry"].sudo()._give_back_numbers(list(numbers))
