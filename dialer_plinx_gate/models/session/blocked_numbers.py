# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a result *Do not call* puts on the lists, and how a correction takes it off."""

from odoo import fields, models


class DialerAttendance(models.Model):
    _inherit = "dialer.attendance"

    blocked_numbers = fields.Json(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="What this result put on a do-not-call list, to take it off again.",
    )

    def _numbers_then(self):
        """The customer's numbers when the call was placed, E.164.

        :rtype: list[str]
        """
        self.ensure_one()
        return self.dialed_numbers or list(filter(None, [self.phone]))

    def _block_numbers(self):
        """Put the numbers that the customer had then on the list the company chose."""
        numbers = self._numbers_then()
        if not numbers:
            return
        if self.company_id.dialer_dnc_scope == "company":
            blocked = self._block_for_company(numbers)
        else:
            # sudo: phone.blacklist - agents may add what the customer asked for
            lists = self.env["phone.blacklist"].sudo()
            before = lists.search([("number", "in", numbers)])
            lists._add(numbers)
            added = lists.search([("number", "in", numbers)]) - before
            blocked = [{"list": lists._name, "id": record.id} for record in added]
        # sudo: kept for a correction; agents do not write it
        self.sudo().blocked_numbers = blocked or False

    def _block_for_company(self, numbers):
        """Put numbers on the company's own list.

        :return: what was added, or was to come into effect later
        :rtype: list[dict]
        """
        company = self.company_id
        # sudo: agents may add what the customer asked for
        lists = self.env["dialer.do.not.call"].sudo()
        later = lists.search(
            [
                ("company_id", "=", company.id),
                ("number", "in", numbers),
                ("date_from", ">", company._dialer_date()),
            ]
        )
        blocked = [
            {
                "list": lists._name,
                "id": record.id,
                "date_from": fields.Date.to_string(record.date_from),
            }
            for record in later
        ]
        added = lists._add(
            company,
            numbers,
            reason=self.env._("The customer does not want calls."),
            source="call",
            partner_id=self.partner_id.id,
        )
        return blocked + [{"list": lists._name, "id": record.id} for record in added]

    def _unblock_numbers(self):
        """Take off the lists what this result alone had put there."""
        blocked = self.blocked_numbers or []
        if not blocked:
            return
        self.blocked_numbers = False
        others = self._numbers_blocked_by_others()
        dates = {row["id"]: row["date_from"] for row in blocked if "date_from" in row}
        for name in ("dialer.do.not.call", "phone.blacklist"):
            ids = [row["id"] for row in blocked if row["list"] == name]
            records = self.env[name].browse(ids).exists()
            records = records.filtered(lambda record: record.number not in others)
            if name == "phone.blacklist":
                records.filtered("active").action_archive()
                continue
            for record in records.filtered(lambda record: record.id in dates):
                record.date_from = dates[record.id]
            records.filtered(lambda record: record.id not in dates).unlink()

    def _numbers_blocked_by_others(self):
        """Which of these numbers another call blocked too.

        :rtype: set[str]
        """
        numbers = self._numbers_then()
        same = [("phone", "in", numbers)]
        if self.partner_id:
            same = ["|", *same, ("partner_id", "=", self.partner_id.id)]
        others = self.search(
            [*same, ("id", "!=", self.id), ("result_id.effect", "=", "dnc")]
        )
        return {number for other in others for number in other._numbers_then()}
