# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The numbers of the customers in a queue, read around the cache for many at once."""

from functools import cache
from typing import NamedTuple

from odoo import models
from odoo.tools import SQL

from ...plinx.phone import identities

# Context key of what :meth:`DialerQueueEntry._customer_numbers` has found already.
CUSTOMER_NUMBERS = "dialer_customer_numbers"
# What is read of a contact, and of a lead.
CUSTOMER_COLUMNS = (
    "phone",
    "phone_sanitized",
    "country_id",
    "plinx_wa_id",
    "plinx_bsuid",
)


class CustomerNumbers(NamedTuple):
    """A customer as the gate asks about one: numbers, and ids learned from Plinx.

    ``stored`` are the numbers that Odoo's own lists may know the customer by.
    """

    identities: list
    wa_id: str | None
    bsuid: str | None
    stored: set


class NumbersRow(NamedTuple):
    """What :meth:`DialerQueueEntry._read_numbers` reads of one entry."""

    entry_id: int
    company_id: int
    is_company: bool | None
    phone: str | None
    country: int | None
    lead_phone: str | None
    lead_country: int | None
    wa_id: str | None
    bsuid: str | None
    stored: list


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    def _identities(self):
        """All the valid numbers of each entry's customer, read as typed.

        :return: identities by entry id, the number to dial first
        :rtype: dict[int, list[odoo.addons.dialer_plinx_gate.plinx.phone.Identity]]
        """
        return {
            key: customer.identities
            for key, customer in self._customer_numbers().items()
        }

    def _with_customer_numbers(self):
        """These entries, for one look: what is known of their customers is read once.

        :rtype: dialer.queue.entry
        """
        return self.with_context(**{CUSTOMER_NUMBERS: self._customer_numbers()})

    def _customer_numbers(self):
        """What is known of the customers' numbers, in at most two statements.

        Two hundred customers are read for every look at the head of the queue, so
        this goes around the cache. What the agent may not see of a customer counts.

        :return: by entry id, in the order of the entries
        :rtype: dict[int, CustomerNumbers]
        """
        known = self.env.context.get(CUSTOMER_NUMBERS)
        if known is not None:
            return {key: known[key] for key in self.ids if key in known}
        rows = {row.entry_id: row for row in self._read_numbers()}
        contacts = self._read_contact_numbers(
            [key for key, row in rows.items() if row.is_company]
        )
        read = self._number_reader()
        found = {}
        for row in (rows[key] for key in self.ids if key in rows):
            # a lead's own number is the one that its campaign is about
            texts = [
                (row.lead_phone, row.lead_country),
                (row.phone, row.country),
                *contacts.get(row.entry_id, ()),
            ]
            found[row.entry_id] = CustomerNumbers(
                read(texts, row.company_id),
                row.wa_id,
                row.bsuid,
                set(row.stored) - {None},
            )
        return found

    def _number_reader(self):
        """A function that reads texts with the countries they were typed in.

        It looks up the code of each country once, whatever the number of customers.

        :return: takes pairs of a text and a country's id, and the id of the company
            whose country is assumed where there is none; returns identities, each
            number once
        :rtype: collections.abc.Callable
        """
        # sudo: the code of a country is the same for everybody
        countries = self.env["res.country"].sudo()
        companies = self.env["res.company"].sudo()
        code = cache(lambda country: countries.browse(country).code)
        home = cache(lambda company: companies.browse(company).country_id.code)

        def read(texts, company):
            unique = {}
            fallback = home(company)
            for raw, country in texts:
                region = code(country) if country else fallback
                for identity in identities(raw, region, fallback) if raw else ():
                    unique.setdefault(identity.key, identity)
            return list(unique.values())

        return read

    def _read_numbers(self):
        """Read the numbers and learned ids of the customers themselves.

        :rtype: list[NumbersRow]
        """
        # only what is read here: two hundred at a time, again and again
        self.flush_model(["partner_id", "lead_id", "company_id"])
        self.env["res.partner"].flush_model([*CUSTOMER_COLUMNS, "is_company"])
        self.env["crm.lead"].flush_model(CUSTOMER_COLUMNS)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.id, entry.company_id, partner.is_company,
                       partner.phone, partner.country_id, lead.phone, lead.country_id,
                       COALESCE(partner.plinx_wa_id, lead.plinx_wa_id),
                       COALESCE(partner.plinx_bsuid, lead.plinx_bsuid),
                       ARRAY[
                           partner.phone_sanitized, lead.phone_sanitized, entry.phone]
                  FROM dialer_queue_entry entry
             LEFT JOIN res_partner partner ON partner.id = entry.partner_id
             LEFT JOIN crm_lead lead ON lead.id = entry.lead_id
                 WHERE entry.id = ANY(%s)
                """,
                list(self.ids),
            )
        )
        return [NumbersRow(*row) for row in rows]

    def _read_contact_numbers(self, entry_ids):
        """Read the numbers of the contacts of the customers that are companies.

        :return: texts with the country's id, by entry id
        :rtype: dict[int, list[tuple[str, int | None]]]
        """
        found = {}
        if entry_ids:
            # whoever answers for the company counts as the company
            self.env["res.partner"].flush_model(["parent_id", "active"])
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT entry.id, contact.phone, contact.country_id
                      FROM dialer_queue_entry entry
                      JOIN res_partner contact ON contact.parent_id = entry.partner_id
                       AND contact.active AND contact.phone IS NOT NULL
                     WHERE entry.id = ANY(%s)
                  ORDER BY contact.id
                    """,
                    entry_ids,
                )
            )
            for entry_id, phone, country in rows:
                found.setdefault(entry_id, []).append((phone, country))
        return found
