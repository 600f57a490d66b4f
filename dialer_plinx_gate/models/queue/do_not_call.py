# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A company's own list of numbers that it does not call."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...plinx.phone import identities
from ...tools.faults import kept_apart
from ..guard.bounds import LONGEST_LINE

SOURCES = [("manual", "Manual"), ("call", "During a call"), ("list", "Import")]
# What decides which number is blocked, for whom and from when.
MEANING = {"number", "date_from"}
# What is shown of a text that is no number.
SHOWN = 64


class DialerDoNotCall(models.Model):
    _name = "dialer.do.not.call"
    _description = "Do-Not-Call Number"
    _inherit = ["dialer.guard.mixin"]
    _rec_name = "number"
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    number = fields.Char(
        required=True, help="In international form, for example +5547999887766."
    )
    reason = fields.Char()
    date_from = fields.Date(
        string="From",
        required=True,
        compute="_compute_date_from",
        store=True,
        readonly=False,
        precompute=True,
        help="The number is not called from this day on.",
    )
    source = fields.Selection(SOURCES, required=True, default="manual", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", check_company=True, ondelete="set null"
    )
    in_effect = fields.Boolean(
        readonly=True,
        copy=False,
        help="The customers with this number were taken out of the queues.",
    )

    _once = models.UniqueIndex(
        "(number, company_id)", "This number is on the company's list already."
    )
    _to_come = models.Index("(date_from) WHERE in_effect IS NOT TRUE")

    @api.depends("company_id")
    def _compute_date_from(self):
        for record in self:
            company = record.company_id or self.env.company
            record.date_from = record.date_from or company._dialer_date()

    # -------------------------------------------------------------------------
    # Changes
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Add numbers; those whose day has come leave all queues at once."""
        for values in vals_list:
            company = self.env["res.company"].browse(values.get("company_id"))
            values["number"] = self._e164(values.get("number"), company)
        records = super().create(vals_list)
        records._take_effect()
        return records

    def write(self, vals):
        """Change numbers; the queues follow."""
        if not MEANING & vals.keys():
            return super().write(vals)
        if "number" in vals:
            number = self._e164(vals["number"], self.company_id[:1])
            vals = dict(vals, number=number)
        before = self._numbers_by_company()
        result = super().write(vals)
        # sudo: in_effect is the dialer's own mark
        self.sudo().in_effect = False
        self.flush_recordset()
        self._take_effect()
        # who is on a list all the same stays out
        self._unblock(before)
        return result

    def unlink(self):
        """Remove numbers; their customers come back to the queues."""
        before = self._numbers_by_company()
        result = super().unlink()
        self._unblock(before)
        return result

    @api.model
    def _e164(self, raw, company):
        """Read a number as typed.

        :return: E.164
        :rtype: str
        :raise ValidationError: when it is no valid number
        """
        country = (company or self.env.company).country_id.code
        text = str(raw or "")
        found = identities(text, country) if len(text) <= LONGEST_LINE else ()
        if len(found) != 1:
            shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
            raise ValidationError(
                self.env._("“%(number)s” is not a valid phone number.", number=shown)
            )
        return found[0].e164

    # -------------------------------------------------------------------------
    # Effect
    # -------------------------------------------------------------------------

    def _numbers_by_company(self):
        return {
            company: records.mapped("number")
            for company, records in self.grouped("company_id").items()
        }

    def _take_effect(self):
        """Take the customers of these numbers out of the queues, if it is time."""
        entries = self.env["dialer.queue.entry"]
        for company, records in self.grouped("company_id").items():
            today = company._dialer_date()
            due = records.filtered(lambda r, day=today: r.date_from <= day)
            # sudo: in_effect is the dialer's own mark
            due.sudo().in_effect = True
            entries._withdraw_numbers(due.mapped("number"), company)

    @api.model
    def _unblock(self, numbers):
        """Let customers back into the queues who may be called again.

        :param dict numbers: lists of numbers by company
        """
        self.env.flush_all()
        for company, listed in numbers.items():
            self.env["dialer.queue.entry"]._bring_back_numbers(listed, company)

    @api.model
    def _listed_numbers_sql(self, company):
        """The numbers that a company may not call today, as rows number.

        E.164 as ``dialer.number`` gives it: a plus sign and the key. Those on Odoo's
        own list, and on the company's from their day on. This is the one place that
        says so; inherit it to add a list.

        :param res.company company: one company
        :return: a SELECT
        :rtype: SQL
        """
        self.env["phone.blacklist"].flush_model(["dialer_key", "number", "active"])
        self.flush_model(["number", "company_id", "date_from"])
        return SQL(
            "SELECT COALESCE('+' || dialer_key, number) AS number"
            " FROM phone_blacklist WHERE active"
            " UNION ALL SELECT number FROM dialer_do_not_call"
            " WHERE company_id = %s AND date_from <= %s",
            company.id,
            company._dialer_date(),
        )

    @api.model
    def _add(self, company, numbers, **values):
        """Put numbers on a company's list, leaving alone what is on it already.

        A number that is to come into effect later does so now if ``values`` say so.

        :param res.company company: one company
        :param list numbers: E.164
        :param values: reason, date_from, source, partner_id
        :return: the records added
        :rtype: dialer.do.not.call
        """
        # what is on the list stays, with who put it there and why
        known = self.search(
            [("company_id", "=", company.id), ("number", "in", numbers)]
        )
        start = values.get("date_from") or company._dialer_date()
        later = known.filtered(lambda record: record.date_from > start)
        if later:
            later.write({"date_from": start})
        new = dict.fromkeys(numbers)
        for number in known.mapped("number"):
            new.pop(number, None)
        return self.create(
            [{"company_id": company.id, "number": number, **values} for number in new]
        )

    @api.model
    def _due(self):
        """Which numbers may have to take effect.

        :return: a domain; the earliest zone is a day ahead of the server at the most
        :rtype: list
        """
        tomorrow = fields.Date.add(fields.Date.today(), days=1)
        return [("in_effect", "!=", True), ("date_from", "<=", tomorrow)]

    @api.model
    def _apply_due(self, company, limit=1000):
        """Let the numbers of a company take effect whose day has come.

        :param res.company company: one company
        :param int limit: how many at the most
        :return: how many did
        :rtype: int
        """
        domain = [*self._due(), ("company_id", "=", company.id)]
        due = self.search(domain, limit=limit)
        due._take_effect()
        return len(due.filtered("in_effect"))

    @api.model
    def _cron_apply(self):
        """Let, for all companies, the numbers take effect whose day has come.

        A fault of one company is logged, and the others go on.
        """
        cron = self.env["ir.cron"]
        for (company,) in self._read_group(self._due(), ["company_id"]):
            more = True
            while more:
                more = 0
                with kept_apart(company, "Applying the do-not-call list"):
                    more = self._apply_due(company)
                if not cron._commit_progress(more):
                    return
