# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The access matrix: every public method, by everybody, on everybody's records."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from . import access_table as table
from .access_case import AccessCase, public_methods
from .access_probe import Target, may

# What a stranger sends in place of what a method wants.
ODD = (
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    1.5,
    "",
    "x",
    "\x00",
    "9999-12-31 23:59:59",
    [],
    [1],
    {},
)


@tagged("post_install", "-at_install")
class TestAccessMethods(AccessCase):
    def test_every_public_method_has_a_row(self):
        methods = public_methods(self.env)
        for name in methods:
            with self.subTest(name):
                self.assertIn(
                    name,
                    table.METHODS,
                    f"Say in access_table.METHODS who may call {name}, or let its name "
                    "begin with an underscore.",
                )
        gone = table.METHODS.keys() - set(methods)
        self.assertFalse(gone, "Take these rows out of access_table.METHODS.")

    def test_methods_are_called_by_those_who_may(self):
        for name, call in table.METHODS.items():
            model, _dot, method = name.rpartition(".")
            for person in self.people:
                for target in self._targets_of(person, model, method, call):
                    self._try_method(person, model, method, call, target)
        self.settle()

    def _targets_of(self, person, model, method, call):
        """What to call a method on: records, or what its argument names."""
        if call.rights.endswith(" here"):
            return [None]
        if self.is_model_method(f"{model}.{method}"):
            return self.known("dialer.campaign")
        return self.tried(model, call.rights, person)

    def _arguments(self, call, letter):
        """The table's arguments, with ids of this company's records."""
        known = {
            "{campaign}": "dialer.campaign",
            "{entry}": "dialer.queue.entry",
            "{result}": "dialer.result",
            "{reason}": "dialer.pause.reason",
        }
        return [
            self.first(known[word], letter).id if word in known else word
            for word in call.arguments
        ]

    def _try_method(self, person, model, method, call, target):
        records = []
        is_model = self.is_model_method(f"{model}.{method}")
        if not is_model:
            records = [[target.id] if target else []]
        arguments = self._arguments(call, target.letter if target else "A")
        outcome = self.call(
            person,
            model,
            method,
            *records,
            *arguments,
            inspect=lambda answer: self._follow(answer, person),
        )
        detail = target.label if target else ""
        if self._says_nothing(outcome.value):
            outcome = outcome._replace(kind="refused")
        allowed = may(call.rights, person, target)
        self.expect(allowed, outcome, f"{model}.{method}", person, detail)

    def _says_nothing(self, answer):
        """Whether an answer tells, and has done, nothing: none, or just a window."""
        if answer is None or answer is False:
            return True
        return isinstance(answer, dict) and (
            answer.get("type") == "ir.actions.act_window" and not answer.get("res_id")
        )

    def _follow(self, answer, person):
        """Open what an action leads to, and look for marks there."""
        if not isinstance(answer, dict) or "res_model" not in answer:
            return
        if not answer.get("res_id"):
            return
        model = answer["res_model"]
        env = self.env(user=person.user.id, su=False, context={})
        record = env[model].browse(answer["res_id"])
        text = repr(record.read(self.readable_fields(person, model)))
        self.look_for_marks(person, f"{model} that was opened", text)

    def test_odd_arguments_get_a_sentence(self):
        person = self.person("ana")
        session = next(
            t for t in self.known("dialer.session") if t.owner == person.user
        )
        for name, call in table.METHODS.items():
            model, _dot, method = name.rpartition(".")
            if not call.arguments and method != "answer":
                continue
            who = person if call.rights.startswith("agent") else None
            who = who or self.person("supervisor_a")
            is_model = self.is_model_method(f"{model}.{method}")
            target = session if model == "dialer.session" else self._first(model)
            records = [] if is_model else [[target.id]]
            for odd in ODD:
                self._call_muted(who, model, method, *records, odd)
        self.settle()

    def _first(self, model):
        return self.first(model, "A") if model in self.targets else None

    def _call_muted(self, *arguments, **keywords):
        with mute_logger("odoo.sql_db"):
            return self.call(*arguments, **keywords)

    def test_odd_results_of_a_call_get_a_sentence(self):
        person = self.person("ana")
        session = next(
            t for t in self.known("dialer.session") if t.owner == person.user
        )
        session.record.entry_id.state = "dialing"
        result = self.env["dialer.result"].search([("effect", "=", "callback")]).ids[0]
        for name in ("note", "next_contact_at", "entry_id", "go_on"):
            for odd in ODD:
                self._call_muted(
                    person,
                    "dialer.session",
                    "register_result",
                    [session.id],
                    result,
                    **{name: odd},
                )
        for odd in ODD:
            self._call_muted(
                person, "dialer.session", "answer", [session.id], "no", odd
            )
        self.settle()

    def test_methods_on_none_and_on_two_records_get_a_sentence(self):
        for name, call in table.METHODS.items():
            model, _dot, method = name.rpartition(".")
            is_model = self.is_model_method(f"{model}.{method}")
            if is_model or model not in self.targets:
                continue
            own = [t for t in self.known(model) if t.letter == "A"]
            person = self.person("administrator")
            arguments = self._arguments(call, "A")
            gone = Target("gone", self.env[model].browse(2**31 - 9), "A")
            for targets in ([], own[:2], [gone]):
                ids = [target.id for target in targets]
                self._call_muted(person, model, method, ids, *arguments)
        self.settle()
