# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Business days of a company: working hours, leaves, holidays, and the next of them."""

import logging
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.intervals import Intervals

from ...tools import business_day

_logger = logging.getLogger(__name__)

# Hours assumed, Monday to Friday, when the calendar names none: a calendar without
# hours, a flexible one, or none at all.
DEFAULT_HOURS = (time(9), time(18))
# A leave entered as 00:00-23:59:59 leaves a second of a shift that ends at midnight.
SHORTEST_WORK = timedelta(minutes=1)


class ResCompany(models.Model):
    _inherit = "res.company"
    _check_company_auto = True

    dialer_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Dialer Working Hours",
        check_company=True,
        help="Working days, hours and company-wide leaves that decide the next "
        "business day. Empty: the working hours of the company.",
    )
    dialer_holiday_subdivision = fields.Char(
        string="State of the Holidays",
        help="Code of the state or region whose public holidays count beside the "
        "national ones, e.g. SC for Santa Catarina. City holidays are entered as "
        "company-wide leaves of the working hours.",
    )
    dialer_optional_holidays = fields.Boolean(
        string="Optional days (pontos facultativos) count as holidays",
        help="Carnival, Ash Wednesday, Corpus Christi and similar days then do not "
        "count as business days.",
    )

    @api.constrains("dialer_holiday_subdivision", "country_id")
    def _check_dialer_holiday_subdivision(self):
        for company in self.filtered("dialer_holiday_subdivision"):
            country = company.country_id
            if not country or business_day.check_subdivision(
                country.code, company.dialer_holiday_subdivision
            ):
                continue
            known = business_day.subdivisions(country.code)
            if not known:
                raise ValidationError(
                    self.env._(
                        "No state holidays are known for %(country)s. "
                        "Leave the state of the holidays empty.",
                        country=country.name,
                    )
                )
            raise ValidationError(
                self.env._(
                    "%(code)s is not a state of %(country)s with known holidays. "
                    "Enter its code, for example %(examples)s, or leave it empty.",
                    code=company.dialer_holiday_subdivision,
                    country=country.name,
                    examples=", ".join(known[:: max(1, len(known) // 3)][:3]),
                )
            )

    def _next_business_day(self, moment):
        """Return when work starts on the next business day after a moment.

        The day is counted in the company's time zone and is never the day of the
        moment itself. When no business day is found within 60 days, the next
        Monday to Friday is taken and a warning is logged.

        :param datetime moment: aware, or naive in UTC
        :return: start of that day's first working interval, naive in UTC
        :rtype: datetime
        """
        self.ensure_one()
        found = self._business_day_after(self._dialer_local(moment).date())
        return self._naive_utc(found.start)

    def _on_business_day(self, moment):
        """Return the moment itself if its day is a business day, else the next start.

        :param datetime moment: aware, or naive in UTC
        :return: naive in UTC
        :rtype: datetime
        """
        local = self._dialer_local(moment)
        if self._is_business_day(local.date()):
            return self._naive_utc(local)
        return self._next_business_day(moment)

    def _is_business_day(self, local_date):
        """Tell whether the company works on a date of its own time zone.

        :param date local_date: the day in the company's time zone
        :rtype: bool
        """
        self.ensure_one()
        return bool(
            self._dialer_hours(local_date, 1) and not self._dialer_holiday(local_date)
        )

    def _business_day_after(self, local_date):
        """Return the next business day after a local date.

        :param date local_date: the day in the company's time zone
        :return: the day; its ``start`` is an aware datetime; ``warning`` says that
            there was none within 60 days and ``date`` is just a weekday
        :rtype: business_day.BusinessDay
        """
        self.ensure_one()
        # read once for all the days looked at, not day by day
        hours = self._dialer_hours(
            local_date + timedelta(days=1), business_day.LIMIT_DAYS
        )
        found = business_day.next_business_day(
            local_date,
            lambda day: hours[day][0][0] if day in hours else None,
            self._dialer_holiday,
        )
        if not found.warning:
            return found
        _logger.warning(
            "Company %s (id %s) has no business day in the %s days after %s: "
            "check its working hours and leaves. %s is taken.",
            self.name,
            self.id,
            business_day.LIMIT_DAYS,
            local_date,
            found.date,
        )
        return found._replace(start=self._dialer_usual_start(found.date))

    def _dialer_calendar(self):
        """Return the working hours that count for the dialer, possibly none."""
        self.ensure_one()
        # sudo: resource.calendar - the company's hours and leaves decide, whatever
        # the rules let this user see of them
        company = self.sudo()
        return company.dialer_calendar_id or company.resource_calendar_id

    def _dialer_tz(self):
        """Return the company's time zone as a ``pytz`` object.

        It is the one of the working hours that count, because their hours are
        local to it (a company has no time zone of its own in Odoo, and that of its
        contact is only the one of whoever created it). Without working hours: that
        of the company's contact, else UTC.
        """
        self.ensure_one()
        calendar = self._dialer_calendar()
        return pytz.timezone(calendar.tz or self.partner_id.tz or "UTC")

    def _dialer_local(self, moment):
        """Return a moment (aware, or naive in UTC) in the company's time zone."""
        if not moment.tzinfo:
            moment = pytz.utc.localize(moment)
        return moment.astimezone(self._dialer_tz())

    def _dialer_local_midnight(self, local_date, tz=None):
        """Return when a date of the company's time zone begins, naive in UTC.

        :param date local_date: the day in the company's time zone
        :param tz: a ``pytz`` time zone instead of the company's
        :rtype: datetime
        """
        # midnight is not always 24 hours after the last one: the zone decides
        midnight = datetime.combine(local_date, time.min)
        return self._naive_utc((tz or self._dialer_tz()).localize(midnight))

    def _dialer_date(self):
        """Return the date of today in the company's time zone."""
        return self._dialer_local(fields.Datetime.now()).date()

    def _dialer_day_start(self):
        """Return when today began in the company's time zone, naive in UTC."""
        return self._dialer_local_midnight(self._dialer_date())

    @api.model
    def _naive_utc(self, moment):
        """Return an aware moment the way Odoo stores it: naive, in UTC."""
        return moment.astimezone(pytz.utc).replace(tzinfo=None)

    def _dialer_holiday(self, local_date):
        """Return the name of the public holiday on a date, ``None`` without one."""
        return business_day.holiday_name(
            self.country_id.code,
            self.dialer_holiday_subdivision,
            local_date,
            optional=self.dialer_optional_holidays,
        )

    def _dialer_hours(self, first_day, days):
        """Return the working intervals of several days, company-wide leaves taken off.

        A day that leaves less than half of its usual hours is none: what is left of
        it is the rest of a leave that was entered in another time zone.

        Public holidays are not looked at. Two queries, whatever the number of days.

        :param date first_day: in the company's time zone
        :param int days: how many days
        :return: ``{date: [(start, stop), ...]}`` of aware datetimes in the company's
            time zone, in order, only for days with work
        :rtype: dict
        """
        self.ensure_one()
        calendar, tz = self._dialer_calendar(), self._dialer_tz()
        start = tz.localize(datetime.combine(first_day, time.min))
        stop = tz.localize(datetime.combine(first_day + timedelta(days=days), time.min))
        # Odoo's own choice of leaves lets in those of other companies that name no
        # calendar and, without a calendar, those of every calendar.
        domain = Domain("time_type", "=", "leave") & (
            Domain("calendar_id", "in", calendar.ids)
            | Domain("calendar_id", "=", False)
            & Domain("company_id", "in", [False, self.id])
        )
        hours = {}
        # holidays are no leaves: they are known without anybody entering them
        work = self._dialer_attendances(calendar, first_day, days, tz)
        leaves = calendar._leave_intervals_batch(
            start, stop, domain=list(domain), tz=tz
        )
        for work_start, work_stop, _records in work - leaves[False]:
            if work_stop - work_start >= SHORTEST_WORK:
                hours.setdefault(work_start.date(), []).append((work_start, work_stop))
        usual = {}
        for work_start, work_stop, _records in work:
            usual.setdefault(work_start.date(), []).append((work_start, work_stop))
        return {
            day: left
            for day, left in hours.items()
            if 2 * self._dialer_length(left) >= self._dialer_length(usual[day])
        }

    @api.model
    def _dialer_length(self, intervals):
        """How long these pairs of moments are together, a ``timedelta``."""
        return sum((stop - start for start, stop in intervals), timedelta())

    @api.model
    def _dialer_attendances(self, calendar, first_day, days, tz):
        """Return the usual working intervals of several days, leaves included.

        A calendar without hours, or with flexible ones, is taken as Monday to
        Friday, 09:00 to 18:00: when work *starts* is what it cannot tell.

        :return: aware intervals in the time zone ``tz``
        :rtype: Intervals
        """
        if calendar.attendance_ids and not calendar.flexible_hours:
            start = tz.localize(datetime.combine(first_day, time.min))
            stop = datetime.combine(first_day + timedelta(days=days), time.min)
            return calendar._attendance_intervals_batch(
                start, tz.localize(stop), tz=tz
            )[False]
        opens, closes = DEFAULT_HOURS
        dates = (first_day + timedelta(days=offset) for offset in range(days))
        return Intervals(
            (
                tz.localize(datetime.combine(day, opens)),
                tz.localize(datetime.combine(day, closes)),
                calendar,
            )
            for day in dates
            if day.weekday() < 5
        )

    def _dialer_usual_start(self, local_date):
        """Return when work usually starts on a date, leaves and holidays put aside.

        :return: an aware datetime; 09:00 on a weekday without hours
        :rtype: datetime
        """
        calendar, tz = self._dialer_calendar(), self._dialer_tz()
        for start, _stop, _records in self._dialer_attendances(
            calendar, local_date, 1, tz
        ):
            return start
        return tz.localize(datetime.combine(local_date, DEFAULT_HOURS[0]))
