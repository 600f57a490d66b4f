# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The entries of a queue: whom to call, when, and why not."""

from . import (
    resource_calendar,
    entry,
    conversation,
    do_not_call,
    do_not_call_effect,
    callback,
    mail_activity,
    blocks,
    why_not,
    console,
    board,
    seams,
)
