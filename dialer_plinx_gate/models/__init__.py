# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    dialer_customer_mixin,
    dialer_system_mixin,
    dialer_result,
    dialer_pause_reason,
    res_company,
    res_company_business_day,
    dialer_settings,
    res_config_settings,
    plinx_connection,
    dialer_gate,
    dialer_gate_event,
    dialer_campaign,
    dialer_queue_entry,
    dialer_session,
    dialer_session_flow,
    dialer_session_actions,
    dialer_session_pause,
    dialer_attendance,
    res_partner,
    crm_lead,
)
