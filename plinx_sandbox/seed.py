# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Seed files: conversations that are open when the sandbox starts."""

import json
from datetime import timedelta
from pathlib import Path

from .store import format_time

_AGO = {
    "opened_minutes_ago": "opened_at",
    "last_inbound_minutes_ago": "last_inbound_at",
    "last_outbound_minutes_ago": "last_outbound_at",
}


def read(path, now):
    """Return the conversations of a seed file as ``[(key, fields)]``.

    :param path: JSON file, ``{"conversations": [{"wa_id": ..., ...}]}``
    :param now: aware time that the "minutes ago" count from
    :raise ValueError: not such a file
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON in UTF-8: {error}") from None
    entries = content.get("conversations") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise ValueError(f'{path} needs a list "conversations"')
    return [_entry(path, entry, now) for entry in entries]


def _entry(path, entry, now):
    if not isinstance(entry, dict):
        raise ValueError(f"{path}: each conversation is a JSON object")
    fields = dict(entry)
    key = fields.pop("wa_id", None) or fields.pop("bsuid", None)
    if not isinstance(key, str):
        raise ValueError(f"{path}: a conversation needs a wa_id or a bsuid as text")
    for name, field in _AGO.items():
        if name in fields:
            fields[field] = _moment(path, name, fields.pop(name), now)
    if isinstance(fields.get("messages"), list):
        fields["messages"] = [_message(path, one, now) for one in fields["messages"]]
    return key, fields


def _message(path, message, now):
    if not isinstance(message, dict) or "minutes_ago" not in message:
        return message
    fields = dict(message)
    fields["at"] = _moment(path, "minutes_ago", fields.pop("minutes_ago"), now)
    return fields


def _moment(path, name, minutes, now):
    if isinstance(minutes, bool) or not isinstance(minutes, (int, float)):
        raise ValueError(f"{path}: {name} must be a number of minutes")
    return format_time(now - timedelta(minutes=minutes))
