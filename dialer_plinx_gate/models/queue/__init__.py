# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The entries of a queue: whom to call, when, and why not."""

from . import (
    entry,
    held_number,
    numbers,
    head,
    calling_hours,
    resource_calendar,
    blocks,
    callback,
    mail_activity,
    conversation,
    do_not_call,
    phone_blacklist,
    withdraw,
    why_not,
    merge,
)
