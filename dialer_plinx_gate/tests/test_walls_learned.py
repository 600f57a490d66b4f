# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the dialer learned or fills in is its own; what is refused names nobody."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import DialerCase


class LearnedCase(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Outra"})
        cls.theirs = cls.env["res.partner"].create(
            {"name": "Deles", "company_id": cls.other.id}
        )
        cls.foreign = new_test_user(
            cls.env,
            "agent_other",
            groups="dialer_plinx_gate.group_dialer_agent",
            company_id=cls.other.id,
            company_ids=[fields.Command.set(cls.other.ids)],
        )

    def clerk(self, groups="base.group_user,base.group_partner_manager"):
        return new_test_user(
            self.env,
            "clerk_test",
            groups=groups,
            company_id=self.company.id,
            company_ids=[fields.Command.set(self.company.ids)],
        )


@tagged("post_install", "-at_install")
class TestLearnedIds(LearnedCase):
    def test_only_administrators_see_and_change_them(self):
        customer = self.customers[0]
        customer.plinx_bsuid = "BR.1234"
        for user in (self.clerk(), self.ana, self.supervisor):
            mine = customer.with_user(user)
            for name in ("plinx_wa_id", "plinx_bsuid"):
                with self.subTest(user=user.login, name=name):
                    self.assertNotIn(name, mine.fields_get())
                    with self.assertRaises(AccessError):
                        mine.read([name])
                    with self.assertRaises(AccessError):
                        mine.search_count([(name, "=like", "BR%")])
                    with self.assertRaises(AccessError):
                        mine.write({name: "BR.9999"})
                    with self.assertRaises(AccessError):
                        mine.create({"name": "Novo", name: "BR.9999"})
        self.assertEqual(customer.plinx_bsuid, "BR.1234")

    def test_merging_contacts_carries_them_over(self):
        kept, merged = self.customers[:2]
        (kept + merged).email = "um@example.com"
        merged.write({"plinx_wa_id": "5547988001001", "plinx_bsuid": "BR.1234"})
        clerk = self.clerk()
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(clerk)
        wizard.create({})._merge((kept + merged).ids, kept.with_user(clerk))
        self.assertRecordValues(
            kept, [{"plinx_wa_id": "5547988001001", "plinx_bsuid": "BR.1234"}]
        )

    def test_whoever_edits_the_phone_makes_the_id_forgotten(self):
        customer = self.customers[0]
        customer.plinx_wa_id = "5547988001000"
        customer.with_user(self.clerk()).phone = "+55 47 98877-6655"
        self.assertFalse(customer.plinx_wa_id)


@tagged("post_install", "-at_install")
class TestDefaultsOfAUser(LearnedCase):
    def set_default(self, model, name, value):
        self.env["ir.default"].with_user(self.ana).set(
            model, name, value, user_id=self.ana.id
        )

    def test_they_do_not_end_a_pause_that_begins(self):
        self.set_default("dialer.session.pause", "ended_at", "2020-01-01 00:00:00")
        session = self.start()
        session.pause()
        self.assertFalse(session.sudo().pause_ids.ended_at)

    def test_they_do_not_hide_the_activity_of_a_promise(self):
        self.set_default("mail.activity", "active", False)
        self.set_default("mail.activity", "feedback", "made up")
        session = self.start()
        session.next_contact()
        session.dial()
        result = self.env.ref("dialer_plinx_gate.result_call_back")
        entry = session.sudo().entry_id
        session.register_result(result.id, next_contact_at=self.later(days=2))
        self.assertRecordValues(
            entry.activity_id,
            [{"active": True, "feedback": False, "user_id": self.ana.id}],
        )

    def test_the_context_does_not_steer_what_supervisors_do_to_sessions(self):
        session = self.start()
        board = session.with_user(self.supervisor).with_context(
            default_ended_at="2020-01-01 00:00:00", default_reason_id=1
        )
        board.board_pause()
        self.assertEqual(session.sudo().state, "paused")
        pause = session.sudo().pause_ids
        self.assertFalse(pause.ended_at or pause.reason_id)


@tagged("post_install", "-at_install")
class TestRefusalsNameNobody(LearnedCase):
    def assertRefusedWithoutName(self, name, refused):
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            refused()
        self.assertNotIn(name, str(caught.exception))
        self.assertIsNone(caught.exception.__cause__)

    def test_a_link_to_another_company_s_customer(self):
        attendances = self.env["dialer.attendance"].with_user(self.ana)
        values = {"partner_id": self.theirs.id, "result_id": self.done.id}
        self.assertRefusedWithoutName("Deles", lambda: attendances.create(values))
        entries = self.env["dialer.queue.entry"]
        values = {"campaign_id": self.campaign.id, "partner_id": self.theirs.id}
        self.assertRefusedWithoutName("Deles", lambda: entries.create(values))

    def test_an_administrator_puts_nobody_of_another_company_into_a_record(self):
        admin = self.env.ref("base.user_admin")
        admin.company_ids += self.company
        entry = self.campaign.entry_ids[0].with_user(admin)
        with self.assertRaises(AccessError):
            entry.agent_id = self.foreign
        with self.assertRaises(AccessError):
            self.campaign.with_user(admin).fill_user_id = self.foreign
        entry.agent_id = self.ana

    def test_a_promise_is_given_to_another_by_its_activity_only(self):
        entry = self.campaign.entry_ids[0].with_user(self.supervisor)
        with self.assertRaises(AccessError):
            entry.callback_user_id = self.bruno


@tagged("post_install", "-at_install")
class TestOrderOfNumbers(LearnedCase):
    def test_an_order_by_phone_places_no_unknown_customer(self):
        hidden = self.campaign.entry_ids[2]
        rule = {
            "name": "one customer is for nobody",
            "model_id": self.env["ir.model"]._get_id("res.partner"),
            "domain_force": repr([("id", "!=", hidden.partner_id.id)]),
        }
        self.env["ir.rule"].create(rule)
        entries = self.env["dialer.queue.entry"].with_user(self.ana)
        mine = [("campaign_id", "=", self.campaign.id)]
        self.assertIn(hidden, entries.search(mine))
        for order in ("phone", "phone desc, id", "id, phone nulls last"):
            with self.subTest(order=order):
                self.assertNotIn(hidden, entries.search(mine, order=order))
