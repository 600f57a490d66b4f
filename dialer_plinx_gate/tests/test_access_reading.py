# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The access matrix: nobody sees what the table does not give them."""

from odoo.tests import tagged

from . import access_table as table
from .access_case import AccessCase, own_fields, own_models
from .access_probe import may

# A path to a company's secret, by where a relational field leads.
ROADS = {
    "res.company": ("",),
    "res.users": ("company_ids.", "company_id."),
}
TOKEN = "plinx_token_value"
# Each way to list records; whoever has no right on the model is refused by the first.
SEARCHES = (
    ("search", ([],)),
    ("name_search", ()),
    ("search_read", ([], ["id"])),
    ("web_search_read", ([], {"id": {}, "display_name": {}})),
)
TELLING = ("char", "text", "many2one", "many2many", "selection")
# A search as an oracle: the two must not tell the token's first letter.
HIT, MISS = "test-%", "zzzz-%"


@tagged("post_install", "-at_install")
class TestAccessReading(AccessCase):
    def test_every_model_has_a_row_and_a_record(self):
        models = own_models(self.env)
        for name in models:
            with self.subTest(name):
                self.assertIn(
                    name,
                    table.MODELS,
                    f"Say in access_table.MODELS who may do what with {name}.",
                )
                letters = {target.letter for target in self.targets.get(name, ())}
                self.assertIn(
                    "A",
                    letters,
                    f"Make a record of {name} for company A in access_world.py.",
                )
        gone = table.MODELS.keys() - set(models)
        self.assertFalse(gone, "Take these rows out of access_table.MODELS.")

    def test_search_and_read(self):
        for model, row in self.each():
            for person in self.people:
                self._try_search(model, row, person)
                self._try_read(model, row, person)
        self.settle()

    def _try_search(self, model, row, person):
        allowed = self.allowed_ids(row.read, person, model)
        known = {target.id for target in self.known(model)}
        context = {"active_test": False}
        for method, arguments in SEARCHES[: None if may(row.read, person) else 1]:
            outcome = self.call(person, model, method, *arguments, context=context)
            if outcome.done:
                seen = self._ids(method, outcome.value) & known
                for more in known & (seen - allowed):
                    label = self._label(model, more)
                    self.tally.find("forbidden", f"{model}.{method}", person, label)
                if method == "search" and allowed - seen:
                    label = self._label(model, min(allowed - seen))
                    self.tally.find("shut out", f"{model}.search", person, label)
            elif allowed and method == "search":
                self.expect(True, outcome, f"{model}.{method}", person)

    def _ids(self, method, value):
        if method == "search":
            return set(value)
        if method == "name_search":
            return {pair[0] for pair in value}
        records = value["records"] if method == "web_search_read" else value
        return {record["id"] for record in records}

    def _label(self, model, record_id):
        return next(t.label for t in self.known(model) if t.id == record_id)

    def _try_read(self, model, row, person):
        """Read everything at once; what is refused so, field by field."""
        names = self.readable_fields(person, model)
        for target in self.tried(model, row.read, person):
            allowed = may(row.read, person, target)
            outcome = self.call(person, model, "read", [target.id], names)
            self.expect(allowed, outcome, f"{model}.read", person, target.label)
        others = [t for t in self.known(model) if not may(row.read, person, t)]
        if not (others and may(row.read, person)):
            return
        # what is computed has ways of its own
        computed = [name for name in names if not self.env[model]._fields[name].store]
        for name in computed:
            outcome = self.call(person, model, "read", [others[-1].id], [name])
            self.expect(False, outcome, f"{model}.read alone", person, name)

    def test_secrets_are_not_read_searched_grouped_ordered_or_exported(self):
        models = [*table.MODELS, "res.company", "res.config.settings"]
        for model in models:
            fields = own_fields(self.env[model])
            for name in (f.name for f in fields if f.name in table.SECRET_FIELDS):
                for person in self.people:
                    self._try_secret(model, name, person)
        self.settle()

    def _try_secret(self, model, name, person):
        record = self._secret_record(model)
        allowed = self.secret_may(name, person)
        for method, arguments in (
            ("fields_get", ()),
            ("read", (record.ids, [name])),
            ("web_read", (record.ids, {name: {}})),
            ("search_count", ([(name, "like", "t%")],)),
            ("search", ([], 0, None, f"{name} desc")),
            ("formatted_read_group", ([], [name], ["__count"])),
            ("formatted_read_group", ([], [], [f"{name}:max"])),
            ("formatted_read_group", ([], [], [f"{name}:array_agg"])),
            ("export_data", (record.ids, [name])),
            ("write", (record.ids, {name: "https://x.example.com"})),
        ):
            what = f"{model}.{method} of a secret"
            if method == "fields_get":
                outcome = self.call(person, model, method)
                if outcome.done and not allowed and name in outcome.value:
                    self.tally.find("forbidden", what, person, name)
                continue
            outcome = self.call(person, model, method, *arguments, core=True)
            if not allowed:
                self.expect(False, outcome, what, person, name)

    def _secret_record(self, model):
        company = self.companies["A"]
        if model == "res.company":
            return company
        if model == "res.config.settings":
            return self.env[model].create({"company_id": company.id})
        return self.first(model, "A").record

    def test_no_path_of_a_filter_tells_the_token(self):
        for model in [*table.MODELS, *table.CUSTOMER_FIELDS]:
            row = table.MODELS.get(model, table.Row("seller company"))
            for path in self._paths(model):
                for person in self.people:
                    if may(row.read, person):
                        self._try_oracle(model, path, person)
        self.settle()

    def _paths(self, model):
        for field in self.env[model]._fields.values():
            if field.relational and field._description_searchable:
                for road in self._roads(field.comodel_name):
                    yield f"{field.name}.{road}{TOKEN}"

    def _roads(self, comodel):
        if comodel in ROADS:
            return ROADS[comodel]
        if "company_id" in self.env.get(comodel, self.env["base"])._fields:
            return ("company_id.",)
        return ()

    def _try_oracle(self, model, path, person):
        counts = [
            self.call(person, model, "search_count", [(path, "=like", text)], core=True)
            for text in (HIT, MISS)
        ]
        if all(c.done for c in counts) and counts[0].value != counts[1].value:
            self.tally.find("leak", f"{model} searched by a path", person, path)

    def test_groups_and_exports(self):
        for model, row in self.each():
            for person in self.people:
                if may(row.read, person):
                    self._try_groups(model, person)
                    self._try_export(model, row, person)
                else:
                    for method, args in (
                        ("formatted_read_group", ([], [], ["__count"])),
                        ("export_data", ([self.known(model)[0].id], ["display_name"])),
                    ):
                        outcome = self.call(person, model, method, *args)
                        self.expect(False, outcome, f"{model}.{method}", person)
        self.settle()

    def _try_groups(self, model, person):
        described = self.env[model].with_user(person.user).fields_get()
        for name, field in described.items():
            # numbers and dates show no names
            if field.get("groupable") and field["type"] in TELLING:
                self.call(
                    person, model, "formatted_read_group", [], [name], ["__count"]
                )

    def _try_export(self, model, row, person):
        names = [
            f"{field.name}/phone" if field.comodel_name == "res.partner" else field.name
            for field in own_fields(self.env[model])
            if self._has_group(field, person)
        ]
        for target in self.known(model):
            outcome = self.call(person, model, "export_data", [target.id], names)
            # one's own may lead to what is not: then the whole row is refused
            if not may(row.read, person, target):
                what = f"{model}.export_data"
                self.expect(False, outcome, what, person, target.label)
