# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from .common import DialerCase


@tagged("post_install", "-at_install")
class TestConsoleData(DialerCase):
    def data(self, user=None):
        return self.env["dialer.session"].with_user(user or self.ana).console_data()

    def test_user_without_the_dialer_s_groups_reads_nothing(self):
        clerk = new_test_user(self.env, "clerk_test", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.data(clerk)

    def test_campaigns_are_those_this_agent_may_work_now(self):
        self.make_campaign(self.customers, name="Of Bruno", agent_ids=self.bruno.ids)
        self.make_campaign(self.customers, name="Paused").action_pause()
        names = [campaign["name"] for campaign in self.data()["campaigns"]]
        self.assertEqual(names, ["Campanha"])

    def test_campaign_tells_how_many_can_be_called_now(self):
        self.entry_of(self.customers[0]).next_call_at = self.later(hours=1)
        self.entry_of(self.customers[1]).state = "done"
        (campaign,) = self.data()["campaigns"]
        self.assertEqual(campaign["callable"], 3)

    def test_open_session_is_given_as_it_stands(self):
        session = self.start()
        state = session.next_contact()
        data = self.data()
        self.assertEqual(data["session"]["entry"], state["entry"])
        self.assertEqual(data["campaigns"], [])
        self.assertIsNone(self.data(self.bruno)["session"])

    def in_call(self):
        session = self.start()
        entry_id = session.next_contact()["entry"]["id"]
        session.dial()
        return session, entry_id

    def test_a_saved_result_brings_the_next_customer_in_the_same_answer(self):
        session, entry_id = self.in_call()
        state = session.register_result(self.done.id, entry_id=entry_id, go_on=True)
        self.assertEqual(state["decision"], "dial")
        self.assertEqual(state["entry"]["name"], "Cliente 001")
        attendance = self.customers[0].dialer_attendance_ids
        self.assertEqual(attendance.id, state["attendance_id"])
        again = session.register_result(self.done.id, entry_id=entry_id, go_on=True)
        self.assertEqual(again["entry"], state["entry"])
        self.assertEqual(again["attendance_id"], attendance.id)

    def test_a_result_saved_while_paused_brings_nobody(self):
        session, entry_id = self.in_call()
        session.pause()
        state = session.register_result(self.done.id, entry_id=entry_id, go_on=True)
        self.assertEqual((state["state"], state["entry"]), ("paused", None))

    def test_a_result_is_saved_when_plinx_does_not_answer_about_the_next(self):
        session, entry_id = self.in_call()
        self.sandbox.set_fault({"kind": "http-500"})
        state = session.register_result(self.done.id, entry_id=entry_id, go_on=True)
        self.assertEqual(state["decision"], "hold")
        self.assertTrue(self.customers[0].dialer_attendance_ids)

    def test_who_is_skipped_after_a_saved_result_is_told(self):
        self.talk(self.customers[1])
        session, entry_id = self.in_call()
        state = session.register_result(self.done.id, entry_id=entry_id, go_on=True)
        self.assertEqual([skip["name"] for skip in state["skips"]], ["Cliente 001"])
        self.assertEqual(state["entry"]["name"], "Cliente 002")

    def test_results_come_in_the_order_of_their_keys(self):
        ids = [result["id"] for result in self.data()["results"]]
        self.assertEqual(ids[0], self.done.id)
        self.assertIn(self.whatsapp.id, ids)
        unregistered = self.env.ref("dialer_plinx_gate.result_no_result")
        self.assertNotIn(unregistered.id, ids)
        self.assertEqual(self.data()["whatsapp_result_id"], self.whatsapp.id)

    def test_results_of_another_company_are_not_offered(self):
        other = self.env["res.company"].create({"name": "Other"})
        result = self.env["dialer.result"].create(
            {"name": "Foreign", "company_id": other.id}
        )
        ids = [found["id"] for found in self.data()["results"]]
        self.assertNotIn(result.id, ids)

    @freeze_time("2026-11-17 01:30:00")
    def test_weekends_holidays_and_leaves_of_two_months_are_days_off(self):
        """Monday evening, 16 November, in Blumenau: Tuesday already in UTC."""
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Inventário",
                "calendar_id": self.company.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": datetime(2026, 12, 22, 3),
                "date_to": datetime(2026, 12, 23, 2, 59),
            }
        )
        consciousness, inventory = "2026-11-20", "2026-12-22"
        christmas, new_year = "2026-12-25", "2027-01-01"
        saturdays = [date(2026, 11, 21) + timedelta(weeks=n) for n in range(9)]
        sundays = [day + timedelta(days=1) for day in saturdays[:-1]]
        weekends = {day.isoformat() for day in saturdays + sundays}
        self.assertEqual(
            self.data()["days_off"],
            sorted(weekends | {consciousness, inventory, christmas, new_year}),
        )


