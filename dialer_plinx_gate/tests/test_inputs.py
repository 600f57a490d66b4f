# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whatever is given to a public method, a person gets a sentence, never a traceback.

The methods are found by introspection: a new one is tried like the others.
"""

import inspect
from datetime import date, datetime, timedelta, timezone

from odoo import fields
from odoo.exceptions import MissingError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from ..tools import inputs
from .common import DialerCase

PACKAGE = "odoo.addons.dialer_plinx_gate."
NASTY = (
    None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63), 0.0, 1.5, float("nan"),
    float("inf"), "", " ", "x", "week", "1", "é" * 5_000, "x" * 10_001, "a\x00b",
    "\ud800", "<b>x</b>", b"x", [], [1], ["week"], [[1]], (), {}, {"id": 1}, {1},
    object, "9999-12-31 23:59:59", "0001-01-01 00:00:00", "2026-13-40 25:61:61",
    "2090-01-01 00:00:00", "2026-01-01", "2026-01-01T00:00:00+14:00",
    datetime.max, datetime.min, date.max, datetime(2027, 1, 4, 9, 0, 0, 123456),
    datetime.max.replace(tzinfo=timezone.utc),
    datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
)  # fmt: skip
# Ids that name no record, as another program may send them.
NOBODY = (
    [], [2**31 - 1], [2**31], [2**63], [-1], [0], [None], ["x"], "abc", [1.5],
    [float("nan")], [True], [[1]], [{}], ["a\x00"], None,
)  # fmt: skip


def public_methods(registry):
    """The addon's own methods that can be called from outside.

    :return: pairs of a model's name and a method's name
    :rtype: list[tuple[str, str]]
    """
    found = set()
    for name, model in registry.items():
        for part in model.mro():
            if part.__module__.startswith(PACKAGE):
                found |= {
                    (name, method)
                    for method, value in vars(part).items()
                    if inspect.isfunction(value)
                    and not method.startswith("_")
                    and not hasattr(registry["base"], method)
                }
    return sorted(found)


class InputsCase(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supervisor.group_ids += cls.env.ref("base.group_system")
        cls.methods = public_methods(cls.registry)

    def setUp(self):
        super().setUp()
        self.session = self.start()
        self.other_session = self.start(self.bruno)
        self.valid = {
            "campaign_id": self.campaign.id,
            "choice": "no",
            "result_id": self.retry.id,
            "period": "today",
            "ask": False,
            "offset": 1,
            "entry_id": None,
        }

    def samples(self, name, user):
        """Two records of this model, of which the user has the first."""
        known = {
            "dialer.session": self.session + self.other_session.with_user(self.ana),
            "dialer.campaign": self.campaign,
            "dialer.queue.entry": self.campaign.entry_ids[:2],
            "res.partner": self.customers[:2],
            "crm.lead": self.leads(),
        }
        model = self.env[name]
        if name in known:
            found = known[name]
        elif model._transient or model._abstract:
            found = self.popups(name, user)
        else:
            found = model.sudo().search([], limit=2)
        return found.with_env(self.env(user=user))

    def leads(self):
        return self.env["crm.lead"].create([{"name": "Um"}, {"name": "Dois"}])

    def popups(self, name, user):
        model = self.env[name].with_user(user)
        if model._abstract:
            return model
        session = self.session.sudo()
        if "session_id" in model._fields:
            # opened by the agent of the session, about who is on screen
            model = model.with_user(self.ana)
            if not session.entry_id:
                self.session.next_contact()
        values = {
            "session_id": session.id,
            "entry_id": session.entry_id.id,
            "result_id": self.retry.id,
            "campaign_id": self.campaign.id,
            "attendance_id": self.dialed(user).id,
        }
        values = {key: value for key, value in values.items() if key in model._fields}
        return model.sudo().create(values) + model.sudo().create(values)

    def dialed(self, user):
        """A call of this user, whose result can be corrected."""
        return self.env["dialer.attendance"].create(
            {
                "partner_id": self.customers[0].id,
                "company_id": self.company.id,
                "user_id": user.id,
                "result_id": self.retry.id,
                "origin": "dialer",
            }
        )

    def call(self, user, name, method, args, kwargs=None):
        """Call as a program does; give what a person is told, or None.

        :raise AssertionError: when it is no sentence
        """
        model = self.env(user=user)[name]
        try:
            with self.env.cr.savepoint() as savepoint:
                call_kw(model, method, args, kwargs or {})
                self.env.flush_all()
                savepoint.rollback()
        except UserError as error:
            self.assertTrue(str(error))
            return str(error)
        except Exception as error:
            raise AssertionError(
                f"{user.login}: {name}.{method}{args!r} {kwargs!r:.200} "
                f"gives {type(error).__name__}: {error}"
            ) from error
        finally:
            self.env.invalidate_all()
        return None

    def parameters(self, name, method):
        """The names of what the method takes, and values that it works with."""
        function = getattr(self.registry[name], method)
        names = list(inspect.signature(function).parameters)[1:]
        required = [
            key
            for key in names
            if inspect.signature(function).parameters[key].default is inspect._empty
        ]
        return names, {key: self.valid.get(key) for key in required}

    def try_arguments(self, names=None):
        """Give each parameter of each method what it was not made for."""
        for name, method in self.methods:
            if names and name not in names:
                continue
            taken, valid = self.parameters(name, method)
            is_model = getattr(getattr(self.registry[name], method), "_api_model", 0)
            for user in (self.ana, self.supervisor):
                ids = [] if is_model else [self.samples(name, user)[:1].ids]
                for key in taken:
                    for nasty in NASTY:
                        with self.subTest(method=f"{name}.{method}", key=key):
                            values = {**valid, key: nasty}
                            self.call(user, name, method, ids, values)


@tagged("post_install", "-at_install")
class TestInputs(InputsCase):
    def test_methods_are_found(self):
        self.assertIn(("dialer.session", "register_result"), self.methods)
        self.assertIn(("dialer.dashboard", "get_data"), self.methods)
        self.assertIn(("res.partner", "action_why_not"), self.methods)

    def test_arguments_of_every_method_with_a_customer_on_screen(self):
        self.session.next_contact()
        self.try_arguments()

    def test_arguments_of_the_session_while_in_a_call(self):
        self.session.next_contact()
        self.session.dial()
        self.try_arguments({"dialer.session"})

    def test_arguments_of_the_session_while_asked(self):
        self.company.dial_active_whatsapp = True
        self.talk(self.customers[0])
        self.session.next_contact()
        self.try_arguments({"dialer.session"})

    def test_every_method_on_none_two_and_missing_records(self):
        for name, method in self.methods:
            if getattr(getattr(self.registry[name], method), "_api_model", False):
                continue
            _taken, valid = self.parameters(name, method)
            for user in (self.ana, self.supervisor):
                records = self.samples(name, user)
                for ids in (*NOBODY, records.ids, records[:1].ids):
                    with self.subTest(method=f"{name}.{method}", ids=ids):
                        self.call(user, name, method, [ids], valid)

    def test_every_method_on_a_deleted_record(self):
        campaign = self.campaign.copy()
        deleted = campaign.id
        campaign.unlink()
        for name in ("action_start", "action_why_not", "board_move"):
            kwargs = {"offset": 1} if name == "board_move" else {}
            said = self.call(
                self.supervisor, "dialer.campaign", name, [[deleted]], kwargs
            )
            self.assertTrue(said, name)

    def test_methods_without_arguments_in_odd_contexts(self):
        for context in (
            {"tz": "Nowhere/Land"}, {"tz": 7}, {"tz": ""}, {"dialer_console": "x"},
        ):  # fmt: skip
            for method in ("console_data", "board_data"):
                self.call(
                    self.supervisor, "dialer.session", method, [], {"context": context}
                )
            self.call(
                self.supervisor,
                "dialer.dashboard",
                "get_data",
                ["week"],
                {"context": context},
            )

    def test_the_cases_that_were_seen(self):
        self.session.next_contact()
        self.session.dial()
        refused = {
            "pause": [True],
            "board_data": ["x"],
            "register_result": [self.retry.id, "x" * 10_001],
        }
        for method, args in refused.items():
            ids = [] if method == "board_data" else [self.session.ids]
            user = self.supervisor if method == "board_data" else self.ana
            self.assertTrue(self.call(user, "dialer.session", method, ids + args))
        self.assertTrue(
            self.call(self.supervisor, "dialer.dashboard", "get_data", [["week"]])
        )
        with self.assertRaisesRegex(UserError, "within the next ten years"):
            self.session.register_result(
                self.retry.id, next_contact_at="9999-12-31 23:59:59"
            )
        self.assertEqual(self.session.entry_id.state, "dialing", "nothing is lost")

    def test_a_note_of_the_full_length_is_kept_as_it_is(self):
        self.session.next_contact()
        self.session.dial()
        note = "ção " * 2_500
        state = self.session.register_result(self.retry.id, note=note)
        attendance = self.env["dialer.attendance"].browse(state["attendance_id"])
        self.assertEqual(attendance.note, note)

    def test_access_is_looked_at_before_input(self):
        portal = self.env.ref("base.group_portal")
        user = self.env["res.users"].create(
            {"name": "P", "login": "p_test", "group_ids": [(6, 0, portal.ids)]}
        )
        for method in ("pause", "dial", "get_state"):
            self.assertIn(
                "access", self.call(user, "dialer.session", method, [["x"]]), method
            )

    def test_buttons_without_a_call_say_so(self):
        with self.assertRaisesRegex(UserError, "no call"):
            self.session.action_register_result()


@tagged("post_install", "-at_install")
class TestHelpers(InputsCase):
    def test_a_moment_is_naive_utc_to_the_second(self):
        soon = fields.Datetime.now() + timedelta(days=1)
        zone = timezone(timedelta(hours=-3))
        for given in (
            soon,
            fields.Datetime.to_string(soon),
            soon.replace(microsecond=5),
            soon.replace(tzinfo=timezone.utc).astimezone(zone),
        ):
            self.assertEqual(inputs.moment(self.env, given), soon)
        for nothing in (None, False, ""):
            self.assertIs(inputs.moment(self.env, nothing), False)

    def test_zero_is_no_record_and_nothing_is(self):
        reasons = self.env["dialer.pause.reason"]
        with self.assertRaisesRegex(UserError, "no such"):
            inputs.pick(reasons, 0, "no such")
        self.assertIsNone(inputs.record_id(self.env, None))
        with self.assertRaises(UserError):
            inputs.record_id(self.env, True)

    def test_one_record_is_one_that_can_exist(self):
        partners = self.env["res.partner"]
        for ids in ([2**31], ["x"], [None]):
            with self.assertRaises(MissingError):
                inputs.one(partners.browse(ids))
        with self.assertRaisesRegex(UserError, "first"):
            inputs.one(partners)
        with self.assertRaisesRegex(UserError, "one record at a time"):
            inputs.one(self.customers)
        self.assertEqual(inputs.one(self.customers[0]), self.customers[0])


@tagged("post_install", "-at_install")
class TestEmptiedForms(InputsCase):
    """A person empties a field; the form recomputes what hangs on it."""

    def spec(self, model):
        """What a form of all fields that this user may read asks for."""
        spec = {}
        for name, field in model.fields_get().items():
            relational = field["type"] in ("many2one", "one2many", "many2many")
            spec[name] = {"fields": {}} if relational else {}
        return spec

    def test_every_field_of_every_model_can_be_emptied(self):
        for name, model in self.registry.items():
            ours = any(part.__module__.startswith(PACKAGE) for part in model.mro())
            if not ours or not name.startswith(("dialer.", "plinx.")):
                continue
            if model._abstract:
                continue
            records = self.env(user=self.supervisor)[name]
            if not records.has_access("read"):
                continue
            spec = self.spec(records)
            sample = records.sudo(False).search([], limit=1)
            for field in spec:
                for record in (records, sample):
                    with self.subTest(model=name, field=field, new=not record):
                        self.call(
                            self.supervisor,
                            name,
                            "onchange",
                            [record.ids, {field: False}, [field], spec],
                        )
