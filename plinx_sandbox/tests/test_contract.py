# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The contract's calls."""

import socket
from datetime import datetime, timedelta, timezone

import pytest

from plinx_sandbox import SandboxServer

from .conftest import TOKEN, Api

MOBILE = "5547999887766"
SHORT = "554799887766"
BSUID = "BR.1502576394655843"
HEALTH = (
    f"GET /v1/health HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
).encode()


def error_of(response):
    """Return the error of an answer, after a look at its shape."""
    error = response.json()["error"]
    assert set(error) == {"code", "message", "retryable", "request_id"}
    assert error["request_id"] == response.headers["X-Request-Id"]
    return error


def test_health_names_contract_features_and_time(api):
    answer = api.get("/v1/health").json()
    assert answer["status"] == "ok"
    assert answer["contract"] == "1.1"
    assert answer["features"] == ["batch", "list", "webhooks", "bsuid", "messages"]
    time = datetime.fromisoformat(answer["time"].replace("Z", "+00:00"))
    assert abs(datetime.now(timezone.utc) - time) < timedelta(seconds=60)


def test_open_conversation_is_answered_with_every_field(api, sandbox):
    sandbox.open_conversation(MOBILE, assignee="Carlos", bsuid=BSUID)
    answer = api.lookup(SHORT, MOBILE).json()
    assert answer["state"] == "active"
    assert answer["matched"] == {"type": "wa_id", "value": MOBILE}
    assert answer["identities"] == {"wa_id": MOBILE, "bsuid": BSUID}
    conversation = answer["conversation"]
    assert conversation["status"] == "open"
    assert conversation["assignee"] == "Carlos"
    assert conversation["opened_at"] == conversation["last_inbound_at"]
    assert conversation["url"].endswith(conversation["id"])


def test_unknown_contact_is_inactive_and_not_an_error(api):
    response = api.lookup(MOBILE)
    assert response.status_code == 200
    answer = response.json()
    assert answer["state"] == "inactive"
    assert answer["matched"] is None
    assert answer["conversation"] is None
    assert answer["identities"] == {"wa_id": None, "bsuid": None}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("open", "active"),
        ("waiting", "active"),
        ("bot", "active"),
        ("snoozed", "inactive"),
        ("closed", "inactive"),
    ],
)
def test_state_follows_status(api, sandbox, status, state):
    sandbox.open_conversation(MOBILE, status=status)
    answer = api.lookup(MOBILE).json()
    assert (answer["state"], answer["conversation"]["status"]) == (state, status)


def test_closed_conversation_is_still_told_with_a_higher_sequence(api, sandbox):
    opened = sandbox.open_conversation(MOBILE)["conversation"]
    sandbox.close_conversation(MOBILE)
    answer = api.lookup(MOBILE).json()
    assert answer["state"] == "inactive"
    assert answer["matched"]["value"] == MOBILE
    assert answer["conversation"]["id"] == opened["id"]
    assert answer["conversation"]["sequence"] > opened["sequence"]


def test_reopening_starts_a_new_conversation_and_a_change_keeps_it(sandbox):
    first = sandbox.open_conversation(MOBILE)["conversation"]
    changed = sandbox.open_conversation(MOBILE, status="bot")["conversation"]
    assert (changed["id"], changed["opened_at"]) == (first["id"], first["opened_at"])
    assert changed["sequence"] > first["sequence"]
    sandbox.close_conversation(MOBILE)
    assert sandbox.open_conversation(MOBILE)["conversation"]["id"] != first["id"]


def test_an_active_conversation_wins_over_a_closed_one(api, sandbox):
    sandbox.open_conversation(SHORT)
    sandbox.open_conversation(MOBILE)
    sandbox.close_conversation(MOBILE)
    answer = api.lookup(MOBILE, SHORT).json()
    assert answer["matched"]["value"] == SHORT
    assert answer["state"] == "active"


def test_business_scoped_user_id_finds_byte_for_byte(api, sandbox):
    sandbox.open_conversation(BSUID)
    answer = api.lookup(bsuids=[BSUID]).json()
    assert answer["matched"] == {"type": "bsuid", "value": BSUID}
    assert answer["identities"] == {"wa_id": None, "bsuid": BSUID}
    assert api.lookup(bsuids=["BR.150257639465584"]).json()["matched"] is None


