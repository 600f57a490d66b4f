# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from datetime import date
from pathlib import Path

from odoo.tests import TransactionCase, freeze_time, tagged
from odoo.tools import convert_file

import plinx_sandbox

from ..plinx.phone import identities

FILES = (
    "res_company",
    "res_users",
    "res_partner",
    "crm_lead",
    "dialer_campaign",
    "dialer_history",
)
SEED = Path(plinx_sandbox.__file__).with_name("demo.json")


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    """The demo data, loaded over any database and taken back after each class."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in FILES:
            path = f"demo/{name}_demo.xml"
            convert_file(cls.env, "dialer_plinx_gate", path, {}, mode="init")
        cls.company = cls._ref("company_blumenau")
        cls.partners = cls.env["res.partner"].search(
            [("company_id", "=", cls.company.id), ("partner_share", "=", True)]
        )
        cls.leads = cls.env["crm.lead"].search([("company_id", "=", cls.company.id)])

    @classmethod
    def _ref(cls, name):
        return cls.env.ref(f"dialer_plinx_gate.{name}")

    def test_company_keeps_its_own_hours_and_the_holidays_of_its_city(self):
        self.assertEqual(self.company._dialer_tz().zone, "America/Sao_Paulo")
        self.assertEqual(self.company.currency_id.name, "BRL")
        for day, works in (
            (date(2027, 5, 26), True),
            (date(2027, 5, 27), False),  # Corpus Christi
            (date(2027, 9, 2), False),  # foundation of Blumenau
            (date(2027, 9, 4), False),  # Saturday
            (date(2027, 9, 7), False),  # Independence Day
        ):
            with self.subTest(day=day):
                self.assertIs(self.company._is_business_day(day), works)

    def test_users_have_the_rights_of_their_part_and_only_the_demo_company(self):
        agent = "dialer_plinx_gate.group_dialer_agent"
        supervisor = "dialer_plinx_gate.group_dialer_supervisor"
        for name, supervises in (
            ("ana", False),
            ("bruno", False),
            ("supervisor", True),
        ):
            with self.subTest(name=name):
                user = self._ref(f"res_users_{name}")
                self.assertTrue(user.has_group(agent))
                self.assertIs(user.has_group(supervisor), supervises)
                self.assertEqual(user.company_ids, self.company)
        self.assertEqual(self.env.ref("base.user_admin").company_id, self.company)

    def test_running_campaigns_have_a_queue_and_the_third_is_a_draft(self):
        budgets, vips, fair = (
            self._ref(f"dialer_campaign_{name}")
            for name in ("orcamentos", "vip", "feira")
        )
        self.assertEqual(
            [campaign.state for campaign in (budgets, vips, fair)],
            ["running", "running", "draft"],
        )
        self.assertEqual(vips.dial_mode, "progressive")
        self.assertGreater(budgets.entry_count, 20)
        self.assertGreater(vips.entry_count, 5)
        fair.action_fill()
        self.assertEqual(fair.entry_count, 4)

    def test_one_campaign_keeps_calling_hours_and_the_first_calls_at_any_time(self):
        budgets, vips = (
            self._ref(f"dialer_campaign_{name}") for name in ("orcamentos", "vip")
        )
        self.assertFalse(budgets.calendar_id)
        self.assertEqual(vips.calendar_id.tz, "America/Sao_Paulo")
        entry = vips.entry_ids[:1]
        for moment, code in (
            ("2026-11-18 15:00:00", None),  # Wednesday, noon
            ("2026-11-21 15:00:00", None),  # Saturday, noon
            ("2026-11-21 20:00:00", "hours"),  # Saturday, 17:00
            ("2026-11-22 15:00:00", "hours"),  # Sunday
        ):
            with self.subTest(moment=moment), freeze_time(moment):
                block = entry._blocks().get(entry.id)
                self.assertEqual(block and block.reason, code)

    def test_customers_have_readable_unreadable_and_missing_phones(self):
        self.assertGreaterEqual(len(self.partners), 60)
        keys = [identities(partner.phone or "", "BR") for partner in self.partners]
        unreadable = [
            partner
            for partner, found in zip(self.partners, keys, strict=True)
            if partner.phone and not found
        ]
        self.assertGreaterEqual(len(unreadable), 3)
        self.assertTrue(self.partners.filtered(lambda partner: not partner.phone))
        self.assertTrue(any(len(found) > 1 for found in keys))

    def test_numbers_are_invented(self):
        for customer in [*self.partners, *self.leads]:
            for identity in identities(customer.phone or "", "BR"):
                with self.subTest(customer=customer.display_name):
                    self.assertRegex(identity.key, r"^55\d\d(99900|3300)0[123]\d\d$")

    def test_every_conversation_of_the_sandbox_is_of_a_demo_customer(self):
        known = {
            candidate
            for customer in [*self.partners, *self.leads]
            for identity in identities(customer.phone or "", "BR")
            for candidate in identity.candidates
        }
        seeds = json.loads(SEED.read_text(encoding="utf-8"))["conversations"]
        self.assertFalse({seed["wa_id"] for seed in seeds} - known)

    def test_four_weeks_of_work_fill_every_report_and_the_dashboard(self):
        here = [("company_id", "=", self.company.id)]
        for model, least in (
            ("dialer.attendance", 300),
            ("dialer.gate.event", 300),
            ("dialer.session.report", 100),
            ("dialer.whatsapp.report", 8),
        ):
            with self.subTest(model=model):
                self.assertGreaterEqual(self.env[model].search_count(here), least)
        supervisor = self._ref("res_users_supervisor")
        dashboard = self.env["dialer.dashboard"].with_user(supervisor)
        data = dashboard.get_data("month")
        self.assertTrue(all(figure["value"] for figure in data["figures"]))
        self.assertTrue(all(data["charts"].values()))
        self.assertEqual(len(data["charts"]["campaigns"]), 2)

    def test_history_leaves_the_queues_as_they_are(self):
        budgets = self._ref("dialer_campaign_orcamentos")
        self.assertEqual(budgets.callable_count, budgets.entry_count)
        self.assertFalse(any(budgets.entry_ids.mapped("attempts")))
        self.assertFalse(
            self.env["dialer.session"].search_count(
                [("company_id", "=", self.company.id), ("state", "!=", "closed")]
            )
        )
