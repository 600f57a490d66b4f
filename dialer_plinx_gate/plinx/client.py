# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The seam to Plinx: everything that knows its HTTP contract.

:class:`Adapter` is what the rest of the addon calls; :class:`PlinxV1` is the
contract of today. Another version, or another provider, is one more subclass.
No method raises for a provider that is slow, down, lying or limiting: a lookup
always ends in a verdict, free, active or unknown with a reason.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode

from . import reasons, signature, skew, transport
from .address import AddressError, check_base_url, is_allowed_host
from .breaker import DEFAULT_COOLDOWN, Outcome
from .phone import last4, wa_id_key
from .verdict import (
    UNKNOWN,
    ActiveRules,
    AnswerError,
    Conversation,
    Verdict,
    judge,
    merge,
    parse_conversation,
    parse_time,
    unknown,
    utcnow,
)

_logger = logging.getLogger(__name__)

USER_AGENT = "dialer-plinx-gate/1 (Odoo 19)"
MAX_WA_IDS, MAX_BSUIDS, MAX_ITEMS = 6, 2, 200
MAX_MESSAGES, MAX_MESSAGE_CHARS = 10, 4096
#: The optional feature of contract 1.1 that :meth:`Adapter.messages` needs.
MESSAGES = "messages"
MAX_PAGES = 10_000
MAX_SKEW_SECONDS = 60
FIRST_JITTER, LAST_JITTER = 0.5, 8.0
SECOND_TRY_SECONDS = 1.0
RETRYABLE_STATUSES = frozenset((502, 503, 504))


@dataclass(frozen=True)
class Budget:
    """How long and how often to try; seconds and bytes.

    ``total`` bounds one try, or for an agent, who waits, the whole call; None
    takes the company's setting. ``longest_wait`` is the longest ``Retry-After``
    that is slept, ``cooldown`` the longest that is believed.
    """

    connect: float
    read: float
    total: float | None
    tries: int
    longest_wait: float
    cooldown: float
    max_bytes: int
    may_sleep: bool = False


AGENT = Budget(1.0, 1.5, None, 2, 0, 60, 256 * 1024)
BACKGROUND = Budget(3.0, 10.0, 20.0, 3, 30, 300, 2 * 1024 * 1024, may_sleep=True)


@dataclass(frozen=True)
class Config:
    """A company's connection to Plinx.

    ``allowed_hosts``: ``host:port`` entries that may be plain http and private;
    ``ca_path``: a file or folder of certificate authorities instead of the usual
    ones; ``total``: seconds that an agent waits at most.
    """

    base_url: str
    token: str = field(repr=False)
    allowed_hosts: tuple[str, ...] = ()
    ca_path: str | None = None
    rules: ActiveRules = field(default_factory=ActiveRules)
    total: float = 2.5


