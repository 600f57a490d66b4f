# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import HttpCase, tagged


def suite_id(name):
    """The id that Odoo's unit test runner gives to a suite: a hash of its name."""
    total = 0
    for letter in name:
        total = ((total << 5) - total + ord(letter)) & 0xFFFFFFFF
    return f"{total:08x}"


@tagged("post_install", "-at_install")
class TestHoot(HttpCase):
    def test_units_of_the_web_client_pass(self):
        suite = suite_id("@dialer_plinx_gate")
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={suite}",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=lambda message: "[HOOT]" not in message,
        )
