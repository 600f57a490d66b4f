# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Signed webhooks, sent to a real receiver."""

import json

import pytest

from plinx_sandbox import SandboxServer, sign

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
MOBILE = "5547999887766"


def signature_fits(headers, body, secret=SECRET):
    """Say whether one of the signatures is right."""
    wanted = sign(secret, headers["webhook-id"], headers["webhook-timestamp"], body)
    return wanted in headers["webhook-signature"].split(" ")


def test_signature_is_that_of_the_published_vector():
    body = b'{"id":"evt_01","type":"conversation.opened"}'
    wanted = "v1,FB2TId7CoWcg7NFNmMyqEZT7xcknq1/xTRX4tmOT+uA="
    assert sign(SECRET, "evt_01", 1790000000, body) == wanted


def test_each_change_sends_one_signed_event(api, sandbox, receiver):
    sandbox.set_webhook(receiver.url, SECRET)
    path = f"/sandbox/conversations/{MOBILE}"
    api.put(path, json={"assignee": "Carlos"})
    api.put(path, json={"status": "bot"})
    api.delete(path)
    api.delete(path)
    assert sandbox.wait_webhooks()
    events = [json.loads(body) for _path, _headers, body in receiver.received]
    assert [event["type"] for event in events] == [
        "conversation.opened",
        "conversation.updated",
        "conversation.closed",
    ]
    sequences = [event["data"]["conversation"]["sequence"] for event in events]
    assert sequences == sorted(set(sequences))
    for event, (target, headers, body) in zip(events, receiver.received, strict=True):
        assert target == "/hook?company=1"
        assert event["id"] == headers["webhook-id"]
        assert event["version"] == "1"
        assert event["data"]["identities"]["wa_id"] == MOBILE
        assert signature_fits(headers, body)


def test_a_retry_keeps_id_and_body_and_is_signed_again(sandbox, receiver):
    receiver.statuses = [500, 401]
    sandbox.set_webhook(receiver.url, SECRET)
    sandbox.open_conversation(MOBILE)
    assert sandbox.wait_webhooks()
    assert len(receiver.received) == 3
    assert len({headers["webhook-id"] for _p, headers, _b in receiver.received}) == 1
    assert len({body for _path, _headers, body in receiver.received}) == 1
    assert all(signature_fits(h, body) for _path, h, body in receiver.received)
    (delivery,) = sandbox.deliveries
    assert (delivery["tries"], delivery["status"], delivery["done"]) == (3, 200, True)


def test_a_retry_is_signed_with_the_time_of_the_retry(receiver):
    receiver.statuses = [500]
    with SandboxServer(token="t", retry_delays=(1.1,)) as sandbox:
        sandbox.set_webhook(receiver.url, SECRET)
        sandbox.ping()
        assert sandbox.wait_webhooks()
    (_p, first, body), (_p, second, _b) = receiver.received
    assert int(second["webhook-timestamp"]) > int(first["webhook-timestamp"])
    assert second["webhook-signature"] != first["webhook-signature"]
    assert signature_fits(second, body)


def test_a_receiver_that_never_takes_it_is_left_in_peace(sandbox, receiver):
    receiver.statuses = [500] * 10
    sandbox.set_webhook(receiver.url, SECRET)
    sandbox.ping()
    assert sandbox.wait_webhooks()
    assert len(receiver.received) == 4
    (delivery,) = sandbox.deliveries
    assert (delivery["done"], delivery["error"]) == (False, "HTTP 500")


def test_nobody_there_is_noted_and_not_an_error(sandbox):
    sandbox.set_webhook("http://127.0.0.1:9/hook", SECRET)
    sandbox.open_conversation(MOBILE)
    assert sandbox.wait_webhooks()
    assert "ConnectionRefusedError" in sandbox.deliveries[0]["error"]


def test_a_redirect_is_not_followed(sandbox, receiver):
    receiver.statuses = [302] * 4
    sandbox.set_webhook(receiver.url, SECRET)
    sandbox.ping()
    assert sandbox.wait_webhooks()
    assert sandbox.deliveries[0]["error"] == "HTTP 302"


def test_two_secrets_sign_while_one_is_being_changed(sandbox, receiver):
    sandbox.set_webhook(receiver.url, OTHER, previous_secret=SECRET)
    sandbox.ping()
    assert sandbox.wait_webhooks()
    ((_path, headers, body),) = receiver.received
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert signature_fits(headers, body, SECRET)
    assert signature_fits(headers, body, OTHER)


def test_without_a_target_nothing_is_sent(sandbox, receiver):
    sandbox.open_conversation(MOBILE)
    assert sandbox.ping() is None
    assert sandbox.deliveries == []


def test_forgetting_everything_closes_what_is_open_first(api, sandbox, receiver):
    sandbox.open_conversation(MOBILE)
    sandbox.open_conversation("554733221100", status="closed")
    sandbox.set_webhook(receiver.url, SECRET)
    assert api.delete("/sandbox/conversations").json()["data"] == []
    assert sandbox.wait_webhooks()
    ((_path, _headers, body),) = receiver.received
    assert json.loads(body)["type"] == "conversation.closed"
    assert api.lookup(MOBILE).json()["matched"] is None


def test_target_is_set_over_http_and_the_secret_is_not_told(api, sandbox, receiver):
    wanted = {"url": receiver.url, "secret": SECRET}
    answer = api.put("/sandbox/webhook", json=wanted)
    assert answer.json()["url"] == receiver.url
    event_id = api.post("/sandbox/webhook/ping").json()["id"]
    assert sandbox.wait_webhooks()
    answer = api.get("/sandbox/webhook")
    assert answer.json()["deliveries"][0]["id"] == event_id
    assert "whsec" not in answer.text
    assert api.delete("/sandbox/webhook").json()["url"] is None


@pytest.mark.parametrize(
    "target",
    [
        {"url": "ftp://127.0.0.1/", "secret": SECRET},
        {"url": "http:///x", "secret": SECRET},
        {"url": 7, "secret": SECRET},
        {"url": "http://127.0.0.1/"},
        {"url": "http://127.0.0.1/", "secret": "secret"},
        {"url": "http://127.0.0.1/", "secret": "whsec_!"},
        [],
    ],
)
def test_a_bad_target_is_400(api, sandbox, target):
    assert api.put("/sandbox/webhook", json=target).status_code == 400
    assert sandbox.webhook_url is None
