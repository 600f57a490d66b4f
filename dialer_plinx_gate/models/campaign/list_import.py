# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Lists from outside: customers for a campaign, numbers that must not be called."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools import inputs
from ...tools.faults import kept_apart
from .list_import_problem import BAD

# Rows between two commits.
IMPORT_BATCH = 1_000
# Lists of up to so many rows are imported while the user waits.
IMPORT_AT_ONCE = 500
# What of a list decides what is imported; it stays once the import has begun.
INPUTS = frozenset({"kind", "file", "file_name", "on_error", "date_from", "reason"})
JOB = "Importing a list"


class DialerListImport(models.Model):
    _name = "dialer.list.import"
    _description = "List Imported into the Dialer"
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
            ("skip", "Skip them and import the other rows"),
            ("stop", "Import nothing"),
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
        help="For rows without a date of their own.",
    )
    reason = fields.Char(help="For rows without a reason of their own.")
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
        help="The list is imported with this person's access rights.",
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
                self.env._("This list has already been imported; create a new one.")
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
            raise UserError(self.env._("This list has already been imported."))
        if self.campaign_id.state == "closed":
            raise UserError(
                self.env._(
                    "“%(campaign)s” is closed: no more customers can be added to it.",
                    campaign=self.campaign_id.name,
                )
            )
        rows = self._read_rows()
        own = self._as_dialer()
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

    def _as_dialer(self):
        """The list as the dialer writes it: how far the import is, is its own.

        :rtype: dialer.list.import
        """
        # sudo: what the import says of itself is written by nobody else
        return self.sudo()

    def _import_at_once(self, rows):
        """Import a short list while the user waits; a fault of the list is its own."""
        with kept_apart(self, JOB, expected=UserError) as outcome:
            self._import_batch(rows, self._known_before(rows), len(rows))
        if outcome.conflict or isinstance(outcome.error, UserError):
            raise outcome.error
        if outcome.error:
            self._refuse(self._failure_sentence(outcome.error))

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
            if not record._as_starter()._import_rest(cron, batch):
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
                "%(user)s, who started this import, is no longer a supervisor of "
                "%(company)s. Ask a supervisor to import the list.",
                user=user.name,
                company=company.name,
            )
        )

    def _import_rest(self, cron, batch):
        """Import the rest of a list, batch by batch, each committed.

        :param ir.cron cron: the running job
        :param int batch: rows between two commits
        :return: whether the job has time for another list
        :rtype: bool
        """
        rows = seen = None
        while self.state == "running" and self._try_lock_with_campaign():
            before = self.position
            with kept_apart(self, JOB, expected=UserError) as outcome:
                self._check_starter()
                if rows is None:
                    rows = self._read_rows()
                    seen = self._known_before(rows)
                self._import_batch(rows, seen, batch)
                self._notify_progress()
                if self.state == "done":
                    self._notify_imported()
            # after a conflict the same batch is tried again, on the new truth
            if outcome.error and not outcome.conflict:
                return self._give_up(cron, outcome.error)
            if not cron._commit_progress(self.position - before):
                return False
        return True

    def _give_up(self, cron, error):
        """Stop an import for good, and say why.

        :return: whether the job has time for another list
        :rtype: bool
        """
        own = self._as_dialer()
        own._refuse(self._failure_sentence(error))
        return bool(cron._commit_progress(own.row_count - own.position))

    @api.model
    def _failure_sentence(self, error):
        """Why a list was not imported, for the one who brought it."""
        if isinstance(error, UserError):
            return str(error)
        return self.env._(
            "Something unexpected in this list stopped the import. Rows already "
            "imported stay imported. The administrator can find the reason in the log."
        )

    def _refuse(self, why):
        """End an import that cannot go on, with a line in its report."""
        self._as_dialer().state = "refused"
        self._notify_progress()
        self._report([{"import_id": self.id, "row": 0, "kind": BAD, "message": why}])

    def _notify_progress(self):
        """Show on the open screens how far the import is."""
        self.env["dialer.live"]._notify_progress(
            self,
            self.state == "running",
            done=self.position,
            total=self.row_count,
            taken=self.taken_count,
        )

    def _notify_imported(self):
        """Tell who brought the list that it is done, wherever they are in Odoo."""
        user = self.env.user
        message = self.with_context(lang=user.lang).env._(
            "List imported: %(taken)s of %(total)s rows taken.",
            taken=self.taken_count,
            total=self.row_count,
        )
        self.env["dialer.live"]._notify_user(user, "success", self.file_name, message)

    def _try_lock_with_campaign(self):
        """Lock the list and its campaign; not while the queue is being filled.

        :rtype: bool
        """
        if not self.try_lock_for_update(allow_referencing=True):
            return False
        campaign = self.campaign_id
        return campaign == campaign.try_lock_for_update(allow_referencing=True)
