# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import DialerCase


class ReportCase(DialerCase):
    def reader(self, model, user=None):
        """A model as a supervisor uses it in their own company."""
        user = user or self.supervisor
        return (
            self.env[model]
            .with_user(user)
            .with_context(allowed_company_ids=user.company_id.ids, tz=user.tz)
        )

    def other_supervisor(self):
        company = self.env["res.company"].create({"name": "Outra"})
        return new_test_user(
            self.env,
            "other_sup",
            groups="dialer_plinx_gate.group_dialer_supervisor",
            company_id=company.id,
            company_ids=[fields.Command.set(company.ids)],
        )

    def verdict(self, **values):
        return self.env["dialer.gate.event"].create(
            {
                "company_id": self.company.id,
                "campaign_id": self.campaign.id,
                "user_id": self.ana.id,
                "verdict": "active",
                "decision": "skip",
                **values,
            }
        )

    def attendance(self, customer, result, **values):
        return self.env["dialer.attendance"].create(
            {
                "partner_id": customer.id,
                "company_id": self.company.id,
                "user_id": self.ana.id,
                "campaign_id": self.campaign.id,
                "result_id": result.id,
                "origin": "dialer",
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestDashboard(ReportCase):
    def figures(self, period="week", user=None):
        data = self.reader("dialer.dashboard", user).get_data(period)
        return {figure["key"]: figure["value"] for figure in data["figures"]}

    def test_agent_reads_no_dashboard(self):
        with self.assertRaises(AccessError):
            self.reader("dialer.dashboard", self.ana).get_data("week")

    def test_unknown_period_is_refused(self):
        with self.assertRaises(UserError):
            self.reader("dialer.dashboard").get_data("century")

    def test_collisions_are_skips_and_answers_but_no_calls_in_spite(self):
        self.verdict()
        self.verdict(decision="ask", answer="yes")
        self.verdict(decision="ask", answer="no")
        self.verdict(decision="ask", answer="call")
        self.verdict(decision="ask")
        self.verdict(verdict="unknown", decision="hold")
        figures = self.figures()
        self.assertEqual(figures["collisions"], 3)
        self.assertEqual(figures["yes"], 33)

    def test_calls_leave_out_whatsapp_and_what_was_typed_by_hand(self):
        self.attendance(self.customers[0], self.done, duration=60)
        self.attendance(self.customers[1], self.done, duration=120)
        self.attendance(self.customers[2], self.whatsapp, channel="whatsapp")
        self.attendance(self.customers[3], self.done, origin="manual")
        figures = self.figures()
        self.assertEqual((figures["calls"], figures["talk"]), (2, 90))

    def test_period_before_is_counted_apart(self):
        self.attendance(self.customers[0], self.done)
        self.attendance(self.customers[1], self.done, date=self.later(days=-8))
        data = self.reader("dialer.dashboard").get_data("week")
        calls = next(one for one in data["figures"] if one["key"] == "calls")
        self.assertEqual((calls["value"], calls["before"]), (1, 1))

    def test_another_company_counts_nothing(self):
        self.verdict()
        self.attendance(self.customers[0], self.done)
        figures = self.figures(user=self.other_supervisor())
        self.assertEqual((figures["calls"], figures["collisions"]), (0, 0))

    def test_each_day_has_its_bar_in_the_time_zone_of_the_user(self):
        # 01:30 UTC is still the evening before in Blumenau
        now = fields.Datetime.now()
        self.attendance(
            self.customers[0],
            self.done,
            date=fields.Datetime.subtract(now, days=2).replace(hour=1, minute=30),
        )
        bars = self.reader("dialer.dashboard").get_data("week")["charts"]["calls"]
        self.assertEqual(len(bars), 7)
        here = self.reader("dialer.dashboard")
        today = fields.Datetime.context_timestamp(here, now).date()
        evening = fields.Date.subtract(now.date(), days=3)
        place = 6 - (today - evening).days
        self.assertEqual([bar["value"] for bar in bars].index(1), place)

    def test_day_of_today_is_divided_into_hours(self):
        self.attendance(self.customers[0], self.done)
        bars = self.reader("dialer.dashboard").get_data("today")["charts"]["calls"]
        self.assertEqual(bars[-1]["value"], 1)
        self.assertEqual(sum(bar["value"] for bar in bars), 1)

    def test_hours_between_the_first_and_the_last_have_a_bar_too(self):
        day = fields.Datetime.subtract(fields.Datetime.now(), days=2)
        # the clock in UTC is three hours ahead of Blumenau
        self.verdict(date=day.replace(hour=13, minute=10))
        self.verdict(date=day.replace(hour=16, minute=50))
        bars = self.reader("dialer.dashboard").get_data("week")["charts"]["hours"]
        self.assertEqual(
            [(bar["label"], bar["value"]) for bar in bars],
            [("10 h", 1), ("11 h", 0), ("12 h", 0), ("13 h", 1)],
        )
        self.assertFalse(self.env["dialer.gate.event"].search(bars[1]["domain"]))

    def test_every_bar_lists_exactly_what_it_counts(self):
        self.verdict()
        self.verdict(decision="ask", answer="no", user_id=self.bruno.id)
        self.verdict(decision="ask")
        self.attendance(self.customers[0], self.done)
        self.attendance(self.customers[1], self.retry)
        self.attendance(self.customers[2], self.retry)
        charts = self.reader("dialer.dashboard").get_data("month")["charts"]
        counted = 0
        for name, bars in charts.items():
            model = (
                "dialer.attendance"
                if name in ("calls", "results")
                else "dialer.gate.event"
            )
            for bar in bars:
                found = self.reader(model).search_count(bar["domain"])
                self.assertEqual(found, bar["value"], (name, bar["label"]))
                counted += bar["value"]
        self.assertEqual(counted, 3 + 3 + 2 + 2 + 2 + 2 + 2)
        self.assertEqual(charts["results"][0]["label"], self.retry.name)

    def test_answers_are_named_and_the_missing_one_too(self):
        self.verdict(decision="ask", answer="yes")
        self.verdict(decision="ask")
        bars = self.reader("dialer.dashboard").get_data("week")["charts"]["answers"]
        self.assertEqual({bar["label"] for bar in bars}, {"Yes", "No answer"})


@tagged("post_install", "-at_install")
class TestReports(ReportCase):
    def hours(self, session):
        rows = self.reader("dialer.session.report").search(
            [("session_id", "=", session.id)]
        )
        return {row.state: round(row.hours, 2) for row in rows}

    def test_time_of_a_session_is_divided_without_a_rest(self):
        now = fields.Datetime.now()
        session = self.start().sudo()
        session.write(
            {
                "started_at": fields.Datetime.subtract(now, hours=4),
                "closed_at": now,
                "state": "closed",
            }
        )
        self.env["dialer.session.pause"].create(
            {
                "session_id": session.id,
                "started_at": fields.Datetime.subtract(now, hours=2),
                "ended_at": fields.Datetime.subtract(now, hours=1),
            }
        )
        values = {"session_id": session.id, "duration": 1800, "wrap_up": 900}
        self.attendance(self.customers[0], self.done, **values)
        self.attendance(self.customers[1], self.done, **values)
        self.assertEqual(
            self.hours(session),
            {"talking": 1.0, "wrap_up": 0.5, "paused": 1.0, "waiting": 1.5},
        )

    def test_customer_first_met_on_whatsapp_is_followed_to_the_latest_result(self):
        met, alone, phoned = self.customers[:3]
        whatsapp = {"channel": "whatsapp", "date": self.later(days=-3)}
        self.attendance(met, self.whatsapp, **whatsapp)
        self.attendance(met, self.retry, date=self.later(days=-2))
        self.attendance(met, self.done, date=self.later(days=-1))
        self.attendance(alone, self.whatsapp, **whatsapp)
        self.attendance(phoned, self.retry, date=self.later(days=-4))
        self.attendance(phoned, self.whatsapp, **whatsapp)
        rows = self.reader("dialer.whatsapp.report").search([], order="partner_id")
        self.assertEqual(rows.partner_id, met + alone)
        first = rows.filtered(lambda row: row.partner_id == met)
        self.assertRecordValues(
            first,
            [{"later_count": 2, "outcome": "done", "last_result_id": self.done.id}],
        )
        self.assertAlmostEqual(first.days, 1, 2)
        second = rows - first
        self.assertRecordValues(
            second,
            [{"later_count": 0, "outcome": "nothing", "last_result_id": False}],
        )

    def test_reports_keep_to_the_company(self):
        session = self.start()
        self.attendance(self.customers[0], self.whatsapp, channel="whatsapp")
        other = self.other_supervisor()
        for model in ("dialer.session.report", "dialer.whatsapp.report"):
            self.assertTrue(self.reader(model).search([]))
            self.assertFalse(self.reader(model, other).search([]))
            with self.assertRaises(AccessError):
                self.reader(model, self.ana).search([])
        self.assertTrue(session)

    def test_every_report_opens_with_its_views_and_says_what_to_do_when_empty(self):
        menus = self.env.ref("dialer_plinx_gate.dialer_report_menu").child_id
        actions = menus.mapped("action")
        windows = [
            action for action in actions if action._name == "ir.actions.act_window"
        ]
        self.assertEqual(len(windows), 6)
        for action in windows:
            model = self.reader(action.res_model)
            for mode in action.view_mode.split(","):
                model.get_view(view_type=mode)
            self.assertIn("o_view_nocontent", action.help)

    def test_lists_of_the_reports_are_exported_by_who_may_export(self):
        self.start()
        with self.assertRaises(UserError):
            self.reader("dialer.session.report").search([]).export_data(["state"])
        self.supervisor.group_ids += self.env.ref("base.group_allow_export")
        rows = self.reader("dialer.session.report").search([])
        exported = rows.export_data(["user_id/name", "state", "hours"])["datas"]
        self.assertEqual(len(exported), 4)
        self.assertEqual(exported[0][0], self.ana.name)


@tagged("post_install", "-at_install")
class TestChecklist(ReportCase):
    def steps(self, user=None):
        found = self.reader("dialer.checklist", user).get_steps()
        return found and {step["key"]: step["done"] for step in found["steps"]}

    def test_new_company_has_everything_to_do(self):
        self.assertEqual(
            self.steps(self.other_supervisor()),
            {"connect": False, "parameter": False, "campaign": False, "agents": False},
        )

    def test_steps_tick_themselves(self):
        other = self.other_supervisor()
        company = other.company_id
        company.write({"plinx_url": self.sandbox.url, "plinx_token": "x"})
        self.assertTrue(self.steps(other)["connect"])
        self.reader("dialer.campaign", other).create({"name": "Primeira"})
        self.assertTrue(self.steps(other)["campaign"])
        self.ana.company_ids += company
        self.assertTrue(self.steps(other)["agents"])

    def test_deciding_either_way_ticks_the_parameter(self):
        other = self.other_supervisor()
        for ask in (False, True):
            other.company_id.dialer_parameter_chosen = False
            steps = self.reader("dialer.checklist", other).choose(ask)["steps"]
            self.assertTrue(
                next(step["done"] for step in steps if step["key"] == "parameter")
            )
            self.assertEqual(other.company_id.dial_active_whatsapp, ask)

    def test_parameter_set_on_its_page_is_ticked_too(self):
        other = self.other_supervisor()
        page = self.env["dialer.settings"]._ensure_for(other.company_id)
        with Form(page) as form:
            form.dial_active_whatsapp = True
        self.assertTrue(self.steps(other)["parameter"])

    def test_only_administrators_are_sent_to_the_connection(self):
        found = self.reader("dialer.checklist").get_steps()
        connect = next(step for step in found["steps"] if step["key"] == "connect")
        self.assertFalse(connect["allowed"])

    def test_closing_is_for_good_and_for_one_company(self):
        other = self.other_supervisor()
        self.reader("dialer.checklist").close()
        self.assertIsNone(self.steps())
        self.assertTrue(self.steps(other))

    def test_agent_sees_closes_and_decides_nothing(self):
        checklist = self.reader("dialer.checklist", self.ana)
        self.assertIsNone(checklist.get_steps())
        with self.assertRaises(AccessError):
            checklist.close()
        with self.assertRaises(AccessError):
            checklist.choose(True)
        self.assertFalse(self.company.dialer_checklist_closed)
