# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an answer of Plinx means to the dialer: free, active or unknown.

What counts as an active conversation is the company's rule, not Plinx's; the
provider's own word is kept beside it. An answer that cannot be understood is
*unknown*, never *free*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

FREE, ACTIVE, UNKNOWN = "free", "active", "unknown"
LIVE, PUSH = "live", "push"
STATUSES = frozenset(("open", "waiting", "bot", "snoozed", "closed"))
OVER = frozenset(("closed", "snoozed"))
MAX_TEXT, MAX_URL = 256, 2048

_RANK = {ACTIVE: 2, UNKNOWN: 1, FREE: 0}
# What links look like nearly always; others are taken apart.
_PLAIN_URL = re.compile(r"https://[A-Za-z0-9.-]{1,253}/[!-\[\]-~]*")
_VISIBLE = re.compile(r"[!-\[\]-~]+")
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?"
    r"([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)


class AnswerError(ValueError):
    """The answer is JSON, but not what the contract says."""


@dataclass(frozen=True)
class ActiveRules:
    """When a conversation counts as active (PLINX contract, section 1.7).

    ``window_hours``: how old the customer's last message may be; 0 switches the
    age limit off, so that any message of the customer counts. ``statuses``: the
    statuses that can count at all. ``http_hosts``: ``host:port`` entries whose
    links may be plain http. ``assigned_days``: how old the last message of either
    side may be while a person has the open conversation; 0 is no limit.
    """

    window_hours: float = 24
    statuses: tuple[str, ...] = ("open", "waiting", "bot")
    http_hosts: tuple[str, ...] = ()
    assigned_days: float = 7


@dataclass(frozen=True)
class Conversation:
    """A conversation as Plinx tells it; times are naive UTC.

    ``matched`` is the id of ours under which Plinx knew the contact;
    ``sequence`` grows with every change of the conversation.
    """

    id: str
    status: str
    opened_at: datetime | None = None
    last_inbound_at: datetime | None = None
    last_outbound_at: datetime | None = None
    assignee: str | None = None
    url: str | None = None
    sequence: int | None = None
    matched: str | None = None
    wa_id: str | None = None
    bsuid: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for its end any more: closed, or put off (snoozed)."""
        return self.status in OVER


@dataclass(frozen=True)
class Verdict:
    """The gate's answer about one customer.

    ``reason`` is a code of :mod:`reasons`, ``detail`` what its sentence needs
    (numbers and words, nothing secret), ``latency_ms`` how long Plinx took,
    ``retry_at`` (naive UTC) when asking again makes sense, ``provider_state``
    Plinx's own word. ``answered``: the call succeeded, so that an unknown is about
    this one customer.
    """

    state: str
    reason: str
    detail: dict[str, object] = field(default_factory=dict)
    source: str = LIVE
    latency_ms: int | None = None
    conversation: Conversation | None = None
    retry_at: datetime | None = None
    provider_state: str | None = None
    answered: bool = False


def unknown(reason: str, **detail: object) -> Verdict:
    """A verdict for want of an answer, or of one that can be understood."""
    return Verdict(UNKNOWN, reason, detail)


def utcnow() -> datetime:
    """Now, naive UTC, as the ORM stores times."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def judge(payload: object, rules: ActiveRules, now: datetime) -> Verdict:
    """Judge one answer of the lookup, or one item of the batch.

    :param payload: the decoded JSON, of any shape
    :param rules: the company's idea of an active conversation
    :param now: the present, naive UTC
    :return: a verdict, whatever the payload is. Never raises.
    """
    if not isinstance(payload, dict):
        return unknown("bad_answer")
    if payload.get("error") is not None:
        return unknown("invalid_identifier", code=_error_code(payload["error"]))
    state = payload.get("state")
    try:
        if state not in ("active", "inactive"):
            return unknown("unknown_status", status=_clip(state))
        conversation = parse_conversation(payload, rules.http_hosts)
    except (AnswerError, TypeError):
        return unknown("bad_answer")
    if conversation is not None:
        return judge_conversation(conversation, rules, now, state)
    # "Active" without a conversation contradicts itself.
    known = (UNKNOWN, "bad_answer") if state == "active" else (FREE, "no_conversation")
    return Verdict(*known, provider_state=state)


def judge_conversation(
    conversation: Conversation,
    rules: ActiveRules,
    now: datetime,
    provider_state: str | None = None,
) -> Verdict:
    """Apply the company's rule to a conversation, looked up or pushed."""
    state, reason, detail = FREE, conversation.status, {}
    if conversation.status not in STATUSES:
        state, reason = UNKNOWN, "unknown_status"
        detail = {"status": conversation.status}
    elif conversation.status not in ("open", "waiting", "bot"):
        detail = {"status": conversation.status}
    elif conversation.status not in rules.statuses:
        reason, detail = "not_counted", {"status": conversation.status}
    elif _heard_lately(conversation, rules, now) or _is_attended(
        conversation, rules, now
    ):
        state = ACTIVE
    elif conversation.last_inbound_at is None:
        reason = "broadcast"
    else:
        reason, detail = "stale", {"hours": rules.window_hours}
    return Verdict(
        state,
        reason,
        detail,
        conversation=conversation,
        provider_state=provider_state,
    )