@dataclass(frozen=True)
class Subject:
    """A customer as Plinx is asked about one.

    ``ref`` is ours and never leaves; ``wa_ids`` are the candidates of
    :class:`phone.Identity`, ``bsuids`` business-scoped user ids. There may be
    more of them than one question holds.
    """

    ref: str
    wa_ids: tuple[str, ...] = ()
    bsuids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """One page of the list, with the cursor of the next one."""

    conversations: tuple[Conversation, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class Message:
    """One message of a conversation; ``at`` is naive UTC.

    ``sender`` is ``customer``, ``attendant``, ``bot`` or another word of the
    provider's; ``text`` is None for what is no text, ``kind`` what it is then.
    """

    at: datetime
    sender: str
    text: str | None
    kind: str


@dataclass(frozen=True)
class Health:
    """What *Test connection* found; ``reason`` and ``detail`` as in a verdict.

    ``ok`` is also True when only the clocks differ. ``skew_s`` is how far Plinx's
    clock is ahead of ours.
    """

    ok: bool
    reason: str
    detail: dict[str, object] = field(default_factory=dict)
    contract: str | None = None
    features: tuple[str, ...] = ()
    tenant: str | None = None
    skew_s: float | None = None
    latency_ms: int | None = None


class PlinxError(Exception):
    """A list call failed; the fields are as in a verdict."""

    def __init__(
        self,
        reason: str,
        detail: dict[str, object] | None = None,
        retry_at: datetime | None = None,
        latency_ms: int | None = None,
    ):
        super().__init__(reason)
        self.reason = reason
        self.detail = detail or {}
        self.retry_at = retry_at
        self.latency_ms = latency_ms

    def verdict(self) -> Verdict:
        """The verdict on every customer the failed call was about."""
        return Verdict(
            UNKNOWN,
            self.reason,
            self.detail,
            latency_ms=self.latency_ms,
            retry_at=self.retry_at,
        )


class Adapter(ABC):
    """What the gate, the crons and the settings need of a provider.

    ``outcomes`` grows by one entry for each question put over the network; it is
    what :func:`breaker.record` takes. An adapter belongs to one thread, and is
    cheap to make: connections are kept elsewhere. ``skew_s`` is how many seconds the
    provider's clock was ahead of ours in its latest answer, None before one.
    """

    outcomes: list[Outcome]
    skew_s: float | None = None

    @abstractmethod
    def lookup(self, subject: Subject, budget: Budget = AGENT) -> Verdict:
        """Ask about one customer. Never raises."""

    @abstractmethod
    def lookup_many(
        self, subjects: Iterable[Subject], budget: Budget = AGENT
    ) -> dict[str, Verdict]:
        """Ask about many customers; one verdict for each ``ref``. Never raises."""

    @abstractmethod
    def list_active(self, budget: Budget = BACKGROUND) -> Iterator[Page]:
        """Page by page, the conversations the provider calls active.

        A conversation can come twice when the list had to start again.

        :raises PlinxError: it failed; pages given so far are good
        """

    @abstractmethod
    def messages(
        self,
        conversation_id: str,
        limit: int = MAX_MESSAGES,
        features: Iterable[str] = (),
        budget: Budget = AGENT,
    ) -> tuple[Message, ...]:
        """The latest messages of a conversation, newest first; to show, not to keep.

        :param limit: how many at the most
        :param features: what :meth:`health` found; without ``messages`` among them
            nobody is asked
        :raises PlinxError: it failed, or the provider has no messages to give
            (``not_offered``)
        """

    @abstractmethod
    def read_headers(
        self, headers: Mapping[str, str], now: datetime
    ) -> signature.SignedHeaders:
        """Read the headers of a pushed event, before anybody looks for the secrets.

        :raises signature.SignatureError: it cannot be proven to be the provider's
        """

    @abstractmethod
    def verify_event(
        self, signed: signature.SignedHeaders, raw: bytes, secrets: Iterable[str]
    ) -> signature.Event:
        """Check and read one pushed event.

        :raises signature.SignatureError: it is not proven to be the provider's
        :raises signature.EventError: it is, but cannot be read
        """

    @abstractmethod
    def health(self, budget: Budget = AGENT) -> Health:
        """Test the connection. Never raises."""


class PlinxV1(Adapter):
    """Version 1 of the HTTP contract."""

    def __init__(self, config: Config):
        self.outcomes = []
        self._config = config
        self._origin: transport.Origin | None = None
        hosts = tuple(config.allowed_hosts)
        self._rules = replace(config.rules, http_hosts=hosts)

    def lookup(self, subject: Subject, budget: Budget = AGENT) -> Verdict:
        """Ask about one customer. Never raises."""
        return self.lookup_many((subject,), budget)[subject.ref]

    def lookup_many(
        self, subjects: Iterable[Subject], budget: Budget = AGENT
    ) -> dict[str, Verdict]:
        """Ask about many customers; one verdict for each ``ref``. Never raises."""
        parts: dict[str, list[Verdict]] = {}
        items = []
        for subject in subjects:
            parts[subject.ref] = []
            items += [(subject.ref, item) for item in _items(subject)]
        ask = self._ask_one if len(items) == 1 else self._ask_batch
        deadline = self._deadline(budget)
        failed: Verdict | None = None
        for start in range(0, len(items), MAX_ITEMS):
            chunk = items[start : start + MAX_ITEMS]
            if failed is None:
                try:
                    found = ask([item for _ref, item in chunk], budget, deadline)
                except PlinxError as error:
                    # What stops one batch stops the next one, too.
                    failed = error.verdict()
            for index, (ref, _item) in enumerate(chunk):
                parts[ref].append(failed or found[index])
        none = unknown("no_identifier")
        return {ref: merge(part) if part else none for ref, part in parts.items()}

    def list_active(self, budget: Budget = BACKGROUND) -> Iterator[Page]:
        """Page by page, the active conversations; see :class:`Adapter`.

        :raises PlinxError: it failed
        """
        cursor, restarted = None, False
        for _number in range(MAX_PAGES):
            query = {"state": "active", "limit": str(MAX_ITEMS)}
            if cursor:
                query["cursor"] = cursor
            path = "/v1/conversations?" + urlencode(query)
            try:
                payload, _ms = self._call("list", "GET", path, None, budget)
            except PlinxError as error:
                if error.reason != "cursor_expired" or not cursor or restarted:
                    raise
                cursor, restarted = None, True
                continue
            page = self._page(payload, cursor)
            yield page
            cursor = page.next_cursor
            if not cursor:
                return
        raise self._misread()

    def messages(
        self,
        conversation_id: str,
        limit: int = MAX_MESSAGES,
        features: Iterable[str] = (),
        budget: Budget = AGENT,
    ) -> tuple[Message, ...]:
        """The latest messages of a conversation; see :class:`Adapter`.

        :raises PlinxError: it failed
        """
        if MESSAGES not in features:
            raise PlinxError("not_offered")
        limit = max(1, min(limit, MAX_MESSAGES))
        path = f"/v1/conversations/{quote(conversation_id, safe='')}/messages"
        try:
            payload, _ms = self._call(
                MESSAGES, "GET", f"{path}?limit={limit}", None, budget
            )
        except PlinxError as error:
            if error.reason != "wrong_address":
                raise
            # Here a 404 is about the conversation, and Plinx is well.
            self.outcomes[-1] = Outcome("no_conversation")
            raise PlinxError("no_conversation", error.detail) from None
        data = payload.get("data")
        try:
            if not isinstance(data, list):
                raise AnswerError("data")
            found = [_message(one) for one in data[:limit]]
        except AnswerError:
            raise self._misread() from None
        return tuple(sorted(found, key=lambda one: one.at, reverse=True))

    def read_headers(
        self, headers: Mapping[str, str], now: datetime
    ) -> signature.SignedHeaders:
        """Read the headers of a pushed event; see :class:`Adapter`."""
        return signature.read_headers(headers, now)

    def verify_event(
        self, signed: signature.SignedHeaders, raw: bytes, secrets: Iterable[str]
    ) -> signature.Event:
        """Check and read one pushed event; see :class:`Adapter`."""
        event_id = signature.check(signed, raw, secrets)
        return signature.parse_event(event_id, raw, self._rules.http_hosts)

    def health(self, budget: Budget = AGENT) -> Health:
        """Test the connection. Never raises."""
        before = utcnow()
        try:
            payload, latency = self._call("health", "GET", "/v1/health", None, budget)
            middle = before + (utcnow() - before) / 2
            return _health(payload, middle, latency)
        except AnswerError:
            error = self._misread()
        except PlinxError as caught:
            error = caught
        return Health(False, error.reason, error.detail, latency_ms=error.latency_ms)

    def _ask_one(
        self, items: list[dict[str, object]], budget: Budget, deadline: float | None
    ) -> list[Verdict]:
        path = "/v1/conversations/lookup"
        try:
            payload, latency = self._call(
                "lookup", "POST", path, items[0], budget, deadline
            )
        except PlinxError as error:
            if error.reason != "invalid_identifier":
                raise
            # what a batch says of one of its items: Plinx is well
            return [replace(error.verdict(), answered=True)]
        return [self._judge(payload, items[0], latency)]

    def _ask_batch(
        self, items: list[dict[str, object]], budget: Budget, deadline: float | None
    ) -> list[Verdict]:
        # Our own refs are nobody else's business: numbers stand for them.
        body = {"items": [{"ref": str(n), **item} for n, item in enumerate(items)]}
        path = "/v1/conversations/lookup/batch"
        payload, latency = self._call("batch", "POST", path, body, budget, deadline)
        results = payload.get("results")
        if not isinstance(results, list):
            raise self._misread()
        answers: dict[str, list[object]] = {}
        for result in results:
            if isinstance(result, dict) and isinstance(result.get("ref"), str):
                answers.setdefault(result["ref"], []).append(result)
        return [
            self._pick(answers.get(str(number), []), item, latency)
            for number, item in enumerate(items)
        ]

    def _pick(
        self, answers: list[object], item: dict[str, object], latency: int
    ) -> Verdict:
        if len(answers) == 1:
            return self._judge(answers[0], item, latency)
        verdict = unknown("doubled_ref" if answers else "missing_ref")
        return replace(verdict, latency_ms=latency, answered=True)

    def _judge(self, payload: object, item: dict[str, object], latency: int) -> Verdict:
        verdict = judge(payload, self._rules, utcnow())
        if verdict.conversation and not _is_about(payload, item):
            verdict = unknown("wrong_match")
        return replace(verdict, latency_ms=latency, answered=True)

    def _page(self, payload: dict[str, object], cursor: str | None) -> Page:
        data, following = payload.get("data"), payload.get("next_cursor")
        try:
            if not isinstance(data, list) or not isinstance(
                following, (str, type(None))
            ):
                raise AnswerError("page")
            if following and following == cursor:
                raise AnswerError("the list runs in a circle")
            found = [
                parse_conversation(one, self._rules.http_hosts)
                for one in data
                if isinstance(one, dict)
            ]
        except AnswerError:
            raise self._misread() from None
        return Page(tuple(filter(None, found)), following or None)

    def _misread(self) -> PlinxError:
        """The answer came, yet not as the contract says; that is an illness, too."""
        if self.outcomes:
            self.outcomes[-1] = Outcome("bad_answer")
        return PlinxError("bad_answer")

    def _deadline(self, budget: Budget) -> float | None:
        if budget.may_sleep:
            return None
        return time.monotonic() + (budget.total or self._config.total)

    def _call(
        self,
        operation: str,
        method: str,
        path: str,
        body: dict[str, object] | None,
        budget: Budget,
        deadline: float | None = None,
    ) -> tuple[dict[str, object], int]:
        """Put one question, with the tries its budget grants.

        :return: the decoded JSON object, and milliseconds
        :raises PlinxError: there is no usable answer
        """
        started = time.monotonic()
        request_id = uuid.uuid4().hex
        origin = self._checked_origin()
        headers = self._headers(request_id)
        raw = None if body is None else json.dumps(body).encode()
        deadline = deadline or self._deadline(budget)
        for attempt in range(1, budget.tries + 1):
            limits = _limits(budget, deadline, self._config.total)
            problem, asked = None, utcnow()
            try:
                reply = transport.exchange(origin, method, path, headers, raw, limits)
                payload, problem = _decode(reply)
            except transport.TransportError as error:
                problem = _Problem(error.reason, error.detail, error.retryable)
            if problem is None or attempt == budget.tries:
                break
            pause = _pause(problem, attempt, budget, deadline)
            if pause is None:
                break
            time.sleep(pause)
        latency = round((time.monotonic() - started) * 1000)
        self._record_outcome(operation, body, problem, latency)
        if problem is None:
            as_of = payload.get("as_of", payload.get("time"))
            measured = skew.measure(as_of, asked, utcnow())
            self.skew_s = self.skew_s if measured is None else measured
            return payload, latency
        raise problem.error(budget, request_id, latency)

    def _checked_origin(self) -> transport.Origin:
        """Where to call, checked on the first call.

        :raises PlinxError: the settings do not allow one
        """
        config = self._config
        if self._origin is None:
            if not config.base_url or not config.token:
                raise PlinxError("not_configured")
            if not re.fullmatch(r"[!-~]+", config.token):
                raise PlinxError("bad_token")
            try:
                url = check_base_url(config.base_url, config.allowed_hosts)
            except AddressError as error:
                detail = {"message": str(error), "code": error.code}
                raise PlinxError("bad_address", detail) from None
            private_ok = is_allowed_host(url, config.allowed_hosts)
            self._origin = transport.Origin(url, private_ok, config.ca_path or None)
        return self._origin

    def _headers(self, request_id: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._config.token}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-Request-Id": request_id,
        }

    def _record_outcome(
        self,
        operation: str,
        body: dict[str, object] | None,
        problem: _Problem | None,
        latency: int,
    ) -> None:
        reason = problem.reason if problem else "ok"
        self.outcomes.append(Outcome(reason, problem and problem.retry_after))
        items = body.get("items", [body]) if body else []
        ids = items[0].get("wa_ids") if len(items) == 1 else None
        about = f"...{last4(ids[0])}" if ids else f"{len(items)} items"
        level = logging.INFO if problem else logging.DEBUG
        _logger.log(level, "%s (%s): %s in %d ms", operation, about, reason, latency)