@tagged("post_install", "-at_install")
class TestCustomerPanel(DialerCase):
    def panel(self, session, entry=None):
        return session.customer_panel((entry or session.sudo().entry_id).id)

    def test_panel_shows_what_is_known_of_the_customer(self):
        customer = self.customers[0]
        tag = self.env["res.partner.category"].create({"name": "VIP", "color": 3})
        customer.write(
            {
                "category_id": tag.ids,
                "comment": "<p>Call <b>after</b> ten</p>",
                "city": "Blumenau",
                "email": "cliente@example.com",
            }
        )
        attendance = self.env["dialer.attendance"].create(
            {
                "partner_id": customer.id,
                "result_id": self.retry.id,
                "user_id": self.bruno.id,
                "company_id": self.company.id,
                "note": "Voicemail full",
            }
        )
        lead = self.env["crm.lead"].create(
            {
                "name": "300 kg",
                "type": "opportunity",
                "partner_id": customer.id,
                "user_id": self.ana.id,
                "company_id": self.company.id,
            }
        )
        activity = customer.activity_schedule(
            "mail.mail_activity_data_call", summary="Price", user_id=self.ana.id
        )
        session = self.start()
        session.next_contact()
        panel = self.panel(session)
        self.assertEqual(panel["phones"], ["+55 47 98800-1000"])
        self.assertEqual(panel["email"], "cliente@example.com")
        self.assertEqual(panel["tags"], [{"name": "VIP", "color": 3}])
        self.assertEqual(panel["note"], "Call *after* ten")
        self.assertEqual(
            [(line["id"], line["note"]) for line in panel["attendances"]],
            [(attendance.id, "Voicemail full")],
        )
        self.assertEqual([line["id"] for line in panel["opportunities"]], [lead.id])
        self.assertEqual([line["id"] for line in panel["activities"]], [activity.id])
        self.assertEqual(panel["model"], "res.partner")

    def test_clock_is_that_of_the_customer_s_number(self):
        self.customers[0].phone = "+55 92 98800-1000"
        session = self.start()
        session.next_contact()
        self.assertEqual(self.panel(session)["timezone"], "America/Manaus")

    def test_next_business_day_is_offered(self):
        session = self.start()
        session.next_contact()
        when = self.company._next_business_day(fields.Datetime.now())
        self.assertEqual(
            self.panel(session)["next_business_day"], fields.Datetime.to_string(when)
        )

    def test_only_the_customer_on_the_own_screen_is_shown(self):
        session = self.start()
        session.next_contact()
        other = self.entry_of(self.customers[3])
        self.assertIsNone(self.panel(session, other))
        with self.assertRaises(AccessError):
            self.panel(session.with_user(self.bruno))

    def test_opportunities_of_others_stay_hidden(self):
        self.env["crm.lead"].create(
            {
                "name": "Secret",
                "type": "opportunity",
                "partner_id": self.customers[0].id,
                "user_id": self.bruno.id,
                "company_id": self.company.id,
            }
        )
        session = self.start()
        session.next_contact()
        self.assertEqual(self.panel(session)["opportunities"], [])

    def test_panel_of_a_lead_without_a_contact(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "From the fair",
                "type": "opportunity",
                "contact_name": "Rosa",
                "phone": "+55 47 98801-0001",
                "country_id": self.brazil.id,
                "company_id": self.company.id,
                "description": "<p>Wants samples</p>",
            }
        )
        campaign = self.make_campaign(
            lead, target="lead", domain=repr([("id", "=", lead.id)])
        )
        session = self.start(campaign=campaign)
        session.next_contact()
        panel = self.panel(session)
        self.assertEqual((panel["model"], panel["res_id"]), ("crm.lead", lead.id))
        self.assertEqual(panel["note"], "Wants samples")

    def test_panel_costs_the_same_few_queries_however_much_is_known(self):
        session = self.start()
        session.next_contact()
        self.make_known(self.customers[0], 2)
        few = self.queries(session)
        self.make_known(self.customers[0], 30)
        self.assertLessEqual(self.queries(session), few)
        self.assertLess(few, 40)

    def queries(self, session):
        """How many statements the panel costs, whatever is cached elsewhere."""
        self.panel(session)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.panel(session)
        return self.env.cr.sql_log_count - before

    def make_known(self, customer, count):
        """Give a customer tags, attendances, opportunities and activities.

        Each line has a result, a stage or a kind of its own, to be read with it.
        """
        tags = [{"name": f"Tag {number}"} for number in range(count)]
        customer.category_id = self.env["res.partner.category"].create(tags)
        shared = {"partner_id": customer.id, "company_id": self.company.id}
        names = [{"name": f"Own {number}"} for number in range(count)]
        results = self.env["dialer.result"].create(names)
        stages = self.env["crm.stage"].create(names)
        kinds = self.env["mail.activity.type"].create(names)
        self.env["dialer.attendance"].create(
            [
                {
                    **shared,
                    "result_id": result.id,
                    "user_id": self.ana.id,
                }
                for result in results
            ]
        )
        self.env["crm.lead"].create(
            [
                {
                    **shared,
                    "name": "300 kg",
                    "type": "opportunity",
                    "user_id": self.ana.id,
                    "stage_id": stage.id,
                }
                for stage in stages
            ]
        )
        for kind in kinds:
            customer.activity_schedule(activity_type_id=kind.id, user_id=self.ana.id)


