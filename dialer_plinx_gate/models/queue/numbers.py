# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The numbers of the customers in a queue, read around the cache for many at once."""

from functools import cache
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ...plinx import phone
from ..customer.number import CAREFUL_COUNTRY

# Context key of what :meth:`DialerQueueEntry._customer_numbers` has found already.
CUSTOMER_NUMBERS = "dialer_customer_numbers"
# What is read of a contact, and of a lead, besides the phone fields.
CUSTOMER_COLUMNS = ("phone_sanitized", "country_id", "plinx_wa_id", "plinx_bsuid")
# More of a text that cannot be read says nothing to whom has to mend it.
MAX_UNREAD_CHARS = 200


class CustomerNumbers(NamedTuple):
    """A customer as the gate asks about one: numbers, and ids learned from Plinx.

    ``stored`` are the numbers that Odoo's own lists may know the customer by.
    ``unread`` are the texts that hold a number which could not be read: while there
    is one, nobody can say that the customer is free.
    """

    identities: list
    wa_id: str | None
    bsuid: str | None
    stored: set
    unread: tuple = ()

    @property
    def unread_text(self):
        """The unread texts in one line, as people are shown them."""
        return "; ".join(self.unread)[:MAX_UNREAD_CHARS]


class NumbersRow(NamedTuple):
    """What :meth:`DialerQueueEntry._read_numbers` reads of one entry."""

    entry_id: int
    company_id: int
    is_company: bool | None
    texts: list
    country: int | None
    lead_texts: list
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

    def _unreadable(self):
        """Whether the customer of this entry has no number, or one that is not read.

        :rtype: bool
        """
        called = self._customer_numbers()[self.id]
        return bool(called.unread) or not called.identities

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
            fields_read = [
                (row.lead_texts, row.lead_country),
                (row.texts, row.country),
                *contacts.get(row.entry_id, ()),
            ]
            numbers, unread = read(fields_read, row.company_id)
            found[row.entry_id] = CustomerNumbers(
                numbers, row.wa_id, row.bsuid, set(row.stored) - {None}, unread
            )
        return found

    def _number_reader(self):
        """A function that reads phone fields with the countries they were typed in.

        It looks up the code of each country once, whatever the number of customers.

        :return: takes pairs of the texts of one record and its country's id, and the
            id of the company whose country is assumed where there is none; returns
            the identities, each number once, and the texts that were not read
        :rtype: collections.abc.Callable
        """
        # sudo: the code of a country is the same for everybody
        countries = self.env["res.country"].sudo()
        companies = self.env["res.company"].sudo()
        code = cache(lambda country: countries.browse(country).code)
        home = cache(lambda company: companies.browse(company).country_id.code)

        def read(records, company):
            numbers, unread, own = {}, {}, home(company)
            careful = own if own == CAREFUL_COUNTRY else None
            for texts, country in records:
                region = code(country) if country else None
                found = phone.read_all(texts, region, careful if country else own)
                for identity in found.identities:
                    numbers.setdefault(identity.key, identity)
                unread.update(dict.fromkeys(found.unread))
            return list(numbers.values()), tuple(unread)

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
                       %(texts)s, partner.country_id, %(lead_texts)s, lead.country_id,
                       COALESCE(partner.plinx_wa_id, lead.plinx_wa_id),
                       COALESCE(partner.plinx_bsuid, lead.plinx_bsuid),
                       ARRAY[
                           partner.phone_sanitized, lead.phone_sanitized, entry.phone]
                  FROM dialer_queue_entry entry
             LEFT JOIN res_partner partner ON partner.id = entry.partner_id
             LEFT JOIN crm_lead lead ON lead.id = entry.lead_id
                 WHERE entry.id = ANY(%(ids)s)
                """,
                texts=self._phone_texts_sql("res.partner", "partner"),
                lead_texts=self._phone_texts_sql("crm.lead", "lead"),
                ids=list(self.ids),
            )
        )
        return [NumbersRow(*row) for row in rows]

    @api.model
    def _phone_texts_sql(self, model, alias):
        """All the phone fields of a contact or a lead, written to the database.

        :param str model: ``res.partner`` or ``crm.lead``
        :param str alias: its table in the statement
        :return: an array of texts
        :rtype: SQL
        """
        names = self.env[model]._dialer_stored_phone_fields()
        self.env[model].flush_model(names)
        columns = SQL(", ").join(SQL.identifier(alias, name) for name in names)
        return SQL("ARRAY[%s]::varchar[]", columns)

    def _read_contact_numbers(self, entry_ids):
        """Read the numbers of the contacts of the customers that are companies.

        :return: texts of each with the country's id, by entry id
        :rtype: dict[int, list[tuple[list[str], int | None]]]
        """
        found = {}
        if entry_ids:
            # whoever answers for the company counts as the company
            self.env["res.partner"].flush_model(["parent_id", "active"])
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT entry.id, %(texts)s, contact.country_id
                      FROM dialer_queue_entry entry
                      JOIN res_partner contact ON contact.parent_id = entry.partner_id
                       AND contact.active
                     WHERE entry.id = ANY(%(ids)s)
                  ORDER BY contact.id
                    """,
                    texts=self._phone_texts_sql("res.partner", "contact"),
                    ids=entry_ids,
                )
            )
            for entry_id, texts, country in rows:
                found.setdefault(entry_id, []).append((texts, country))
        return found
