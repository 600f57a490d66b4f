# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import closing

from odoo.tests import tagged

from .common import DialerData, SandboxMixin
from .tour_case import WatchedCase


@tagged("post_install", "-at_install")
class TestBoardTour(SandboxMixin, DialerData, WatchedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_sandbox()
        cls.make_company()
        cls.supervisor = cls.make_user("sup_tour", "supervisor")
        cls.ana = cls.make_user("ana_tour", "agent", name="Ana")
        cls.customers = cls.make_customers(3)
        cls.campaign = cls.make_campaign(cls.customers)

    def tour(self, url, name):
        """Walk a tour in both languages, and have axe-core look in one of them.

        :return: (one by one) the language, with what the tour did to be looked at
        """
        for lang in ("en_US", "pt_BR"):
            with self.subTest(lang=lang), closing(self.env.cr.savepoint()):
                self.supervisor.lang = lang
                english = lang == "en_US"
                self.start_tour(url, name, login="sup_tour", axe=english)
                yield lang
            self.env.invalidate_all()
        self.report_examined()

    def start(self):
        sessions = self.env["dialer.session"].with_user(self.ana)
        return sessions.browse(sessions.start(self.campaign.id)["session_id"])

    def test_supervisor_sees_an_agent_and_pauses_her(self):
        session = self.start()
        session.next_contact()
        for _lang in self.tour("/odoo/dialer-board", "dialer_board"):
            self.assertEqual(session.state, "paused")

    def test_dashboard_leads_to_what_it_counts(self):
        session = self.start()
        session.next_contact()
        session.dial()
        session.register_result(self.env.ref("dialer_plinx_gate.result_sale").id)
        for _lang in self.tour("/odoo/dialer-dashboard", "dialer_dashboard"):
            pass

    def test_first_steps_are_decided_and_closed_on_the_campaigns_list(self):
        self.company.dialer_parameter_chosen = False
        for _lang in self.tour("/odoo/dialer-campaigns", "dialer_checklist"):
            self.assertTrue(self.company.dial_active_whatsapp)
            self.assertTrue(self.company.dialer_checklist_closed)
