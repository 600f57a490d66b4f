# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One connection for all workers: breaker, hold, banner, activity, its test."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from ..models.gate.watch import ALARM_TYPE
from ..plinx.breaker import _MOMENTS, BreakerState
from ..plinx.client import Subject
from ..tools import server_config
from .common import TOKEN, DialerCase


class ConnectionCase(DialerCase):
    def setUp(self):
        super().setUp()
        self.connection = self.env["plinx.connection"]._of(self.company)
        self.page = self.env["dialer.settings"]._ensure_for(self.company)

    def ask(self, customer=None):
        """One question as the gate puts it; gives the verdict."""
        entry = self.entry_of(customer or self.customers[0])
        return self.env["dialer.gate"]._evaluate(entry)[entry.id]

    def break_it(self, times=5, fault="http-500"):
        """Let calls fail, for long enough to be more than a blip."""
        self.sandbox.set_fault({"kind": fault})
        verdict = self.ask()
        for _time in range(times - 1):
            self.age(seconds=2)
            verdict = self.ask()
        return verdict

    def age(self, **delta):
        """Let all that the connection remembers be that much longer ago."""
        back = timedelta(**delta)
        state = self.connection._breaker().to_json()

        def shift(value):
            return (datetime.fromisoformat(value) - back).isoformat()

        for name in _MOMENTS:
            state[name] = state[name] and shift(state[name])
        state["window"] = [[shift(at), bad] for at, bad in state["window"]]
        values = {"breaker": state}
        for name in ("failing_since", "opened_at", "open_until"):
            values[name] = self.connection[name] and self.connection[name] - back
        self.connection.write(values)
        self.env.flush_all()

    def watch(self):
        cron = self.env.ref("dialer_plinx_gate.ir_cron_watch_plinx")
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()

    def alarms(self, **context):
        return self.page.with_context(**context).activity_ids.filtered(
            lambda a: a.activity_type_id == self.env.ref(ALARM_TYPE)
        )


