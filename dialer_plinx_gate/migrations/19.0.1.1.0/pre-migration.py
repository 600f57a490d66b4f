# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rename columns, and bring numbers into the bounds that this version sets."""

from odoo.tools import SQL, sql

# Table, column, and the least and the largest number that is allowed.
BOUNDS = (
    ("dialer_campaign", "sequence", 0, 1_000_000),
    ("dialer_campaign", "max_attempts", 1, 1_000),
    ("dialer_campaign", "reservation_minutes", 1, 1_440),
    ("dialer_campaign", "entry_day_limit", 0, 10_000),
    ("dialer_campaign", "number_day_limit", 0, 10_000),
    ("dialer_campaign", "customer_day_limit", 0, 10_000),
    ("dialer_campaign", "number_limit", 0, 10_000),
    ("dialer_campaign", "customer_limit", 0, 10_000),
    ("dialer_campaign", "min_gap_minutes", 0, 525_600),
    ("dialer_campaign", "callback_own_minutes", 0, 525_600),
    ("dialer_queue_entry", "priority", -9_999, 9_999),
    ("dialer_attendance", "duration", 0, 31_536_000),
    ("dialer_result", "sequence", 0, 1_000_000),
    ("dialer_result", "retry_minutes", 0, 525_600),
    ("dialer_pause_reason", "sequence", 0, 1_000_000),
    ("dialer_pause_reason", "limit_minutes", 0, 1_440),
    ("res_company", "dialer_away_minutes", 1, 1_440),
    ("res_company", "dialer_call_timeout_minutes", 1, 10_080),
    ("res_company", "plinx_skip_retry_minutes", 1, 43_200),
)
# Table, column before and column now.
RENAMED = (("dialer_session", "looks_at_few", "short_lookahead"),)


def migrate(cr, version):
    """Rename columns, then clamp the numbers that are out of bounds.

    :param cr: cursor of the upgrade
    :param str version: the version that is left behind
    """
    for table, before, now in RENAMED:
        if sql.column_exists(cr, table, before):
            sql.rename_column(cr, table, before, now)
    # filled in batches afterwards, not by Odoo in one piece
    if not sql.column_exists(cr, "dialer_attendance", "phone_key"):
        sql.create_column(cr, "dialer_attendance", "phone_key", "varchar")
    for table, column, least, largest in BOUNDS:
        if sql.column_exists(cr, table, column):
            cr.execute(
                SQL(
                    "UPDATE %(table)s SET %(column)s ="
                    " GREATEST(%(least)s, LEAST(%(largest)s, %(column)s))"
                    " WHERE %(column)s NOT BETWEEN %(least)s AND %(largest)s",
                    table=SQL.identifier(table),
                    column=SQL.identifier(column),
                    least=least,
                    largest=largest,
                )
            )
