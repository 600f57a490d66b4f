# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Lists from outside: customers for a campaign, numbers that must not be called."""

import base64
import logging
from typing import NamedTuple

import psycopg2
import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

from odoo.addons.base_import.models.base_import import ImportValidationError

from ...plinx.phone import identities
from ...tools import inputs, list_file
from ..guard.bounds import LONGEST_LINE, is_storable

_lt = LazyTranslate(__name__)
_logger = logging.getLogger(__name__)

# Rows between two commits.
IMPORT_BATCH = 1_000
# Lists of up to so many rows are imported while the user waits.
IMPORT_AT_ONCE = 500
BAD, DOUBLE, KNOWN, LISTED = "bad", "double", "known", "do_not_call"
SENTENCES = {
    BAD: _lt("This is no valid phone number."),
    DOUBLE: _lt("The same number is in row %(row)s."),
    KNOWN: _lt("In the queue, or on the list, already."),
    LISTED: _lt("The number is on a do-not-call list."),
    "date": _lt("“%(text)s” is no date; write it as 2026-12-31."),
    "characters": _lt("The row holds characters that cannot be stored."),
    "long": _lt("A text of the row has more than %(most)s characters."),
}
# What of a list decides what is imported; it stays once the import has begun.
INPUTS = frozenset({"kind", "file", "file_name", "on_error", "date_from", "reason"})


class Row(NamedTuple):
    """One row of a list: its number in the file, its texts by column, its phone."""

    number: int
    texts: dict
    phone: str


