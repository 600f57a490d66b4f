# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models.company.res_company_plinx import SECRET_MASK
from .common import TOKEN, DialerCase

MODELS_OF_A_COMPANY = (
    "dialer.campaign",
    "dialer.queue.entry",
    "dialer.session",
    "dialer.attendance",
    "dialer.gate.event",
)


@tagged("post_install", "-at_install")
class TestParameter(DialerCase):
    def page(self, user):
        settings = self.env["dialer.settings"]._ensure_for(self.company)
        return settings.with_user(user).with_context(
            allowed_company_ids=self.company.ids
        )

    def test_supervisor_changes_the_parameter_on_the_page(self):
        self.page(self.supervisor).write({"dial_active_whatsapp": True})
        self.assertTrue(self.company.dial_active_whatsapp)

    def test_supervisor_changes_the_parameter_of_the_company_itself(self):
        self.company.with_user(self.supervisor).write({"dial_active_whatsapp": True})
        self.assertTrue(self.company.dial_active_whatsapp)

    def test_change_is_tracked_with_who_from_and_to(self):
        self.env.cr.flush()
        self.page(self.supervisor).write({"dial_active_whatsapp": True})
        self.env.cr.flush()
        settings = self.env["dialer.settings"]._ensure_for(self.company)
        message = settings.message_ids[0]
        self.assertEqual(message.author_id, self.supervisor.partner_id)
        (tracked,) = message.sudo().tracking_value_ids
        self.assertEqual(tracked.field_id.name, "dial_active_whatsapp")
        self.assertEqual((tracked.old_value_integer, tracked.new_value_integer), (0, 1))

    def test_change_by_an_administrator_in_settings_is_tracked_too(self):
        self.env.cr.flush()
        admin = self.env.ref("base.user_admin")
        admin.company_ids += self.company
        settings = (
            self.env["res.config.settings"]
            .with_user(admin)
            .with_company(self.company)
            .create({"dial_active_whatsapp": True})
        )
        settings.execute()
        self.env.cr.flush()
        self.assertTrue(self.company.dial_active_whatsapp)
        page = self.env["dialer.settings"]._ensure_for(self.company)
        self.assertEqual(page.message_ids[0].author_id, admin.partner_id)

    def test_supervisor_changes_nothing_else_of_the_company(self):
        company = self.company.with_user(self.supervisor)
        for values in (
            {"name": "Other"},
            {"dial_active_whatsapp": True, "name": "Other"},
            {"plinx_url": "https://other.example.com"},
            {"plinx_token": "x"},
            {"plinx_webhook_secret": "x"},
        ):
            with self.assertRaises(AccessError):
                company.write(values)
        with self.assertRaises(AccessError):
            self.page(self.supervisor).write({"plinx_url": "https://o.example.com"})
        self.assertEqual(self.company.name, "Tecelagem Teste")

    def test_supervisor_changes_no_other_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            other.with_user(self.supervisor).write({"dial_active_whatsapp": True})
        page = self.env["dialer.settings"]._ensure_for(other)
        with self.assertRaises(AccessError):
            page.with_user(self.supervisor).write({"dial_active_whatsapp": True})
        with self.assertRaises(AccessError):
            self.page(self.supervisor).write({"company_id": other.id})

    def test_agent_changes_nothing(self):
        with self.assertRaises(AccessError):
            self.company.with_user(self.ana).write({"dial_active_whatsapp": True})
        with self.assertRaises(AccessError):
            self.page(self.ana).write({"dial_active_whatsapp": True})
        with self.assertRaises(AccessError):
            self.page(self.ana).action_open_current()
        with self.assertRaises(AccessError):
            self.env["res.config.settings"].with_user(self.ana).create({})

    def test_page_opens_for_the_current_company(self):
        action = self.page(self.supervisor).action_open_current()
        settings = self.env["dialer.settings"].browse(action["res_id"])
        self.assertEqual(settings.company_id, self.company)

    def test_every_company_has_its_page(self):
        company = self.env["res.company"].create({"name": "New"})
        pages = self.env["dialer.settings"].search([("company_id", "=", company.id)])
        self.assertEqual(len(pages), 1)

    def test_senseless_numbers_are_refused(self):
        for values in (
            {"plinx_timeout": 0},
            {"plinx_skip_retry_minutes": 0},
            {"plinx_active_hours": -1},
        ):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.company.write(values)
                self.env.flush_all()


