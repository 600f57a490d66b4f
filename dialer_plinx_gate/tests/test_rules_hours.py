# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta

from pytz import timezone

from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, freeze_time, tagged

from ..tools.zone import BRAZIL, zone_of
from .common import DialerCase
from .test_rules_limits import RulesCase

# A Thursday; 09:30 in São Paulo, 08:30 in Manaus, 07:30 in Rio Branco.
MORNING = "2026-11-05 12:30:00"
# Legal time by state: decree 2784 of 1913 with law 12876 of 2013.
HOURS_FROM_UTC = {
    "AC": -5,
    **dict.fromkeys(("AM", "MS", "MT", "RO", "RR"), -4),
    **dict.fromkeys(
        ("AL", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "PA", "PB", "PE", "PI",
         "PR", "RJ", "RN", "RS", "SC", "SE", "SP", "TO"),
        -3,
    ),
}  # fmt: skip
# Decree 6558 of 2008, in force until 2019.
SUMMER_TIME = {"DF", "ES", "GO", "MG", "MS", "MT", "PR", "RJ", "RS", "SC", "SP"}


@tagged("post_install", "-at_install")
class TestZones(BaseCase):
    def test_every_state_of_brazil_has_a_zone(self):
        self.assertEqual(set(BRAZIL), set(HOURS_FROM_UTC))
        for state, hours in HOURS_FROM_UTC.items():
            with self.subTest(state):
                self.assertEqual(self.offset(state, datetime(2026, 7, 1)), hours)

    def test_states_that_had_summer_time_until_2019_keep_it_in_the_past(self):
        for state, hours in HOURS_FROM_UTC.items():
            with self.subTest(state):
                summer = self.offset(state, datetime(2018, 12, 15))
                self.assertEqual(summer - hours, state in SUMMER_TIME)

    def offset(self, state, moment):
        """Hours from UTC in a state of Brazil at a local moment."""
        zone = timezone(zone_of("BR", state))
        return zone.localize(moment).utcoffset() / timedelta(hours=1)

    def test_country_with_one_zone_needs_no_state(self):
        self.assertEqual(zone_of("PY", None), "America/Asuncion")

    def test_what_is_not_certain_is_left_to_the_company(self):
        self.assertIsNone(zone_of("US", "CA"))
        self.assertIsNone(zone_of("BR", None))
        self.assertIsNone(zone_of(None, "SC"))