@tagged("post_install", "-at_install")
class TestConsoleState(DialerCase):
    def test_wrap_up_is_told_by_the_server(self):
        session = self.start()
        session.next_contact()
        self.assertIsNone(session.dial()["entry"]["hung_up_at"])
        self.assertTrue(session.hang_up()["entry"]["hung_up_at"])

    def test_popup_over_the_console_hands_back_the_state(self):
        self.company.dial_active_whatsapp = True
        self.talk(self.customers[0])
        session = self.start()
        session.next_contact()
        popup = self.env["dialer.pause.confirm"].with_user(self.ana)
        popup = popup.with_context(dialer_console=True).create(
            {
                "session_id": session.id,
                "entry_id": self.entry_of(self.customers[0]).id,
            }
        )
        action = popup.action_no()
        self.assertEqual(action["type"], "ir.actions.act_window_close")
        self.assertEqual(
            action["infos"]["state"]["entry"]["partner_id"], self.customers[1].id
        )

    def test_popup_shows_the_age_of_the_last_message_in_words(self):
        self.company.dial_active_whatsapp = True
        said_at = self.later(days=-3).isoformat() + "Z"
        self.talk(self.customers[0], last_inbound_at=said_at)
        session = self.start()
        session.next_contact()
        popup = self.env["dialer.pause.confirm"].browse(
            session.action_answer()["res_id"]
        )
        self.assertRegex(popup.with_user(self.ana).last_inbound_age, r"ago$")

    def test_agent_is_told_when_a_reservation_ran_out(self):
        session = self.start()
        state = session.next_contact()
        self.env.cr.precommit.run()
        self.env["bus.bus"].search([]).unlink()
        self.entry_of(self.customers[0]).reserved_until = self.later(minutes=-1)
        self.env["dialer.queue.entry"]._cron_release_reservations()
        self.env.cr.precommit.run()
        messages = "".join(self.env["bus.bus"].search([]).mapped("message"))
        self.assertIn("dialer_plinx_gate/session_changed", messages)
        self.assertIn(str(state["session_id"]), messages)

    def test_old_popups_are_cleaned_away(self):
        self.company.dial_active_whatsapp = True
        self.talk(self.customers[0])
        session = self.start()
        session.next_contact()
        old, fresh = (
            self.env["dialer.pause.confirm"].browse(session.action_answer()["res_id"])
            for _popup in range(2)
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE dialer_pause_confirm SET create_date = %(long_ago)s, "
            "write_date = %(long_ago)s WHERE id = %(id)s",
            {"long_ago": self.later(hours=-2), "id": old.id},
        )
        self.env.invalidate_all()
        self.env["dialer.pause.confirm"]._transient_vacuum()
        self.assertFalse(old.exists())
        self.assertTrue(fresh.exists())
        self.assertEqual(session.get_state()["decision"], "ask")
