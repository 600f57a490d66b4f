# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the good rows of an imported list are taken: into a queue, or off all queues."""

from collections import ChainMap

from odoo import models

from ...tools import list_file
from .list_import_problem import KNOWN, LISTED


class DialerListImport(models.Model):
    _inherit = "dialer.list.import"

    def _import_batch(self, rows, seen, batch):
        """Import the next rows, with their report; the caller undoes what fails.

        :param list rows: all rows of the list
        :param dict seen: rows by number so far; added to
        :param int batch: how many rows at the most
        """
        part = rows[self.position : self.position + batch]
        # what the batch has seen is forgotten where it is undone
        found = ChainMap({}, seen)
        good, problems = self._sort_out(part, found)
        if self.kind == "do_not_call":
            taken, more = self._take_numbers(good)
        else:
            taken, more = self._take_customers(good)
        self._report(problems + more)
        position = self.position + len(part)
        self._as_dialer().write(
            {
                "position": position,
                "taken_count": self.taken_count + taken,
                "state": "done" if position >= len(rows) else "running",
            }
        )
        seen.update(found.maps[0])

    def _take_numbers(self, rows):
        """Put the numbers of these rows on the company's do-not-call list.

        :return: how many, and the problems of the others
        :rtype: tuple[int, list[dict]]
        """
        lists = self.env["dialer.do.not.call"]
        known = set(
            lists.search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("number", "in", [row.phone for row in rows]),
                ]
            ).mapped("number")
        )
        # sudo: that a number came from a list is written by the dialer
        lists.sudo().create(
            [
                {
                    "company_id": self.company_id.id,
                    "number": row.phone,
                    "reason": row.texts.get("reason") or self.reason,
                    "date_from": list_file.day(row.texts.get("date_from"))
                    or self.date_from
                    or self.company_id._dialer_date(),
                    "source": "list",
                }
                for row in rows
                if row.phone not in known
            ]
        )
        return len(rows) - len(known), [
            self._problem(row.number, row.texts, KNOWN)
            for row in rows
            if row.phone in known
        ]

    def _take_customers(self, rows):
        """Put the customers of these rows into the campaign's queue.

        :return: how many, and the problems of the others
        :rtype: tuple[int, list[dict]]
        """
        campaign = self.campaign_id
        listed = campaign._listed_numbers([row.phone for row in rows])
        refused = [
            self._problem(row.number, row.texts, LISTED)
            for row in rows
            if row.phone in listed
        ]
        rows = [row for row in rows if row.phone not in listed]
        found = campaign._customers_by_phone([row.phone for row in rows])
        missing = [row for row in rows if row.phone not in found]
        found.update(self._create_customers(missing))
        known = campaign._import_customers(list(found.values()))
        problems = [
            self._problem(row.number, row.texts, KNOWN)
            for row in rows
            if found[row.phone] in known
        ]
        return len(rows) - len(problems), refused + problems

    def _create_customers(self, rows):
        """Make the customers, or leads, that are not known yet.

        :return: their ids by number
        :rtype: dict[str, int]
        """
        lead = self.campaign_id.target == "lead"
        model = self.env["crm.lead" if lead else "res.partner"]
        prepare = self._prepare_lead if lead else self._prepare_partner
        # sudo: the supervisor who brings a list may make the customers that it names
        customers = (
            model.sudo()
            .with_context(tracking_disable=True, mail_create_nosubscribe=True)
            .create([prepare(row) for row in rows])
        )
        return {
            row.phone: customer.id
            for row, customer in zip(rows, customers, strict=True)
        }

    def _prepare_partner(self, row):
        return {
            "name": row.texts.get("name") or row.phone,
            "phone": row.phone,
            "email": row.texts.get("email") or False,
            "ref": row.texts.get("ref") or False,
            "company_id": self.company_id.id,
        }

    def _prepare_lead(self, row):
        name = row.texts.get("name") or row.phone
        return {
            "name": name,
            "contact_name": name,
            "type": "lead",
            "phone": row.phone,
            "email_from": row.texts.get("email") or False,
            "referred": row.texts.get("ref") or False,
            "company_id": self.company_id.id,
            "user_id": False,
        }