def test_a_changed_business_scoped_user_id_replaces_the_old_one(api, sandbox):
    sandbox.open_conversation(MOBILE, bsuid=BSUID)
    sandbox.open_conversation(MOBILE, bsuid="BR.7")
    assert api.lookup(bsuids=[BSUID]).json()["matched"] is None
    assert api.lookup(bsuids=["BR.7"]).json()["state"] == "active"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_request"),
        ([], 400, "invalid_request"),
        ({"wa_ids": []}, 400, "invalid_request"),
        ({"wa_ids": MOBILE}, 400, "invalid_request"),
        ({"wa_ids": [int(MOBILE)]}, 400, "invalid_request"),
        ({"wa_ids": [MOBILE] * 7}, 400, "invalid_request"),
        ({"bsuids": [BSUID] * 3}, 400, "invalid_request"),
        ({"wa_ids": [MOBILE], "external_ref": 7}, 400, "invalid_request"),
        ({"wa_ids": ["+" + MOBILE]}, 422, "invalid_identifier"),
        ({"wa_ids": [MOBILE + "\n"]}, 422, "invalid_identifier"),
        ({"wa_ids": ["٥٥٤٧٩٩٩٨٨٧٧٦٦"]}, 422, "invalid_identifier"),
        ({"bsuids": ["1502576394655843"]}, 422, "invalid_identifier"),
    ],
)
def test_lookup_refuses_what_it_cannot_read(api, body, status, code):
    response = api.post("/v1/conversations/lookup", json=body)
    assert response.status_code == status
    error = error_of(response)
    assert error["code"] == code
    assert error["retryable"] is False


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"NaN", b"[" * 100_000])
def test_a_body_that_is_not_json_is_400(api, raw):
    headers = {"Content-Type": "application/json"}
    response = api.post("/v1/conversations/lookup", data=raw, headers=headers)
    assert response.status_code == 400
    assert error_of(response)["code"] == "invalid_request"


def test_a_body_of_another_type_is_400(api):
    response = api.post("/v1/conversations/lookup", data={"wa_ids": MOBILE})
    assert response.status_code == 400


def test_limits_hold_at_their_edge(api):
    assert api.lookup(*[MOBILE] * 6, bsuids=[BSUID] * 2).status_code == 200


def test_batch_answers_every_ref_once_and_a_bad_item_fails_alone(api, sandbox):
    sandbox.open_conversation(MOBILE)
    response = api.batch(
        {"ref": "a", "wa_ids": [SHORT, MOBILE]},
        {"ref": "b", "wa_ids": ["abc"]},
        {"ref": "c", "wa_ids": [SHORT]},
        {"ref": "d"},
    )
    results = {result["ref"]: result for result in response.json()["results"]}
    assert len(response.json()["results"]) == len(results) == 4
    assert results["a"]["state"] == "active"
    assert results["b"]["error"]["code"] == "invalid_identifier"
    assert results["c"]["state"] == "inactive"
    assert results["d"]["error"]["code"] == "invalid_request"


def test_batch_takes_200_and_not_201(api):
    items = [{"ref": str(n), "wa_ids": [MOBILE]} for n in range(201)]
    assert len(api.batch(*items[:-1]).json()["results"]) == 200
    response = api.batch(*items)
    assert response.status_code == 413
    assert error_of(response)["code"] == "too_large"


@pytest.mark.parametrize(
    "items",
    [
        [],
        ["a"],
        [{"wa_ids": [MOBILE]}],
        [{"ref": 1, "wa_ids": [MOBILE]}],
        [{"ref": "a", "wa_ids": [MOBILE]}, {"ref": "a", "wa_ids": [SHORT]}],
    ],
)
def test_batch_without_clear_refs_is_400(api, items):
    assert api.batch(*items).status_code == 400


def test_pages_give_every_conversation_once_in_order_of_change(api, sandbox):
    numbers = [f"55479{n:08d}" for n in range(7)]
    for number in numbers:
        sandbox.open_conversation(number)
    seen, cursor = [], None
    while True:
        query = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        answer = api.get("/v1/conversations", params=query).json()
        seen += [row["identities"]["wa_id"] for row in answer["data"]]
        cursor = answer["next_cursor"]
        if not cursor:
            break
    assert seen == numbers


