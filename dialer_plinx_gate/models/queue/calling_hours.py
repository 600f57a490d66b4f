# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When customers may be called, in their own time zone."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

import pytz

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.intervals import Intervals

from ...tools import business_day
from ...tools.zone import customer_zone, zone_of

# Most openings are within a week; only then the rest of the horizon is computed.
NEAR_DAYS = 8


class Place(NamedTuple):
    """Where a customer is: what decides on the clock and the holidays.

    ``zone`` is the name of a time zone, ``country`` and ``state`` are ISO codes, or
    empty when unknown.
    """

    zone: str
    country: str | bool
    state: str | bool


class CallingHours:
    """Calling hours of calendars, each computed once for a batch of entries.

    Hours are local to the customer; leaves of the calendar are moments, the same
    for everybody; public holidays are those of the customer's state.
    """

    def __init__(self):
        self._intervals = {}
        self._leaves = {}
        self._openings = {}

    def opening(self, calendar, company, place, moment):
        """Return the moment itself if it is within the hours, else when they begin.

        :param resource.calendar calendar: the calling hours, as superuser
        :param res.company company: whose leaves and optional holidays count
        :param Place place: where the customer is
        :param datetime moment: naive UTC
        :return: naive UTC, or None without an opening in the next 60 days
        :rtype: datetime | None
        """
        key = (calendar.id, company.id, place, moment)
        if key not in self._openings:
            self._openings[key] = self._find(calendar, company, place, moment)
        return self._openings[key]

    def business(self, company, moment):
        """Return the moment itself on a business day of the company, else the next.

        For the dates of campaigns without calling hours, which call at any time.

        :param res.company company: whose working days and holidays count
        :param datetime moment: naive UTC
        :return: naive UTC
        :rtype: datetime
        """
        key = (company.id, moment)
        if key not in self._openings:
            self._openings[key] = company._on_business_day(moment)
        return self._openings[key]

    def _find(self, calendar, company, place, moment):
        zone = pytz.timezone(place.zone)
        local = pytz.utc.localize(moment).astimezone(zone)
        optional = company.dialer_optional_holidays
        for days in (NEAR_DAYS, business_day.LIMIT_DAYS + 1):
            for start, stop in self._work(calendar, company, zone, local.date(), days):
                holiday = business_day.holiday_name(
                    place.country, place.state, start.date(), optional=optional
                )
                if stop > local and not holiday:
                    start = max(start, local)
                    return start.astimezone(pytz.utc).replace(tzinfo=None)
        return None

    def _work(self, calendar, company, zone, first_day, days):
        """Working intervals of several days in a time zone, leaves taken off."""
        key = (calendar.id, company.id, zone.zone, first_day, days)
        if key not in self._intervals:
            start = zone.localize(datetime.combine(first_day, time.min))
            stop = datetime.combine(first_day + timedelta(days=days), time.min)
            work = Intervals()
            if calendar._dialer_has_hours():
                work = calendar._attendance_intervals_batch(
                    start, zone.localize(stop), tz=zone
                )[False]
            leaves = self._leave_intervals(calendar, company, first_day, days)
            self._intervals[key] = [
                (begin, end) for begin, end, _records in work - leaves
            ]
        return self._intervals[key]

    def _leave_intervals(self, calendar, company, first_day, days):
        """Leaves of these days, with a margin that covers every time zone.

        Places a day apart share the query: it is widened to whole weeks.
        """
        week = first_day - timedelta(days=first_day.weekday() + 7)
        key = (calendar.id, company.id, week, days)
        if key not in self._leaves:
            start = pytz.utc.localize(datetime.combine(week, time.min))
            stop = start + timedelta(days=days + 21)
            # as for business days: Odoo's own choice lets in those of other companies
            domain = Domain("time_type", "=", "leave") & (
                Domain("calendar_id", "=", calendar.id)
                | Domain("calendar_id", "=", False)
                & Domain("company_id", "in", [False, company.id])
            )
            self._leaves[key] = calendar._leave_intervals_batch(
                start, stop, domain=list(domain), tz=pytz.utc
            )[False]
        return self._leaves[key]


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    def _with_hours(self):
        """The entries whose campaign calls at certain hours only."""
        timed = self.campaign_id.filtered("calendar_id")
        if not timed:
            return self.browse()
        return self.filtered(lambda entry: entry.campaign_id in timed)

    def _places(self):
        """Where each entry's customer is: by the address, else by the number, else
        where the company is.

        :rtype: dict[int, Place]
        """
        rows = self._query_places()
        unplaced = self.browse(row[0] for row in rows if not zone_of(*row[2:]))
        numbers = unplaced._identities() if unplaced else {}
        found = {}
        for entry_id, company_id, country, state in rows:
            company = self.env["res.company"].browse(company_id)
            keys = [number.key for number in numbers.get(entry_id, ())]
            # as dialer.customer.mixin._customer_zone, for many at once
            zone = customer_zone(country, state, keys) or str(company._dialer_tz())
            country = country or company.country_id.code
            # without a state the holidays of the company's own are the best guess
            if not state and country == company.country_id.code:
                state = company.dialer_holiday_subdivision
            found[entry_id] = Place(zone, country, state or False)
        return found

    def _query_places(self):
        """Read company, own country code and state code of each entry's customer.

        :rtype: list[tuple[int, int, str | None, str | None]]
        """
        if not self:
            return []
        for model in ("res.partner", "crm.lead"):
            self.env[model].flush_model(["country_id", "state_id"])
        self.flush_model(["partner_id", "lead_id", "company_id"])
        return self.env.execute_query(
            SQL(
                """
                SELECT e.id, e.company_id, country.code, state.code
                  FROM dialer_queue_entry e
             LEFT JOIN res_partner partner ON partner.id = e.partner_id
             LEFT JOIN crm_lead lead
                    ON lead.id = e.lead_id AND e.partner_id IS NULL
             LEFT JOIN res_country country ON country.id = COALESCE(
                       partner.country_id, lead.country_id)
             LEFT JOIN res_country_state state ON state.id = COALESCE(
                       partner.state_id, lead.state_id)
                 WHERE e.id IN %s
                """,
                self._ids,
            )
        )

    def _opening(self, hours, place, moment=None):
        """When this entry's customer may be called, from a moment on.

        :param CallingHours hours: what is computed already
        :param Place place: where the customer is
        :param datetime moment: naive UTC; None: now
        :return: naive UTC, None when the hours never open
        :rtype: datetime | None
        """
        # sudo: resource.calendar - the hours decide, whatever the agent sees of them
        calendar = self.campaign_id.calendar_id.sudo()
        moment = moment or fields.Datetime.now()
        return hours.opening(calendar, self.company_id, place, moment)

    def _calling_moments(self, moment):
        """Bring a date into the campaign's calling hours for each customer.

        Without calling hours the campaign calls at any time: nothing is moved.

        :param datetime moment: naive UTC
        :return: the moment, or the next opening, by entry id
        :rtype: dict[int, datetime]
        """
        moments = dict.fromkeys(self.ids, moment)
        hours = CallingHours()
        places = self._with_hours()._places()
        for entry in self.browse(places):
            opening = entry._opening(hours, places[entry.id], moment)
            moments[entry.id] = opening or moment
        return moments

    def _calling_moment(self, moment):
        """Bring a date of one entry into the campaign's calling hours."""
        self.ensure_one()
        return self._calling_moments(moment)[self.id]

    def _automatic_moment(self, moment):
        """Bring a date that nobody chose into the hours in which calls are made.

        A campaign without calling hours calls at any time, but what comes back by
        itself keeps the business days of the company.

        :param datetime moment: naive UTC
        :rtype: datetime
        """
        if self.campaign_id.calendar_id:
            return self._calling_moment(moment)
        return self.company_id._on_business_day(moment)