@tagged("post_install", "-at_install")
class TestSecrets(DialerCase):
    def test_token_is_unreadable_for_supervisor_and_agent(self):
        for user in (self.supervisor, self.ana):
            company = self.company.with_user(user)
            for name in ("plinx_token", "plinx_token_value", "plinx_url"):
                with self.assertRaises(AccessError):
                    company.read([name])

    def test_administrator_sees_a_mask_and_writing_it_back_keeps_the_token(self):
        admin = new_test_user(
            self.env,
            "sysadmin_test",
            groups="base.group_system,base.group_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        company = self.company.with_user(admin)
        self.assertEqual(company.plinx_token, SECRET_MASK)
        company.plinx_token = SECRET_MASK
        self.assertEqual(self.company.sudo().plinx_token, TOKEN)
        company.plinx_token = "another"
        self.assertEqual(self.company.sudo().plinx_token, "another")

    def test_no_read_of_any_field_and_no_export_shows_the_token(self):
        admin = self.env.ref("base.user_admin")
        admin.company_ids += self.company
        company = self.company.with_user(admin)
        page = self.env["dialer.settings"]._ensure_for(self.company).with_user(admin)
        names = list(company.fields_get())
        self.assertNotIn(TOKEN, repr(company.read(names)))
        self.assertNotIn(TOKEN, repr(page.read(list(page.fields_get()))))
        columns = ["plinx_token", "plinx_webhook_secret"]
        for records in (self.company, company, page):
            self.assertNotIn(TOKEN, repr(records.export_data(columns)["datas"]))

    def test_bad_address_is_refused_with_a_sentence(self):
        for wrong in (
            "http://plinx.example.com",
            "https://user:pass@plinx.example.com",
            "https://plinx.example.com/?a=1",
            "plinx",
        ):
            with self.assertRaises(ValidationError):
                self.company.plinx_url = wrong


@tagged("post_install", "-at_install")
class TestRights(DialerCase):
    def test_agents_and_supervisors_see_no_other_company(self):
        self.talk(self.customers[0])
        session = self.start()
        session.next_contact()
        session.dial()
        session.register_result(self.done.id)
        other = self.env["res.company"].create({"name": "Other"})
        foreigner = new_test_user(
            self.env,
            "foreign_sup",
            groups="dialer_plinx_gate.group_dialer_supervisor",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        for name in MODELS_OF_A_COMPANY:
            domain = [("company_id", "=", self.company.id)]
            self.assertTrue(self.env[name].search(domain), name)
            self.assertFalse(self.env[name].with_user(foreigner).search(domain), name)
        with self.assertRaises(AccessError):
            self.env["dialer.session"].with_user(foreigner).start(self.campaign.id)

    def test_agents_write_neither_queue_nor_session_by_rpc(self):
        session = self.start()
        session.next_contact()
        for record in (session, session.sudo().entry_id, self.campaign):
            with self.assertRaises(AccessError):
                record.with_user(self.ana).write({"state": "done"})
            with self.assertRaises(AccessError):
                record.with_user(self.ana).unlink()

    def test_an_agent_sees_only_their_own_sessions(self):
        session = self.start(self.bruno)
        sessions = self.env["dialer.session"].search([("id", "=", session.id)])
        self.assertTrue(sessions)
        self.assertFalse(sessions.with_user(self.ana).search([("id", "=", session.id)]))

    def test_an_agent_changes_only_their_own_attendances(self):
        values = {"partner_id": self.customers[0].id, "result_id": self.done.id}
        values["company_id"] = self.company.id
        mine = self.env["dialer.attendance"].with_user(self.ana).create(values)
        mine.note = "Mine"
        with self.assertRaises(AccessError):
            mine.with_user(self.bruno).note = "Not mine"

    def test_records_of_two_companies_do_not_mix(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self.env["res.partner"].create(
            {"name": "Stranger", "company_id": other.id}
        )
        with self.assertRaises(UserError):
            self.env["dialer.attendance"].create(
                {
                    "partner_id": stranger.id,
                    "result_id": self.done.id,
                    "company_id": self.company.id,
                }
            )
        with self.assertRaises(UserError):
            self.env["dialer.queue.entry"].create(
                {"partner_id": stranger.id, "campaign_id": self.campaign.id}
            )


@tagged("post_install", "-at_install")
class TestSystemRecords(DialerCase):
    def test_whatsapp_result_cannot_be_deleted_archived_or_repurposed(self):
        for user in (self.env.user, self.supervisor):
            result = self.whatsapp.with_user(user)
            for values in (
                {"active": False},
                {"effect": "done"},
                {"code": "other"},
                {"is_system": False},
                {"name": "Something else"},
            ):
                with self.assertRaises(UserError):
                    result.write(values)
            with self.assertRaises(UserError):
                result.action_archive()
            with self.assertRaises(UserError):
                result.unlink()

    def test_whatsapp_result_can_be_translated(self):
        self.env["res.lang"]._activate_lang("pt_BR")
        admin = self.env.ref("base.user_admin")
        result = self.whatsapp.with_user(admin).with_context(lang="pt_BR")
        result.name = "Contato pelo WhatsApp"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(result.name, "Contato pelo WhatsApp")
        self.assertEqual(
            self.whatsapp.with_context(lang="en_US").name, "Contact via WhatsApp"
        )

    def test_supervisor_makes_changes_and_deletes_own_results(self):
        results = self.env["dialer.result"].with_user(self.supervisor)
        result = results.create({"name": "Sent the catalogue", "effect": "done"})
        self.assertEqual(result.company_id, self.company)
        result.write({"effect": "retry", "retry_minutes": 30})
        result.unlink()
        with self.assertRaises(UserError):
            results.create({"name": "Fake", "is_system": True})
