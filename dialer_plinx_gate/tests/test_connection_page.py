# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The connection in a real browser: its test, its alarm, and the held session."""

from odoo import fields
from odoo.tests import tagged

from .common import DialerData, SandboxMixin
from .tour_case import WatchedCase

PAGE = "/odoo/action-dialer_plinx_gate.dialer_settings_action"


@tagged("post_install", "-at_install")
class TestConnectionPage(SandboxMixin, DialerData, WatchedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_sandbox()
        cls.make_company()
        cls.boss = cls.make_user("boss_test", "supervisor")
        cls.boss.group_ids = [fields.Command.link(cls.env.ref("base.group_system").id)]
        cls.ana = cls.make_user("ana_test", "agent")
        cls.campaign = cls.make_campaign(cls.make_customers(1))

    def test_an_administrator_tests_a_good_connection(self):
        self.start_tour(PAGE, "plinx_connection_good", login="boss_test")

    def test_an_administrator_sees_banner_activity_and_what_is_wrong(self):
        self.sandbox.set_fault({"kind": "http-403"})
        self.env["dialer.gate"]._evaluate(self.campaign.entry_ids)
        self.env["plinx.connection"]._of(self.company)._sync_alarm()
        self.start_tour(PAGE, "plinx_connection_bad", login="boss_test")

    def test_an_agent_sees_in_the_plain_form_why_nobody_is_dialed(self):
        self.sandbox.set_fault({"kind": "http-500"})
        sessions = self.env["dialer.session"].with_user(self.ana)
        session_id = sessions.start(self.campaign.id)["session_id"]
        self.start_tour(
            f"/odoo/action-dialer_plinx_gate.dialer_session_action/{session_id}",
            "plinx_hold_form",
            login="ana_test",
        )
