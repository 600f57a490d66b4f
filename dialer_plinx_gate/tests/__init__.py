# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import test_address_rules
from . import test_board
from . import test_breaker
from . import test_business_day
from . import test_dashboard
from . import test_client
from . import test_campaign_do_not_call
from . import test_campaign_fill
from . import test_campaign_filters
from . import test_campaign_import
from . import test_flow
from . import test_phone_identity
from . import test_signature
from . import test_verdict_table
from . import test_demo
from . import test_security
from . import test_rules_callback
from . import test_rules_hours
from . import test_rules_limits
from . import test_rules_session
from . import test_rules_why_not
from . import test_conversation
from . import test_webhook
from . import test_connection
from . import test_faults
from . import test_ledger
