# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The access matrix: nobody makes, moves, changes or deletes what is not theirs."""

from collections import Counter

from odoo import Command
from odoo.tests import tagged

from . import access_table as table
from .access_case import AccessCase, own_fields
from .access_probe import may

# Models whose records a new one may point at: what one is taken from.
MAKER_FIELDS = {
    "dialer.campaign": ("company_id", "name"),
    "dialer.queue.entry": ("campaign_id", "partner_id"),
    "dialer.attendance": ("company_id", "partner_id", "result_id"),
    "dialer.do.not.call": ("company_id", "number"),
    "dialer.list.import": ("campaign_id", "kind", "company_id"),
    "dialer.result": ("company_id", "name"),
    "dialer.pause.reason": ("company_id", "name"),
    "dialer.call.result": ("session_id", "entry_id", "result_id"),
    "dialer.attendance.correct": ("attendance_id",),
    "dialer.pause.confirm": ("session_id", "entry_id"),
    "dialer.campaign.recycle": ("campaign_id",),
}
# The company of a new record follows this link.
FOLLOWED = {
    "dialer.list.import": "campaign_id",
    "dialer.queue.entry": "campaign_id",
    "dialer.campaign.recycle": "campaign_id",
    "dialer.attendance.correct": "attendance_id",
}
MAGIC = ("create_uid", "create_date", "write_uid", "write_date")
NEW_NUMBER = "+5547988331234"


@tagged("post_install", "-at_install")
class TestAccessWriting(AccessCase):
    values = {}

    # -------------------------------------------------------------------------
    # Changing
    # -------------------------------------------------------------------------

    def test_only_what_the_table_names_is_written(self):
        for model, row in self.each():
            for person in self.people:
                tried = Counter()
                for target in self.tried(model, row.write, person):
                    tried[target.letter] += 1
                    if target.owner != person.user and tried[target.letter] > 2:
                        continue
                    if may(row.write, person, target):
                        self._try_writes(person, target)
                    else:
                        # the first of each company field by field
                        full = tried[target.letter] == 1 and may(row.write, person)
                        self._try_others(person, target, None if full else 1)
        self.settle()

    def _try_writes(self, person, target):
        for name, value, abroad in self._new_values(target):
            named = self._writers(target, name)
            if not (named or abroad) and may(table.REPAIR, person):
                continue
            allowed = may(named, person, target) and not abroad
            outcome = self._write(person, target, name, value)
            what = f"{target.record._name}.write of {target.label}"
            self.expect(allowed, outcome, what, person, name + abroad)

    def _try_others(self, person, target, limit):
        for name, value, abroad in self._new_values(target)[:limit]:
            outcome = self._write(person, target, name, value)
            what = f"{target.record._name}.write of another's {target.label}"
            self.expect(False, outcome, what, person, name + abroad)

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
        """Values for each field of the addon, others than it has.

        A link gets two: to a record of the other company, where there is one, and to
        one that the record may point at.

        :return: name, value, and a word when the value is of the other company
        :rtype: list[tuple]
        """
        if target not in self.values:
            self.values[target] = [
                (field.name, value, abroad)
                for field in own_fields(target.record)
                # what has no column and no way back to one takes no value
                if (field.store or field.inverse) and field.name not in MAGIC
                for value, abroad in self._other_values(field, target)
            ]
        return self.values[target]

    def _other_values(self, field, target):
        if not field.relational:
            value = self._plain_value(field, target.record)
            return [] if value is None else [(value, "")]
        there = "A" if target.letter == "B" else "B"
        current = target.record[field.name]
        linked = [
            (self._foreign(field.comodel_name, there), " of the other company"),
            (self._local(field.comodel_name, target.letter, current), ""),
        ]
        if field.type == "many2many" and field.comodel_name == "res.users":
            # a list of people, not a link: their rights are looked at when it is used
            linked = linked[1:]
        many = field.type != "many2one"
        return [
            ([Command.link(found)] if many else found, abroad)
            for found, abroad in linked
            if found
        ]

    def _foreign(self, comodel, letter):
        """Id of a record of the other company, None when the model knows none."""
        if comodel == "res.company":
            return self.companies[letter].id
        if comodel == "res.users":
            return self.users["carla" if letter == "B" else "ana"].id
        found = self.first(comodel, letter)
        return found and found.id

    def _local(self, comodel, letter, current):
        """Id of another record that this one could point at, None without one."""
        if comodel == "res.company":
            return None
        if comodel == "res.users":
            people = ("bruno", "supervisor_a") if letter == "A" else ("supervisor_b",)
            users = [self.users[name] for name in people]
            return next((user.id for user in users if user not in current), None)
        if comodel in self.targets:
            found = (t for t in self.known(comodel) if t.letter in (letter, None))
            return next((t.id for t in found if t.record not in current), None)
        return self.env[comodel].search([("id", "not in", current.ids)], limit=1).id

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
            if field.type == "many2one":
                values[name] = self._link(field.comodel_name, letter, person)
            elif name == "number":
                values[name] = NEW_NUMBER
            else:
                values[name] = "customers" if name == "kind" else "New one"
        if {"session_id", "entry_id"} <= values.keys():
            # a popup is about the customer on the session's screen
            session = self.env["dialer.session"].browse(values["session_id"])
            values["entry_id"] = session.entry_id.id
        return values

    def _is_own_session(self, values, person):
        """Whether the session of a new popup, if it has one, is the person's own."""
        session = self.env["dialer.session"].browse(values.get("session_id"))
        return not session or session.user_id == person.user

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
                    allowed = allowed and self._is_own_session(values, person)
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
        records = self.env(user=person.user.id, su=False, context={})[model]
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
        if mixed and name == FOLLOWED.get(model):
            # whole in the other company, which has to be the person's too
            return new.company_id not in self._companies_of(person)
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
                    if "active" in self.env[model]._fields:
                        self._try_archive(model, row, person, target)
        self.settle()

    def _try_archive(self, model, row, person, target):
        if not may(row.write, person, target):
            outcome = self.call(person, model, "action_archive", [target.id])
            what = f"{model}.action_archive"
            self.expect(False, outcome, what, person, target.label)
