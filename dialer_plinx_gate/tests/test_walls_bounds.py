# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whatever a person may type has bounds, and a sentence that names them.

Fields are found by asking the registry, so that one made later is tested too.
"""

import base64

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS
from odoo.modules.migration import load_script
from odoo.tests import tagged
from odoo.tools import file_path, mute_logger

from ..models.guard.bounds import LARGEST_FILE, LONGEST_LINE, LONGEST_TEXT
from .common import DialerCase
from .test_walls_companies import own_models, person_writes

LARGEST, LEAST = 2_147_483_647, -2_147_483_648
NUMBERS, TEXTS = ("integer", "float"), ("char", "text", "html")
MOMENTS = ("date", "datetime")


@tagged("post_install", "-at_install")
class TestBounds(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        customer = {"partner_id": cls.customers[0].id}
        session = cls.env["dialer.session"].with_user(cls.ana)
        session = session.browse(session.start(cls.campaign.id)["session_id"])
        session.next_contact()
        popup = {"session_id": session.id, "entry_id": session.sudo().entry_id.id}
        campaign = {"campaign_id": cls.campaign.id}
        attendance = {**customer, "result_id": cls.done.id}
        call = cls.env["dialer.attendance"].create(
            {**attendance, "company_id": cls.company.id, "origin": "dialer"}
        )
        cls.values = {
            "dialer.attendance": attendance,
            "dialer.attendance.correct": {"attendance_id": call.id},
            "dialer.call.result": {**popup, "result_id": cls.done.id},
            "dialer.campaign.recycle": campaign,
            "dialer.do.not.call": {"number": "+5547988009999"},
            "dialer.list.import": campaign,
            "dialer.pause.confirm": popup,
            "dialer.pause.reason": {"name": "Almoço"},
            "dialer.result": {"name": "Ligar depois", "effect": "retry"},
        }

    def record_of(self, model):
        """A record whose fields are tried."""
        if model._name == "res.company":
            return self.company
        if model._name == "dialer.campaign":
            return self.campaign
        if model._name == "dialer.queue.entry":
            return self.campaign.entry_ids[-1]
        if model._name == "dialer.settings":
            return model._ensure_for(self.company)
        values = dict(self.values[model._name])
        if "session_id" in values:
            # a popup is opened by the agent of the session
            model = model.with_user(self.ana).sudo()
        if "company_id" in model._fields and not model._fields["company_id"].related:
            values["company_id"] = self.company.id
        return model.create(values)

    def typed(self, *types):
        """The fields of these types that a person may fill in, with a record."""
        for model in own_models(self.env):
            if model._auto and person_writes(self.env, model):
                record = self.record_of(model)
                for name, field in model._fields.items():
                    if field.type in types and self.is_typed(field):
                        yield record, name
        for name, field in self.company._fields.items():
            if field.type in types and self.is_typed(field):
                yield self.company, name

    def is_typed(self, field):
        return (
            field._module == "dialer_plinx_gate"
            and not field.readonly
            and field.groups != NO_ACCESS
            and (field.store or field.related or field.inverse)
        )

    def refuses(self, record, name, value):
        """Whether a value is refused with a sentence that names no internals."""
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(Exception) as refused,
            self.env.cr.savepoint(),
        ):
            record.write({name: value})
            self.env.flush_all()
        error = refused.exception
        if isinstance(error, UserError):
            self.assertLess(len(str(error)), 500)
        return isinstance(error, (UserError, IntegrityError))

    def test_every_number_has_bounds(self):
        tried = set()
        for record, name in self.typed(*NUMBERS):
            tried.add(f"{record._name}.{name}")
            for value in (LARGEST, LEAST, 10**12, float("inf"), float("nan")):
                with self.subTest(field=f"{record._name}.{name}", value=value):
                    self.assertTrue(self.refuses(record, name, value))
        self.assertGreater(len(tried), 20)
        self.assertIn("res.company.dialer_away_minutes", tried)
        self.assertIn("dialer.queue.entry.priority", tried)

    def test_every_constraint_has_a_sentence(self):
        for model in (*own_models(self.env), self.env["res.company"]):
            for constraint in model._table_objects.values():
                if "BETWEEN" in str(constraint.get_definition(self.env.registry)):
                    message = constraint.get_error_message(model)
                    with self.subTest(model=model._name, message=message):
                        self.assertTrue(message.endswith("."))
                        self.assertNotIn("constraint", message)

    def test_every_text_has_a_bound(self):
        tried = set()
        for record, name in self.typed(*TEXTS):
            tried.add(f"{record._name}.{name}")
            for value in ("x" * 5_000_000, "a\0b", "a\ud800b"):
                with self.subTest(field=f"{record._name}.{name}", value=value[:3]):
                    self.assertTrue(self.refuses(record, name, value))
        self.assertGreater(len(tried), 10)
        self.assertIn("dialer.attendance.note", tried)

    def test_what_fits_is_kept_whole(self):
        self.campaign.name = "x" * LONGEST_LINE
        self.assertEqual(len(self.campaign.name), LONGEST_LINE)
        attendance = self.record_of(self.env["dialer.attendance"])
        attendance.note = "é" * LONGEST_TEXT
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(len(attendance.note), LONGEST_TEXT)

    def test_every_date_is_of_our_time(self):
        tried = 0
        for record, name in self.typed(*MOMENTS):
            tried += 1
            for value in ("9999-12-31", "1800-01-01", "0001-01-01", "soon", [1]):
                with self.subTest(field=f"{record._name}.{name}", value=value):
                    self.assertTrue(self.refuses(record, name, value))
        self.assertGreater(tried, 4)

    def test_defaults_of_the_context_have_the_same_bounds(self):
        campaigns = self.env["dialer.campaign"].with_user(self.supervisor)
        for name, value in (("name", "x" * 5_000_000), ("date_from", "9999-12-31")):
            with self.assertRaises(ValidationError):
                campaigns.with_context(**{f"default_{name}": value}).create({})

    def test_lists_of_records_have_a_bound(self):
        for value in ([(6, 0, list(range(1, 5_000)))], [(4, 1)] * 5_000):
            with self.assertRaisesRegex(ValidationError, "2000|2,000"):
                self.campaign.write({"category_ids": value})

    def test_a_file_that_is_too_large_is_refused(self):
        content = base64.b64encode(b"x" * (LARGEST_FILE + 3))
        with self.assertRaisesRegex(ValidationError, "20 MB"):
            self.env["dialer.list.import"].create(
                {"campaign_id": self.campaign.id, "file": content}
            )

    def test_what_is_no_file_is_a_sentence(self):
        for wrong in ("a", b"a", 5, "é" * 4):
            with self.assertRaisesRegex(ValidationError, "base64"):
                self.env["dialer.list.import"].create(
                    {"campaign_id": self.campaign.id, "file": wrong}
                )

    def test_the_upgrade_brings_old_numbers_into_the_bounds(self):
        path = file_path("dialer_plinx_gate/migrations/19.0.1.1.0/pre-migration.py")
        migration = load_script(path, "dialer_plinx_gate_pre_migration")
        reason = self.env["dialer.pause.reason"].create({"name": "Almoço"})
        self.env.flush_all()
        self.env.cr.execute(
            "ALTER TABLE dialer_pause_reason"
            " DROP CONSTRAINT dialer_pause_reason_limit_range"
        )
        for before, after in ((99_999, 1_440), (-5, 0), (15, 15)):
            self.env.cr.execute(
                "UPDATE dialer_pause_reason SET limit_minutes = %s WHERE id = %s",
                [before, reason.id],
            )
            migration.migrate(self.env.cr, "19.0.1.0.0")
            reason.invalidate_recordset()
            self.assertEqual(reason.limit_minutes, after)
