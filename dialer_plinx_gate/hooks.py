# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def post_init_hook(env):
    """Give every company that exists its settings page, and read all numbers.

    :param odoo.api.Environment env: superuser environment of the installation
    """
    env["dialer.settings"]._ensure_for(env["res.company"].search([]))
    env["dialer.number.reading"]._read_all()