@tagged("post_install", "-at_install")
class TestBreaker(ConnectionCase):
    def test_every_company_has_its_connection(self):
        self.assertEqual(len(self.connection), 1)
        self.assertEqual(self.connection.state, "ok")

    def test_an_answer_in_good_times_writes_nothing(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT xmin, ctid FROM plinx_connection WHERE id = %s",
            (self.connection.id,),
        )
        before = self.env.cr.fetchone()
        self.assertEqual(self.ask().state, "free")
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT xmin, ctid FROM plinx_connection WHERE id = %s",
            (self.connection.id,),
        )
        self.assertEqual(self.env.cr.fetchone(), before)

    def test_it_opens_after_five_failures_and_then_asks_nobody(self):
        self.assertEqual(self.break_it().reason, "server_error")
        self.assertEqual(self.connection.state, "open")
        asked = self.sandbox.count()
        verdict = self.ask()
        self.assertEqual((verdict.state, verdict.reason), ("unknown", "breaker_open"))
        self.assertTrue(verdict.retry_at)
        self.assertEqual(self.sandbox.count(), asked)

    def test_after_the_pause_one_question_closes_it(self):
        self.break_it()
        self.sandbox.set_fault({"kind": "none"})
        self.assertEqual(self.ask().reason, "breaker_open")
        self.age(seconds=31)
        self.assertEqual(self.ask().state, "free")
        self.assertEqual(self.connection.state, "ok")
        self.assertFalse(self.connection.opened_at)
        self.assertFalse(self.connection.failing_since)
        self.assertTrue(self.connection.recovered_at)

    def test_a_failed_try_doubles_the_pause_and_keeps_the_beginning(self):
        self.break_it()
        self.age(seconds=31)
        opened_at = self.connection.opened_at
        self.assertEqual(self.ask().reason, "server_error")
        self.assertEqual(self.connection.opened_at, opened_at)
        pause = self.connection.open_until - fields.Datetime.now()
        self.assertGreater(pause, timedelta(seconds=55))
        self.assertEqual(self.ask().reason, "breaker_open")

    def test_while_one_worker_tries_the_others_are_refused(self):
        self.break_it()
        self.age(seconds=31)
        with self.registry.cursor() as other:
            other.execute(
                "SELECT pg_try_advisory_xact_lock("
                "'plinx_connection'::regclass::int, %s)",
                (self.connection.id,),
            )
            asked = self.sandbox.count()
            verdict = self.ask()
            self.assertEqual(verdict.reason, "breaker_open")
            self.assertGreater(verdict.retry_at, fields.Datetime.now())
            self.assertEqual(self.sandbox.count(), asked)
        self.assertEqual(self.ask().reason, "server_error")

    def test_a_row_that_another_worker_has_is_not_waited_for(self):
        company = self.env.ref("base.main_company")
        connection = self.env["plinx.connection"]._of(company)
        self.assertTrue(connection)
        company.write({"plinx_url": self.sandbox.url, "plinx_token": TOKEN})
        self.sandbox.set_fault({"kind": "http-500"})
        subject = Subject(ref="1", wa_ids=("5547988001000",))
        with self.registry.cursor() as other:
            other.execute(
                "SELECT 1 FROM plinx_connection WHERE id = %s FOR UPDATE",
                (connection.id,),
            )
            answers = connection._lookup_many(company, [subject])
            self.assertEqual(answers["1"].reason, "server_error")
            self.assertEqual(connection.state, "ok")
        connection._lookup_many(company, [subject])
        self.assertEqual(connection.state, "failing")

    def test_a_row_that_changed_meanwhile_loses_one_outcome_and_nothing_else(self):
        company = self.env.ref("base.main_company")
        connection = self.env["plinx.connection"]._of(company)
        company.write({"plinx_url": self.sandbox.url, "plinx_token": TOKEN})
        self.sandbox.set_fault({"kind": "http-500"})
        self.assertEqual(connection.state, "ok")
        with self.registry.cursor() as other:
            other.execute(
                "UPDATE plinx_connection SET last_reason = last_reason WHERE id = %s",
                (connection.id,),
            )
        subject = Subject(ref="1", wa_ids=("5547988001000",))
        answers = connection._lookup_many(company, [subject])
        self.assertEqual(answers["1"].reason, "server_error")
        self.assertEqual(connection.state, "ok")
        self.assertEqual(company.plinx_url, self.sandbox.url)

    def test_background_work_leaves_plinx_alone_while_it_is_open(self):
        connections = self.env["plinx.connection"]
        self.assertTrue(connections._background_adapter(self.company))
        self.break_it()
        self.age(seconds=31)
        self.assertIsNone(connections._background_adapter(self.company))

    def test_companies_do_not_share_a_breaker(self):
        self.break_it()
        other = self.env["res.company"].create({"name": "Other"})
        self.assertEqual(self.env["plinx.connection"]._of(other).state, "ok")

    def test_a_limit_is_respected_without_asking_again(self):
        self.sandbox.set_fault({"kind": "http-429", "retry_after": 7})
        self.assertEqual(self.ask().reason, "rate_limited")
        self.assertEqual(self.connection.state, "limited")
        asked = self.sandbox.count()
        self.assertEqual(self.ask().reason, "rate_limited")
        self.assertEqual(self.sandbox.count(), asked)

    def test_new_address_token_or_timeout_gives_a_fresh_start(self):
        for values in (
            {"plinx_timeout": 3.5},
            {"plinx_token": "another"},
            {"plinx_url": self.sandbox.url + "/"},
        ):
            with self.subTest(values=values):
                self.break_it()
                self.assertEqual(self.connection.state, "open")
                self.company.write(values)
                self.assertEqual(self.connection.state, "ok")
                self.assertEqual(self.connection._breaker(), BreakerState())

    def test_saving_the_same_settings_again_is_no_fresh_start(self):
        self.break_it()
        self.company.write({"plinx_url": self.company.plinx_url, "name": "Novo"})
        self.assertEqual(self.connection.state, "open")

    def test_only_administrators_read_the_connection_and_nobody_writes_it(self):
        for user in (self.ana, self.supervisor):
            with self.assertRaises(AccessError):
                self.connection.with_user(user).read(["state"])
        admin = self.env.ref("base.user_admin")
        admin.company_ids += self.company
        mine = self.connection.with_user(admin)
        self.assertEqual(mine.state, "ok")
        with self.assertRaises(AccessError):
            mine.write({"state": "open"})


