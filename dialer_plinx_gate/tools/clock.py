# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The time as the queue counts it."""

from datetime import datetime, timezone


def precise_now() -> datetime:
    """Now with its microseconds, which tell apart what waits since one second.

    ``fields.Datetime.now()`` has whole seconds.

    :return: naive UTC
    """
    return datetime.now(timezone.utc).replace(tzinfo=None)
