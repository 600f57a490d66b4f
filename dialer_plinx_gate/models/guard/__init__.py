# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What persons may write: bounds of what they type, and what is the dialer's."""

from . import (
    bounds,
    guard,
    names,
)