@tagged("post_install", "-at_install")
class TestTokenRefused(ConnectionCase):
    def test_a_refused_token_is_not_tried_again_before_the_settings_change(self):
        self.break_it(1, "http-401")
        self.assertEqual(self.connection.state, "auth_error")
        asked = self.sandbox.count()
        self.age(hours=2)
        verdict = self.ask()
        self.assertEqual(verdict.reason, "token_refused")
        self.watch()
        self.assertEqual(self.sandbox.count(), asked)
        self.sandbox.set_fault({"kind": "none"})
        self.company.plinx_token = f"{TOKEN} "
        self.company.plinx_timeout = 2.6
        self.assertEqual(self.ask().state, "free")

    def test_one_activity_for_a_supervisor_which_closes_by_itself(self):
        self.break_it(1, "http-403")
        self.watch()
        self.watch()
        (activity,) = self.alarms()
        self.assertEqual(activity.user_id, self.supervisor)
        self.assertIn("token", activity.note)
        self.assertNotIn(TOKEN, repr(activity.read()))
        self.sandbox.set_fault({"kind": "none"})
        self.company.plinx_timeout = 2.6
        self.ask()
        self.watch()
        self.assertFalse(self.alarms())
        self.assertEqual(len(self.alarms(active_test=False)), 1)

    def test_missing_settings_are_told_at_once_and_until_they_are_there(self):
        self.company.plinx_token = False
        state = self.start().next_contact()
        self.assertEqual(state["decision"], "hold")
        self.assertIn("address or the token of Plinx is missing", state["banner"])
        self.page.invalidate_recordset(["plinx_banner"])
        self.assertIn("is missing", self.page.plinx_banner)
        self.watch()
        self.start().next_contact()
        self.watch()
        (activity,) = self.alarms()
        self.assertEqual(activity.user_id, self.supervisor)
        self.assertIn("is missing", activity.note)
        self.company.plinx_token = TOKEN
        self.watch()
        self.assertFalse(self.alarms())
        state = self.start().next_contact()
        self.assertEqual((state["decision"], state["banner"]), ("dial", None))

    def test_a_webhook_secret_that_proves_nothing_is_refused(self):
        good = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
        for bad in ("geheim", "whsec_", "whsec_%%%", f"{good} x", " ".join([good] * 3)):
            with self.subTest(bad=bad):
                with self.assertRaisesRegex(ValidationError, "starts with whsec_"):
                    self.company.plinx_webhook_secret = bad
        self.company.plinx_webhook_secret = f" {good} {good} "
        self.company.plinx_webhook_secret = False

    def test_the_agent_learns_who_can_mend_it(self):
        self.sandbox.set_fault({"kind": "http-401"})
        state = self.start().next_contact()
        self.assertIn("administrator", state["message"])
        self.assertIn("refused the token", state["banner"])
        self.assertGreater(state["hold"]["retry_in"], 10)


@tagged("post_install", "-at_install")
class TestHold(ConnectionCase):
    def test_hold_says_why_since_when_and_when_the_next_try_is(self):
        self.sandbox.set_fault({"kind": "http-500"})
        session = self.start()
        state = session.next_contact()
        hold = state["hold"]
        self.assertIn("fault", hold["reason"])
        since = fields.Datetime.to_datetime(hold["since"])
        self.assertLess(abs(fields.Datetime.now() - since), timedelta(minutes=1))
        self.assertIn(hold["retry_in"], range(1, 12))
        self.assertIn("since", state["message"])
        session.sudo().hold_since = self.later(hours=-1)
        again = session.next_contact()["hold"]["since"]
        self.assertEqual(again, fields.Datetime.to_string(session.sudo().hold_since))
        self.assertEqual(session.hold_message, session.get_state()["message"])

    def test_hold_with_an_open_breaker_waits_until_the_next_try(self):
        self.break_it()
        state = self.start().next_contact()
        self.assertEqual(state["decision"], "hold")
        self.assertIn(state["hold"]["retry_in"], range(25, 32))
        self.assertIn(f"{state['hold']['retry_in']} s", state["message"])

    def test_three_agents_hold_and_burn_nothing_of_the_queue(self):
        carla = self.make_user("carla_test", "agent")
        sessions = [self.start(user) for user in (self.ana, self.bruno, carla)]
        self.sandbox.set_fault({"kind": "reset"})
        before = self.campaign.entry_ids.read(
            ["state", "next_call_at", "attempts", "rank"]
        )
        for _round in range(3):
            for session in sessions:
                state = session.next_contact()
                self.assertEqual(state["decision"], "hold")
                self.assertIsNone(state["entry"])
            self.age(seconds=3)
        after = self.campaign.entry_ids.read(
            ["state", "next_call_at", "attempts", "rank"]
        )
        self.assertEqual(after, before)
        self.assertEqual(self.connection.state, "open")
        self.assertFalse(any(self.updates_of(one) for one in self.customers))
        self.sandbox.set_fault({"kind": "none"})
        self.age(seconds=31)
        shown = [s.next_contact()["entry"]["partner_id"] for s in sessions]
        self.assertEqual(shown, self.customers[:3].ids)

    def test_hold_ends_and_the_message_with_it(self):
        self.sandbox.set_fault({"kind": "http-500"})
        session = self.start()
        session.next_contact()
        self.sandbox.set_fault({"kind": "none"})
        state = session.next_contact()
        self.assertIsNone(state["hold"])
        self.assertIsNone(state["message"])
        self.assertIsNone(state["banner"])
        self.assertFalse(session.hold_message)


