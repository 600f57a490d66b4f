# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""In every job, the fault of the first of three is logged and the others go on."""

import logging
from base64 import b64encode
from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.tests import tagged

from ..tools.faults import kept_apart
from .common import TOKEN, DialerCase

LOGGER = "odoo.addons.dialer_plinx_gate.tools.faults"
NUMBER = "+55 47 98800-1234"


class JobCase(DialerCase):
    def run_cron(self, name):
        with self.enter_registry_test_mode():
            cron = self.env.ref(f"dialer_plinx_gate.{name}")
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()

    def first_fails(self, model, method, works=1):
        """Run the job within: the first call of this method raises.

        :param int works: the argument that tells for whom, 0 for the records
        """
        original = getattr(self.registry[model], method)
        called = []

        def fail_once(*args):
            called.append(args[works])
            if called[0] == args[works]:
                raise ZeroDivisionError(f"no luck with {NUMBER}")
            return original(*args)

        patched = patch.object(self.registry[model], method, fail_once)
        return patched, called

    def check(self, run, model, method, works=0):
        """Run a job whose first record fails; give those it worked for, in order."""
        patched, called = self.first_fails(model, method, works)
        with patched, self.assertLogs(LOGGER, "ERROR") as logs:
            run()
        self.assertEqual(len(logs.output), 1, logs.output)
        self.assertIn("...1234", logs.output[0])
        self.assertNotIn(NUMBER, logs.output[0])
        found = list(dict.fromkeys(record.id for record in called))
        self.assertGreaterEqual(len(found), 3)
        return found

    def agents(self):
        return self.ana, self.bruno, self.make_user("carla_test", "agent")

    def sessions(self):
        return self.env["dialer.session"].browse(
            self.start(agent).id for agent in self.agents()
        )

    def gone(self, sessions, minutes=90):
        ago = fields.Datetime.now() - timedelta(minutes=minutes)
        sessions.write({"last_seen_at": ago, "started_at": ago})
        sessions.flush_recordset()


