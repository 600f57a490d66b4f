# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the good rows of an imported list are taken: into a queue, or off all queues."""

from collections import ChainMap

from odoo import models

from .list_import_problem import DOUBLE, KNOWN, LISTED


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
        """Put all numbers of these rows on the company's do-not-call list.

        A number that is on it already is blocked from the earlier of both days.

        :return: how many rows, and the problems of the others
        :rtype: tuple[int, list[dict]]
        """
        numbers = [phone for row in rows for phone in row.phones]
        # sudo: that a number came from a list is written by the dialer
        lists = self.env["dialer.do.not.call"].sudo()
        known = lists.search(
            [("company_id", "=", self.company_id.id), ("number", "in", numbers)]
        )
        before = {record.number: record.date_from for record in known}
        days, reasons, problems = dict(before), {}, []
        for row in rows:
            earlier = [p for p in row.phones if p not in days or row.day < days[p]]
            days |= dict.fromkeys(earlier, row.day)
            reason = row.line.texts.get("reason") or self.reason
            reasons = dict.fromkeys(earlier, reason) | reasons
            if row.doubt and not (earlier and row.doubt["kind"] == DOUBLE):
                problems.append(row.doubt)
            elif not earlier:
                problems.append(self._problem(row.line, KNOWN))
        moved = known.filtered(lambda record: days[record.number] < record.date_from)
        for day, records in moved.grouped(lambda one: days[one.number]).items():
            records.date_from = day
        lists.create(
            [
                {
                    "company_id": self.company_id.id,
                    "number": number,
                    "reason": reasons[number],
                    "date_from": day,
                    "source": "list",
                }
                for number, day in days.items()
                if number not in before
            ]
        )
        return len(rows) - len(problems), problems

    def _take_customers(self, rows):
        """Put the customers of these rows into the campaign's queue.

        :return: how many, and the problems of the others
        :rtype: tuple[int, list[dict]]
        """
        campaign = self.campaign_id
        listed = campaign._listed_numbers([p for row in rows for p in row.phones])
        refused = [row for row in rows if not listed.isdisjoint(row.phones)]
        rows = [row for row in rows if listed.isdisjoint(row.phones)]
        found = self._find_customers(rows)
        missing = [row for row in rows if row.line.number not in found]
        found |= self._create_customers(missing)
        known = campaign._import_customers(list(found.values()))
        problems = [self._problem(row.line, LISTED) for row in refused]
        problems += [
            self._problem(row.line, KNOWN)
            for row in rows
            if found[row.line.number] in known
        ]
        return len(rows) + len(refused) - len(problems), problems

    def _find_customers(self, rows):
        """The customers, or leads, who have one of the numbers of a row.

        Of one who has several numbers Odoo keeps none apart: the text tells.

        :return: their ids by the number of the row
        :rtype: dict[int, int]
        """
        campaign = self.campaign_id
        numbers = [phone for row in rows for phone in row.phones]
        texts = [row.written for row in rows if row.written not in row.phones]
        found = campaign._customers_by("phone_sanitized", numbers)
        found |= campaign._customers_by("phone", texts)
        return {
            row.line.number: found[key]
            for row in rows
            for key in reversed((*row.phones, row.written))
            if key in found
        }

    def _create_customers(self, rows):
        """Make the customers, or leads, that are not known yet.

        :return: their ids by the number of the row
        :rtype: dict[int, int]
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
            row.line.number: customer.id
            for row, customer in zip(rows, customers, strict=True)
        }

    def _prepare_partner(self, row):
        return {
            "name": row.line.texts["name"] or row.phones[0],
            "phone": row.written,
            "email": row.line.texts.get("email") or False,
            "ref": row.line.texts.get("ref") or False,
            "company_id": self.company_id.id,
        }

    def _prepare_lead(self, row):
        name = row.line.texts["name"] or row.phones[0]
        return {
            "name": name,
            "contact_name": name,
            "type": "lead",
            "phone": row.written,
            "email_from": row.line.texts.get("email") or False,
            "referred": row.line.texts.get("ref") or False,
            "company_id": self.company_id.id,
            "user_id": False,
        }