@tagged("post_install", "-at_install")
class TestAlarm(ConnectionCase):
    def test_no_banner_and_no_activity_for_the_first_ten_minutes(self):
        self.break_it()
        self.age(minutes=9)
        self.watch()
        self.assertFalse(self.alarms())
        self.assertIsNone(self.start().get_state()["banner"])

    def test_after_ten_minutes_banner_for_all_and_one_activity(self):
        self.break_it()
        self.age(minutes=11)
        self.watch()
        self.watch()
        (activity,) = self.alarms()
        self.assertEqual(activity.user_id, self.supervisor)
        self.assertIn("HTTP 500", activity.note)
        state = self.start().get_state()
        self.assertIn("HTTP 500", state["banner"])
        self.assertIn("Nobody is dialed", state["banner"])
        campaign = self.campaign.with_user(self.supervisor)
        page = self.page.with_user(self.supervisor)
        self.assertEqual(campaign.plinx_banner, page.plinx_banner)
        self.assertIn("HTTP 500", page.plinx_banner)
        other = self.env["dialer.settings"].search(
            [("company_id", "!=", self.company.id)]
        )
        self.assertFalse(any(other.mapped("plinx_banner")))

    def test_an_activity_marked_as_done_does_not_come_back_for_the_same_trouble(self):
        self.break_it()
        self.age(minutes=11)
        self.watch()
        self.alarms().action_feedback()
        self.watch()
        self.assertFalse(self.alarms())
        self.assertEqual(len(self.alarms(active_test=False)), 1)

    def test_the_banner_tells_what_the_failure_means_to_the_room(self):
        self.break_it()
        self.age(minutes=11)
        for values, words in (
            ({"plinx_failure_policy": "ask"}, "Agents are asked"),
            ({"plinx_failure_policy": "dial"}, "without its answer"),
            ({"plinx_shadow": True}, "Shadow mode"),
        ):
            self.company.write(values)
            self.page.invalidate_recordset(["plinx_banner"])
            self.assertIn(words, self.page.plinx_banner)

    def test_the_watch_asks_once_and_closes_the_alarm_when_plinx_is_back(self):
        self.break_it()
        self.age(minutes=11)
        asked = self.sandbox.count("lookup")
        self.watch()
        self.assertEqual(self.sandbox.count("lookup"), asked + 1)
        self.watch()
        self.assertEqual(self.sandbox.count("lookup"), asked + 1)
        self.assertTrue(self.alarms())
        self.sandbox.set_fault({"kind": "none"})
        self.age(minutes=2)
        self.watch()
        self.assertEqual(self.connection.state, "ok")
        self.assertFalse(self.alarms())
        self.assertIsNone(self.start().get_state()["banner"])

    def test_the_watch_of_a_company_without_customers_asks_for_its_health(self):
        self.break_it()
        self.campaign.entry_ids.unlink()
        self.age(minutes=1)
        self.sandbox.set_fault({"kind": "none"})
        self.watch()
        self.assertEqual(self.sandbox.count("health"), 1)
        self.assertEqual(self.connection.state, "ok")

    def test_a_failure_that_no_breaker_counts_raises_the_alarm_too(self):
        self.sandbox.set_fault({"kind": "http-404"})
        self.ask()
        self.assertEqual(self.connection.state, "failing")
        self.age(minutes=11)
        self.watch()
        self.assertEqual(len(self.alarms()), 1)
        self.assertIn("HTTP 404", self.page.plinx_banner)

    def test_the_watch_leaves_a_connection_in_order_alone(self):
        self.ask()
        asked = self.sandbox.count()
        self.watch()
        self.assertEqual(self.sandbox.count(), asked)