@tagged("post_install", "-at_install")
class TestJobFaults(JobCase):
    def test_every_job_has_its_test(self):
        known = self.env["ir.model.data"].search(
            [("module", "=", "dialer_plinx_gate"), ("model", "=", "ir.cron")]
        )
        tested = {
            "ir_cron_release_reservations",
            "ir_cron_agents_away",
            "ir_cron_reconcile_conversations",
            "ir_cron_reopen",
            "ir_cron_watch_plinx",
            "ir_cron_fill",
            "ir_cron_import",
            "ir_cron_do_not_call",
            "ir_cron_read_numbers",
        }
        self.assertEqual(set(known.mapped("name")), tested)

    def test_reservations_that_ran_out(self):
        campaigns = self.campaign
        for number in (1, 2):
            more = self.make_customers(2, start=2000 + 10 * number)
            campaigns += self.make_campaign(more, name=f"Campanha {number}")
        held = self.env["dialer.queue.entry"]
        for campaign in campaigns:
            held += campaign.entry_ids[0]
        ago = fields.Datetime.now() - timedelta(minutes=1)
        held.write({"state": "reserved", "reserved_until": ago})
        found = self.check(
            lambda: self.run_cron("ir_cron_release_reservations"),
            "dialer.queue.entry",
            "_release_expired",
            works=1,
        )
        for entry in held:
            failed = entry.campaign_id.id == found[0]
            self.assertEqual(entry.state, "reserved" if failed else "pending")

    def test_agents_who_are_away(self):
        sessions = self.sessions()
        self.gone(sessions)
        found = self.check(
            lambda: self.run_cron("ir_cron_agents_away"),
            "dialer.session",
            "_mark_away",
        )
        for session in sessions:
            failed = session.id == found[0]
            self.assertEqual(session.state, "running" if failed else "paused")

    def test_calls_that_were_left(self):
        sessions = self.sessions()
        for agent, session in zip(self.agents_of(sessions), sessions, strict=True):
            session.with_user(agent).next_contact()
            session.with_user(agent).dial()
        entries = sessions.entry_id
        self.assertEqual(len(entries), 3)
        entries.dialed_at = fields.Datetime.now() - timedelta(minutes=80)
        self.gone(sessions)
        found = self.check(
            lambda: self.run_cron("ir_cron_agents_away"),
            "dialer.queue.entry",
            "_settle_lost_call",
        )
        for entry in entries:
            failed = entry.id == found[0]
            self.assertEqual(entry.state, "dialing" if failed else "pending")

    def agents_of(self, sessions):
        return [session.user_id for session in sessions]

    def test_no_number_of_minutes_stops_the_others(self):
        """A company may have stored anything, before there were bounds."""
        self.env.cr.execute(
            "ALTER TABLE res_company DROP CONSTRAINT IF EXISTS "
            "res_company_dialer_away_range, "
            "DROP CONSTRAINT IF EXISTS res_company_dialer_call_timeout_range"
        )
        sessions = self.sessions()
        self.gone(sessions)
        other = self.env["res.company"].create({"name": "Outra"})
        for minutes in (2**31 - 1, -(2**31)):
            self.env.cr.execute(
                "UPDATE res_company SET dialer_away_minutes = %s, "
                "dialer_call_timeout_minutes = %s WHERE id = %s",
                (minutes, minutes, other.id),
            )
            self.campaign.copy({"company_id": other.id, "state": "running"})
            self.env.invalidate_all()
            self.run_cron("ir_cron_agents_away")
            self.assertEqual(set(sessions.mapped("state")), {"paused"})

    def test_customers_who_are_offered_again(self):
        campaigns = self.campaign + self.campaign.copy() + self.campaign.copy()
        campaigns.write({"reopen_reasons": "hours", "reopen_position": 0})
        found = self.check(
            lambda: self.run_cron("ir_cron_reopen"),
            "dialer.campaign",
            "_reopen_batch",
        )
        left = campaigns.filtered("reopen_reasons")
        self.assertEqual(left.ids, found[:1])

    def test_customers_whose_hours_are_over(self):
        hours = self.make_hours(9, 18)
        campaigns = self.campaign + self.campaign.copy() + self.campaign.copy()
        campaigns.write({"calendar_id": hours.id, "state": "running"})
        self.check(
            lambda: self.run_cron("ir_cron_reopen"),
            "dialer.campaign",
            "_postpone_batch",
        )

    def test_queues_that_are_filled(self):
        campaigns = self.campaign + self.campaign.copy() + self.campaign.copy()
        campaigns._request_fill()
        found = self.check(
            lambda: self.run_cron("ir_cron_fill"), "dialer.campaign", "_fill_step"
        )
        for campaign in campaigns:
            failed = campaign.id == found[0]
            self.assertFalse(campaign.fill_requested_at)
            self.assertEqual(bool(campaign.fill_error), failed)
            self.assertNotIn(NUMBER, campaign.fill_error or "")
            self.assertEqual(bool(campaign.fill_failed_at), failed)

    def lists(self):
        """Three lists of one number each, that wait for their job."""
        lists = self.env["dialer.list.import"].with_user(self.supervisor)
        for number in range(3):
            lists += lists.create(
                {
                    "campaign_id": self.campaign.id,
                    "file_name": "lista.csv",
                    "file": b64encode(b"phone\n+55 47 98877-000%d\n" % number),
                }
            )
        lists.sudo().write(
            {"state": "running", "row_count": 1, "started_by_id": self.supervisor.id}
        )
        return lists

    def test_the_reading_of_numbers(self):
        readings = self.env["dialer.number.reading"]._readings()
        readings.write({"position": 0, "done": False})
        patched, called = self.first_fails("dialer.number.reading", "_read_batch", 0)
        with patched, self.assertLogs(LOGGER, "ERROR") as logs:
            self.run_cron("ir_cron_read_numbers")
        self.assertEqual(len(logs.output), 1, logs.output)
        for reading in readings:
            self.assertEqual(reading.done, reading != called[0])

    def test_lists_that_are_imported(self):
        lists = self.lists()
        found = self.check(
            lambda: self.run_cron("ir_cron_import"),
            "dialer.list.import",
            "_take_customers",
        )
        for record in lists:
            failed = record.id == found[0]
            self.assertEqual(record.state, "refused" if failed else "done")
            self.assertEqual(record.taken_count, 0 if failed else 1)
            self.assertEqual(record.problem_count, 1 if failed else 0)
            self.assertNotIn(NUMBER, record.problem_ids.message or "")

    def test_a_list_that_somebody_changes_meanwhile_is_tried_again(self):
        lists = self.lists()
        original = self.registry["dialer.list.import"]._take_customers
        tried = []

        def be_late(record, rows):
            tried.append(record.id)
            if len(tried) == 1:
                raise SerializationFailure
            return original(record, rows)

        patched = patch.object(
            self.registry["dialer.list.import"], "_take_customers", be_late
        )
        with patched:
            self.run_cron("ir_cron_import")
        self.assertEqual(tried, [lists[0].id, *lists.ids])
        self.assertEqual(set(lists.mapped("state")), {"done"})
        self.assertFalse(lists.problem_ids, "no row is its own double")

    def test_numbers_whose_day_has_come(self):
        numbers = self.env["dialer.do.not.call"]
        tomorrow = fields.Date.add(self.company._dialer_date(), days=1)
        for company in self.companies():
            numbers += numbers.create(
                {
                    "company_id": company.id,
                    "number": NUMBER,
                    "date_from": tomorrow,
                }
            )
        numbers.flush_recordset()
        self.env.cr.execute("UPDATE dialer_do_not_call SET date_from = '2020-01-01'")
        numbers.invalidate_recordset()
        found = self.check(
            lambda: self.run_cron("ir_cron_do_not_call"),
            "dialer.do.not.call",
            "_apply_due",
            works=1,
        )
        for number in numbers:
            failed = number.company_id.id == found[0]
            self.assertEqual(number.in_effect, not failed)

    def companies(self):
        companies = self.company
        for name in ("Segunda", "Terceira"):
            companies += self.env["res.company"].create(
                {"name": name, "plinx_url": self.sandbox.url, "plinx_token": TOKEN}
            )
        return companies

    def test_the_watch_of_connections(self):
        companies = self.companies()
        connections = self.env["plinx.connection"].search(
            [("company_id", "in", companies.ids)]
        )
        connections.state = "failing"
        found = self.check(
            lambda: self.run_cron("ir_cron_watch_plinx"), "plinx.connection", "_probe"
        )
        self.assertLessEqual(set(connections.ids), set(found))

    def test_the_comparison_of_conversations(self):
        companies = self.companies()
        self.talk(self.customers[0])
        found = self.check(
            lambda: self.run_cron("ir_cron_reconcile_conversations"),
            "plinx.conversation",
            "_reconcile",
            works=1,
        )
        mirror = self.env["plinx.conversation"].search(
            [("company_id", "in", companies.ids)]
        )
        self.assertEqual(
            set(mirror.company_id.ids), set(companies.ids) - set(found[:1])
        )

    def test_the_cleaning_of_the_ledger(self):
        companies = self.companies()
        old = fields.Datetime.now() - timedelta(days=400)
        self.env["dialer.gate.event"].create(
            [
                {
                    "date": old,
                    "company_id": company.id,
                    "verdict": "free",
                    "decision": "dial",
                }
                for company in companies
            ]
        )
        found = self.check(
            self.env["dialer.gate.event"]._gc_events,
            "dialer.gate.event",
            "_delete_old",
            works=1,
        )
        left = self.env["dialer.gate.event"].search(
            [("company_id", "in", companies.ids)]
        )
        self.assertEqual(left.company_id.ids, found[:1])


