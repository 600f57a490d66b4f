# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import dialer_session_popup
from . import dialer_attendance_correct
from . import dialer_call_result
from . import dialer_campaign_recycle
from . import dialer_pause_confirm
from . import dialer_why_not
from . import plinx_connection_test