@tagged("post_install", "-at_install")
class TestHours(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hours = cls.make_hours(9, 18)
        cls.campaign.calendar_id = cls.hours

    def live_in(self, customer, code):
        customer.state_id = self.env["res.country.state"].search(
            [("country_id", "=", self.brazil.id), ("code", "=", code)]
        )

    @freeze_time(MORNING)
    def setUp(self):
        super().setUp()
        self.campaign.entry_ids.next_call_at = datetime(2026, 11, 1)

    @freeze_time(MORNING)
    def test_hours_are_those_where_the_customer_lives(self):
        self.live_in(self.customers[0], "AC")
        self.live_in(self.customers[1], "AM")
        state = self.start().next_contact()
        self.assertEqual(state["entry"]["partner_id"], self.customers[2].id)
        acre, manaus = (self.entry_of(customer) for customer in self.customers[:2])
        self.assertEqual(acre.next_call_at, datetime(2026, 11, 5, 14))
        self.assertEqual(manaus.next_call_at, datetime(2026, 11, 5, 13))
        self.assertEqual((acre.state, acre.wait_reason), ("pending", "hours"))

    @freeze_time("2026-11-05 21:00:00")
    def test_evening_waits_for_the_next_morning_and_says_so(self):
        state = self.start().next_contact()
        self.assertEqual(state["decision"], "empty")
        self.assertIn("5 outside the calling hours", state["message"])
        self.assertEqual(
            set(self.campaign.entry_ids.mapped("next_call_at")),
            {datetime(2026, 11, 6, 12)},
        )
        with freeze_time("2026-11-06 12:00:05"):
            self.assertEqual(self.start().next_contact()["decision"], "dial")

    @freeze_time("2026-07-08 22:00:00")
    def test_holiday_of_the_customer_s_state_counts(self):
        self.live_in(self.customers[0], "SP")
        self.live_in(self.customers[1], "SC")
        self.campaign.entry_ids.next_call_at = datetime(2026, 7, 1)
        self.start().next_contact()
        paulista, catarinense = (self.entry_of(c) for c in self.customers[:2])
        self.assertEqual(paulista.next_call_at, datetime(2026, 7, 10, 12))
        self.assertEqual(catarinense.next_call_at, datetime(2026, 7, 9, 12))

    @freeze_time("2026-02-13 22:00:00")
    def test_optional_days_count_where_the_company_says_so(self):
        self.campaign.entry_ids.next_call_at = datetime(2026, 2, 1)
        entry = self.entry_of(self.customers[0])
        self.assertEqual(entry._blocks()[entry.id].until, datetime(2026, 2, 16, 12))
        self.company.dialer_optional_holidays = True
        self.assertEqual(entry._blocks()[entry.id].until, datetime(2026, 2, 19, 12))

    @freeze_time(MORNING)
    def test_leave_of_the_calling_hours_counts(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Inventário",
                "calendar_id": self.hours.id,
                "company_id": self.company.id,
                "date_from": datetime(2026, 11, 5, 3),
                "date_to": datetime(2026, 11, 6, 2, 59),
            }
        )
        self.start().next_contact()
        self.assertEqual(
            self.entry_of(self.customers[0]).next_call_at, datetime(2026, 11, 6, 12)
        )

    @freeze_time("2026-11-05 21:00:00")
    def test_changing_the_hours_offers_those_who_wait_again(self):
        session = self.start()
        self.assertEqual(session.next_contact()["decision"], "empty")
        self.campaign.with_user(self.supervisor).calendar_id = self.make_hours(9, 22)
        self.assertEqual(session.next_contact()["decision"], "dial")

    @freeze_time("2026-11-05 21:00:00")
    def test_editing_the_hours_offers_those_who_wait_again(self):
        session = self.start()
        session.next_contact()
        self.hours.attendance_ids.hour_to = 22
        self.assertEqual(session.next_contact()["decision"], "dial")

    @freeze_time("2026-02-17 15:00:00")
    def test_holidays_that_no_longer_count_offer_customers_again(self):
        self.company.dialer_optional_holidays = True
        self.campaign.entry_ids.next_call_at = datetime(2026, 2, 1)
        session = self.start()
        self.assertEqual(session.next_contact()["decision"], "empty")
        company = self.company.with_user(self.supervisor)
        company.dialer_optional_holidays = False
        self.assertEqual(session.next_contact()["decision"], "dial")

    @freeze_time("2026-11-05 21:00:00")
    def test_promised_call_follows_the_hours_with_its_activity(self):
        entry = self.entry_of(self.customers[0])
        entry.write(entry._callback_values(datetime(2026, 11, 5, 20, 59), self.ana))
        activity = self.customers[0].activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=datetime(2026, 11, 5).date(),
            user_id=self.ana.id,
        )
        entry.activity_id = activity
        session = self.start()
        session.next_contact()
        self.assertEqual(entry.next_call_at, datetime(2026, 11, 6, 12))
        self.assertEqual(activity.date_deadline, datetime(2026, 11, 6).date())
        self.assertEqual(entry.callback_until, datetime(2026, 11, 6, 13))
        self.campaign.calendar_id = False
        self.assertEqual(entry.next_call_at, datetime(2026, 11, 5, 21))
        self.assertEqual(activity.date_deadline, datetime(2026, 11, 5).date())
        self.assertEqual(entry.callback_until, datetime(2026, 11, 5, 22))

    @freeze_time(MORNING)
    def test_leave_without_calendar_offers_customers_again_when_moved_or_gone(self):
        session = self.start()
        for change in (
            lambda leave: leave.write({"date_from": datetime(2026, 11, 5, 20)}),
            lambda leave: leave.unlink(),
        ):
            leaves = self.env["resource.calendar.leaves"].with_company(self.company)
            leave = leaves.create(
                {
                    "name": "Dia da empresa",
                    "calendar_id": False,
                    "date_from": datetime(2026, 11, 5, 3),
                    "date_to": datetime(2026, 11, 6, 2, 59),
                }
            )
            leave.flush_recordset()
            self.assertEqual(session.next_contact()["decision"], "empty")
            change(leave)
            self.assertEqual(session.next_contact()["decision"], "dial")
            session.entry_id.sudo()._give_back()
            session.sudo()._clear_screen()
            leave.exists().unlink()

    @freeze_time(MORNING)
    def test_promise_outside_the_hours_is_brought_into_them_and_said_so(self):
        session = self.start()
        entry = self.entry_of(self.customers[0])
        session.next_contact()
        session.dial()
        state = session.register_result(
            self.env.ref("dialer_plinx_gate.result_call_back").id,
            next_contact_at="2026-11-07 13:00:00",
        )
        monday = datetime(2026, 11, 9, 12)
        self.assertEqual(
            state["moved"], "Saved for Mon 09/11 09:00, the next calling hours."
        )
        self.assertIn(state["moved"], state["message"])
        attendance = self.env["dialer.attendance"].browse(state["attendance_id"])
        self.assertEqual(
            (entry.next_call_at, attendance.next_contact_at), (monday,) * 2
        )
        self.assertEqual(entry.activity_id.date_deadline, monday.date())
        attendance.with_user(self.ana).next_contact_at = datetime(2026, 11, 14, 13)
        later = datetime(2026, 11, 16, 12)
        self.assertEqual(entry.next_call_at, later)
        self.assertEqual(attendance.next_contact_at, later)

    @freeze_time(MORNING)
    def test_corrected_promise_is_brought_into_the_hours_and_said_so(self):
        session = self.start()
        session.next_contact()
        session.dial()
        attendance_id = session.register_result(self.retry.id)["attendance_id"]
        popups = self.env["dialer.attendance.correct"].with_user(self.ana)
        popup = popups.create({"attendance_id": attendance_id})
        popup.write(
            {
                "result_id": self.env.ref("dialer_plinx_gate.result_call_back").id,
                "reason": "Pediu retorno",
                "next_contact_at": datetime(2026, 11, 7, 13),
            }
        )
        action = popup.action_save()
        self.assertIn("Mon 09/11 09:00", action["params"]["message"])
        self.assertEqual(
            action["params"]["next"]["infos"], {"corrected": attendance_id}
        )
        self.assertEqual(
            self.entry_of(self.customers[0]).next_call_at, datetime(2026, 11, 9, 12)
        )

    @freeze_time("2026-11-05 20:50:00")
    def test_dial_after_closing_time_is_refused_and_nobody_is_lost(self):
        session = self.start()
        session.next_contact()
        with freeze_time("2026-11-05 21:00:01"):
            state = session.dial()
        self.assertNotIn("uri", state)
        self.assertIn("calling hours", state["message"])
        entry = self.entry_of(self.customers[0])
        self.assertEqual(
            (entry.state, entry.next_call_at), ("pending", datetime(2026, 11, 6, 12))
        )

    @freeze_time("2026-11-06 20:30:00")
    def test_retry_keeps_the_calling_hours(self):
        session = self.start()
        session.next_contact()
        session.dial()
        session.register_result(self.retry.id)
        self.assertEqual(
            self.entry_of(self.customers[0]).next_call_at, datetime(2026, 11, 9, 12)
        )

    @freeze_time("2026-11-06 20:30:00")
    def test_skipped_customer_comes_back_within_the_calling_hours(self):
        self.talk(self.customers[0])
        self.start().next_contact()
        entry = self.entry_of(self.customers[0])
        self.assertEqual(
            (entry.wait_reason, entry.next_call_at),
            ("conversation", datetime(2026, 11, 9, 12)),
        )

    @freeze_time("2026-11-06 14:00:00")
    def test_offered_callback_keeps_the_calling_hours(self):
        self.campaign.calendar_id = self.make_hours(14, 18)
        with freeze_time("2026-11-06 18:00:00"):
            session = self.start()
            session.next_contact()
            session.dial()
            session.register_result(
                self.env.ref("dialer_plinx_gate.result_call_back").id
            )
        entry = self.entry_of(self.customers[0])
        self.assertEqual(entry.next_call_at, datetime(2026, 11, 9, 17))
        self.assertEqual(entry.callback_until, datetime(2026, 11, 9, 18))

    @freeze_time("2026-11-07 15:00:00")
    def test_without_calling_hours_customers_are_called_at_any_time(self):
        self.campaign.calendar_id = False
        self.assertEqual(self.start().next_contact()["decision"], "dial")

    def test_hours_without_hours_are_refused_with_a_sentence(self):
        empty = self.make_hours(9, 18, days="")
        with self.assertRaisesRegex(ValidationError, "contain no hours"):
            self.campaign.with_user(self.supervisor).calendar_id = empty

    @freeze_time(MORNING)
    def test_hours_emptied_later_make_customers_wait_not_vanish(self):
        self.hours.attendance_ids.unlink()
        state = self.start().next_contact()
        self.assertIn("calling hours that never open", state["message"])
        self.assertEqual(set(self.campaign.entry_ids.mapped("state")), {"pending"})

    @freeze_time("2026-11-05 21:00:00")
    def test_many_outside_their_hours_are_moved_at_once(self):
        campaign = self.make_campaign(
            self.make_customers(450, start=3000), calendar_id=self.hours.id
        )
        campaign.entry_ids.next_call_at = datetime(2026, 11, 1)
        entries = campaign.entry_ids
        moved = entries[:10]._postpone_closed(entries[:10]._blocks())
        self.assertEqual(moved, 450)
        entries.invalidate_recordset()
        self.assertEqual(set(entries.mapped("wait_reason")), {"hours"})


