# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Updates lines are the dialer's: nobody else posts, changes or deletes them."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DialerCase, DialerData, SandboxMixin

UPDATE = "dialer_plinx_gate.mt_dialer_update"


@tagged("post_install", "-at_install")
class TestUpdatesGuard(DialerCase):
    def setUp(self):
        super().setUp()
        self.subtype = self.env.ref(UPDATE)
        self.customer = self.customers[0]
        self.clerk = new_test_user(
            self.env,
            "clerk_test",
            groups="base.group_user,base.group_partner_manager,"
            "sales_team.group_sale_manager,"
            "dialer_plinx_gate.group_dialer_supervisor",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )

    def update(self, author=None):
        """A line as the dialer writes it while this agent works."""
        before = self.updates_of(self.customer)
        self.customer.with_user(author or self.ana).sudo()._dialer_log_updates(
            "not dialed", self.company
        )
        return self.updates_of(self.customer) - before

    def assertForgeryRefused(self, forge):
        before = self.updates_of(self.customer).ids
        with self.assertRaisesRegex(AccessError, "Only the dialer"):
            with self.env.cr.savepoint():
                forge()
        self.assertEqual(self.updates_of(self.customer).ids, before)

    def test_the_dialer_writes_its_lines_in_one_statement(self):
        customers = self.customers
        customers[0].with_user(self.ana).sudo()._dialer_log_updates("x", self.company)
        self.env.flush_all()
        with self.assertQueryCount(1):
            customers.with_user(self.ana).sudo()._dialer_log_updates("x", self.company)
        for customer in customers[1:]:
            self.assertEqual(len(self.updates_of(customer)), 1)

    def forgeries(self, user):
        """The ways in which a person may post something."""
        customer, subtype = self.customer.with_user(user), self.subtype.id
        posted = {"model": "res.partner", "res_id": customer.id, "body": "x"}
        values = {**posted, "subtype_id": subtype}
        composed = {
            "model": "res.partner",
            "res_ids": repr(customer.ids),
            "body": "x",
            "subtype_id": subtype,
        }
        messages = self.env["mail.message"].with_user(user)
        in_context = messages.with_context(default_subtype_id=subtype)
        composer = self.env["mail.compose.message"].with_user(user)
        return (
            lambda: customer.message_post(body="x", subtype_xmlid=UPDATE),
            lambda: customer.message_post(body="x", subtype_id=subtype),
            lambda: customer.sudo().message_post(body="x", subtype_id=subtype),
            lambda: customer.message_notify(
                body="x", subtype_xmlid=UPDATE, partner_ids=customer.ids
            ),
            lambda: messages.create(values),
            lambda: messages.sudo().create([dict(values), dict(values)]),
            lambda: in_context.create(dict(posted)),
            lambda: composer.create(composed)._action_send_mail(),
        )

    def test_no_way_of_posting_makes_a_line(self):
        for user in (self.clerk, self.env.ref("base.user_admin")):
            user.company_ids += self.company
            for forge in self.forgeries(user):
                self.assertForgeryRefused(forge)

    def test_no_other_message_becomes_a_line(self):
        message = self.customer.with_user(self.clerk).message_post(body="mine")
        for record in (message, message.sudo()):
            self.assertForgeryRefused(
                lambda m=record: m.write({"subtype_id": self.subtype.id})
            )

    def test_nobody_changes_what_a_line_says(self):
        line = self.update(self.clerk)
        self.assertEqual(line.author_id, self.clerk.partner_id)
        mine = line.with_user(self.clerk)
        for values in (
            {"body": "x"},
            {"subtype_id": False},
            {"author_id": self.ana.partner_id.id},
            {"date": "2020-01-01 00:00:00"},
        ):
            self.assertForgeryRefused(lambda v=values: mine.write(v))
            self.assertForgeryRefused(lambda v=values: mine.sudo().write(v))
        self.assertForgeryRefused(mine.unlink)
        with self.assertRaises(UserError):
            self.customer.with_user(self.clerk)._message_update_content(mine, body="x")

    def test_lines_can_be_starred_and_go_with_their_customer(self):
        line = self.update(self.clerk)
        line.with_user(self.clerk).toggle_message_starred()
        customer = self.env["res.partner"].create({"name": "Sai"})
        customer.with_user(self.clerk).sudo()._dialer_log_updates("x", self.company)
        customer.invalidate_recordset(["dialer_update_ids"])
        line = customer.dialer_update_ids
        self.assertTrue(line)
        customer.with_user(self.clerk).unlink()
        self.assertFalse(line.exists())

    def test_lines_move_when_customers_are_merged(self):
        self.update(self.clerk)
        leads = self.env["crm.lead"].create(
            [{"name": name, "company_id": self.company.id} for name in ("Um", "Dois")]
        )
        for lead in leads:
            lead.with_user(self.clerk).sudo()._dialer_log_updates("x", self.company)
        kept = leads.with_user(self.clerk).merge_opportunity()
        kept.invalidate_recordset(["dialer_update_ids"])
        self.assertEqual(len(kept.sudo().dialer_update_ids), 2)


@tagged("post_install", "-at_install")
class TestUpdatesRoute(SandboxMixin, DialerData, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_sandbox()
        cls.make_company()

    def test_the_route_of_the_chatter_makes_no_line(self):
        user = self.make_user("route_test", "agent")
        user.group_ids += self.env.ref("base.group_partner_manager")
        customer = self.make_customers(1)
        self.authenticate("route_test", "route_test")
        for key in ("subtype_xmlid", "subtype_id"):
            value = UPDATE if key == "subtype_xmlid" else self.env.ref(UPDATE).id
            with mute_logger("odoo.http"):
                answer = self.url_open(
                    "/mail/message/post",
                    data=json.dumps(
                        {
                            "params": {
                                "thread_model": "res.partner",
                                "thread_id": customer.id,
                                "post_data": {"body": "x", key: value},
                            }
                        }
                    ),
                    headers={"Content-Type": "application/json"},
                )
            self.assertEqual(answer.status_code, 200)
            self.env.invalidate_all()
            self.assertFalse(customer.dialer_update_ids)
