# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models import live
from ..models.session.supervision import SESSION_CHANGED
from .common import DialerCase


class BoardCase(DialerCase):
    def setUp(self):
        super().setUp()
        # no signal of an earlier test holds back one of this test
        live._last_sent.clear()

    def board(self, user=None, **options):
        sessions = self.env["dialer.session"].with_user(user or self.supervisor)
        company = (user or self.supervisor).company_id
        return sessions.with_context(allowed_company_ids=company.ids).board_data(
            **options
        )

    def supervised(self, session, user=None):
        user = user or self.supervisor
        return session.with_user(user).with_context(
            allowed_company_ids=user.company_id.ids
        )

    def row(self, session):
        """The row of a session, whose agent's console says the same of it."""
        row = next(row for row in self.board()["sessions"] if row["id"] == session.id)
        state = session.with_user(session.user_id).get_state()
        self.assertEqual(state["status"], row["status"])
        return row

    def other_supervisor(self):
        """A supervisor of another company."""
        company = self.env["res.company"].create({"name": "Outra"})
        return new_test_user(
            self.env,
            "other_sup",
            groups="dialer_plinx_gate.group_dialer_supervisor",
            company_id=company.id,
            company_ids=[fields.Command.set(company.ids)],
        )

    def signals(self, commits=False):
        """Channels and types of what was put on the bus since the last call.

        :param bool commits: as in a transaction that is committed now, which holds
            back the signals of the next moment
        """
        self.env.cr.flush()
        if commits:
            self.env.cr.postcommit.run()
        self.env.cr.postcommit.clear()
        rows = self.env["bus.bus"].search([], order="id")
        found = [
            (json.loads(row.channel), json.loads(row.message)["type"]) for row in rows
        ]
        rows.unlink()
        return [(channel, kind) for channel, kind in found if "dialer" in kind]


@tagged("post_install", "-at_install")
class TestBoardAccess(BoardCase):
    def test_agent_reads_no_board(self):
        with self.assertRaises(AccessError):
            self.board(self.ana)

    def test_agent_changes_no_session_through_the_board(self):
        session = self.start(self.bruno)
        own = self.start(self.ana)
        for method in ("board_pause", "board_resume", "board_release", "board_close"):
            for target in (session, own):
                with self.assertRaises(AccessError):
                    getattr(self.supervised(target, self.ana), method)()
        self.assertEqual((session.state, own.state), ("running", "running"))

    def test_supervisor_of_another_company_sees_and_changes_nothing(self):
        session = self.start()
        other = self.other_supervisor()
        data = self.board(other)
        self.assertEqual((data["sessions"], data["campaigns"]), ([], []))
        self.assertEqual(data["gate"]["verdicts"], 0)
        for method in ("board_pause", "board_resume", "board_release", "board_close"):
            with self.assertRaises(AccessError):
                getattr(self.supervised(session, other), method)()
        with self.assertRaises(AccessError):
            self.supervised(self.campaign, other).board_move(1)
        self.assertEqual(session.state, "running")

    def test_company_that_is_not_active_is_not_on_the_board(self):
        self.start()
        company = self.other_supervisor().company_id
        self.supervisor.company_ids += company
        sessions = self.env["dialer.session"].with_user(self.supervisor)
        data = sessions.with_context(allowed_company_ids=company.ids).board_data()
        self.assertEqual((data["sessions"], data["campaigns"]), ([], []))

    def test_agent_moves_no_campaign(self):
        with self.assertRaises(AccessError):
            self.campaign.with_user(self.ana).board_move(1)


