# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who was contacted, by whom and how it ended.

The dialer records its calls; agents record contacts of their own that it knows nothing
of. What a person may write is said in one table here, and looked at in one place.
"""

from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...plinx.phone import identities
from ...tools.context import as_dialer, own_defaults

# What a person gives when recording a contact of their own.
PERSONS_CREATE = frozenset(
    {
        "partner_id",
        "lead_id",
        "company_id",
        "date",
        "result_id",
        "channel",
        "phone",
        "note",
        "next_contact_at",
    }
)
# What a person changes afterwards, by origin; all else is the dialer's alone.
PERSONS_WRITE = {
    "manual": PERSONS_CREATE - {"partner_id", "lead_id", "company_id"},
    "dialer": frozenset({"note", "next_contact_at"}),
}
# How far back a person may record a contact, and how far ahead promise the next.
DAYS_BACK = 366
DAYS_AHEAD = 5 * 366


class DialerAttendance(models.Model):
    _name = "dialer.attendance"
    _inherit = ["dialer.customer.names", "dialer.bounds.mixin"]
    _description = "Attendance"
    _order = "date desc, id desc"
    _check_company_auto = True

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    lead_id = fields.Many2one(
        "crm.lead", index="btree_not_null", ondelete="restrict", check_company=True
    )
    campaign_id = fields.Many2one(
        "dialer.campaign",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )
    entry_id = fields.Many2one(
        "dialer.queue.entry",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )
    session_id = fields.Many2one(
        "dialer.session", ondelete="set null", check_company=True
    )
    gate_event_id = fields.Many2one(
        "dialer.gate.event", ondelete="set null", copy=False, check_company=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Agent",
        required=True,
        default=lambda self: self.env.user,
        index=True,
        check_company=True,
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now, index=True)
    result_id = fields.Many2one(
        "dialer.result", required=True, ondelete="restrict", check_company=True
    )
    origin = fields.Selection(
        [("dialer", "Dialer"), ("manual", "Manual")], required=True, default="manual"
    )
    channel = fields.Selection(
        [("phone", "Phone"), ("whatsapp", "WhatsApp")], required=True, default="phone"
    )
    phone = fields.Char(help="The number that was dialed, or talked about.")
    phone_key = fields.Char(
        compute="_compute_phone_key",
        store=True,
        precompute=True,
        help="Digits of the number as the dialer compares it, however it was typed.",
    )
    dialed_numbers = fields.Json(
        readonly=True,
        copy=False,
        help="The numbers of the customer when the call was placed, the dialed first.",
    )
    duration = fields.Integer(help="Length of the call in seconds.", aggregator="avg")
    wrap_up = fields.Integer(
        string="Wrap-up",
        readonly=True,
        aggregator="avg",
        help="Seconds from the end of the talk to the result.",
    )
    note = fields.Text()
    next_contact_at = fields.Datetime(string="Next contact")
    activity_id = fields.Many2one("mail.activity", ondelete="set null", copy=False)

    _number = models.Index("(company_id, phone_key, date) WHERE phone_key IS NOT NULL")
    _user_day = models.Index("(user_id, date)")
    _once_per_verdict = models.UniqueIndex(
        "(gate_event_id) WHERE gate_event_id IS NOT NULL",
        "This answer was recorded already.",
    )
    _note_length = models.Constraint(
        "CHECK(char_length(note) <= 10000)",
        "A note can have up to 10,000 characters.",
    )
    _duration_range = models.Constraint(
        "CHECK(duration BETWEEN 0 AND 31536000)",
        "The length of a call must be between 0 seconds and one year.",
    )

    @api.depends("phone", "company_id.country_id")
    def _compute_phone_key(self):
        for record in self:
            phone = record.phone or ""
            # what the dialer dialed is in international form, and nothing else is read
            dialed = phone.startswith("+")
            country = None if dialed else record.company_id.country_id.code
            found = identities(phone, country)
            record.phone_key = found[0].key if found else False

    @api.constrains("partner_id", "lead_id")
    def _check_customer(self):
        for attendance in self:
            if not attendance.partner_id and not attendance.lead_id:
                raise ValidationError(
                    self.env._("An attendance needs a customer or a lead.")
                )

    @api.depends("result_id", "partner_id", "lead_id")
    @api.depends_context("uid")
    def _compute_display_name(self):
        names = {
            **{("res.partner", k): v for k, v in self._labels(self.partner_id).items()},
            **{("crm.lead", k): v for k, v in self._labels(self.lead_id).items()},
        }
        for attendance in self:
            customer = attendance.partner_id or attendance.lead_id
            name = names.get((customer._name, customer.id))
            attendance.display_name = " – ".join(
                filter(None, (name, attendance.result_id.name))
            )

    # -------------------------------------------------------------------------
    # What persons write
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Record contacts: persons their own ones, the dialer its calls.

        :raise AccessError: when a person gives what is the dialer's to say
        """
        if self.env.su:
            # what the caller's own defaults would fill in is not the dialer's word
            defaults = own_defaults(self)
            return super().create([{**defaults, **vals} for vals in vals_list])
        vals_list = [self._add_missing_default_values(vals) for vals in vals_list]
        for values in vals_list:
            self._check_person_creates(values)
        attendances = super().create(vals_list)
        attendances.partner_id.check_access("read")
        attendances.lead_id.check_access("read")
        return attendances

    def write(self, vals):
        """Change attendances; of the dialer's, persons change note and next contact.

        A next contact that is moved takes the promise in the queue along.

        :raise AccessError: when a person changes what is the dialer's to say
        """
        if self.env.su:
            return super().write(vals)
        self.check_access("write")
        changed = {attendance: attendance._changed(vals) for attendance in self}
        for attendance, names in changed.items():
            self._refuse(names - PERSONS_WRITE[attendance.origin])
            attendance._check_moments({name: vals[name] for name in names})
        moved = self.browse(
            attendance.id
            for attendance, names in changed.items()
            if attendance.origin == "dialer" and "next_contact_at" in names
        )
        moved._check_promise(vals.get("next_contact_at"))
        result = super().write(vals)
        moved._move_promise()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_dialer(self):
        """The dialer's attendances are evidence of what it did."""
        if not self.env.su and "dialer" in self.mapped("origin"):
            raise UserError(
                self.env._("Attendances that the dialer recorded cannot be deleted.")
            )

    def _check_person_creates(self, values):
        """Let a person record nothing but a contact of their own.

        :param dict values: all values, with what context and defaults fill in
        """
        own = {"origin": "manual", "user_id": self.env.uid}
        self._refuse(
            {
                name
                for name, value in values.items()
                if name not in PERSONS_CREATE and value and value != own.get(name)
            }
        )
        self._check_moments(values)

    def _changed(self, vals):
        """Which of these values differ from what the attendance has.

        :rtype: set[str]
        """
        self.ensure_one()
        return {name for name, value in vals.items() if not self._is_same(name, value)}

    def _is_same(self, name, value):
        field = self._fields.get(name)
        if field is None:
            return False
        try:
            given = field.convert_to_cache(value, self)
        except (TypeError, ValueError):
            return False
        return given == field.convert_to_cache(self[name], self)

    @api.model
    def _refuse(self, names):
        """Refuse fields that only the dialer writes.

        :param set names: fields that a person tried to write
        :raise AccessError: when there are any
        """
        if not names:
            return
        labels = [
            self._fields[name]._description_string(self.env)
            if name in self._fields
            else name
            for name in sorted(names)
        ]
        raise AccessError(
            self.env._(
                "Only the dialer itself sets these fields of an attendance: "
                "%(fields)s. To change a wrong result, use “Correct result”.",
                fields=", ".join(labels),
            )
        )

    @api.model
    def _check_moments(self, values):
        """Check the moments that a person gives.

        :raise UserError: when one is no moment, or out of its bounds
        """
        now = fields.Datetime.now()
        if date := self._read_moment(values.get("date")):
            # a minute: clocks differ
            if not now - timedelta(DAYS_BACK) <= date <= now + timedelta(minutes=1):
                raise UserError(
                    self.env._(
                        "The date of an attendance must be in the past, within "
                        "the last year."
                    )
                )
        if when := self._read_moment(values.get("next_contact_at")):
            self._check_future(when)

    @api.model
    def _check_future(self, when):
        now = fields.Datetime.now()
        if when <= now:
            raise UserError(self.env._("The next contact must be in the future."))
        if when > now + timedelta(DAYS_AHEAD):
            raise UserError(
                self.env._("The next contact must be within the next five years.")
            )

    @api.model
    def _read_moment(self, value):
        """Read a moment as callers of all kinds give it.

        :return: naive UTC, or False
        :rtype: datetime | bool
        :raise UserError: when it is none
        """
        try:
            moment = fields.Datetime.to_datetime(value or False)
            if moment and moment.tzinfo:
                moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
        except (TypeError, ValueError, OverflowError) as error:
            raise UserError(
                self.env._("“%(value)s” is not a date and time.", value=str(value)[:50])
            ) from error
        return moment or False

    # -------------------------------------------------------------------------
    # The promise
    # -------------------------------------------------------------------------

    def _is_latest(self):
        """Whether nothing was recorded for the customer in the queue since."""
        self.ensure_one()
        entry = self.entry_id
        later = [("entry_id", "=", entry.id), ("id", ">", self.id)]
        return bool(entry) and not self.search_count(later, limit=1)

    def _awaited(self):
        """Those whose customer waits in the queue for the contact they announce."""
        # the queue's state, whatever the reader may see of it
        return as_dialer(self).filtered(
            lambda attendance: (
                attendance.entry_id.state == "pending"
                and attendance.next_contact_at
                and attendance._is_latest()
            )
        )

    def _check_promise(self, when):
        """A call that was promised is moved, not forgotten.

        :raise UserError: when the moment is taken away while the customer waits
        """
        if not when and self._awaited():
            raise UserError(
                self.env._(
                    "The customer is waiting for this contact. Choose another time, "
                    "or use “Correct result” if there will be none."
                )
            )

    def _move_promise(self):
        """Bring queue and activity in line with next contacts that were moved."""
        for attendance in self._awaited():
            entry = attendance.entry_id
            when = entry._promised_moment(attendance.next_contact_at)
            if when != attendance.next_contact_at:
                attendance.next_contact_at = when
            if entry.is_callback and entry.activity_id:
                entry.write({"next_call_at": when})
                continue
            user, result = attendance.user_id, attendance.result_id
            activity = entry._schedule_call(result, when, user)
            entry._replace_activity(activity, result)
            entry._promise(when, user)
            attendance.activity_id = activity