class DialerListImport(models.Model):
    _name = "dialer.list.import"
    _description = "List imported into the dialer"
    _inherit = ["dialer.guard.mixin"]
    _rec_name = "file_name"
    _order = "id desc"
    _check_company_auto = True

    kind = fields.Selection(
        [("customers", "Customers to call"), ("do_not_call", "Do not call")],
        required=True,
        default="customers",
    )
    campaign_id = fields.Many2one(
        "dialer.campaign", ondelete="cascade", check_company=True, index=True
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    file = fields.Binary(string="List", attachment=True)
    file_name = fields.Char(required=True, default="list.csv")
    on_error = fields.Selection(
        [
            ("skip", "Leave them out and take the other rows"),
            ("stop", "Take nothing"),
        ],
        string="Rows that cannot be used",
        required=True,
        default="skip",
    )
    date_from = fields.Date(
        string="Not called from",
        compute="_compute_date_from",
        store=True,
        readonly=False,
        precompute=True,
        help="For rows that have no date of their own.",
    )
    reason = fields.Char(help="For rows that have no reason of their own.")
    state = fields.Selection(
        [
            ("draft", "New"),
            ("running", "Being imported"),
            ("done", "Done"),
            ("refused", "Refused"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    started_by_id = fields.Many2one(
        "res.users",
        string="Imported by",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The list is imported with the rights of this person.",
    )
    row_count = fields.Integer(string="Rows", readonly=True, copy=False)
    position = fields.Integer(string="Rows read", readonly=True, copy=False)
    taken_count = fields.Integer(string="Taken", readonly=True, copy=False)
    problem_ids = fields.One2many(
        "dialer.list.import.problem", "import_id", readonly=True
    )
    problem_count = fields.Integer(
        string="Rows left out", compute="_compute_problem_count"
    )
    percent = fields.Float(string="Progress", compute="_compute_percent")

    _campaign_for_customers = models.Constraint(
        "CHECK(kind != 'customers' OR campaign_id IS NOT NULL)",
        "Choose the campaign that calls the customers of the list.",
    )

    @api.depends("campaign_id")
    def _compute_company_id(self):
        for record in self:
            record.company_id = (
                record.campaign_id.company_id or record.company_id or self.env.company
            )

    @api.depends("company_id")
    def _compute_date_from(self):
        for record in self:
            company = record.company_id or self.env.company
            record.date_from = record.date_from or company._dialer_date()

    @api.depends("problem_ids")
    def _compute_problem_count(self):
        counts = dict(
            self.env["dialer.list.import.problem"]._read_group(
                [("import_id", "in", self.ids)], ["import_id"], ["__count"]
            )
        )
        for record in self:
            record.problem_count = counts.get(record, 0)

    @api.depends("position", "row_count")
    def _compute_percent(self):
        for record in self:
            rows = record.row_count
            record.percent = 100 * record.position / rows if rows else 0.0

    @api.model
    def _fixed_fields(self):
        """A list stays with its campaign."""
        return super()._fixed_fields() | {"campaign_id"}

    def write(self, vals):
        """Keep a list as it is once its import has begun."""
        begun = self.filtered(lambda one: one.state in ("running", "done"))
        if not self.env.su and begun and INPUTS & vals.keys():
            raise AccessError(
                self.env._("This list was imported already; bring a new one.")
            )
        return super().write(vals)

    # -------------------------------------------------------------------------
    # Actions
    # -------------------------------------------------------------------------

    def action_import(self):
        """Import the list: a short one at once, a long one in the background.

        :return: action that shows the list with its report
        :rtype: dict
        :raise UserError: when the file cannot be read, or was imported already
        """
        inputs.one(self, "write")
        if self.state not in ("draft", "refused"):
            raise UserError(self.env._("This list was imported already."))
        if self.campaign_id.state == "closed":
            raise UserError(
                self.env._(
                    "“%(campaign)s” is closed: it takes no more customers.",
                    campaign=self.campaign_id.name,
                )
            )
        rows = self._read_rows()
        own = self._as_agent()
        own.problem_ids.unlink()
        own.write(
            {
                "state": "running",
                "started_by_id": self.env.uid,
                "row_count": len(rows),
                "position": 0,
                "taken_count": 0,
            }
        )
        if self.on_error == "stop" and self._has_bad_rows(rows):
            own.state = "refused"
        elif len(rows) <= IMPORT_AT_ONCE:
            self._import_at_once(rows)
        else:
            self._notify_progress()
            # sudo: ir.cron - waking the job is all that is done with it
            self.env.ref("dialer_plinx_gate.ir_cron_import").sudo()._trigger()
        return self._show()

    def _show(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import a list"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "current",
        }

    def action_view_problems(self):
        """Open the rows that were left out.

        :return: window action
        :rtype: dict
        """
        inputs.one(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Rows left out"),
            "res_model": "dialer.list.import.problem",
            "views": [(False, "list")],
            "domain": [("import_id", "=", self.id)],
        }

    def _as_agent(self):
        """The list as the dialer writes it: how far the import is, is its own.

        :rtype: dialer.list.import
        """
        # sudo: what the import says of itself is written by nobody else
        return self.sudo()

    def _import_at_once(self, rows):
        """Import a short list while the user waits; a fault of the list is its own."""
        try:
            with self.env.cr.savepoint():
                self._import_batch(rows, self._known_before(rows), len(rows))
        except (UserError, psycopg2.OperationalError):
            raise
        except Exception:
            _logger.exception("List import %s failed", self.id)
            self._refuse(self._broken_sentence())

    @api.model
    def _cron_import(self, batch=IMPORT_BATCH):
        """Go on, for all companies, with the lists that are being imported.

        Each batch is committed; a run that is interrupted goes on where it stopped.
        What is wrong with one list ends that one, and the others go on.

        :param int batch: rows between two commits
        """
        cron = self.env["ir.cron"]
        running = self.search([("state", "=", "running")], order="id")
        cron._commit_progress(
            remaining=sum(record.row_count - record.position for record in running)
        )
        for record in running:
            record = record._as_starter()
            try:
                more = record._go_on(cron, batch)
            except psycopg2.OperationalError:
                # somebody was faster: the next run goes on
                self.env.cr.rollback()
                more = True
            except UserError as error:
                self.env.cr.rollback()
                more = record._give_up(cron, str(error))
            except Exception:
                self.env.cr.rollback()
                _logger.exception("List import %s failed", record.id)
                more = record._give_up(cron, record._broken_sentence())
            if not more:
                return

    def _as_starter(self):
        """The list with the rights of who had it imported, in its own company.

        :rtype: dialer.list.import
        """
        user = self.started_by_id or self.create_uid
        return self.with_user(user).with_context(
            allowed_company_ids=self.company_id.ids, lang=user.lang
        )

    def _check_starter(self):
        """See to it that who had the list imported still may.

        :raise UserError: when the person is gone, or no supervisor of the company
        """
        user, company = self.env.user, self.sudo().company_id
        if user._is_superuser() or (
            user.active
            and user.has_group("dialer_plinx_gate.group_dialer_supervisor")
            and company in user.company_ids
        ):
            return
        raise UserError(
            self.env._(
                "%(user)s, who had this list imported, is no supervisor of "
                "%(company)s any more. Have it imported by somebody who is.",
                user=user.name,
                company=company.name,
            )
        )

    def _go_on(self, cron, batch):
        """Import the rest of a list, batch by batch, each committed.

        :param ir.cron cron: the running job
        :param int batch: rows between two commits
        :return: whether the job has time for another list
        :rtype: bool
        :raise UserError: a sentence that says why the list cannot be imported
        """
        self._check_starter()
        rows = self._read_rows()
        seen = self._known_before(rows)
        while self.state == "running" and self._try_lock_with_campaign():
            self._check_starter()
            before = self.position
            self._import_batch(rows, seen, batch)
            self._notify_progress()
            if self.state == "done":
                self._notify_imported()
            if not cron._commit_progress(self.position - before):
                return False
        return True

    def _give_up(self, cron, why):
        """Stop an import for good, and say why.

        :return: whether the job has time for another list
        :rtype: bool
        """
        own = self._as_agent()
        own._refuse(why)
        return bool(cron._commit_progress(own.row_count - own.position))

    @api.model
    def _broken_sentence(self):
        return self.env._(
            "Something unexpected is in this list, so the import stopped. The rows "
            "taken before stay taken. The server's log says more."
        )

    def _refuse(self, why):
        """End an import that cannot go on, with a line in its report."""
        self._as_agent().state = "refused"
        self._notify_progress()
        self._report([{"import_id": self.id, "row": 0, "kind": BAD, "message": why}])

    def _notify_progress(self):
        """Show on the open screens how far the import is."""
        self.env["dialer.progress"]._tell(
            self,
            self.state == "running",
            done=self.position,
            total=self.row_count,
            taken=self.taken_count,
        )

    def _notify_imported(self):
        """Tell who brought the list that it is done, wherever they are in Odoo."""
        user = self.env.user
        env = self.with_context(lang=user.lang).env
        user._bus_send(
            "simple_notification",
            {
                "type": "success",
                "title": self.file_name,
                "message": env._(
                    "The list is imported: %(taken)s of %(total)s rows taken.",
                    taken=self.taken_count,
                    total=self.row_count,
                ),
            },
        )

    def _try_lock_with_campaign(self):
        """Lock the list and its campaign; not while the queue is being filled.

        :rtype: bool
        """
        if not self.try_lock_for_update(allow_referencing=True):
            return False
        campaign = self.campaign_id
        return campaign == campaign.try_lock_for_update(allow_referencing=True)

    # -------------------------------------------------------------------------
    # Reading
    # -------------------------------------------------------------------------

    def _read_rows(self):
        """Read the file with Odoo's own importer.

        :return: for each row its number in the file and its texts by column
        :rtype: list[tuple[int, dict[str, str]]]
        :raise UserError: a sentence that says what is wrong with the file
        """
        # sudo: the file belongs to the list, which the user may read
        content = base64.b64decode(self.sudo().with_context(bin_size=False).file or b"")
        if not content.strip():
            raise UserError(self.env._("The list is empty. Choose a file with rows."))
        reader = self.env["base_import.import"].new(
            {
                "file": content,
                "file_name": self.file_name,
                "file_type": "text/csv",
            }
        )
        options = {
            "quoting": '"',
            "separator": "",
            "encoding": list_file.encoding(content),
        }
        try:
            _length, lines = reader._read_file(options)
        except (ImportValidationError, ValueError, LookupError) as error:
            raise UserError(
                self.env._("The list cannot be read: %(why)s", why=str(error))
            ) from error
        return self._rows_by_column(lines)

    def _rows_by_column(self, lines):
        header, *lines = lines
        columns = {}
        for index, title in enumerate(header):
            name = list_file.column(title)
            if name and name not in columns.values():
                columns[index] = name
        if "phone" not in columns.values():
            raise UserError(
                self.env._(
                    "The list needs a column with the heading “Phone” in its first "
                    "row. Found: %(found)s.",
                    found=", ".join(str(title) for title in header[:10]),
                )
            )
        return [
            (
                number,
                {
                    name: list_file.text(line[index]) if index < len(line) else ""
                    for index, name in columns.items()
                },
            )
            for number, line in enumerate(lines, start=2)
        ]

    def _phone_of(self, texts):
        """The one number of a row, E.164, or None."""
        if self._text_fault(texts):
            return None
        country = self.company_id.country_id.code
        found = identities(texts["phone"], country)
        return found[0].e164 if found else None

    def _known_before(self, rows):
        """The numbers of the rows read so far, with the row that had them first."""
        seen = {}
        for number, texts in rows[: self.position]:
            phone = self._phone_of(texts)
            if phone:
                seen.setdefault(phone, number)
        return seen

    def _has_bad_rows(self, rows):
        """Report every row that cannot be used, before anything is imported."""
        seen, problems = {}, []
        for start in range(0, len(rows), IMPORT_BATCH):
            _good, bad = self._sort_out(rows[start : start + IMPORT_BATCH], seen)
            problems += [row for row in bad if row["kind"] == BAD]
        self._report(problems)
        return bool(problems)

    def _sort_out(self, rows, seen):
        """Tell the rows that can be used from those that cannot.

        :param list rows: rows of :meth:`_read_rows`
        :param dict seen: rows by number so far; added to
        :return: the rows to use, and values of the problems
        :rtype: tuple[list[Row], list[dict]]
        """
        good, problems = [], []
        for number, texts in rows:
            phone = self._phone_of(texts)
            if fault := self._text_fault(texts):
                problems.append(self._problem(number, texts, fault, most=LONGEST_LINE))
            elif not phone:
                problems.append(self._problem(number, texts, BAD))
            elif phone in seen:
                problems.append(self._problem(number, texts, DOUBLE, row=seen[phone]))
            elif not self._has_good_day(texts):
                problems.append(
                    self._problem(number, texts, "date", text=texts["date_from"])
                )
            else:
                seen[phone] = number
                good.append(Row(number, texts, phone))
        return good, problems

    @api.model
    def _text_fault(self, texts):
        """Why the texts of a row cannot be stored: a key of the sentences, or None."""
        if not all(is_storable(text) for text in texts.values()):
            return "characters"
        if any(len(text) > LONGEST_LINE for text in texts.values()):
            return "long"
        return None

    def _has_good_day(self, texts):
        """Whether a row of numbers not to call has a date that can be read, or none."""
        text = texts.get("date_from")
        return self.kind == "customers" or not text or bool(list_file.day(text))

    def _problem(self, number, texts, kind, **values):
        sentence = self.env._(SENTENCES[kind])
        text = "; ".join(filter(None, texts.values()))[:LONGEST_LINE]
        return {
            "import_id": self.id,
            "row": number,
            "text": "".join(char if char.isprintable() else "�" for char in text),
            "kind": kind if kind in (DOUBLE, KNOWN, LISTED) else BAD,
            "message": sentence % values,
        }

    def _report(self, problems):
        # sudo: the report is written by the dialer, and read by the supervisor
        self.env["dialer.list.import.problem"].sudo().create(problems)

    # -------------------------------------------------------------------------
    # Importing
    # -------------------------------------------------------------------------

    def _import_batch(self, rows, seen, batch):
        """Import the next rows; they go in with their report, or not at all.

        :param list rows: all rows of the list
        :param dict seen: rows by number so far; added to
        :param int batch: how many rows at the most
        """
        part = rows[self.position : self.position + batch]
        good, problems = self._sort_out(part, seen)
        try:
            with self.env.cr.savepoint():
                if self.kind == "do_not_call":
                    taken, more = self._take_numbers(good)
                else:
                    taken, more = self._take_customers(good)
                self._report(problems + more)
                position = self.position + len(part)
                self._as_agent().write(
                    {
                        "position": position,
                        "taken_count": self.taken_count + taken,
                        "state": "done" if position >= len(rows) else "running",
                    }
                )
        except psycopg2.errors.SerializationFailure:
            # an agent changed one of these entries meanwhile: again, on the new truth
            if len(rows) <= IMPORT_AT_ONCE:
                raise
            self.invalidate_recordset()
            for row in good:
                seen.pop(row.phone)

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


class DialerListImportProblem(models.Model):
    _name = "dialer.list.import.problem"
    _description = "Row of a list that was left out"
    _order = "row, id"
    _rec_name = "message"

    import_id = fields.Many2one(
        "dialer.list.import",
        required=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="import_id.company_id")
    row = fields.Integer(aggregator=None, help="Rows without any text are not counted.")
    text = fields.Char()
    kind = fields.Selection(
        [
            (BAD, "Cannot be used"),
            (DOUBLE, "Twice in the list"),
            (KNOWN, "Known already"),
            (LISTED, "Do not call"),
        ],
        required=True,
    )
    message = fields.Char(required=True)
