# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The access matrix: forms that are filled in, filters, and fields of customers."""

from odoo.tests import tagged

from . import access_table as table
from .access_case import AccessCase, own_fields
from .access_probe import may

# Filters that would tell what a supervisor may not ask; those after the line may be
# asked by administrators, who see these fields.
HIDDEN = (
    [("company_id.plinx_token_value", "=like", "test-%")],
    [("company_id.plinx_webhook_secret_value", "!=", False)],
    [("create_uid.company_ids.plinx_token_value", "!=", False)],
    [("create_uid.password", "=like", "$%")],
    ["|", ("id", "=", 0), ("company_id.plinx_token_value", "!=", False)],
    [("company_id", "any", [("plinx_token_value", "!=", False)])],
)
SYSTEM_ONLY = (
    [("company_id.plinx_webhook_key", "!=", False)],
    [("company_id.plinx_url", "=like", "http%")],
)
UPDATE = "dialer_plinx_gate.mt_dialer_update"


@tagged("post_install", "-at_install")
class TestAccessForms(AccessCase):
    # -------------------------------------------------------------------------
    # Forms
    # -------------------------------------------------------------------------

    def test_a_form_shows_nothing_of_what_is_typed_into_it(self):
        for model, row in self.each():
            for person in self.people:
                self._try_onchange(model, row, person)
        self.settle()

    def _try_onchange(self, model, row, person):
        spec = {name: {} for name in self.readable_fields(person, model)}
        spec.pop("id", None)
        outcome = self.call(person, model, "onchange", [], {}, [], spec, core=True)
        allowed = may(row.create, person)
        self.expect(allowed, outcome, f"{model}.onchange of a new one", person)
        if not outcome.done:
            return
        for field in own_fields(self.env[model]):
            if field.type == "many2one" and field.name in spec:
                for target in self._to_type(field.comodel_name, person):
                    values = {field.name: target}
                    self.call(person, model, "onchange", [], values, [field.name], spec)

    def _to_type(self, comodel, person):
        """Ids that a person may try in a form: one of each company."""
        if comodel == "res.company":
            return [company.id for company in self.companies.values()]
        found = (self.first(comodel, letter) for letter in "AB")
        return [target.id for target in found if target]

    def test_the_form_of_anothers_record_is_not_filled_in(self):
        for model, row in self.each():
            for person in self.people:
                for target in self.tried(model, row.write, person):
                    if may(row.write, person, target):
                        continue
                    names = self.readable_fields(person, model)
                    spec = {name: {} for name in names if name != "id"}
                    outcome = self.call(
                        person, model, "onchange", [target.id], {}, [], spec, core=True
                    )
                    what = f"{model}.onchange"
                    self.expect(False, outcome, what, person, target.label)
        self.settle()

    # -------------------------------------------------------------------------
    # What is typed as a filter
    # -------------------------------------------------------------------------

    def test_a_filter_counts_nothing_that_the_person_may_not_ask(self):
        for person in self.people:
            if "supervisor" in person.roles:
                hidden = HIDDEN + (() if "system" in person.roles else SYSTEM_ONLY)
                for domain in map(repr, hidden):
                    self._try_preview(person, domain)
                    self._try_saved(person, domain)
        self.settle()

    def _preview(self, person, letter, domain):
        """How many customers the form of a new campaign says a filter has."""
        values = {
            "company_id": self.companies[letter].id,
            "domain": domain,
            "state": "draft",
            "target": "partner",
            "date_filter": "create_date",
            "customer_status": "any",
        }
        spec = {"match_count": {}, "match_sample": {}, "match_error": {}}
        outcome = self.call(
            person, "dialer.campaign", "onchange", [], values, ["domain"], spec
        )
        return outcome.done and outcome.value["value"].get("match_count")

    def _try_preview(self, person, domain):
        if self._preview(person, min(person.letters), domain):
            self.tally.find("leak", "preview of a campaign", person, domain)

    def _try_saved(self, person, domain):
        company = self.companies[min(person.letters)]
        values = {"name": "New", "company_id": company.id, "domain": domain}
        outcome = self.call(
            person,
            "dialer.campaign",
            "create",
            values,
            inspect=lambda made: self._fill(made, person),
        )
        if outcome.done and isinstance(outcome.seen, int) and outcome.seen:
            self.tally.find("leak", "queue of a campaign", person, domain)

    def _fill(self, campaign_id, person):
        env = self.env(user=person.user.id, su=False, context={})
        env["dialer.campaign"].browse(campaign_id).action_fill()
        return self.env["dialer.queue.entry"].search_count(
            [("campaign_id", "=", campaign_id)]
        )

    def test_a_preview_is_of_the_persons_own_companies(self):
        for person in self.people:
            for letter in "AB":
                count = self._preview(person, letter, "[('name', 'like', 'CLIENTE')]")
                if count and letter not in person.letters:
                    self.tally.find("leak", "preview of another company", person)
                if not count and "supervisor" in person.roles:
                    if letter in person.letters:
                        self.tally.find("shut out", "preview of a campaign", person)
        self.settle()

    # -------------------------------------------------------------------------
    # The addon's fields on the models of others
    # -------------------------------------------------------------------------

    def test_fields_of_customers(self):
        for model, rows in table.CUSTOMER_FIELDS.items():
            for field in own_fields(self.env[model]):
                self.assertIn(
                    field.name,
                    rows,
                    f"Say in access_table.CUSTOMER_FIELDS who reads {field.name}.",
                )
                row = rows[field.name]
                for person in self.people:
                    for target in self.known(model):
                        self._try_customer_field(model, field, row, person, target)
        self.settle()

    def _try_customer_field(self, model, field, row, person, target):
        name, what = field.name, f"{model}.{field.name}"
        allowed = may(row.read, person, target)
        outcome = self.call(person, model, "read", [target.id], [name])
        self.expect(allowed, outcome, f"read {what}", person, target.label)
        if field._description_searchable and not allowed:
            domain = [("id", "=", target.id), (name, "!=", False)]
            outcome = self.call(person, model, "search_count", domain)
            if outcome.done and outcome.value:
                self.tally.find("forbidden", f"filter by {what}", person, target.label)
        if field.type == "char":
            outcome = self.call(person, model, "write", [target.id], {name: "made.up"})
            self._check_written(row, person, target, outcome, f"write {what}")

    def _check_written(self, row, person, target, outcome, what):
        allowed = may(row.write, person, target)
        self.expect(allowed, outcome, what, person, target.label)

    def test_parameters_of_a_company_are_written_by_its_supervisors(self):
        page = table.WRITABLE["dialer.settings"]
        for field in own_fields(self.env["res.company"]):
            if not field.store or field.type not in ("boolean", "integer", "char"):
                continue
            rights = ", ".join(
                r for r, names in page.items() if field.name in names.split()
            )
            for person in self.people:
                for letter, company in self.companies.items():
                    self._try_parameter(person, letter, company, field, rights)
        self.settle()

    def _try_parameter(self, person, letter, company, field, rights):
        before = company.sudo()[field.name]
        values = {"boolean": not before, "char": "another"}
        value = values.get(field.type, 17)
        outcome = self.call(
            person, "res.company", "write", [company.id], {field.name: value}
        )
        # Odoo lets administrators write every company
        allowed = "system" in person.roles or any(
            role.split()[0] in person.roles and letter in person.letters
            for role in filter(None, rights.split(","))
        )
        if not allowed:
            detail = f"{field.name} of {letter}"
            self.expect(False, outcome, "res.company.write", person, detail)

    def test_only_the_dialer_writes_its_updates(self):
        subtype = self.env.ref(UPDATE)
        for model in table.CUSTOMER_FIELDS:
            for person in self.people:
                target = self.first(model, "A")
                for values in (
                    {"subtype_xmlid": UPDATE},
                    {"subtype_id": subtype.id},
                ):
                    outcome = self.call(
                        person,
                        model,
                        "message_post",
                        [target.id],
                        body="forged",
                        **values,
                        inspect=lambda _a, t=target: self._forged(t),
                    )
                    if outcome.done and outcome.seen:
                        what = f"{model}.message_post of an Updates line"
                        self.tally.find("forbidden", what, person)
                self._try_message(person, model, target, subtype)
        self.settle()

    def _forged(self, target):
        lines = target.record.sudo().dialer_update_ids
        return [line.body for line in lines if "forged" in line.body]

    def _try_message(self, person, model, target, subtype):
        """Make a message of that kind by hand, and change one that is there."""
        line = target.record.sudo().dialer_update_ids[:1]
        forged = {
            "model": model,
            "res_id": target.id,
            "body": "forged",
            "subtype_id": subtype.id,
            "message_type": "comment",
        }
        for method, arguments in (
            ("create", (forged,)),
            ("write", (line.ids, {"body": "forged"})),
            ("unlink", (line.ids,)),
        ):
            outcome = self.call(person, "mail.message", method, *arguments)
            if "system" not in person.roles:
                what = f"mail.message.{method} of an Updates line"
                self.expect(False, outcome, what, person)