@dataclass(frozen=True)
class _Problem:
    """Why one try gave nothing, and whether and when another may."""

    reason: str
    detail: dict[str, object] = field(default_factory=dict)
    retryable: bool = False
    retry_after: float | None = None

    def error(self, budget: Budget, request_id: str, latency: int) -> PlinxError:
        detail = {**self.detail, "request_id": request_id}
        wait, retry_at = self.retry_after, None
        if wait is None and self.reason == "rate_limited":
            wait = DEFAULT_COOLDOWN
        if wait is not None:
            wait = min(wait, budget.cooldown)
            detail["seconds"] = wait
            retry_at = utcnow() + timedelta(seconds=wait)
        return PlinxError(self.reason, detail, retry_at, latency)


def _items(subject: Subject) -> list[dict[str, object]]:
    """The questions about one customer, each of a size the contract allows."""
    parts = max(
        -(-len(subject.wa_ids) // MAX_WA_IDS), -(-len(subject.bsuids) // MAX_BSUIDS)
    )
    return [
        {
            "wa_ids": list(subject.wa_ids[part * MAX_WA_IDS :][:MAX_WA_IDS]),
            "bsuids": list(subject.bsuids[part * MAX_BSUIDS :][:MAX_BSUIDS]),
        }
        for part in range(parts)
    ]


def _is_about(payload: object, item: dict[str, object]) -> bool:
    """Whether a conversation belongs to one of the ids that were asked for.

    A server that matches by the last digits would name somebody else's.
    """
    matched = payload.get("matched") if isinstance(payload, dict) else None
    if not isinstance(matched, dict) or matched.get("type") not in ("wa_id", "bsuid"):
        return True
    value = matched.get("value")
    if matched["type"] == "bsuid":
        return value in item["bsuids"]
    asked = item["wa_ids"]
    return value in asked or wa_id_key(value) in set(map(wa_id_key, asked)) - {None}


def _limits(budget: Budget, deadline: float | None, setting: float) -> transport.Limits:
    if deadline is None:
        deadline = time.monotonic() + (budget.total or setting)
    read = budget.read
    if budget.total is None:
        # A company that grants more time in all grants it to the answer.
        read = max(read, setting - budget.connect)
    return transport.Limits(budget.connect, read, deadline, budget.max_bytes)


def _pause(
    problem: _Problem, attempt: int, budget: Budget, deadline: float | None
) -> float | None:
    """Seconds to wait before another try, or None for no other try."""
    status = problem.detail.get("status")
    retryable = problem.retryable or status in RETRYABLE_STATUSES
    if not budget.may_sleep:
        # Whoever names a time wants to be left alone; an agent does not wait.
        left = (deadline or 0) - time.monotonic()
        fair = retryable and problem.retry_after is None and left >= SECOND_TRY_SECONDS
        return 0 if fair else None
    outcome = reasons.REASONS[problem.reason].outcome
    if not retryable and outcome not in (reasons.FAILURE, reasons.LIMITED):
        return None
    if problem.retry_after is not None:
        wait = problem.retry_after
        return wait if wait <= budget.longest_wait else None
    return random.uniform(0, min(LAST_JITTER, FIRST_JITTER * 2**attempt))


_STATUS_REASONS = {
    400: "bad_request",
    401: "token_refused",
    403: "forbidden",
    404: "wrong_address",
    405: "wrong_address",
    410: "cursor_expired",
    413: "request_too_large",
    422: "invalid_identifier",
    429: "rate_limited",
}


def _decode(
    reply: transport.Reply,
) -> tuple[dict[str, object], _Problem | None]:
    """The JSON object of an answer, or what is wrong with it."""
    status = reply.status
    if status != 200:
        return {}, _status_problem(reply)
    try:
        payload = json.loads(reply.body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return {}, _Problem("bad_json")
    if not isinstance(payload, dict):
        return {}, _Problem("bad_answer")
    return payload, None


def _status_problem(reply: transport.Reply) -> _Problem:
    status = reply.status
    detail: dict[str, object] = {"status": status}
    if 300 <= status < 400:
        return _Problem("redirect", detail)
    reason = _STATUS_REASONS.get(status, "unexpected_status")
    if status >= 500:
        reason = "server_error"
    retry_after = _retry_after(reply.headers) if status in (429, 503) else None
    if status == 422:
        detail["code"] = "invalid_identifier"
    return _Problem(reason, detail, retry_after=retry_after)


def _retry_after(headers: dict[str, str]) -> float | None:
    """Seconds of a ``Retry-After``, which is a number or a date (RFC 9110)."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,6})?", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return max((moment - datetime.now(timezone.utc)).total_seconds(), 0)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _message(data: object) -> Message:
    """One message of an answer.

    :raises AnswerError: it is not what the contract says
    """
    if not isinstance(data, dict):
        raise AnswerError("message")
    sender, text, kind = data.get("from"), data.get("text"), data.get("kind")
    if not (
        isinstance(sender, str)
        and isinstance(kind, str)
        and isinstance(text, (str, type(None)))
    ):
        raise AnswerError("message")
    if text is not None:
        text = text.replace("\0", "")[:MAX_MESSAGE_CHARS]
    return Message(parse_time(data.get("at")), sender[:32], text, kind[:32])


def _health(payload: dict[str, object], now: datetime, latency: int) -> Health:
    """Read the health call.

    :param now: our time when Plinx took its own, naive UTC
    :raises AnswerError: it is not what the contract says
    """
    contract, features = payload.get("contract"), payload.get("features")
    tenant = payload.get("tenant")
    if not (isinstance(contract, str) and isinstance(features, list)):
        raise AnswerError("health")
    skew = (parse_time(payload.get("time")) - now).total_seconds()
    ok, reason, detail = True, "ok", {}
    if contract.partition(".")[0] != "1":
        ok, reason, detail = False, "wrong_contract", {"contract": contract[:16]}
    elif abs(skew) > MAX_SKEW_SECONDS:
        reason, detail = "clock", {"seconds": abs(skew)}
    return Health(
        ok,
        reason,
        detail,
        contract=contract[:16],
        features=tuple(one for one in features if isinstance(one, str)),
        tenant=tenant[:128] if isinstance(tenant, str) else None,
        skew_s=round(skew, 1),
        latency_ms=latency,
    )
