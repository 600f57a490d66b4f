# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Contract version 1 without its transport: a parsed request in, an answer out."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time

from .store import BSUID, WA_ID, format_time, parse_time

MAX_WA_IDS = 6
MAX_BSUIDS = 2
MAX_BATCH = 200
MAX_PAGE = 200
MAX_REF = 128
MAX_MESSAGES = 10
CURSOR_SECONDS = 600
TTL_SECONDS = 30

ERROR_CODES = {
    400: "invalid_request",
    401: "invalid_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    410: "cursor_expired",
    413: "too_large",
    422: "invalid_identifier",
    429: "rate_limited",
    500: "internal_error",
    502: "bad_gateway",
    503: "unavailable",
    504: "timeout",
}


class ApiError(Exception):
    """An answer of the contract's error shape.

    :param int status: HTTP status
    :param str message: one sentence for a person
    :param headers: further headers of the answer, as (name, value)
    """

    def __init__(self, status, message, headers=()):
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = tuple(headers)

    def body(self, request_id):
        """Return ``{code, message, retryable, request_id}``."""
        return {
            "code": ERROR_CODES.get(self.status, "error"),
            "message": self.message,
            "retryable": self.status == 429 or self.status >= 500,
            "request_id": request_id,
        }


class Contract:
    """The calls of the contract, over a store.

    :param Store store: the conversations
    :param clock: function that gives the aware time now
    :param str tenant: name shown by the health call and in webhooks
    :param bool messages: whether contract 1.1 is spoken, which shows messages
    """

    def __init__(self, store, clock, tenant, messages=True):
        self._store = store
        self._clock = clock
        self._tenant = tenant
        self.has_messages = messages
        self._cursor_key = secrets.token_bytes(32)
        self._cursor_age = 0

    def health(self):
        """Answer ``GET /v1/health``."""
        return {
            "status": "ok",
            "time": format_time(self._clock()),
            "tenant": self._tenant,
            "contract": "1.1" if self.has_messages else "1.0",
            "features": [
                *("batch", "list", "webhooks", "bsuid"),
                *(["messages"] if self.has_messages else []),
            ],
        }

    def lookup(self, body):
        """Answer ``POST /v1/conversations/lookup``.

        :raise ApiError: 400 or 422
        """
        if not isinstance(body, dict):
            raise ApiError(400, "The body must be a JSON object.")
        wa_ids, bsuids = self._identifiers(body)
        matched, record = self._store.find(wa_ids, bsuids)
        nobody = {
            "state": "inactive",
            "conversation": None,
            "identities": {"wa_id": None, "bsuid": None},
        }
        return {
            **(record or nobody),
            "matched": matched,
            "as_of": format_time(self._clock()),
            "ttl_s": TTL_SECONDS,
        }

    def batch(self, body, request_id):
        """Answer ``POST /v1/conversations/lookup/batch``; a bad item fails alone.

        :raise ApiError: 400 or 413
        """
        items = body.get("items") if isinstance(body, dict) else None
        if not isinstance(items, list) or not items:
            raise ApiError(400, "items must be a list with at least one item.")
        if len(items) > MAX_BATCH:
            raise ApiError(413, f"At most {MAX_BATCH} items in a batch.")
        self._check_refs(items)
        results = []
        for item in items:
            try:
                results.append({"ref": item["ref"], **self.lookup(item)})
            except ApiError as error:
                results.append({"ref": item["ref"], "error": error.body(request_id)})
        return {"results": results, "as_of": format_time(self._clock())}

    def list(self, query):
        """Answer ``GET /v1/conversations``.

        :param dict query: lists of texts by name
        :raise ApiError: 400, or 410 for a cursor older than ten minutes
        """
        for name in ("state", "updated_since", "limit", "cursor"):
            if len(query.get(name, ())) > 1:
                raise ApiError(400, f"{name} stands twice.")
        values = {name: texts[0] for name, texts in query.items()}
        after = 0
        if "cursor" in values:
            saved = self._open_cursor(values["cursor"])
            after = saved.pop("after")
            values = {**saved, "limit": values.get("limit", saved["limit"])}
        state, since, limit = self._list_filters(values)
        data, position = self._store.page(state, since, after, limit)
        cursor = None
        if position is not None:
            kept = ("state", "updated_since")
            saved = {name: values[name] for name in kept if name in values}
            saved.update(limit=str(limit), after=position)
            cursor = self._seal_cursor(saved)
        return {
            "data": data,
            "next_cursor": cursor,
            "as_of": format_time(self._clock()),
        }

    def messages(self, conversation_id, query):
        """Answer ``GET /v1/conversations/{id}/messages``, newest first.

        :param dict query: lists of texts by name
        :raise ApiError: 400, or 404 for an unknown conversation
        """
        texts = query.get("limit", [str(MAX_MESSAGES)])
        if len(texts) > 1:
            raise ApiError(400, "limit stands twice.")
        limit = self._whole_number("limit", texts[0], MAX_MESSAGES)
        data = self._store.messages(conversation_id)
        if data is None:
            raise ApiError(404, "There is no such conversation.")
        return {"data": data[:limit], "as_of": format_time(self._clock())}

    def age_cursors(self, seconds):
        """Make every cursor given out so far older by so many seconds."""
        self._cursor_age += seconds

    @staticmethod
    def _identifiers(item):
        ids = []
        limits = (("wa_ids", MAX_WA_IDS, WA_ID), ("bsuids", MAX_BSUIDS, BSUID))
        for name, most, pattern in limits:
            values = item.get(name, [])
            if not isinstance(values, list) or len(values) > most:
                raise ApiError(400, f"{name} must be a list of at most {most} texts.")
            for value in values:
                if not isinstance(value, str):
                    raise ApiError(400, f"{name} must be a list of texts.")
                if not pattern.fullmatch(value):
                    raise ApiError(422, f"{name} holds an identifier of a wrong form.")
            ids.append(values)
        ref = item.get("external_ref")
        if ref is not None and not (isinstance(ref, str) and len(ref) <= MAX_REF):
            raise ApiError(400, f"external_ref must be at most {MAX_REF} characters.")
        if not any(ids):
            raise ApiError(400, "Give at least one of wa_ids and bsuids.")
        return ids

    @staticmethod
    def _check_refs(items):
        refs = set()
        for item in items:
            ref = item.get("ref") if isinstance(item, dict) else None
            if not (isinstance(ref, str) and 0 < len(ref) <= MAX_REF):
                raise ApiError(400, f"An item needs a ref, 1 to {MAX_REF} characters.")
            if ref in refs:
                raise ApiError(400, "The same ref stands twice.")
            refs.add(ref)

    @staticmethod
    def _list_filters(values):
        state = values.get("state")
        if state not in (None, "active", "inactive"):
            raise ApiError(400, "state must be active or inactive.")
        since = values.get("updated_since")
        try:
            since = None if since is None else parse_time(since)
        except ValueError:
            raise ApiError(400, "updated_since must be an RFC 3339 time.") from None
        limit = values.get("limit", str(MAX_PAGE))
        return state, since, Contract._whole_number("limit", limit, MAX_PAGE)

    @staticmethod
    def _whole_number(name, text, most):
        if not (text.isascii() and text.isdigit() and len(text) < 9):
            raise ApiError(400, f"{name} must be a whole number.")
        if not 1 <= int(text) <= most:
            raise ApiError(400, f"{name} must be between 1 and {most}.")
        return int(text)

    def _cursor_now(self):
        return time.monotonic() + self._cursor_age

    def _seal_cursor(self, saved):
        data = json.dumps({**saved, "at": self._cursor_now()}).encode()
        seal = hmac.digest(self._cursor_key, data, hashlib.sha256)[:12]
        return base64.urlsafe_b64encode(seal + data).decode()

    def _open_cursor(self, text):
        try:
            raw = base64.urlsafe_b64decode(text.encode("ascii"))
        except (binascii.Error, ValueError):
            raise ApiError(400, "The cursor is not one of ours.") from None
        seal = hmac.digest(self._cursor_key, raw[12:], hashlib.sha256)[:12]
        if not hmac.compare_digest(seal, raw[:12]):
            raise ApiError(400, "The cursor is not one of ours.")
        saved = json.loads(raw[12:])
        if self._cursor_now() - saved.pop("at") > CURSOR_SECONDS:
            raise ApiError(410, "The cursor is over ten minutes old: start again.")
        return saved
