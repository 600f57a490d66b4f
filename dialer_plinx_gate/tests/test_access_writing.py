# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The access matrix: nobody makes, moves, changes or deletes what is not theirs."""

from odoo import Command
from odoo.tests import tagged

from . import access_table as table
from .access_case import AccessCase, own_fields
from .access_probe import may

# Models whose records a new one may point at: what one is taken from.
MAKER_FIELDS = {
    "dialer.campaign": ("company_id", "name"),
    "dialer.queue.entry": ("campaign_id", "partner_id"),
    "dialer.attendance": ("company_id", "partner_id", "result_id", "user_id"),
    "dialer.do.not.call": ("company_id", "number"),
    "dialer.list.import": ("campaign_id", "kind", "company_id"),
    "dialer.result": ("company_id", "name"),
    "dialer.pause.reason": ("company_id", "name"),
    "dialer.call.result": ("session_id", "entry_id", "result_id"),
    "dialer.pause.confirm": ("session_id", "entry_id"),
    "dialer.campaign.recycle": ("campaign_id",),
}
NEW_NUMBER = "+5547988331234"


@tagged("post_install", "-at_install")
class TestAccessWriting(AccessCase):
    def tearDown(self):
        self.report_models()
        super().tearDown()

    # -------------------------------------------------------------------------
    # Changing
    # -------------------------------------------------------------------------

    def test_only_what_the_table_names_is_written(self):
        for model, row in self.each():
            for person in self.people:
                others = set()
                for target in self.tried(model, row.write, person):
                    if may(row.write, person, target):
                        self._try_writes(person, target)
                    else:
                        # one record of each company field by field, else the first
                        fully = target.letter not in others and may(row.write, person)
                        others.add(target.letter)
                        self._try_others(person, target, None if fully else 1)
        self.settle()

    def _try_writes(self, person, target):
        for name, value in self._new_values(target).items():
            allowed = may(self._writers(target, name), person, target)
            outcome = self._write(person, target, name, value)
            what = f"{target.record._name}.write of {target.label}"
            self.expect(allowed, outcome, what, person, name)

    def _try_others(self, person, target, limit):
        for name, value in list(self._new_values(target).items())[:limit]:
            outcome = self._write(person, target, name, value)
            what = f"{target.record._name}.write of another's {target.label}"
            self.expect(False, outcome, what, person, name)

    def _writers(self, target, name):
        """Who may write this field of this record, in the table's words."""
        model = target.record._name
        writable = table.WRITABLE.get(model, {})
        if model == "dialer.attendance" and target.record.origin == "manual":
            writable = table.WRITABLE_MANUAL[model]
        return ", ".join(r for r, names in writable.items() if name in names.split())

    def _write(self, person, target, name, value):
        """Write one field; a write that changes nothing is as good as a refusal."""
        before = self._stored(target, name)
        outcome = self.call(
            person,
            target.record._name,
            "write",
            [target.id],
            {name: value},
            inspect=lambda _answer: self._stored(target, name),
        )
        if outcome.done and outcome.seen == before:
            return outcome._replace(kind="refused", value=None)
        return outcome

    def _stored(self, target, name):
        record = target.record.sudo()
        record.invalidate_recordset()
        return repr(record.exists()[name])

    def _new_values(self, target):
        """A value for each field of the addon, another than the one it has.

        What points elsewhere gets a record of the other company.
        """
        record = target.record
        values = {}
        for field in own_fields(record):
            if field.name not in ("create_uid", "create_date"):
                value = self._other_value(field, record, target.letter)
                if value is not None:
                    values[field.name] = value
        return values

    def _other_value(self, field, record, letter):
        other = "A" if letter == "B" else "B"
        if field.type == "many2one":
            return self._other_record(field.comodel_name, other, record[field.name])
        if field.type == "many2many":
            found = self._other_record(field.comodel_name, other, record[field.name])
            return found and [Command.link(found)]
        if field.type == "one2many":
            line = self.first(field.comodel_name, other)
            return line and [Command.link(line.id)]
        return self._plain_value(field, record)

    def _other_record(self, comodel, letter, current):
        """Id of a record of the other company, or of any where there are none."""
        if comodel == "res.company":
            return self.companies[letter].id
        if comodel == "res.users":
            return self.users["carla" if letter == "B" else "ana"].id
        if target := self.first(comodel, letter):
            return target.id
        others = self.env[comodel].search([("id", "not in", current.ids)], limit=1)
        return others.id or None

    def _plain_value(self, field, record):
        value = record[field.name]
        if field.type in ("integer", "float"):
            return value + 1
        if field.type == "boolean":
            return not value
        if field.type == "selection":
            words = [word for word, _label in field._description_selection(self.env)]
            return next((word for word in words if word != value), None)
        return {
            "char": self._other_text(field, value),
            "text": "another text",
            "html": "<p>another text</p>",
            "date": "2027-01-04",
            "datetime": "2027-01-04 12:00:00",
            "json": {"assignee": "another"},
            "binary": "YW5vdGhlcg==",
        }.get(field.type)

    def _other_text(self, field, value):
        return {
            "domain": "[('name', '=', 'another')]",
            "number": NEW_NUMBER,
            "phone": NEW_NUMBER,
            "plinx_url": f"{self.sandbox.url}/another",
            "plinx_webhook_secret": "whsec_" + "QUJD" * 12,
        }.get(field.name, "another")

    # -------------------------------------------------------------------------
    # Making and deleting
    # -------------------------------------------------------------------------

    def _maker_values(self, model, letter, person):
        """Values of a new record of a company, by this person."""
        names = MAKER_FIELDS.get(model, ("company_id", "campaign_id", "session_id"))
        fields = self.env[model]._fields
        values = {}
        for name in names:
            if name not in fields:
                continue
            field = fields[name]
            if name == "user_id":
                values[name] = person.user.id
            elif field.type == "many2one":
                values[name] = self._link(field.comodel_name, letter, person)
            elif name == "number":
                values[name] = NEW_NUMBER
            else:
                values[name] = "customers" if name == "kind" else "New one"
        return values

    def _link(self, comodel, letter, person):
        """A record of a company to point at; of a session, the person's own."""
        if comodel == "res.company":
            return self.companies[letter].id
        found = [t for t in self.targets.get(comodel, ()) if t.letter == letter]
        if comodel == "res.partner":
            found = found[:1]
        if comodel == "dialer.queue.entry":
            found = found[2:]
        own = [target for target in found if target.owner == person.user]
        return next((target.id for target in own or found), False)

    def test_records_are_made_by_those_who_may(self):
        for model, row in self.each():
            for person in self.people:
                for letter in "AB" if may(row.create, person) else "A":
                    values = self._maker_values(model, letter, person)
                    allowed = may(row.create, person) and letter in person.letters
                    for method in ("create", "web_save")[: 1 + allowed]:
                        self._try_create(model, person, letter, values, allowed, method)
                    if not allowed:
                        self._try_load(model, person, letter, values)
        self.settle()

    def _try_create(self, model, person, letter, values, allowed, method):
        before = self._last_id(model)
        arguments = ([], values, {"id": {}}) if method == "web_save" else (values,)
        outcome = self.call(
            person,
            model,
            method,
            *arguments,
            inspect=lambda _answer: self._read_new(model, before, person),
        )
        self.expect(allowed, outcome, f"{model}.{method} in {letter}", person)

    def _last_id(self, model):
        return self.env[model].sudo().search([], order="id desc", limit=1).id or 0

    def _read_new(self, model, before, person):
        """Read back what was made, as who made it, and look for marks."""
        records = self.env[model].with_user(person.user).with_context({})
        new = records.search([("id", ">", before)])
        text = repr(new.read(self.readable_fields(person, model)))
        self.look_for_marks(person, f"{model} just made", text)
        return new.ids

    def _try_load(self, model, person, letter, values):
        names = [
            f"{name}/.id" if self.env[model]._fields[name].relational else name
            for name in values
        ]
        row = [str(value or "") for value in values.values()]
        outcome = self.call(person, model, "load", names, [row])
        if outcome.done and outcome.value["ids"]:
            self.tally.find("forbidden", f"{model}.load in {letter}", person)

    def test_a_new_record_points_at_nothing_of_another_company(self):
        for model, row in self.each():
            for person in self.people:
                if may(row.create, person):
                    for letter in person.letters:
                        self._try_links(model, person, letter)
        self.settle()

    def _try_links(self, model, person, letter):
        other = "A" if letter == "B" else "B"
        own = self._maker_values(model, letter, person)
        for field in own_fields(self.env[model]):
            if field.type != "many2one" or field.name in ("create_uid", "write_uid"):
                continue
            if field.name == "company_id":
                continue
            target = self.first(field.comodel_name, other)
            if field.comodel_name == "res.users":
                link = self.users["carla" if other == "B" else "ana"].id
            elif target:
                link = target.id
            else:
                continue
            before = self._last_id(model)
            outcome = self.call(
                person,
                model,
                "create",
                {**own, field.name: link},
                inspect=lambda _a, b=before, n=field.name, i=link: self._kept(
                    model, b, n, i, person
                ),
            )
            if outcome.done and outcome.seen:
                what = f"{model}.create in {letter} with links to {other}"
                self.tally.find("forbidden", what, person, field.name)

    def _kept(self, model, before, name, link, person):
        """Whether the new record kept the link; a campaign of one's own takes over."""
        self._read_new(model, before, person)
        new = self.env[model].sudo().search([("id", ">", before)], limit=1)
        mixed = new[name].id == link
        if mixed and model in ("dialer.list.import", "dialer.queue.entry"):
            # the company follows the campaign: whole in the other company, or not
            return new.company_id not in self._companies_of(person) or (
                name != "campaign_id"
            )
        return mixed

    def _companies_of(self, person):
        return person.user.company_ids

    def test_nothing_is_deleted_copied_or_archived_by_others(self):
        for model, row in self.each():
            for person in self.people:
                for target in self.tried(model, row.unlink, person):
                    allowed = may(row.unlink, person, target)
                    outcome = self.call(person, model, "unlink", [target.id])
                    what = f"{model}.unlink"
                    self.expect(allowed, outcome, what, person, target.label)
                    if not may(row.create, person) or not may(row.read, person, target):
                        outcome = self.call(person, model, "copy", [target.id])
                        what = f"{model}.copy"
                        self.expect(False, outcome, what, person, target.label)
                    if not may(row.write, person, target):
                        outcome = self.call(
                            person, model, "action_archive", [target.id]
                        )
                        active = "active" in self.env[model]._fields
                        what = f"{model}.action_archive"
                        self.expect(not active, outcome, what, person, target.label)
        self.settle()
