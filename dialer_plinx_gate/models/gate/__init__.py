# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether a customer may be dialed now, and all that knows Plinx."""

from . import (
    banner,
    connection,
    connection_background,
    breaker,
    watch,
    conversation,
    webhook_event,
    gate,
    pushed,
    event,
    event_retention,
    seams,
)