@tagged("post_install", "-at_install")
class TestBusinessDays(RulesCase):
    """Automatic dates of a campaign that has no calling hours of its own.

    The company works Monday to Friday, from 08:00 in São Paulo.
    """

    def retry_at(self):
        """When an unanswered call of this moment is tried again."""
        self.entry.next_call_at = self.later(minutes=-1)
        self.call(self.start())
        return self.entry.next_call_at

    def test_retry_on_a_business_day_comes_at_its_hour(self):
        self.retry.retry_minutes = 30
        for moment, expected in (
            ("2026-11-10 13:10:00", datetime(2026, 11, 10, 13, 40)),
            ("2026-11-10 22:45:00", datetime(2026, 11, 10, 23, 15)),
        ):
            with self.subTest(moment=moment), freeze_time(moment):
                self.assertEqual(self.retry_at(), expected)

    def test_retry_on_a_day_off_goes_to_the_next_business_day(self):
        self.retry.retry_minutes = 600
        for moment, expected in (
            ("2026-11-13 19:45:00", datetime(2026, 11, 16, 11)),
            ("2026-11-15 06:00:00", datetime(2026, 11, 16, 11)),
            ("2026-12-24 19:45:00", datetime(2026, 12, 28, 11)),
        ):
            with self.subTest(moment=moment), freeze_time(moment):
                self.assertEqual(self.retry_at(), expected)

    @freeze_time("2026-11-13 19:45:00")
    def test_working_days_of_the_dialer_come_before_those_of_the_company(self):
        self.retry.retry_minutes = 300
        saturdays = self.make_hours(9, 12, days="5")
        self.company.dialer_calendar_id = saturdays
        self.assertEqual(self.retry_at(), datetime(2026, 11, 14, 12))

    @freeze_time("2026-11-13 14:00:00")
    def test_day_limit_waits_for_the_next_business_day(self):
        self.campaign.customer_day_limit = 1
        self.attend(minutes_ago=0)
        self.entry.next_call_at = self.later(minutes=-1)
        self.assertEqual(self.start().next_contact()["decision"], "empty")
        self.assertEqual(self.entry.next_call_at, datetime(2026, 11, 16, 11))

    @freeze_time("2026-11-13 19:45:00")
    def test_a_date_that_the_agent_chose_is_kept(self):
        sunday = datetime(2026, 11, 15, 6)
        self.entry.next_call_at = self.later(minutes=-1)
        self.call(self.start(), next_contact_at=sunday)
        self.assertEqual(self.entry.next_call_at, sunday)
        self.entry.activity_id.date_deadline = "2026-11-21"
        self.assertEqual(self.entry.next_call_at, datetime(2026, 11, 21, 6))

    @freeze_time("2026-11-15 06:00:00")
    def test_skipped_customer_waits_the_minutes_only(self):
        self.entry.next_call_at = self.later(minutes=-1)
        self.talk(self.customer)
        self.start().next_contact()
        minutes = self.company.plinx_skip_retry_minutes
        self.assertEqual(self.entry.next_call_at, self.later(minutes=minutes))

    @freeze_time("2026-11-13 14:00:00")
    def test_day_limits_of_many_cost_the_queries_of_one(self):
        campaign = self.make_campaign(self.make_customers(40, start=4000))
        campaign.customer_day_limit = 1
        for customer in campaign.entry_ids.partner_id:
            self.attend(customer, minutes_ago=0, phone=customer.phone)
        costs = []
        for entries in (campaign.entry_ids[:1], campaign.entry_ids):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            blocks = self.env[entries._name].browse(entries.ids)._blocks()
            self.assertEqual(len(blocks), len(entries))
            costs.append(self.cr.sql_log_count - before)
        self.assertEqual(costs[0], costs[1])