def test_cursor_keeps_the_filters_of_the_first_page(api, sandbox):
    for n in range(4):
        sandbox.open_conversation(f"55479{n:08d}")
    sandbox.open_conversation(MOBILE, status="closed")
    query = {"state": "active", "limit": 3}
    cursor = api.get("/v1/conversations", params=query).json()["next_cursor"]
    answer = api.get("/v1/conversations", params={"cursor": cursor}).json()
    assert [row["state"] for row in answer["data"]] == ["active"]


def test_list_filters_by_state_and_time(api, sandbox):
    sandbox.open_conversation(MOBILE)
    sandbox.open_conversation(SHORT, status="closed")

    def listed(**query):
        data = api.get("/v1/conversations", params=query).json()["data"]
        return [row["identities"]["wa_id"] for row in data]

    assert listed() == [MOBILE, SHORT]
    assert listed(state="active") == [MOBILE]
    assert listed(state="inactive") == [SHORT]
    now = datetime.now(timezone.utc)
    assert listed(updated_since=(now - timedelta(hours=1)).isoformat()) != []
    assert listed(updated_since=(now + timedelta(hours=1)).isoformat()) == []


def test_a_cursor_is_410_after_ten_minutes(api, sandbox):
    for number in (MOBILE, SHORT):
        sandbox.open_conversation(number)
    answer = api.get("/v1/conversations", params={"limit": 1}).json()
    query = {"cursor": answer["next_cursor"]}
    sandbox.expire_cursors(570)
    assert api.get("/v1/conversations", params=query).status_code == 200
    sandbox.expire_cursors(31)
    response = api.get("/v1/conversations", params=query)
    assert response.status_code == 410
    assert error_of(response)["code"] == "cursor_expired"


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x",
        "cursor=",
        "cursor=%F0%9F%98%80",
        "cursor=AAAAAAAAAAAAAAAAAAAAAAAA",
        "limit=0",
        "limit=201",
        "limit=ten",
        "limit=%C2%B2",
        "limit=5&limit=6",
        "state=open",
        "updated_since=yesterday",
        "updated_since=2026-11-22T10:00:00",
        "updated_since=0001-01-01T00:00:00%2B23:59",
    ],
)
def test_list_refuses_bad_queries(api, query):
    response = api.get(f"/v1/conversations?{query}")
    assert response.status_code == 400
    assert error_of(response)["code"] == "invalid_request"


@pytest.mark.parametrize(
    "value", [None, "", "Bearer", "Bearer wrong", "Basic a-token", "Bearer ã-token"]
)
def test_a_missing_or_wrong_token_is_401(api, value):
    headers = {"Authorization": value and value.encode()}
    response = api.get("/v1/health", headers=headers)
    assert response.status_code == 401
    assert error_of(response)["code"] == "invalid_token"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/health", "/api/v1/health", "/v1/", "/v2/health"])
def test_a_wrong_base_address_is_404(api, path):
    response = api.get(path)
    assert response.status_code == 404
    assert error_of(response)["code"] == "not_found"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "FOO"])
def test_a_wrong_method_is_405_and_tells_the_right_one(api, method):
    response = api.request(method, "/v1/conversations/lookup")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


def test_request_id_is_echoed_or_made(api):
    response = api.get("/v1/health", headers={"X-Request-Id": "abc-1"})
    assert response.headers["X-Request-Id"] == "abc-1"
    response = api.get("/v1/health", headers={"X-Request-Id": "not one word"})
    assert response.headers["X-Request-Id"].startswith("req_")
    assert api.get("/v1/health").headers["X-Request-Id"].startswith("req_")


def test_an_oversized_request_is_413(api):
    response = api.lookup(MOBILE, padding="x" * (1024 * 1024))
    assert response.status_code == 413


def raw_exchange(sandbox, *sent):
    """Send raw bytes on one connection and return all that comes back."""
    with socket.create_connection(("127.0.0.1", sandbox.port), 5) as connection:
        for data in sent:
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


