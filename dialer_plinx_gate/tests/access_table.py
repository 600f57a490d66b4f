# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may do what: the one table that the access matrix is tried against.

Rights are written as ``role scope, role scope``. Whatever is not written is refused.

==============  =================================================================
role            whose groups
==============  =================================================================
``employee``    everybody who works here
``seller``      sales team, and above
``agent``       dialer agents, and above
``supervisor``  dialer supervisors
``system``      administrators of Odoo, supervisors or not
``admin``       administrators who are supervisors too, as Odoo's own one is
==============  =================================================================

==============  =================================================================
scope           which records
==============  =================================================================
``own``         the person's own: their session, their attendance, their popup
``company``     those of the person's companies
``shared``      those without a company
``here``        no record: what the method tells is of the person's companies
==============  =================================================================

A new model needs a row in ``MODELS`` and a record in ``access_world.py``; a new
public method needs one in ``METHODS``. A new field may be written by nobody until it
is named in ``WRITABLE``.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """Rights on the records of one model."""

    read: str = ""
    create: str = ""
    write: str = ""
    unlink: str = ""


class Call(NamedTuple):
    """Rights on a public method, and arguments with which it can be called.

    Words in braces stand for ids of records: see ``AccessWorld.arguments``.
    """

    rights: str
    arguments: tuple = ()


_OWN = "agent own, supervisor company"
_COMPANY = "agent company"
_SHARED = "agent company, agent shared, system company, system shared"
_BOSS = "supervisor company"
_BOSS_SHARED = "supervisor company, system company, system shared"
_PAGE = "supervisor company, system company"

MODELS = {
    # what is called, by whom, with which result
    "dialer.campaign": Row(_COMPANY, _BOSS, _BOSS, _BOSS),
    "dialer.queue.entry": Row(_COMPANY, _BOSS, _BOSS, _BOSS),
    "dialer.session": Row(_OWN),
    "dialer.session.pause": Row(_OWN),
    "dialer.attendance": Row(_COMPANY, _OWN, _OWN, _BOSS),
    "dialer.gate.event": Row(_COMPANY),
    # lists
    "dialer.do.not.call": Row(_COMPANY, _BOSS, _BOSS, _BOSS),
    "dialer.list.import": Row(_BOSS, _BOSS, _BOSS, _BOSS),
    "dialer.list.import.problem": Row(_BOSS, "", "", _BOSS),
    # what agents choose from
    "dialer.result": Row(_SHARED, _BOSS_SHARED, _BOSS_SHARED, _BOSS_SHARED),
    "dialer.pause.reason": Row(_SHARED, _BOSS_SHARED, _BOSS_SHARED, _BOSS_SHARED),
    # reports
    "dialer.session.report": Row(_BOSS),
    "dialer.whatsapp.report": Row(_BOSS),
    # parameters and the connection
    "dialer.settings": Row(_PAGE, "system company", _PAGE),
    "plinx.connection": Row("system company"),
    "plinx.conversation": Row(_PAGE, "", "", "system company"),
    "plinx.webhook.event": Row("system company"),
    # what the dialer read: its own statements join it, nobody else does
    "dialer.number": Row(),
    "dialer.number.reading": Row(),
    "dialer.held.number": Row(),
    # popups: whoever opened them
    "dialer.call.result": Row("agent own", "agent own", "agent own"),
    "dialer.attendance.correct": Row("agent own", "agent own", "agent own"),
    "dialer.pause.confirm": Row("agent own", "agent own", "agent own"),
    "dialer.why.not": Row("agent own"),
    "dialer.why.not.line": Row("agent own"),
    "dialer.campaign.recycle": Row(
        "supervisor own", "supervisor own", "supervisor own"
    ),
    "plinx.connection.test": Row("system own"),
}

# Fields that may be written, by model and then by who writes. Everything else is
# the dialer's: written by its own methods, or not at all once the record is made.
WRITABLE = {
    "dialer.campaign": {
        _BOSS: """name sequence active agent_ids dial_mode target max_attempts
        reservation_minutes calendar_id domain date_filter date_from date_to
        category_ids lead_tag_ids customer_status stage_ids user_ids team_ids
        country_ids state_ids countdown_seconds entry_day_limit number_day_limit
        customer_day_limit number_limit customer_limit min_gap_minutes
        callback_own_minutes""",
    },
    "dialer.queue.entry": {_BOSS: "priority next_call_at"},
    "dialer.attendance": {_OWN: "note next_contact_at"},
    "dialer.do.not.call": {_BOSS: "number reason date_from partner_id"},
    "dialer.list.import": {_BOSS: "kind file file_name on_error date_from reason"},
    "dialer.result": {
        _BOSS_SHARED: """name code sequence active effect retry_minutes
        retry_growth""",
    },
    "dialer.pause.reason": {
        _BOSS_SHARED: "name code sequence active limit_minutes",
    },
    "dialer.settings": {
        _PAGE: """dial_active_whatsapp whatsapp_pause_mode dialer_call_anyway
        dialer_dnc_scope dialer_uri_scheme plinx_timeout plinx_failure_policy
        plinx_skip_retry_minutes plinx_active_hours plinx_assigned_days
        plinx_counts_open plinx_counts_waiting plinx_counts_bot plinx_shadow
        gate_event_days dialer_away_minutes dialer_call_timeout_minutes
        dialer_calendar_id dialer_holiday_subdivision dialer_optional_holidays""",
        "system company": "plinx_url plinx_token plinx_webhook_secret",
    },
    "dialer.call.result": {"agent own": "result_id next_contact_at note"},
    "dialer.attendance.correct": {
        "agent own": "result_id reason next_contact_at note",
    },
    "dialer.campaign.recycle": {"supervisor own": "result_ids last_before limit"},
}