@tagged("post_install", "-at_install")
class TestKeptApart(JobCase):
    def test_what_failed_is_undone_and_what_went_before_is_not(self):
        first, second = self.customers[:2]
        first.name = "Antes"
        with self.assertLogs(LOGGER, "ERROR"):
            with kept_apart(second, "testing"):
                second.name = "Depois"
                second.flush_recordset()
                raise ZeroDivisionError
        self.assertEqual(first.name, "Antes")
        self.assertNotEqual(second.name, "Depois")

    def test_a_statement_that_fails_leaves_the_transaction_usable(self):
        with self.assertLogs(LOGGER, "ERROR"):
            with kept_apart(self.company, "testing"):
                self.env.cr.execute("SELECT 1 / 0", log_exceptions=False)
        self.assertTrue(self.company.name)

    def test_what_the_caller_expects_is_undone_and_not_logged(self):
        name = self.company.name
        with self.assertNoLogs(LOGGER):
            with kept_apart(self.company, "testing", expected=ValueError) as outcome:
                self.company.name = "Depois"
                raise ValueError
        self.assertIsInstance(outcome.error, ValueError)
        self.assertFalse(outcome.conflict)
        self.assertEqual(self.company.name, name)

    def test_a_conflict_is_no_error(self):
        with self.assertLogs(LOGGER, logging.INFO) as logs:
            with kept_apart(self.company, "testing"):
                raise SerializationFailure
        self.assertEqual([record.levelname for record in logs.records], ["INFO"])