@tagged("post_install", "-at_install")
class TestTestConnection(ConnectionCase):
    def setUp(self):
        super().setUp()
        self.admin = self.env.ref("base.user_admin")
        self.admin.company_ids += self.company

    def press(self):
        """Press the button as the administrator; give the result."""
        action = self.page.with_user(self.admin).action_test_connection()
        result = self.env[action["res_model"]].with_user(self.admin)
        return result.browse(action["res_id"])

    def test_only_a_system_administrator_may(self):
        for user in (self.ana, self.supervisor):
            with self.assertRaises(AccessError):
                self.page.with_user(user).action_test_connection()
        self.assertEqual(self.sandbox.count(), 0)

    def test_all_is_well_with_a_tick_each(self):
        result = self.press()
        self.assertTrue(result.ok)
        self.assertEqual(result.message, "Plinx answers.")
        self.assertNotIn("✗", result.report)
        for words in ("sandbox", "token", "1.1", "batch, list", "clocks agree"):
            self.assertIn(words, result.report)

    def test_a_sentence_for_each_thing_that_can_be_wrong(self):
        for fault, words in (
            ({"kind": "refused"}, "refused the connection"),
            ({"kind": "reset"}, "cut the connection"),
            ({"kind": "http-401"}, "refused the token"),
            ({"kind": "http-403"}, "may not do this"),
            ({"kind": "http-404"}, "no Plinx service"),
            ({"kind": "http-429"}, "Too many requests"),
            ({"kind": "http-500"}, "reported a fault (HTTP 500)"),
            ({"kind": "redirect"}, "leads to another one"),
            ({"kind": "html"}, "not JSON"),
            ({"kind": "garbage"}, "not JSON"),
            ({"kind": "truncated"}, "broke off"),
            ({"kind": "oversized"}, "over 262144 bytes"),
        ):
            with self.subTest(fault=fault):
                self.sandbox.set_fault(fault)
                result = self.press()
                self.assertFalse(result.ok)
                self.assertIn(words, result.message)
                self.assertIn("✗", result.report)
                self.assertNotIn(TOKEN, repr(result.read()))

    def test_settings_that_cannot_work_are_named(self):
        self.company.plinx_token = "senha é"
        self.assertEqual(self.press().reason, "bad_token")
        self.company.plinx_token = False
        self.assertEqual(self.press().reason, "not_configured")
        self.company.write({"plinx_token": TOKEN})
        with patch.dict(server_config.section(), {"plinx_allowed_hosts": ""}):
            self.assertEqual(self.press().reason, "bad_address")
        self.company.plinx_token = "wrong"
        self.assertEqual(self.press().reason, "token_refused")

    def test_clocks_that_differ_are_told_in_seconds(self):
        self.sandbox.set_fault({"kind": "clock-skew", "seconds": 3600})
        result = self.press()
        self.assertTrue(result.ok)
        self.assertIn("✗ The clocks differ by 3600 s", result.report)

    def test_success_lets_the_dialer_go_on_at_once(self):
        self.break_it(1, "http-401")
        self.sandbox.set_fault({"kind": "none"})
        self.assertEqual(self.ask().reason, "token_refused")
        self.press()
        self.assertEqual(self.ask().state, "free")

    def test_an_unreadable_file_of_authorities_is_named(self):
        # The address must be https for authorities to matter at all.
        self.company.plinx_url = "https://plinx.invalid"
        with patch.dict(
            server_config.section(), {"plinx_ca_path": "/no/such/file.pem"}
        ):
            self.assertEqual(self.press().reason, "bad_ca")


@tagged("post_install", "-at_install")
class TestNeutralized(ConnectionCase):
    def test_a_copy_has_no_secret_no_address_and_no_running_campaign(self):
        self.company.plinx_webhook_secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
        self.break_it()
        self.env.flush_all()
        for query in get_neutralization_queries(["dialer_plinx_gate"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        company = self.company.sudo()
        self.assertFalse(company.plinx_url)
        self.assertFalse(company.plinx_token_value)
        self.assertFalse(company.plinx_webhook_secret_value)
        self.assertEqual(self.campaign.state, "paused")
        self.assertEqual(self.connection.state, "ok")
        asked = self.sandbox.count()
        self.assertEqual(self.ask().reason, "not_configured")
        self.assertEqual(self.sandbox.count(), asked)
