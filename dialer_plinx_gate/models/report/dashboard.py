# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The numbers of the dashboard, each counted by the database in one statement."""

from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_time

from ...tools import inputs
from ..gate.event import AVOIDED

PERIODS = {"today": 1, "week": 7, "month": 30, "quarter": 90}
MAX_BARS = 8


class DialerDashboard(models.AbstractModel):
    _name = "dialer.dashboard"
    _description = "Dialer Dashboard"

    @api.model
    @api.readonly
    def get_data(self, period):
        """Read the dashboard of the active companies.

        :param str period: ``today``, or the last days up to now: ``week`` (7),
            ``month`` (30) or ``quarter`` (90), in the user's time zone
        :return: ``since`` (first moment, UTC), ``figures``: one dict with ``key``,
            ``value`` and ``before`` (the same in the period before), ``charts``:
            lists of dicts with ``label``, ``value`` and ``domain`` (what to list
            when it is clicked) by the chart's name, and ``domains`` of the figures
        :rtype: dict
        :raise AccessError: when the user is no supervisor
        :raise UserError: on an unknown period
        """
        self.env["dialer.board"]._check_supervisor()
        refusal = self.env._("Choose a period from the list.")
        period = inputs.choice(period, PERIODS, refusal)
        now = fields.Datetime.now()
        since = self._since(period, now)
        # the period before is as long as what has passed of this one
        earlier = since - (now - since)
        # moments are stored to the second: this one is over with the next
        domains = self._domains(since, now + timedelta(seconds=1))
        values = self._figures(domains)
        before = self._figures(self._domains(earlier, since))
        return {
            "since": fields.Datetime.to_string(since),
            "figures": [
                {"key": key, "value": value, "before": before[key]}
                for key, value in values.items()
            ],
            "charts": self._charts(since, now, domains),
            "domains": {
                "calls": self._plain(domains["calls"]),
                "collisions": self._plain(domains["collisions"]),
                "asked": self._plain(domains["asked"]),
                "attendances": self._plain(domains["attendances"]),
            },
        }

    @api.model
    def _since(self, period, now):
        """The first moment of a period that ends now, naive UTC."""
        today = pytz.utc.localize(now).astimezone(self._tz()).date()
        first = datetime.combine(today - timedelta(days=PERIODS[period] - 1), time.min)
        return self._utc(first)

    @api.model
    def _domains(self, since, until):
        """What each number is counted over, between two moments.

        :rtype: dict[str, odoo.fields.Domain]
        """
        here = (
            Domain("company_id", "in", self.env.companies.ids)
            & Domain("date", ">=", since)
            & Domain("date", "<", until)
        )
        attendances = here & Domain("origin", "=", "dialer")
        return {
            "attendances": attendances,
            "calls": attendances & Domain("channel", "=", "phone"),
            "collisions": here & AVOIDED,
            "asked": here & Domain("decision", "=", "ask"),
        }

    @api.model
    def _figures(self, domains):
        """The numbers at the top.

        :return: ``calls``, ``talk`` (mean seconds), ``collisions``, ``yes`` (percent
            of the answers, None without one)
        :rtype: dict
        """
        calls, talk = self.env["dialer.attendance"]._read_group(
            domains["calls"], [], ["__count", "duration:avg"]
        )[0]
        answers = dict(
            self.env["dialer.gate.event"]._read_group(
                domains["asked"] & Domain("answer", "!=", False),
                ["answer"],
                ["__count"],
            )
        )
        answered = sum(answers.values())
        return {
            "calls": calls,
            "talk": round(talk or 0),
            "collisions": self.env["dialer.gate.event"].search_count(
                domains["collisions"]
            ),
            "yes": round(100 * answers.get("yes", 0) / answered) if answered else None,
        }

    @api.model
    def _tz(self):
        """The time zone that days are counted in."""
        return self.env.tz

    @api.model
    def _charts(self, since, now, domains):
        attendances = self.env["dialer.attendance"]
        events = self.env["dialer.gate.event"]
        return {
            "calls": self._timeline(attendances, domains["calls"], since, now),
            "collisions": self._timeline(events, domains["collisions"], since, now),
            "hours": self._hours(events, domains["collisions"]),
            "results": self._bars(attendances, domains["attendances"], "result_id"),
            "answers": self._bars(events, domains["asked"], "answer"),
            "campaigns": self._bars(events, domains["collisions"], "campaign_id"),
            "agents": self._bars(events, domains["collisions"], "user_id"),
        }

    @api.model
    def _timeline(self, model, domain, since, now):
        """Count records by day, or by hour of one day, empty ones included.

        :rtype: list[dict]
        """
        tz = self._tz()
        today = now - since <= timedelta(days=1)
        size, step = ("hour", timedelta(hours=1)) if today else ("day", timedelta(1))
        # the database groups in the user's zone; days and hours without any are filled
        # in
        counts = {
            start.replace(tzinfo=None): count
            for start, count in model.with_context(tz=str(tz))._read_group(
                domain, [f"date:{size}"], ["__count"]
            )
        }
        bars = []
        start = pytz.utc.localize(since).astimezone(tz).replace(tzinfo=None)
        end = pytz.utc.localize(now).astimezone(tz).replace(tzinfo=None)
        while start <= end:
            within = Domain("date", ">=", self._utc(start))
            within &= Domain("date", "<", self._utc(start + step))
            bars.append(
                {
                    "label": self._moment(start, today),
                    "value": counts.get(start, 0),
                    "domain": self._plain(domain & within),
                }
            )
            start += step
        return bars

    @api.model
    def _utc(self, local):
        """A naive moment of the user's time zone as naive UTC."""
        return self._tz().localize(local).astimezone(pytz.utc).replace(tzinfo=None)

    @api.model
    def _moment(self, local, hour):
        """An hour or a day, short, as the user's language writes it."""
        if hour:
            return format_time(self.env, local.time(), time_format="short")
        return format_date(self.env, local.date(), date_format="d MMM")

    @api.model
    def _bars(self, model, domain, groupby):
        """Count records by one field, the largest groups first unless it is a date.

        :rtype: list[dict]
        """
        # time runs from left to right; everything else begins with the largest
        by_date = groupby.startswith("date")
        groups = model.with_context(tz=str(self._tz())).formatted_read_group(
            domain,
            [groupby],
            ["__count"],
            order=groupby if by_date else "__count DESC",
            limit=None if by_date else MAX_BARS,
        )
        return [
            {
                "label": self._label(model, groupby, group[groupby]),
                "value": group["__count"],
                "domain": self._plain(domain & Domain(group["__extra_domain"])),
            }
            for group in groups
        ]

    @api.model
    def _hours(self, model, domain):
        """Count records by the hour of the day, from the first hour to the last.

        :rtype: list[dict]
        """
        groupby = "date:hour_number"
        counted = {bar["label"]: bar for bar in self._bars(model, domain, groupby)}
        labels = [self._label(model, groupby, hour) for hour in range(24)]
        found = [place for place, label in enumerate(labels) if label in counted]
        none = {"value": 0, "domain": self._plain(Domain.FALSE)}
        return [
            counted.get(label, {"label": label, **none})
            for label in labels[min(found, default=0) : max(found, default=-1) + 1]
        ]

    @api.model
    def _label(self, model, groupby, value):
        """A group's value in words."""
        if groupby == "date:hour_number":
            return self.env._("%(hour)s h", hour=int(value))
        if isinstance(value, (tuple, list)):
            return value[1]
        field = model._fields[groupby.split(":")[0]]
        if field.type == "selection" and value:
            return dict(field._description_selection(self.env))[value]
        if field.name == "answer":
            return self.env._("No answer")
        return value or self.env._("None")

    @api.model
    def _plain(self, domain):
        """A domain as the web client reads it: lists, with moments as texts."""
        return [
            [
                fields.Datetime.to_string(part) if hasattr(part, "hour") else part
                for part in term
            ]
            if isinstance(term, (tuple, list))
            else term
            for term in domain
        ]
