# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Every state of the console in a real browser, in both languages, and looked at by
axe-core in one of them."""

from contextlib import closing
from datetime import timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID, fields
from odoo.tests import tagged

from ..models.session import look_ahead
from .second_tab import second_tab
from .test_tours import CONSOLE, TourCase

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
LOST = [
    # the tours take the network away, and lose two answers
    r"failed request: net::ERR_INTERNET_DISCONNECTED .*/dial$",
    r"failed request: net::ERR_INTERNET_DISCONNECTED .*/get_state$",
    r"failed request: net::ERR_CONNECTION_RESET .*/dial$",
    r"failed request: net::ERR_CONNECTION_RESET .*/register_result$",
]


@tagged("post_install", "-at_install")
class TestStateTours(TourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers += cls.make_customers(2, prefix="Outro", start=1004)
        cls.campaign.domain = repr([("id", "in", cls.customers.ids)])
        cls.campaign.action_fill()
        # called in the order of their making
        cls.campaign.entry_ids.next_call_at = "2026-01-01 00:00:00"
        cls.company.plinx_webhook_secret = SECRET
        cls.company.plinx_skip_retry_minutes = 60

    def setUp(self):
        super().setUp()
        # the events of Plinx come without the cookie of the test
        self.http_request_allow_all = True
        # what tours ask for must not read by the cursor that the server works with
        self.wa_ids = [self.wa_id(customer) for customer in self.customers]

    def test_every_state_in_english_and_seen_by_axe(self):
        self.walk_states("en_US", axe=True)
        self.report_examined()

    def test_every_state_in_portuguese(self):
        self.walk_states("pt_BR")

    def walk_states(self, lang, axe=False):
        """Walk through all states; none that the console knows may be left out."""
        self.seen = set()
        for walk in (self.walk_day, self.walk_trouble, self.walk_countdown):
            # each begins with the same queue
            with self.subTest(walk=walk.__name__), closing(self.env.cr.savepoint()):
                self.sandbox.clear()
                walk(lang=lang, axe=axe)
            self.env.invalidate_all()
        self.assertEqual(self.seen, self.phases)

    def walk_day(self, **options):
        self.company.dial_active_whatsapp = True
        self.talk(self.customers[0], assignee="Bia")
        for customer in self.customers[4:]:
            self.entry_of(customer).state = "cancelled"
        self.sandbox.set_webhook(
            f"{self.base_url()}/plinx/webhook/{self.company.plinx_webhook_key}", SECRET
        )
        try:
            self.tour("dialer_states_day", **options)
        finally:
            self.sandbox.set_webhook(None)
        no, call_back, on_screen, in_call = self.customers[:4].mapped(
            lambda customer: self.entry_of(customer)
        )
        self.assertEqual(call_back.attempts, 1, "a reload repeated the call")
        attendance = call_back.partner_id.dialer_attendance_ids
        self.assertEqual(attendance.note, "Quer catálogo")
        self.assertEqual(attendance.result_id.code, "call_back")
        whatsapp = (on_screen + in_call).partner_id.dialer_attendance_ids
        self.assertEqual(whatsapp.result_id, self.whatsapp)
        self.assertEqual(no.state, "done")

    def walk_trouble(self, **options):
        self.company.dial_active_whatsapp = False
        self.talk(self.customers[0])
        self.talk(self.customers[1])
        with (
            patch.object(self.registry["dialer.gate"], "_retry_in", lambda *_: 2),
            # one look at the queue finds two customers, both in conversation
            patch.object(look_ahead, "MANY", 2),
            patch.object(look_ahead, "MAX_SKIPS", 2),
        ):
            self.tour("dialer_states_trouble", expected=LOST, **options)
        third = self.entry_of(self.customers[2])
        self.assertEqual(third.attempts, 1, "a lost answer repeated the call")
        self.assertEqual(len(third.partner_id.dialer_attendance_ids), 1)

    def walk_countdown(self, **options):
        self.sandbox.set_fault({"kind": "http-500"})
        self.company.plinx_failure_policy = "ask"
        self.campaign.write({"dial_mode": "progressive", "countdown_seconds": 60})
        self.tour("dialer_states_countdown", **options)
        self.assertEqual(self.entry_of(self.customers[3]).state, "dialing")

    # -------------------------------------------------------------------------
    # What the tours ask for
    # -------------------------------------------------------------------------

    def do_seen(self, _browser, phase, phases):
        """A phase was seen, of all that the console knows."""
        self.seen.add(phase)
        self.phases = set(phases)

    def do_fault(self, _browser, kind):
        """Make Plinx ill, or well."""
        self.sandbox.set_fault({"kind": kind})

    def do_open_conversation(self, _browser, number):
        """A customer writes; Plinx says so by its webhook."""
        self.sandbox.open_conversation(self.wa_ids[number], assignee="Bia")
        self.sandbox.wait_webhooks()

    def do_close_conversations(self, _browser):
        """All that was said on WhatsApp is said."""
        for number in (0, 2, 3):
            self.sandbox.close_conversation(self.wa_ids[number])
        self.sandbox.wait_webhooks()

    def do_supervise(self, _browser, method):
        """The supervisor does something with the agent's session."""
        with self.as_user(self.supervisor.id) as env:
            getattr(self.open_session(env), method)()

    def do_stop_campaign(self, _browser):
        """The supervisor stops the campaign."""
        with self.as_user(self.supervisor.id) as env:
            self.campaign.with_env(env).action_pause()

    def do_countdown(self, _browser, seconds):
        """The supervisor changes the length of the countdown."""
        with self.as_user(self.supervisor.id) as env:
            self.campaign.with_env(env).countdown_seconds = seconds

    def do_message(self, _browser, text):
        """The supervisor writes to the agent."""
        with self.as_user(self.supervisor.id) as env:
            agent = self.ana.with_env(env).partner_id
            chat = env["discuss.channel"]._get_or_create_chat(agent.ids, pin=True)
            chat.message_post(
                body=text, message_type="comment", subtype_xmlid="mail.mt_comment"
            )

    def do_away(self, _browser):
        """The agent gives no sign any more, and the server notices."""
        long_ago = fields.Datetime.now() - timedelta(hours=1)
        with self.as_user(SUPERUSER_ID) as env:
            session = self.open_session(env)
            session.write({"last_seen_at": long_ago, "started_at": long_ago})
            presences = env["mail.presence"].search([("user_id", "=", self.ana.id)])
            presences.last_poll = long_ago
            env["dialer.session"]._cron_agents_away()

    def do_second_tab(self, browser, name):
        """The agent dials in a second tab."""
        with second_tab(browser, self.base_url() + CONSOLE) as page:
            page.wait_for_selector(f"text={name}")
            page.click(".o_dialer_primary")
            page.wait_for_selector("[data-phase=call]")

    def open_session(self, env):
        return env["dialer.session"].search(
            [("user_id", "=", self.ana.id), ("state", "!=", "closed")]
        )
