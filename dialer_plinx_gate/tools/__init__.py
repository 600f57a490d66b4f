# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import business_day, faults, inputs, log_privacy, server_config
