# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The conversations that the sandbox knows, kept in memory."""

import re
import threading
import uuid
from copy import deepcopy
from datetime import datetime, timedelta, timezone

ACTIVE_STATUSES = ("open", "waiting", "bot")
STATUSES = (*ACTIVE_STATUSES, "snoozed", "closed")
WA_ID = re.compile(r"[1-9][0-9]{6,14}")
# Business-scoped user id: country, a dot, up to 128 letters and digits
# (WhatsApp Business platform, "Business-scoped user IDs").
BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
BUSINESS_NUMBER = "554733001000"
WINDOW = timedelta(hours=24)
SENDERS = ("customer", "attendant", "bot")
_TIMES = ("opened_at", "last_inbound_at", "last_outbound_at", "window_expires_at")


def format_time(moment):
    """Return an aware datetime as RFC 3339 in UTC, to the millisecond."""
    moment = moment.astimezone(timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text):
    """Return the aware datetime that an RFC 3339 text names.

    :raise ValueError: not such a text, or one without a time zone
    """
    if not isinstance(text, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt]\d\d:", text):
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    text = re.sub(r"\.(\d+)", lambda m: "." + m[1][:6].ljust(6, "0"), text)
    moment = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    if moment.tzinfo is None:
        raise ValueError(f"time without a zone: {text!r}")
    try:
        return moment.astimezone(timezone.utc)
    except OverflowError as error:
        raise ValueError(f"time out of range: {text!r}") from error


