# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import date, datetime, time
from unittest.mock import patch

import pytz

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import BaseCase, TransactionCase, new_test_user, tagged

from ..tools import business_day

COMPANY_LOGGER = "odoo.addons.dialer_plinx_gate.models.company.business_day"
TOOL_LOGGER = "odoo.addons.dialer_plinx_gate.tools.business_day"

# (company of the case, day, next business day, why). The company is
# "country[/subdivision]" and letters: O optional days, B Blumenau's leaves, 6 works
# Monday to Saturday. The dates are those of the dialer's specification, checked
# there against the published calendars of each country.
VECTORS = [
    ("BR/SC", "2026-09-04", "2026-09-08", "Mon 7 Sep"),
    ("BR/SC", "2026-11-19", "2026-11-23", "20 Nov is a national holiday"),
    ("BR/SC", "2026-11-22", "2026-11-23", "starts on a Sunday"),
    ("BR/SC", "2026-12-30", "2026-12-31", "31 Dec is only optional"),
    ("BR/SC O", "2026-12-30", "2027-01-04", "31 Dec optional, then 1 Jan, weekend"),
    ("BR/SC", "2026-04-02", "2026-04-06", "Good Friday"),
    ("BR/SC", "2026-04-20", "2026-04-22", "Tiradentes"),
    ("BR/SC", "2026-02-13", "2026-02-16", "Carnival is only optional"),
    ("BR/SC O", "2026-02-13", "2026-02-19", "Carnival and Ash Wednesday"),
    ("BR/SC", "2026-09-01", "2026-09-02", "no city holiday without leaves"),
    ("BR/SC B", "2026-09-01", "2026-09-03", "Blumenau day, a leave"),
    ("BR/SC", "2026-08-10", "2026-08-11", "state day moved to Sunday 16"),
    ("BR/SC", "2027-03-25", "2027-03-29", "Good Friday"),
    ("BR/SC", "2027-11-12", "2027-11-16", "Mon 15 Nov"),
    ("BR/SC", "2027-11-19", "2027-11-22", "holiday on a Saturday does not shift"),
    ("BR/SC", "2028-04-20", "2028-04-24", "Fri 21 Apr"),
    ("BR/SC", "2028-04-28", "2028-05-02", "Mon 1 May"),
    ("BR/SC", "2028-12-22", "2028-12-26", "Mon 25 Dec"),
    ("BR/SP", "2026-07-08", "2026-07-10", "state day of São Paulo"),
    ("BR/SC", "2026-07-08", "2026-07-09", "no state day in Santa Catarina"),
    ("BR/SC 6", "2026-09-11", "2026-09-12", "the company works on Saturdays"),
    ("US", "2026-07-02", "2026-07-06", "Sat 4 Jul observed on Friday"),
    ("US", "2026-11-25", "2026-11-27", "Thanksgiving"),
    ("US/CA", "2026-11-25", "2026-11-30", "Thanksgiving and the day after"),
    ("DE/BY", "2027-03-25", "2027-03-30", "Good Friday and Easter Monday"),
    ("AR", "2026-03-20", "2026-03-25", "bridge day by decree on 23 Mar"),
]
TIME_ZONES = {
    "BR": "America/Sao_Paulo",
    "US": "America/Los_Angeles",
    "DE": "Europe/Berlin",
    "AR": "America/Argentina/Buenos_Aires",
}


def _attendances(weekdays):
    """Return the commands for 08:00-12:00 and 13:00-18:00 on some weekdays."""
    return [
        Command.create(
            {
                "name": f"{weekday} {period}",
                "dayofweek": str(weekday),
                "hour_from": hour_from,
                "hour_to": hour_to,
                "day_period": period,
            }
        )
        for weekday in weekdays
        for period, hour_from, hour_to in (("morning", 8, 12), ("afternoon", 13, 18))
    ]