def merge(verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict for a customer who was asked for in several parts.

    Active wins over unknown, unknown over free; among active ones, the
    conversation with the latest message of the customer.
    """
    found = list(verdicts)
    if not found:
        return unknown("missing_ref")
    best = max(found, key=lambda one: (_RANK[one.state], _last_inbound(one)))
    latencies = [one.latency_ms for one in found if one.latency_ms is not None]
    longest = max(latencies, default=None)
    return best if longest == best.latency_ms else replace(best, latency_ms=longest)


def parse_conversation(
    payload: dict[str, object], http_hosts: tuple[str, ...] = ()
) -> Conversation | None:
    """The conversation in an answer or in the data of a pushed event.

    :raises AnswerError: when a field is not of the type the contract says
    """
    data = payload.get("conversation")
    if data is None:
        return None
    if not isinstance(data, dict):
        raise AnswerError("conversation")
    matched, known = _object(payload, "matched"), _object(payload, "identities")
    external_id, status = _text(data, "id"), _text(data, "status")
    if not external_id or not status:
        raise AnswerError("conversation without id or status")
    sequence = data.get("sequence")
    if sequence is not None and (
        not isinstance(sequence, int) or isinstance(sequence, bool)
    ):
        raise AnswerError("sequence")
    return Conversation(
        id=external_id,
        status=status,
        opened_at=_time(data, "opened_at"),
        last_inbound_at=_time(data, "last_inbound_at"),
        last_outbound_at=_time(data, "last_outbound_at"),
        assignee=_text(data, "assignee"),
        url=safe_url(data.get("url"), http_hosts),
        sequence=sequence,
        matched=_text(matched, "value"),
        wa_id=_text(known, "wa_id"),
        bsuid=_text(known, "bsuid"),
    )


def parse_time(text: object) -> datetime:
    """An RFC 3339 time as naive UTC.

    :raises AnswerError: when it is none
    """
    found = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise AnswerError("time")
    day, clock, fraction, zone = found.groups()
    # A leap second, and Python before 3.11 reads exactly six decimals only.
    clock = clock[:6] + "59" if clock.endswith(":60") else clock
    local = f"{day}T{clock}.{(fraction or '')[:6]:0<6}"
    try:
        if zone in "Zz":
            return datetime.fromisoformat(local)
        moment = datetime.fromisoformat(local + zone)
        return moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise AnswerError("time") from error


def safe_url(url: object, http_hosts: tuple[str, ...] = ()) -> str | None:
    """A link that a browser may follow, or None.

    Only https, or http for the hosts given, so that an answer can never bring
    a script into a page; and only what looks like the place that it leads to: no
    user in front of the host, no backslash, nothing that is not plain ASCII, where
    signs hide that cannot be seen or turn the text around.
    """
    if not isinstance(url, str) or len(url) > MAX_URL:
        return None
    if _PLAIN_URL.fullmatch(url):
        return url
    if not _VISIBLE.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        host = f"{parts.hostname}:{parts.port or 80}"
    except ValueError:
        return None
    if "@" in parts.netloc:
        return None
    if parts.hostname and (
        parts.scheme == "https" or (parts.scheme == "http" and host in http_hosts)
    ):
        return url
    return None


def _heard_lately(
    conversation: Conversation, rules: ActiveRules, now: datetime
) -> bool:
    heard = conversation.last_inbound_at
    if heard is None or not rules.window_hours:
        return heard is not None
    return now - heard <= timedelta(hours=rules.window_hours)


def _is_attended(conversation: Conversation, rules: ActiveRules, now: datetime) -> bool:
    """Whether a person has the conversation and somebody wrote in it lately.

    A conversation forgotten open would keep its customer from being called for ever.
    Where no message is known, it began when it was opened.
    """
    if conversation.status != "open" or not conversation.assignee:
        return False
    said = (conversation.last_inbound_at, conversation.last_outbound_at)
    last = max(filter(None, said), default=conversation.opened_at)
    limit = timedelta(days=rules.assigned_days)
    return not limit or last is None or now - last <= limit


def _last_inbound(verdict: Verdict) -> datetime:
    conversation = verdict.conversation
    return (conversation and conversation.last_inbound_at) or datetime.min


def _object(payload: dict[str, object], name: str) -> dict[str, object]:
    value = payload.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AnswerError(name)
    return value


def _text(data: dict[str, object], name: str) -> str | None:
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise AnswerError(name)
    return _clip(value) or None


def _time(data: dict[str, object], name: str) -> datetime | None:
    return None if data.get(name) is None else parse_time(data[name])


def _clip(value: object) -> str:
    """A value of theirs made fit to be shown: short, without control characters."""
    text = str(value)[:MAX_TEXT]
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


def _error_code(error: object) -> str:
    code = error.get("code") if isinstance(error, dict) else error
    return _clip(code)
