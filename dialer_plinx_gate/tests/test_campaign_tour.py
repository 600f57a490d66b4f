# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import new_test_user, tagged

from .tour_case import WatchedCase


@tagged("post_install", "-at_install")
class TestCampaignTour(WatchedCase):
    def test_a_supervisor_builds_fills_and_extends_a_campaign(self):
        company = self.env.ref("base.main_company")
        company.country_id = self.env.ref("base.br")
        new_test_user(
            self.env,
            "sup_tour",
            groups="dialer_plinx_gate.group_dialer_supervisor",
            company_id=company.id,
            lang="en_US",
        )
        self.env["res.partner"].create(
            [
                {
                    "name": f"Tour {number:03}",
                    "city": "Tourville",
                    "phone": f"+55 47 98833-{number:04}",
                }
                for number in range(3)
            ]
        )
        campaign = self.env["dialer.campaign"].create(
            {
                "name": "Tour campaign",
                "company_id": company.id,
                "domain": "[('city', '=', 'Tourville')]",
            }
        )
        url = f"/odoo/dialer-campaigns/{campaign.id}"
        self.start_tour(url, "dialer_campaign", login="sup_tour", axe=True)
        self.assertEqual(campaign.state, "running")
        self.assertEqual(campaign.entry_count, 4)
        self.assertEqual(campaign.import_ids.mapped("problem_ids.text"), ["No; x"])
        self.report_examined()
