# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Read the numbers of all contacts and leads into their own table."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Read everybody's phone fields, in batches.

    :param cr: cursor of the upgrade
    :param str version: the version that is left behind
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["dialer.number.reading"]._read_all()
    env["dialer.held.number"]._hold_all()
