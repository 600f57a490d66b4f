# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import TransactionCase, tagged

from odoo.addons.dialer_plinx_gate.tests import access_table as table
from odoo.addons.dialer_plinx_gate.tests.access_case import own_models, public_methods


@tagged("post_install", "-at_install")
class TestAccessRows(TransactionCase):
    def test_with_jobs_too_every_model_and_public_method_has_a_row(self):
        self.assertEqual(set(own_models(self.env)), table.MODELS.keys())
        self.assertEqual(set(public_methods(self.env)), table.METHODS.keys())
