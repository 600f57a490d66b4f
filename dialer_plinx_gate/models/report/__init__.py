# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What supervisors look at: board, dashboard and reports."""

from . import (
    board,
    session_report,
    whatsapp_report,
    dashboard,
)