@tagged("post_install", "-at_install")
class TestBoardStates(BoardCase):
    def test_each_state_of_an_agent_is_told_apart(self):
        session = self.start()
        self.assertEqual(self.row(session)["status"], "ready")
        session.next_contact()
        row = self.row(session)
        self.assertEqual(row["status"], "preview")
        self.assertEqual(row["customer"], self.customers[0].name)
        session.dial()
        self.assertEqual(self.row(session)["status"], "call")
        session.hang_up()
        self.assertEqual(self.row(session)["status"], "wrap_up")
        session.register_result(self.done.id)
        row = self.row(session)
        self.assertEqual((row["status"], row["attended"]), ("ready", 1))
        self.assertIsNone(row["customer"])

    def test_agent_who_is_asked_is_told_apart(self):
        self.company.dial_active_whatsapp = True
        self.talk(self.customers[0])
        session = self.start()
        session.next_contact()
        self.assertEqual(self.row(session)["status"], "question")

    def test_agent_who_waits_for_plinx_is_told_apart_with_the_reason(self):
        self.sandbox.set_fault({"kind": "http-500"})
        session = self.start()
        session.next_contact()
        row = self.row(session)
        self.assertEqual(row["status"], "hold")
        self.assertEqual(row["detail"], session.event_id.reason_text)
        self.assertEqual(row["since"], fields.Datetime.to_string(session.hold_since))

    def test_pause_shows_its_reason_its_start_and_its_limit(self):
        reason = self.env.ref("dialer_plinx_gate.pause_reason_break")
        session = self.start()
        session.pause(reason.id)
        row = self.row(session)
        self.assertEqual(row["status"], "paused")
        self.assertEqual(row["detail"], reason.name)
        self.assertEqual(row["limit"], reason.limit_minutes * 60)
        self.assertEqual(
            row["since"], fields.Datetime.to_string(session.pause_ids.started_at)
        )

    def test_agent_with_nobody_to_call_is_told_apart(self):
        self.entry_of(self.customers[0]).search([]).write(
            {"next_call_at": self.later(days=1)}
        )
        session = self.start()
        session.next_contact()
        self.assertEqual(self.row(session)["status"], "empty")

    def test_closed_session_leaves_the_board(self):
        session = self.start()
        session.close()
        self.assertEqual(self.board()["sessions"], [])

    def test_time_in_a_state_begins_when_the_state_does(self):
        session = self.start()
        began = self.later(hours=-1)
        session.sudo().state_since = began
        session.sudo().write({"decision": False, "entry_id": False})
        self.assertEqual(session.state_since, began)
        session.sudo().decision = "empty"
        self.assertGreater(session.state_since, began)


