# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What open screens are told over the bus."""

from . import (
    progress,
    ir_websocket,
    seams,
)