def test_a_connection_is_kept_for_the_next_request(sandbox):
    assert raw_exchange(sandbox, HEALTH, HEALTH).count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    "head",
    [
        b"GARBAGE\r\n\r\n",
        b"POST /v1/conversations/lookup HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/conversations/lookup HTTP/1.1\r\nContent-Length: 9\r\n\r\n{",
        b"POST /v1/health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_hardly_http_gets_the_error_shape(sandbox, head):
    answer = raw_exchange(sandbox, head)
    assert b'"code": "invalid_request"' in answer


def test_requests_are_recorded_for_tests(api, sandbox):
    api.lookup(MOBILE, headers=None)
    api.get("/v1/health", headers={"Authorization": "Bearer wrong"})
    first, second = sandbox.requests
    assert (first["method"], first["operation"]) == ("POST", "lookup")
    assert first["body"]["wa_ids"] == [MOBILE]
    assert first["authorized"] is True
    assert (second["status"], second["authorized"]) == (401, False)
    assert (sandbox.count(), sandbox.count("lookup")) == (2, 1)
    sandbox.clear()
    assert (sandbox.count(), sandbox.requests) == (0, [])


def test_a_request_is_recorded_before_its_answer_is_sent(sandbox):
    sandbox.set_fault({"kind": "drip", "interval": 5})
    with socket.create_connection(("127.0.0.1", sandbox.port), 5) as connection:
        connection.sendall(HEALTH)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        (request,) = sandbox.requests
    assert request["status"] == 200


def test_what_is_not_http_changes_no_record_of_its_connection(sandbox):
    assert b"400 " in raw_exchange(sandbox, HEALTH, b"GARBAGE\r\n\r\n")
    assert [one["status"] for one in sandbox.requests] == [200]


def messages_of(api, record, **params):
    """Ask for the messages of a conversation of the sandbox."""
    path = f"/v1/conversations/{record['conversation']['id']}/messages"
    return api.get(path, params=params)


def test_messages_of_a_conversation_come_newest_first(api, sandbox):
    given = [
        {"at": "2026-09-04T12:00:00Z", "from": "customer", "text": "Oi"},
        {"at": "2026-09-04T12:02:00Z", "from": "bot", "kind": "image"},
        {"at": "2026-09-04T12:01:00Z", "from": "attendant", "text": "Bom dia"},
    ]
    record = sandbox.open_conversation(MOBILE, messages=given)
    assert "messages" not in record
    answer = messages_of(api, record, limit=2).json()
    assert [(one["from"], one["text"], one["kind"]) for one in answer["data"]] == [
        ("bot", None, "image"),
        ("attendant", "Bom dia", "text"),
    ]
    assert answer["data"][0]["at"] == "2026-09-04T12:02:00.000Z"
    # They stay while the conversation goes on.
    sandbox.open_conversation(MOBILE, status="waiting")
    assert len(messages_of(api, record).json()["data"]) == 3


def test_a_conversation_without_messages_of_its_own_has_the_usual_ones(api, sandbox):
    record = sandbox.open_conversation(MOBILE)
    (only,) = messages_of(api, record).json()["data"]
    assert only["from"] == "customer"
    assert only["at"] == record["conversation"]["last_inbound_at"]
    silent = sandbox.open_conversation(SHORT, last_inbound_at=None)
    assert messages_of(api, silent).json()["data"] == []


def test_messages_that_cannot_be_given_are_refused(api, sandbox):
    record = sandbox.open_conversation(MOBILE)
    for limit in ("0", "11", "x", "-1"):
        assert messages_of(api, record, limit=limit).status_code == 400
    assert messages_of(api, {"conversation": {"id": "cnv_x"}}).status_code == 404
    for given in ("x", [1], [{"from": "nobody"}], [{"from": "bot", "text": 1}]):
        with pytest.raises(ValueError):
            sandbox.open_conversation(MOBILE, messages=given)


def test_a_provider_of_contract_1_0_has_no_messages():
    with SandboxServer(token=TOKEN, messages=False) as old, Api(old.url) as api:
        record = old.open_conversation(MOBILE)
        answer = api.get("/v1/health").json()
        assert (answer["contract"], "messages" in answer["features"]) == ("1.0", False)
        assert messages_of(api, record).status_code == 404
