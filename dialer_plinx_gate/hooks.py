# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def post_init_hook(env):
    """Give every company that exists at installation its dialer settings page.

    :param odoo.api.Environment env: superuser environment of the installation
    """
    env["dialer.settings"]._ensure_for(env["res.company"].search([]))