@tagged("post_install", "-at_install")
class TestBoardCounts(BoardCase):
    def test_every_entry_is_counted_once_under_what_becomes_of_it(self):
        customers = self.make_customers(11, prefix="Fila", start=3000)
        campaign = self.make_campaign(customers)
        entries = [self.entry_of(customer, campaign) for customer in customers]
        soon = self.later(hours=1)
        entries[1].write({"next_call_at": soon, "wait_reason": "conversation"})
        entries[2].write({"next_call_at": soon})
        entries[3].write({"is_callback": True})
        entries[9].write({"next_call_at": soon, "wait_reason": "hours"})
        entries[10].write({"next_call_at": soon, "wait_reason": "unanswered"})
        for entry, state in zip(
            entries[4:9],
            ("reserved", "done", "exhausted", "invalid", "cancelled"),
            strict=True,
        ):
            entry.state = state
        row = next(row for row in self.board()["campaigns"] if row["id"] == campaign.id)
        self.assertEqual(
            row["counts"],
            {
                "callable": 2,
                "callbacks": 1,
                "conversation": 1,
                "unanswered": 1,
                "hours": 1,
                "later": 1,
                "held": 1,
                "done": 1,
                "exhausted": 1,
                "invalid": 1,
                "total": 10,
            },
        )

    def test_campaigns_that_are_draft_or_closed_are_left_out(self):
        self.campaign.action_close()
        self.assertEqual(self.board()["campaigns"], [])

    def test_queues_are_counted_only_when_asked_for(self):
        data = self.board(queues=False)
        self.assertEqual(data.keys(), {"now", "sessions"})

    def test_gate_health_sums_up_the_last_quarter_of_an_hour(self):
        session = self.start()
        values = {
            "company_id": self.company.id,
            "campaign_id": self.campaign.id,
            "session_id": session.id,
            "decision": "dial",
            "source": "live",
        }
        self.env["dialer.gate.event"].create(
            [
                {**values, "verdict": verdict, "latency_ms": ms, "date": date}
                for verdict, ms, date in (
                    ("free", 100, self.later(minutes=-1)),
                    ("active", 200, self.later(minutes=-14)),
                    ("unknown", 300, self.later(minutes=-2)),
                    ("free", 9000, self.later(minutes=-16)),
                    ("free", 100, self.later(seconds=-1)),
                )
            ]
        )
        gate = self.board()["gate"]
        self.assertEqual((gate["verdicts"], gate["active"], gate["unknown"]), (4, 1, 1))
        self.assertEqual(gate["p95_ms"], 285)
        self.assertIsNone(gate["trouble"])

    def test_gate_says_why_plinx_gives_no_verdicts(self):
        self.sandbox.set_fault({"kind": "http-500"})
        session = self.start()
        session.next_contact()
        self.assertEqual(self.board()["gate"]["trouble"], session.event_id.reason_text)

    def test_gate_says_that_plinx_is_not_connected(self):
        self.company.write({"plinx_url": False})
        session = self.start()
        session.next_contact()
        self.assertEqual(self.board()["gate"]["trouble"], session.event_id.reason_text)

    def test_gate_says_so_while_plinx_is_not_asked_any_more(self):
        connection = self.env["plinx.connection"]._of(self.company)
        connection.write({"state": "open", "last_reason": "timeout"})
        sentence = self.env["dialer.gate"]._reason_sentence("timeout", {})
        gate = self.board()["gate"]
        self.assertEqual((gate["trouble"], gate["breaker"]), (sentence, "open"))

    def test_gate_names_no_trouble_once_plinx_answers_again(self):
        connection = self.env["plinx.connection"]._of(self.company)
        connection.write({"state": "failing", "last_reason": "ok"})
        gate = self.board()["gate"]
        self.assertEqual((gate["trouble"], gate["breaker"]), (None, "ok"))

    def test_gate_names_no_trouble_after_its_settings_were_mended(self):
        self.company.write({"plinx_url": False})
        session = self.start()
        session.next_contact()
        session.sudo().event_id.date = self.later(minutes=-1)
        self.company.write({"plinx_url": self.sandbox.url})
        self.assertIsNone(self.board()["gate"]["trouble"])

    def test_gate_names_no_trouble_once_the_watch_got_an_answer(self):
        self.sandbox.set_fault({"kind": "http-500"})
        session = self.start()
        session.next_contact()
        session.sudo().event_id.date = self.later(minutes=-1)
        self.assertEqual(
            self.board()["gate"]["trouble"], "Plinx reported a fault (HTTP 500)."
        )
        self.sandbox.set_fault({"kind": "none"})
        self.env["plinx.connection"]._of(self.company)._probe()
        self.assertIsNone(self.board()["gate"]["trouble"])

    def test_gate_health_leaves_out_customers_without_a_phone(self):
        session = self.start()
        values = {
            "company_id": self.company.id,
            "session_id": session.id,
            "verdict": "unknown",
            "source": "live",
        }
        self.env["dialer.gate.event"].create(
            [
                {**values, "decision": "skip", "reason": "no_phone"},
                {**values, "decision": "hold", "reason": "timeout"},
            ]
        )
        gate = self.board()["gate"]
        self.assertEqual((gate["verdicts"], gate["unknown"]), (1, 1))

    def test_a_room_costs_no_more_queries_than_two_agents(self):
        def measure():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.board()
            return self.env.cr.sql_log_count - before

        self.start(self.ana).next_contact()
        self.start(self.bruno).pause()
        measure()
        two = measure()
        for number in range(8):
            agent = self.make_user(f"room_{number}", "agent")
            session = self.start(agent)
            if number % 2:
                session.pause()
        measure()
        self.assertEqual(len(self.board()["sessions"]), 10)
        self.assertLessEqual(measure(), two)


