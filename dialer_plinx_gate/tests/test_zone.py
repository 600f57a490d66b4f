# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import BaseCase, tagged

from odoo.addons.dialer_plinx_gate.plinx.numbering import AREA_CODES
from odoo.addons.dialer_plinx_gate.tools import zone


@tagged("post_install", "-at_install")
class TestCustomerZone(BaseCase):
    def test_every_area_code_in_use_has_the_zone_of_its_state(self):
        self.assertEqual(set(zone.AREA_STATES), set(AREA_CODES))
        self.assertEqual(set(zone.AREA_STATES.values()), set(zone.BRAZIL))
        for area, name in (
            ("11", "America/Sao_Paulo"), ("47", "America/Sao_Paulo"),
            ("65", "America/Cuiaba"), ("67", "America/Campo_Grande"),
            ("68", "America/Rio_Branco"), ("69", "America/Porto_Velho"),
            ("81", "America/Recife"), ("92", "America/Manaus"),
            ("95", "America/Boa_Vista"), ("97", "America/Manaus"),
        ):  # fmt: skip
            with self.subTest(area=area):
                self.assertEqual(zone.zone_of_number(f"55{area}988150001"), name)
                self.assertEqual(zone.zone_of_number(f"55{area}33150001"), name)

    def test_a_number_of_another_country_tells_only_a_single_zone(self):
        self.assertEqual(zone.zone_of_number("4930123456"), "Europe/Berlin")
        self.assertEqual(zone.zone_of_number("12125552671"), "America/New_York")
        for key in ("18005552671", "5520988150001", "", "1", "no number"):
            with self.subTest(key=key):
                self.assertIsNone(zone.zone_of_number(key))

    def test_the_address_comes_before_the_numbers(self):
        acre, sao_paulo = "5568999990000", "5511999990000"
        found = zone.customer_zone
        self.assertEqual(found("BR", "SP", [acre]), "America/Sao_Paulo")
        self.assertEqual(found("BR", "", [acre, sao_paulo]), "America/Rio_Branco")
        self.assertEqual(found(None, None, ["x", acre]), "America/Rio_Branco")
        self.assertEqual(found("US", "", [acre]), "America/Rio_Branco")
        self.assertIsNone(found("BR", None, []))
