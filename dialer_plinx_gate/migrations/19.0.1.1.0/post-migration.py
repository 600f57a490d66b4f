# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Read the numbers of all contacts and leads into their own table."""

from odoo import SUPERUSER_ID, api

# Attendances read at once.
BATCH = 10_000


def migrate(cr, version):
    """Read everybody's phone fields, in batches.

    :param cr: cursor of the upgrade
    :param str version: the version that is left behind
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["dialer.number.reading"]._read_all()
    env["dialer.held.number"]._hold_all()
    read_attendances(env)


def read_attendances(env):
    """Note of all attendances which number was dialed, in batches.

    :param odoo.api.Environment env: of the superuser
    """
    position, attendances = 0, env["dialer.attendance"]
    field = attendances._fields["phone_key"]
    while batch := attendances.search(
        [("id", ">", position), ("phone", "!=", False)], order="id", limit=BATCH
    ):
        env.add_to_compute(field, batch)
        batch.flush_recordset(["phone_key"])
        position = batch[-1].id
        env.invalidate_all()