# On attendances that somebody made by hand, these may be written too.
WRITABLE_MANUAL = {
    "dialer.attendance": {
        _OWN: "note next_contact_at date result_id channel phone",
    },
}

# Who may put right what the dialer itself wrote. Whether they can is not tried; that
# they move nothing into another company is.
REPAIR = "admin company"

# Fields that show a secret, or a mask of it. Only these roles get any answer.
SECRET_FIELDS = {
    "plinx_url": "system company",
    "plinx_token": "system company",
    "plinx_webhook_secret": "system company",
    "plinx_webhook_key": "system company",
    "plinx_webhook_url": "system company",
    "plinx_token_value": "",
    "plinx_webhook_secret_value": "",
}

# The addon's fields on other people's models: who reads, who writes. A field of a
# company is read by whoever reads the company, but for the secrets, and written by
# supervisors if it is on their page.
_CUSTOMER = {
    # the dialer learns them; administrators may put them right
    "plinx_wa_id": Row("system company", "", "system company"),
    "plinx_bsuid": Row("system company", "", "system company"),
    "dialer_attendance_count": Row(_COMPANY),
    "dialer_attendance_ids": Row(_COMPANY),
    "dialer_number_ids": Row(),
}
_LEARNED = ("plinx_wa_id", "plinx_bsuid")
CUSTOMER_FIELDS = {
    "res.partner": {**_CUSTOMER, "dialer_update_ids": Row("employee company")},
    "crm.lead": {
        **_CUSTOMER,
        "dialer_update_ids": Row("seller company"),
        # administrators who sell nothing have no leads
        **dict.fromkeys(_LEARNED, Row("admin company", "", "admin company")),
    },
}

METHODS = {
    "crm.lead.action_view_dialer_attendances": Call(_COMPANY),
    "crm.lead.action_why_not": Call(_COMPANY),
    "res.partner.action_view_dialer_attendances": Call(_COMPANY),
    "res.partner.action_why_not": Call(_COMPANY),
    "res.config.settings.action_open_dialer_management": Call("supervisor here"),
    "dialer.attendance.action_correct_result": Call(_OWN),
    "dialer.attendance.recent_calls": Call("agent here"),
    "dialer.attendance.correct.action_save": Call("agent own"),
    "dialer.call.result.action_save": Call("agent own"),
    "dialer.pause.confirm.action_yes": Call("agent own"),
    "dialer.pause.confirm.action_no": Call("agent own"),
    "dialer.pause.confirm.action_call_anyway": Call("agent own"),
    "dialer.campaign.recycle.action_recycle": Call("supervisor own"),
    "dialer.campaign.action_start": Call(_BOSS),
    "dialer.campaign.action_pause": Call(_BOSS),
    "dialer.campaign.action_close": Call(_BOSS),
    "dialer.campaign.action_fill": Call(_BOSS),
    "dialer.campaign.action_import_list": Call(_BOSS),
    "dialer.campaign.action_why_not": Call(_COMPANY),
    "dialer.campaign.board_move": Call(_BOSS, (1,)),
    "dialer.checklist.get_steps": Call("supervisor here"),
    "dialer.checklist.choose": Call("supervisor here", (True,)),
    "dialer.checklist.close": Call("supervisor here"),
    "dialer.dashboard.get_data": Call("supervisor here", ("week",)),
    "dialer.list.import.action_import": Call(_BOSS),
    "dialer.list.import.action_view_problems": Call(_BOSS),
    "dialer.queue.entry.action_open_customer": Call(_COMPANY),
    "dialer.queue.entry.action_why_not": Call(_COMPANY),
    "dialer.session.action_answer": Call("agent own"),
    "dialer.session.action_close": Call("agent own"),
    "dialer.session.action_dial": Call("agent own"),
    "dialer.session.action_next_contact": Call("agent own"),
    "dialer.session.action_pause": Call("agent own"),
    "dialer.session.action_register_result": Call("agent own"),
    "dialer.session.action_resume": Call("agent own"),
    "dialer.session.answer": Call("agent own", ("no",)),
    "dialer.session.close": Call("agent own"),
    "dialer.session.console_data": Call("agent here"),
    "dialer.session.customer_panel": Call("agent own", ("{entry}",)),
    "dialer.session.dial": Call("agent own"),
    "dialer.session.get_state": Call("agent own"),
    "dialer.session.hang_up": Call("agent own"),
    "dialer.session.next_contact": Call("agent own"),
    "dialer.session.pause": Call("agent own", ("{reason}",)),
    "dialer.session.register_result": Call("agent own", ("{result}",)),
    "dialer.session.resume": Call("agent own"),
    "dialer.session.start": Call(_COMPANY, ("{campaign}",)),
    "dialer.session.board_data": Call("supervisor here"),
    "dialer.session.board_pause": Call(_BOSS),
    "dialer.session.board_resume": Call(_BOSS),
    "dialer.session.board_release": Call(_BOSS),
    "dialer.session.board_close": Call(_BOSS),
    "dialer.settings.action_open_current": Call("supervisor here"),
    "dialer.settings.action_test_connection": Call("system company"),
}

# Every route of the addon with the statuses it answers without a login, to rubbish.
# 401: the signature decides, not the person. 404 and 405: not by this verb.
ROUTES = {
    "/plinx/webhook/<string:company_key>": {"GET": (404, 405), "POST": (401,)},
}
