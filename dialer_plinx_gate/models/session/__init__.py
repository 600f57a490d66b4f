# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""An agent's work: from one customer to the next, the call and its result."""

from . import (
    system_mixin,
    result,
    pause_reason,
    session,
    pause,
    next,
    verdicts,
    updates,
    call,
    screen,
    console,
    totals,
    actions,
    supervision,
    away,
    lost_call,
    attendance,
    blocked_numbers,
    correction,
    deletion,
)
