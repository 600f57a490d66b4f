# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether a customer may be dialed now, and all that knows Plinx."""

from . import (
    event,
    connection,
    breaker,
    watch,
    banner,
    conversation,
    webhook_event,
    gate,
    hold,
    health,
)