class TestBusinessDayTool(BaseCase):
    """The plain Python part: holidays and the search, without a database."""

    def _next(self, place, day, weekdays=range(5)):
        country, _sep, subdivision = place.partition("/")
        return business_day.next_business_day(
            date.fromisoformat(day),
            lambda local: local.weekday() in weekdays,
            lambda local: business_day.holiday_name(country, subdivision, local),
        )

    def test_public_holiday_vectors_hold_without_odoo(self):
        for place, day, expected, why in VECTORS:
            if " " in place:
                continue
            with self.subTest(place=place, day=day, why=why):
                found = self._next(place, day)
                self.assertEqual(found.date.isoformat(), expected)
                self.assertFalse(found.warning)

    def test_start_is_what_works_on_returned(self):
        found = business_day.next_business_day(
            date(2026, 9, 4), lambda day: time(8, 30), lambda day: None
        )
        self.assertEqual(found, (date(2026, 9, 5), time(8, 30), False))

    def test_sixty_days_without_work_give_the_next_weekday_with_a_warning(self):
        friday, asked = date(2026, 9, 4), []
        found = business_day.next_business_day(friday, asked.append, lambda day: None)
        self.assertEqual(found, (date(2026, 9, 7), None, True))
        self.assertEqual(len(asked), 60)
        self.assertEqual(asked[-1], date(2026, 11, 3))

    def test_holidays_on_every_day_give_the_next_weekday_with_a_warning(self):
        found = business_day.next_business_day(
            date(2026, 9, 8), lambda day: True, lambda day: "Feriado", limit=5
        )
        self.assertEqual(found, (date(2026, 9, 9), None, True))

    def test_names_are_portuguese_in_brazil_and_local_elsewhere(self):
        christmas = date(2026, 12, 25)
        self.assertEqual(business_day.holiday_name("BR", "SC", christmas), "Natal")
        self.assertEqual(
            business_day.holiday_name("DE", "BY", christmas), "Erster Weihnachtstag"
        )
        self.assertEqual(
            business_day.holiday_name("US", "", christmas), "Christmas Day"
        )

    def test_optional_days_are_ignored_where_a_country_has_none(self):
        plain = business_day.holiday_names("US", None, 2026)
        self.assertEqual(business_day.holiday_names("US", None, 2026, True), plain)

    def test_holiday_observed_in_the_year_before_is_found(self):
        self.assertTrue(business_day.holiday_name("US", "", date(2027, 12, 31)))

    def test_names_of_a_year_are_computed_once_and_cannot_be_changed(self):
        names = business_day.holiday_names("BR", "SC", 2031)
        self.assertIs(business_day.holiday_names("BR", "SC", 2031), names)
        self.assertEqual({day.year for day in names}, {2031})
        with self.assertRaises(TypeError):
            names[date(2031, 1, 2)] = "x"

    def test_subdivision_is_accepted_by_code_and_by_name_in_any_case(self):
        for typed in ("SC", "sc", " SC ", "Santa Catarina"):
            self.assertTrue(business_day.check_subdivision("BR", typed), typed)
        for country, typed in (("BR", "XX"), ("BR", ""), ("US", "SC2"), ("XX", "SC")):
            self.assertFalse(business_day.check_subdivision(country, typed), typed)
        self.assertEqual(
            business_day.holiday_names("BR", "são paulo", 2026),
            business_day.holiday_names("BR", "SP", 2026),
        )

    def test_unknown_country_has_no_holidays_and_one_log_line(self):
        self.addCleanup(business_day._country.cache_clear)
        business_day._country.cache_clear()
        with self.assertLogs(TOOL_LOGGER, logging.WARNING) as logs:
            for year in (2026, 2027):
                self.assertFalse(business_day.holiday_names("QQ", None, year))
            self.assertEqual(business_day.subdivisions("QQ"), ())
        self.assertEqual(len(logs.output), 1)
        self.assertIsNone(business_day.holiday_name(None, None, date(2026, 1, 1)))

    def test_unknown_subdivision_falls_back_to_national_holidays_and_one_log_line(self):
        business_day._known_subdivision.cache_clear()
        with self.assertLogs(TOOL_LOGGER, logging.WARNING) as logs:
            for year in (2041, 2042):
                self.assertEqual(
                    business_day.holiday_names("BR", "QQ", year),
                    business_day.holiday_names("BR", None, year),
                )
        self.assertEqual(len(logs.output), 1)

    def test_missing_library_means_no_holidays_and_one_log_line(self):
        caches = (
            business_day._country,
            business_day._canonical_subdivision,
            business_day.holiday_names,
        )
        for cache in caches:
            self.addCleanup(cache.cache_clear)
            cache.cache_clear()
        with (
            patch.dict("sys.modules", {"holidays": None}),
            self.assertLogs(TOOL_LOGGER, logging.WARNING) as logs,
        ):
            found = self._next("BR/SC", "2026-09-04")
        self.assertEqual(found.date, date(2026, 9, 7))
        self.assertEqual(len(logs.output), 1)


