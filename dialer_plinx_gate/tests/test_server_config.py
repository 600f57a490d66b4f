# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import tempfile
from unittest.mock import patch

from odoo.tests import BaseCase, tagged
from odoo.tools import config

from ..tools import server_config

LOGGER = server_config.__name__


@tagged("post_install", "-at_install")
class TestServerConfig(BaseCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(server_config._deprecate.cache_clear)
        server_config._deprecate.cache_clear()

    def use(self, text, **options):
        """Let the server have this configuration file."""
        file = self.enterContext(tempfile.NamedTemporaryFile("w", suffix=".conf"))
        file.write(text)
        file.flush()
        options = {"config": file.name, **options}
        self.enterContext(patch.dict(config.options, options))

    def test_options_are_read_from_the_own_section(self):
        self.use("[dialer_plinx_gate]\nplinx_allowed_hosts = 10.0.0.1:1, b.local:2\n")
        self.assertEqual(
            server_config.option("plinx_allowed_hosts"), "10.0.0.1:1, b.local:2"
        )
        self.assertEqual(server_config.option("plinx_ca_path"), "")

    def test_the_former_place_is_read_and_said_once(self):
        self.use("[options]\n", plinx_allowed_hosts="10.0.0.1:1")
        with self.assertLogs(LOGGER, logging.WARNING) as logs:
            for _ in range(3):
                self.assertEqual(
                    server_config.option("plinx_allowed_hosts"), "10.0.0.1:1"
                )
        self.assertEqual(len(logs.output), 1)
        self.assertIn("[dialer_plinx_gate]", logs.output[0])

    def test_the_own_section_goes_first(self):
        self.use(
            "[dialer_plinx_gate]\nplinx_allowed_hosts =\n",
            plinx_allowed_hosts="10.0.0.1:1",
        )
        with self.assertNoLogs(LOGGER):
            self.assertEqual(server_config.option("plinx_allowed_hosts"), "")

    def test_a_server_without_a_file_has_no_options(self):
        with patch.dict(config.options, {"config": None}):
            self.assertEqual(server_config.option("plinx_ca_path"), "")

    def test_odoo_knows_every_option_of_this_server(self):
        for name in ("plinx_allowed_hosts", "plinx_ca_path"):
            self.assertNotIn(name, config.options)