class Store:
    """Conversations by WhatsApp id or business-scoped user id; thread-safe.

    Every answer is a deep copy of the shape ``{state, conversation, identities}``
    that the contract uses in lookups, in the list and in webhooks.

    :param clock: function that gives the aware time now
    """

    def __init__(self, clock):
        self._clock = clock
        self._lock = threading.RLock()
        self._records = {}
        self._by_bsuid = {}
        self._sequence = 0
        self._position = 0

    def put(self, key, fields=None):
        """Open or change a conversation.

        :param str key: WhatsApp id (digits), or a business-scoped user id
        :param dict fields: the conversation's fields, ``bsuid`` and ``messages``; what
            is not given takes its default. While a conversation goes on, it keeps its
            id and ``opened_at``; after it was closed, a new one starts.
        :return: ``(event type, record)``
        :raise ValueError: a bad identifier or field
        """
        fields = self._flatten(fields or {})
        wa_id, bsuid = self._identify(key, fields.get("bsuid"))
        with self._lock:
            old = self._records.get(key)
            going_on = old and old["conversation"]["status"] != "closed"
            conversation = self._build(key, fields, old if going_on else None)
            record = {
                "conversation": conversation,
                "identities": {"wa_id": wa_id, "bsuid": bsuid},
                "messages": self._messages(fields, old if going_on else None),
            }
            self._forget_bsuid(old)
            self._save(key, record)
            if conversation["status"] == "closed":
                event = "conversation.closed"
            else:
                event = f"conversation.{'updated' if going_on else 'opened'}"
            return event, self._answer(record)

    def close(self, key):
        """Close a conversation; closing a closed one changes nothing.

        :return: ``(event type or None, record)``
        :raise KeyError: no such conversation
        """
        with self._lock:
            record = self._records[key]
            if record["conversation"]["status"] == "closed":
                return None, self._answer(record)
            record["conversation"]["status"] = "closed"
            record["conversation"]["sequence"] = self._next_sequence()
            self._save(key, record)
            return "conversation.closed", self._answer(record)

    def messages(self, conversation_id):
        """Return the messages of a conversation, newest first; None if unknown."""
        with self._lock:
            for record in self._records.values():
                if record["conversation"]["id"] == conversation_id:
                    found = record["messages"] or self._usual(record["conversation"])
                    newest = sorted(found, key=lambda one: one["at"], reverse=True)
                    return deepcopy(newest)
        return None

    def find(self, wa_ids, bsuids):
        """Return ``(matched, record)``, an active conversation first, or two None."""
        with self._lock:
            hits = [("wa_id", v, self._records.get(v)) for v in wa_ids]
            hits += [("bsuid", v, self._by_bsuid.get(v)) for v in bsuids]
            hits = [hit for hit in hits if hit[2]]
            if not hits:
                return None, None
            kind, value, record = max(hits, key=lambda hit: self._rank(hit[2]))
            return {"type": kind, "value": value}, self._answer(record)

    def page(self, state, updated_since, after, limit):
        """Return ``(records, position)`` in the order of their last change.

        :param state: "active", "inactive" or None for both
        :param updated_since: aware datetime or None
        :param int after: position that an earlier page ended at
        :return: position is None on the last page
        """
        with self._lock:
            rows = sorted(self._records.values(), key=lambda r: r["position"])
            rows = [
                row
                for row in rows
                if row["position"] > after
                and (state is None or self._state(row) == state)
                and (updated_since is None or row["updated_at"] >= updated_since)
            ]
            more = len(rows) > limit
            rows = rows[:limit]
            position = rows[-1]["position"] if more else None
            return [self._answer(row) for row in rows], position

    def clear(self):
        """Forget all conversations and return those that were not closed."""
        with self._lock:
            records = [self._answer(row) for row in self._records.values()]
            self._records.clear()
            self._by_bsuid.clear()
        return [r for r in records if r["conversation"]["status"] != "closed"]

    def _build(self, key, fields, old):
        now = self._clock()
        conversation = {
            "id": old["conversation"]["id"] if old else f"cnv_{uuid.uuid4().hex[:20]}",
            "status": "open",
            "business_number": BUSINESS_NUMBER,
            "opened_at": old["conversation"]["opened_at"] if old else format_time(now),
            "last_inbound_at": format_time(now),
            "last_outbound_at": None,
            "window_expires_at": None,
            "assignee": "Bia",
            "url": None,
            "sequence": None,
        }
        given = {name: fields[name] for name in conversation if name in fields}
        conversation.update(given)
        self._check(conversation)
        if "url" not in given:
            conversation["url"] = f"https://app.plinx.example/c/{conversation['id']}"
        if "window_expires_at" not in given and conversation["last_inbound_at"]:
            inbound = parse_time(conversation["last_inbound_at"])
            conversation["window_expires_at"] = format_time(inbound + WINDOW)
        if conversation["sequence"] is None:
            conversation["sequence"] = self._next_sequence()
        self._sequence = max(self._sequence, conversation["sequence"])
        return conversation

    def _messages(self, fields, old):
        """Return the messages given, else those that were there."""
        given = fields.get("messages")
        if given is None:
            return old["messages"] if old else []
        if not isinstance(given, list):
            raise ValueError("messages must be a list")
        return [self._message(one) for one in given]

    def _message(self, given):
        if not isinstance(given, dict) or given.get("from") not in SENDERS:
            raise ValueError(f"a message is from one of {', '.join(SENDERS)}")
        text, kind = given.get("text"), given.get("kind", "text")
        if not isinstance(text, (str, type(None))) or not isinstance(kind, str):
            raise ValueError("text and kind of a message must be texts")
        at = given.get("at") or format_time(self._clock())
        return {
            "at": format_time(parse_time(at)),
            "from": given["from"],
            "text": text,
            "kind": kind,
        }

    @staticmethod
    def _usual(conversation):
        """Return what a conversation without messages of its own could have held."""
        ours = "bot" if conversation["status"] == "bot" else "attendant"
        sides = (
            ("last_inbound_at", "customer", "Oi, tudo bem? Ainda tem vaga?"),
            ("last_outbound_at", ours, "Bom dia! Como posso ajudar?"),
        )
        return [
            {"at": conversation[name], "from": sender, "text": text, "kind": "text"}
            for name, sender, text in sides
            if conversation[name]
        ]

    @staticmethod
    def _flatten(fields):
        """Accept the conversation itself, or a whole lookup answer around it."""
        if not isinstance(fields, dict):
            raise ValueError("a conversation is a JSON object")
        inner = fields.get("conversation")
        identities = fields.get("identities")
        flat = dict(fields)
        flat.update(inner if isinstance(inner, dict) else {})
        if isinstance(identities, dict) and identities.get("bsuid"):
            flat.setdefault("bsuid", identities["bsuid"])
        if "status" not in flat and flat.get("state") == "inactive":
            flat["status"] = "closed"
        return flat

    @staticmethod
    def _identify(key, bsuid):
        good = isinstance(bsuid, str) and BSUID.fullmatch(bsuid)
        if bsuid is not None and not good:
            raise ValueError(f"not a business-scoped user id: {bsuid!r}")
        if isinstance(key, str) and WA_ID.fullmatch(key):
            return key, bsuid
        if isinstance(key, str) and BSUID.fullmatch(key):
            return None, key
        raise ValueError(f"not a WhatsApp id (7 to 15 digits): {key!r}")

    @staticmethod
    def _check(conversation):
        for name in ("id", "status", "business_number"):
            if not (isinstance(conversation[name], str) and conversation[name]):
                raise ValueError(f"{name} must be a text")
        for name in ("assignee", "url"):
            if not isinstance(conversation[name], (str, type(None))):
                raise ValueError(f"{name} must be a text or null")
        for name in _TIMES:
            if conversation[name] is None and name != "opened_at":
                continue
            conversation[name] = format_time(parse_time(conversation[name]))
        sequence = conversation["sequence"]
        if sequence is not None and (type(sequence) is not int or sequence < 0):
            raise ValueError("sequence must be a whole number")

    def _next_sequence(self):
        self._sequence += 1
        return self._sequence

    def _save(self, key, record):
        self._position += 1
        record["position"] = self._position
        record["updated_at"] = self._clock()
        self._records[key] = record
        if record["identities"]["bsuid"]:
            self._by_bsuid[record["identities"]["bsuid"]] = record

    def _forget_bsuid(self, record):
        if record and self._by_bsuid.get(record["identities"]["bsuid"]) is record:
            del self._by_bsuid[record["identities"]["bsuid"]]

    def _rank(self, record):
        return self._state(record) == "active", record["position"]

    @staticmethod
    def _state(record):
        active = record["conversation"]["status"] in ACTIVE_STATUSES
        return "active" if active else "inactive"

    def _answer(self, record):
        return {
            "state": self._state(record),
            "conversation": deepcopy(record["conversation"]),
            "identities": deepcopy(record["identities"]),
        }