@tagged("post_install", "-at_install")
class TestBusinessDay(TransactionCase):
    """The company side: time zone, working hours, leaves and holidays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls._company("BR/SC")
        cls.tz = pytz.timezone("America/Sao_Paulo")

    @classmethod
    def _company(cls, case):
        """Create the company of a vector, e.g. ``BR/SC B``."""
        place, _sep, flags = case.partition(" ")
        country, _sep, subdivision = place.partition("/")
        company = cls.env["res.company"].create(
            {
                # Names of companies are unique.
                "name": f"{case} {cls.env['res.company'].search_count([])}",
                "country_id": cls.env.ref(f"base.{country.lower()}").id,
                "dialer_holiday_subdivision": subdivision,
                "dialer_optional_holidays": "O" in flags,
            }
        )
        company.dialer_calendar_id = cls._calendar(
            company, TIME_ZONES[country], range(6 if "6" in flags else 5)
        )
        if "B" in flags:
            cls._leave(company, date(2026, 9, 2), date(2026, 9, 2))
        return company

    @classmethod
    def _calendar(cls, company, tz, weekdays):
        calendar = cls.env["resource.calendar"].create(
            {"name": "Dialer", "company_id": company.id, "tz": tz}
        )
        calendar.attendance_ids = [Command.clear(), *_attendances(weekdays)]
        return calendar

    @classmethod
    def _leave(cls, company, first, last, begin=time.min, end=time(23, 59, 59), **vals):
        tz = company._dialer_tz()
        bounds = [
            company._naive_utc(tz.localize(datetime.combine(day, at)))
            for day, at in ((first, begin), (last, end))
        ]
        leaves = cls.env["resource.calendar.leaves"].with_company(company)
        leave = leaves.create(
            {
                "name": "Feriado municipal",
                "calendar_id": company.dialer_calendar_id.id,
                "date_from": bounds[0],
                "date_to": bounds[1],
                **vals,
            }
        )
        # Odoo computes the leave's company late, from the environment that flushes.
        leave.flush_recordset()
        return leave

    def _local(self, text, company=None):
        """Return an aware moment of the company's time zone."""
        tz = (company or self.company)._dialer_tz()
        return tz.localize(datetime.fromisoformat(text))

    def _next(self, text, company=None):
        """Return the answer for a local moment, in local time, as text."""
        company = company or self.company
        answer = company._next_business_day(self._local(text, company))
        self.assertIsNone(answer.tzinfo, "must be naive, as Odoo stores it")
        local = pytz.utc.localize(answer).astimezone(company._dialer_tz())
        return local.strftime("%Y-%m-%d %H:%M")

    def test_all_vectors_in_the_time_zone_of_the_company(self):
        companies = {case: self._company(case) for case in {row[0] for row in VECTORS}}
        for case, day, expected, why in VECTORS:
            for at in ("00:00", "12:00", "23:59"):
                with self.subTest(company=case, day=day, at=at, why=why):
                    self.assertEqual(
                        self._next(f"{day} {at}", companies[case]), f"{expected} 08:00"
                    )

    def test_answer_is_naive_utc_of_the_start_of_work(self):
        answer = self.company._next_business_day(self._local("2026-09-04 15:00"))
        self.assertEqual(answer, datetime(2026, 9, 8, 11, 0))

    def test_naive_moment_is_utc(self):
        # 02:30 UTC on Saturday is still Friday 23:30 in São Paulo.
        answer = self.company._next_business_day(datetime(2026, 8, 15, 2, 30))
        self.assertEqual(answer, datetime(2026, 8, 17, 11, 0))

    def test_late_evening_counts_as_the_local_day_not_the_utc_day(self):
        self.assertEqual(self._next("2026-08-12 23:30"), "2026-08-13 08:00")
        answer = self.company._next_business_day(datetime(2026, 8, 13, 2, 30))
        self.assertEqual(answer, datetime(2026, 8, 13, 11, 0))

    def test_early_morning_ahead_of_utc_counts_as_the_local_day(self):
        self.company.dialer_calendar_id.tz = "Asia/Tokyo"
        self.assertEqual(self._next("2026-08-13 00:30"), "2026-08-14 08:00")

    def test_aware_moment_of_another_zone_is_converted(self):
        tokyo = pytz.timezone("Asia/Tokyo").localize(datetime(2026, 8, 13, 8, 0))
        answer = self.company._next_business_day(tokyo)  # 12 August, 20:00
        self.assertEqual(answer, datetime(2026, 8, 13, 11, 0))

    def test_start_of_work_follows_daylight_saving_time(self):
        berlin = self._company("DE/BY")
        for day, expected in (
            ("2026-03-27", datetime(2026, 3, 30, 6, 0)),  # clocks changed on the 29th
            ("2026-03-26", datetime(2026, 3, 27, 7, 0)),
            ("2026-10-23", datetime(2026, 10, 26, 7, 0)),
        ):
            with self.subTest(day=day):
                answer = berlin._next_business_day(self._local(f"{day} 12:00", berlin))
                self.assertEqual(answer, expected)

    def test_day_whose_midnight_does_not_exist_is_a_business_day(self):
        # Brazil's last change to summer time skipped 00:00 on Sunday 2018-11-04.
        calendar = self._calendar(self.company, "America/Sao_Paulo", range(7))
        self.company.dialer_calendar_id = calendar
        answer = self.company._next_business_day(self._local("2018-11-03 12:00"))
        self.assertEqual(answer, datetime(2018, 11, 4, 10, 0))

    def test_time_zone_is_that_of_the_working_hours(self):
        self.company.partner_id.tz = "Asia/Tokyo"
        self.assertEqual(self.company._dialer_tz().zone, "America/Sao_Paulo")
        self.company.dialer_calendar_id = False
        self.company.resource_calendar_id.tz = "America/Manaus"
        self.assertEqual(self.company._dialer_tz().zone, "America/Manaus")

    def test_without_any_working_hours_weekdays_in_the_zone_of_the_contact(self):
        self.company.write({"dialer_calendar_id": False, "resource_calendar_id": False})
        self.company.partner_id.tz = "America/Noronha"
        self.assertEqual(self._next("2026-09-04 23:30"), "2026-09-08 09:00")
        self.company.partner_id.tz = False
        self.assertEqual(self.company._dialer_tz().zone, "UTC")

    def test_without_dialer_hours_those_of_the_company_count(self):
        self.company.resource_calendar_id = self._calendar(
            self.company, "America/Sao_Paulo", [3]
        )
        self.company.dialer_calendar_id = False
        self.assertEqual(self._next("2026-08-10 12:00"), "2026-08-13 08:00")

    def test_calendar_without_hours_is_weekdays_with_holidays(self):
        self.company.dialer_calendar_id.attendance_ids = [Command.clear()]
        self.assertEqual(self._next("2026-09-04 12:00"), "2026-09-08 09:00")

    def test_flexible_calendar_is_weekdays_with_holidays_and_leaves(self):
        self.company.dialer_calendar_id.schedule_type = "flexible"
        self._leave(self.company, date(2026, 9, 8), date(2026, 9, 8))
        self.assertEqual(self._next("2026-09-04 12:00"), "2026-09-09 09:00")

    def test_sixty_days_of_leave_give_the_next_weekday_and_a_clear_warning(self):
        self._leave(self.company, date(2026, 8, 1), date(2026, 10, 31))
        with self.assertLogs(COMPANY_LOGGER, logging.WARNING) as logs:
            self.assertEqual(self._next("2026-08-14 12:00"), "2026-08-17 08:00")
        self.assertIn("no business day in the 60 days after 2026-08-14", logs.output[0])
        with self.assertLogs(COMPANY_LOGGER, logging.WARNING):
            self.assertTrue(self.company._business_day_after(date(2026, 8, 14)).warning)

    def test_leave_of_a_morning_leaves_the_afternoon(self):
        self._leave(self.company, date(2026, 8, 13), date(2026, 8, 13), end=time(12, 0))
        self.assertEqual(self._next("2026-08-12 12:00"), "2026-08-13 13:00")

    def test_day_with_less_than_half_of_its_hours_is_none(self):
        day = date(2026, 8, 13)
        for end, expected in (
            (time(12, 30), "2026-08-13 13:00"),
            (time(13, 30), "2026-08-13 13:30"),
            (time(13, 31), "2026-08-14 08:00"),
        ):
            with self.subTest(end=end):
                leave = self._leave(self.company, day, day, end=end)
                self.assertEqual(self._next("2026-08-12 12:00"), expected)
                leave.unlink()

    def test_leave_entered_in_utc_is_the_day_off_it_was_meant_to_be(self):
        calendar = self.company.dialer_calendar_id
        calendar.attendance_ids.filtered(
            lambda hours: hours.day_period == "afternoon"
        ).hour_to = 22
        leave = self._leave(self.company, date(2026, 9, 2), date(2026, 9, 2))
        leave.write(
            {
                "date_from": datetime(2026, 9, 2),
                "date_to": datetime(2026, 9, 2, 23, 59, 59),
            }
        )
        self.assertEqual(self._next("2026-09-01 12:00"), "2026-09-03 08:00")
        self.assertFalse(self.company._is_business_day(date(2026, 9, 2)))

    def test_leave_to_the_last_second_of_a_night_shift_is_a_whole_day(self):
        night = Command.create(
            {"name": "n", "dayofweek": "3", "hour_from": 20, "hour_to": 24}
        )
        self.company.dialer_calendar_id.attendance_ids = [night]
        self._leave(self.company, date(2026, 8, 13), date(2026, 8, 13))
        self.assertEqual(self._next("2026-08-12 12:00"), "2026-08-14 08:00")

    def test_leave_of_one_person_changes_nothing(self):
        person = self.env["resource.resource"].create(
            {"name": "Ana", "calendar_id": self.company.dialer_calendar_id.id}
        )
        day = date(2026, 8, 13)
        self._leave(self.company, day, day, resource_id=person.id)
        self.assertEqual(self._next("2026-08-12 12:00"), "2026-08-13 08:00")

    def test_leave_without_calendar_counts_only_for_its_company(self):
        other = self._company("BR/SC")
        day = date(2026, 8, 13)
        self._leave(other, day, day, calendar_id=False)
        self.assertEqual(self._next("2026-08-12 12:00"), "2026-08-13 08:00")
        self.assertEqual(self._next("2026-08-12 12:00", other), "2026-08-14 08:00")

    def test_agent_who_sees_no_leaves_gets_the_same_answer(self):
        self._leave(self.company, date(2026, 8, 13), date(2026, 8, 13))
        agent = new_test_user(self.env, "agent_business_day", groups="base.group_user")
        company = self.company.with_user(agent)
        answer = company._next_business_day(datetime(2026, 8, 12, 15, 0))
        self.assertEqual(answer, datetime(2026, 8, 14, 11, 0))

    def test_is_business_day_knows_weekends_leaves_and_holidays(self):
        self._leave(self.company, date(2026, 9, 2), date(2026, 9, 2))
        for day, expected in (
            (date(2026, 9, 1), True),
            (date(2026, 9, 2), False),
            (date(2026, 9, 5), False),
            (date(2026, 9, 7), False),
        ):
            with self.subTest(day=day):
                self.assertIs(self.company._is_business_day(day), expected)

    def test_local_midnight_is_naive_utc_also_where_it_does_not_exist(self):
        for day, expected in (
            (date(2026, 8, 13), datetime(2026, 8, 13, 3, 0)),
            (date(2018, 11, 4), datetime(2018, 11, 4, 3, 0)),  # clocks skipped 00:00
        ):
            with self.subTest(day=day):
                self.assertEqual(self.company._dialer_local_midnight(day), expected)

    def test_moment_on_a_day_off_moves_to_the_next_start_of_work(self):
        for moment, expected in (
            ("2026-09-04 10:15", "2026-09-04 10:15"),
            ("2026-09-04 06:00", "2026-09-04 06:00"),
            ("2026-09-04 23:59", "2026-09-04 23:59"),
            ("2026-09-05 00:00", "2026-09-08 08:00"),
            ("2026-09-07 10:00", "2026-09-08 08:00"),
            ("2026-09-05 23:30", "2026-09-08 08:00"),
        ):
            with self.subTest(moment=moment):
                answer = self.company._on_business_day(self._local(moment))
                wanted = self.company._naive_utc(self._local(expected))
                self.assertEqual(answer, wanted)

    def test_moment_without_any_work_for_sixty_days_is_the_next_weekday(self):
        self._leave(self.company, date(2026, 8, 1), date(2026, 10, 31))
        with self.assertLogs(COMPANY_LOGGER, logging.WARNING):
            answer = self.company._on_business_day(self._local("2026-08-14 12:00"))
        self.assertEqual(answer, datetime(2026, 8, 17, 11, 0))

    def test_queries_do_not_grow_with_the_days_searched(self):
        self._leave(self.company, date(2026, 8, 1), date(2026, 9, 20))
        moment = self._local("2026-08-14 12:00")
        self.company._next_business_day(moment)
        self.env.invalidate_all()
        # Companies, hours, leaves, country: not one for each day.
        with self.assertQueryCount(9):
            self.company._next_business_day(moment)

    def test_unknown_subdivision_is_refused_with_a_sentence_naming_examples(self):
        with self.assertRaises(ValidationError) as caught:
            self.company.dialer_holiday_subdivision = "XX"
        self.assertEqual(
            str(caught.exception),
            "XX is not a state of Brazil with known holidays. Enter its code, "
            "for example AC, MA, RJ, or leave it empty.",
        )

    def test_subdivision_is_checked_against_a_country_set_with_it(self):
        germany = self.env.ref("base.de")
        self.company.write(
            {"country_id": germany.id, "dialer_holiday_subdivision": "BY"}
        )
        with self.assertRaises(ValidationError):
            self.company.country_id = self.env.ref("base.br")

    def test_subdivision_of_a_country_without_data_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "No state holidays are known"):
            self.company.write(
                {
                    "country_id": self.env.ref("base.aq").id,
                    "dialer_holiday_subdivision": "SC",
                }
            )

    def test_company_without_country_has_weekdays_and_leaves(self):
        self.company.country_id = False
        self.assertEqual(self._next("2026-09-04 12:00"), "2026-09-07 08:00")

    def test_working_hours_of_another_company_are_refused(self):
        other = self._company("BR/SC")
        with self.assertRaises(UserError):
            self.company.dialer_calendar_id = other.dialer_calendar_id