@tagged("post_install", "-at_install")
class TestBoardActions(BoardCase):
    def test_pause_and_resume_an_agent(self):
        session = self.start()
        self.supervised(session).board_pause()
        self.assertEqual(session.state, "paused")
        self.assertEqual(self.row(session)["status"], "paused")
        self.supervised(session).board_resume()
        self.assertEqual(session.state, "running")
        self.assertTrue(session.pause_ids.ended_at)

    def test_resume_asks_plinx_again_about_the_customer_on_screen(self):
        session = self.start()
        session.next_contact()
        self.supervised(session).board_pause()
        self.talk(self.customers[0])
        self.supervised(session).board_resume()
        self.assertNotEqual(session.entry_id.partner_id, self.customers[0])

    def test_release_gives_the_customer_on_screen_back(self):
        session = self.start()
        session.next_contact()
        self.supervised(session).board_release()
        self.assertFalse(session.entry_id)
        entry = self.entry_of(self.customers[0])
        self.assertEqual((entry.state, entry.attempts), ("pending", 0))
        self.assertFalse(entry.agent_id)

    def test_release_of_a_call_offers_the_customer_later(self):
        session = self.start()
        session.next_contact()
        session.dial()
        self.supervised(session).board_release()
        entry = self.entry_of(self.customers[0])
        self.assertEqual((entry.state, entry.attempts), ("pending", 1))
        self.assertGreater(entry.next_call_at, self.later(minutes=30))
        with self.assertRaises(UserError):
            session.register_result(self.done.id)

    def test_release_leaves_a_customer_whom_another_agent_has_by_now(self):
        session = self.start()
        session.next_contact()
        entry = self.entry_of(self.customers[0])
        other = self.start(self.bruno)
        entry.write({"session_id": other.id, "state": "dialing"})
        self.supervised(session).board_release()
        self.assertEqual((entry.session_id, entry.state), (other.sudo(), "dialing"))

    def test_close_ends_the_session(self):
        session = self.start()
        session.next_contact()
        self.supervised(session).board_close()
        self.assertEqual(session.state, "closed")
        self.assertEqual(self.entry_of(self.customers[0]).state, "pending")
        with self.assertRaises(UserError):
            self.supervised(session).board_pause()

    def test_session_in_a_call_is_not_closed(self):
        session = self.start()
        session.next_contact()
        session.dial()
        with self.assertRaises(UserError):
            self.supervised(session).board_close()
        self.assertEqual(session.state, "running")

    def test_campaign_moves_among_its_neighbours(self):
        second = self.make_campaign(self.make_customers(1, start=5000), name="Segunda")
        third = self.make_campaign(self.make_customers(1, start=5100), name="Terceira")

        def order():
            return [row["id"] for row in self.board()["campaigns"]]

        (self.campaign + second + third).write({"sequence": 10})
        first_order = order()
        self.supervised(self.campaign.browse(first_order[2])).board_move(-1)
        moved = [first_order[0], first_order[2], first_order[1]]
        self.assertEqual(order(), moved)
        self.supervised(self.campaign.browse(moved[0])).board_move(-1)
        self.assertEqual(order(), moved)


@tagged("post_install", "-at_install")
class TestBoardSignals(BoardCase):
    def board_channel(self, company):
        return [self.env.cr.dbname, "res.company", company.id, live.BOARD_CHANNEL]

    def test_change_of_a_session_is_one_signal_for_its_company(self):
        session = self.start()
        self.signals()
        session.next_contact()
        session.dial()
        found = self.signals()
        self.assertEqual(
            found, [(self.board_channel(self.company), live.BOARD_MESSAGE)]
        )

    def test_many_changes_within_a_moment_are_one_signal(self):
        session = self.start()
        self.signals()
        told = []
        with patch.object(live, "time") as clock:
            for moment in (50, 50.6, 50.8, 51.4, 51.6):
                clock.monotonic.return_value = moment
                session.resume() if session.state == "paused" else session.pause()
                told.append(len(self.signals(commits=True)))
        self.assertEqual(told, [1, 0, 1, 0, 1])

    def test_a_signal_that_was_rolled_back_holds_back_none(self):
        session = self.start()
        self.signals()
        session.pause()
        self.assertEqual(len(self.signals()), 1)
        session.resume()
        self.assertEqual(len(self.signals()), 1)

    def test_state_that_stays_the_same_sends_nothing(self):
        session = self.start().sudo()
        session.decision = "empty"
        self.signals()
        session.write({"decision": "empty", "entry_id": False})
        self.assertEqual(self.signals(), [])

    def test_agent_is_told_at_once_what_the_supervisor_did(self):
        session = self.start()
        self.signals()
        self.supervised(session).board_pause()
        agent = [self.env.cr.dbname, "res.partner", self.ana.partner_id.id]
        self.assertIn((agent, SESSION_CHANGED), self.signals())

    def subscribe(self, user, channels):
        """The companies whose boards a page of this user hears of."""
        session = type("Session", (), {"uid": user.id})
        page = type("Request", (), {"session": session})
        with patch("odoo.addons.bus.models.ir_websocket.wsrequest", page):
            heard = (
                self.env["ir.websocket"]
                .with_user(user)
                ._build_bus_channel_list(channels)
            )
        return [
            channel[0]
            for channel in heard
            if isinstance(channel, tuple) and channel[1] == live.BOARD_CHANNEL
        ]

    def test_board_hears_of_its_companies_only(self):
        board = [live.BOARD_CHANNEL]
        self.assertEqual(self.subscribe(self.supervisor, board), [self.company])
        other = self.other_supervisor()
        self.assertEqual(self.subscribe(other, board), [other.company_id])

    def test_agent_hears_of_no_board(self):
        self.assertEqual(self.subscribe(self.ana, [live.BOARD_CHANNEL]), [])

    def test_page_of_a_supervisor_that_is_no_board_hears_nothing(self):
        self.assertEqual(self.subscribe(self.supervisor, []), [])
