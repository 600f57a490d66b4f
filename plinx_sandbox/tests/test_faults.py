# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Each fault, as a client meets it."""

import errno
import json
import socket
import time
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
import requests

from plinx_sandbox.faults import HTTP_STATUSES, KINDS

from .conftest import TOKEN, Api

MOBILE = "5547999887766"
ITEMS = [{"ref": "a", "wa_ids": [MOBILE]}, {"ref": "b", "wa_ids": ["554733221100"]}]


def pieces(sandbox):
    """Ask for health on a raw connection and return what each read gave."""
    request = (
        "GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Bearer {TOKEN}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", sandbox.port), 5) as connection:
        connection.sendall(request.encode())
        received = []
        while piece := connection.recv(65536):
            received.append(piece)
        return received


def test_without_a_fault_an_answer_comes_in_one_piece(sandbox):
    assert len(pieces(sandbox)) == 1


@pytest.mark.parametrize("kind", ["reset", "down"])
def test_down_cuts_the_connection_and_the_request_is_seen(api, sandbox, kind):
    sandbox.set_fault({"kind": kind})
    with pytest.raises(requests.ConnectionError) as caught:
        api.get("/v1/health")
    assert "reset" in str(caught.value).lower()
    assert sandbox.requests[0]["status"] is None
    assert sandbox.requests[0]["fault"] == kind


def test_refused_is_refused_and_comes_back_on_the_same_port(api, sandbox):
    api.get("/v1/health")
    port = sandbox.port
    sandbox.set_fault({"kind": "refused"})
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED
    with pytest.raises(requests.ConnectionError):
        api.get("/v1/health")
    sandbox.set_fault({"kind": "none"})
    assert sandbox.port == port
    assert api.get("/v1/health").status_code == 200


def test_refused_set_over_http_is_ended_at_the_control_address(api, sandbox):
    answer = api.put("/sandbox/fault", json={"kind": "refused"}).json()
    assert answer["control_url"] == sandbox.control_url
    with Api(sandbox.control_url) as control:
        assert control.get("/sandbox/fault").json()["kind"] == "refused"
        assert control.get("/v1/health").status_code == 404
        control.put("/sandbox/fault", json={"kind": "none"})
    assert api.get("/v1/health").status_code == 200


def test_refused_ends_by_itself_after_its_seconds(api, sandbox):
    sandbox.set_fault({"kind": "refused", "seconds": 0.01})
    for _wait in range(500):
        if sandbox.faults.get()["kind"] == "none":
            break
        time.sleep(0.01)
    assert sandbox.faults.get()["kind"] == "none"
    assert api.get("/v1/health").status_code == 200


def test_slow_outlasts_a_patient_reader(api, sandbox):
    sandbox.set_fault({"kind": "slow", "seconds": 60})
    with pytest.raises(requests.ReadTimeout):
        api.get("/v1/health", timeout=0.1)
    sandbox.set_fault({"kind": "slow", "seconds": 0})
    assert api.get("/v1/health").status_code == 200


def test_drip_sends_the_body_byte_by_byte(sandbox):
    sandbox.set_fault({"kind": "drip", "interval": 0.002})
    start = time.monotonic()
    _head, body = b"".join(pieces(sandbox)).split(b"\r\n\r\n")
    assert json.loads(body)["status"] == "ok"
    # how many bytes one read gets is the reader's affair, the time is not
    assert time.monotonic() - start > 0.002 * len(body)


def test_slow_headers_drips_the_headers(sandbox):
    sandbox.set_fault({"kind": "slow-headers", "interval": 0.002})
    start = time.monotonic()
    head, body = b"".join(pieces(sandbox)).split(b"\r\n\r\n")
    assert json.loads(body)["status"] == "ok"
    assert time.monotonic() - start > 0.002 * len(head)


def test_redirect_goes_to_another_host_and_port_that_sees_no_token(api, sandbox):
    sandbox.set_fault({"kind": "redirect"})
    response = api.get("/v1/health")
    assert response.status_code == 302
    target = response.headers["Location"]
    assert target.startswith("http://localhost:")
    assert f":{sandbox.port}/" not in target
    sandbox.set_fault({"kind": "none"})
    api.get(target)
    assert sandbox.requests[-1]["listener"] == "control"


def test_redirect_takes_a_location_and_a_status(api, sandbox):
    where = "https://example.com/x"
    sandbox.set_fault({"kind": "redirect", "location": where, "status": 307})
    response = api.get("/v1/health")
    assert (response.status_code, response.headers["Location"]) == (307, where)


def test_html_is_200_and_no_json(api, sandbox):
    sandbox.set_fault({"kind": "html"})
    response = api.get("/v1/health")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")


def test_garbage_claims_to_be_json(api, sandbox):
    sandbox.set_fault({"kind": "garbage"})
    response = api.get("/v1/health")
    assert response.headers["Content-Type"] == "application/json"
    with pytest.raises(ValueError):
        response.json()


def test_truncated_ends_before_its_length(api, sandbox):
    sandbox.set_fault({"kind": "truncated"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.get("/v1/health")


def test_truncated_with_an_honest_length_is_half_a_json(api, sandbox):
    sandbox.set_fault({"kind": "truncated", "honest_length": True})
    response = api.get("/v1/health")
    assert response.text.startswith('{"status": "ok"')
    with pytest.raises(ValueError):
        response.json()


@pytest.mark.parametrize("encoding", ["identity", "chunked", "gzip"])
def test_oversized_is_right_and_far_too_long(api, sandbox, encoding):
    sandbox.set_fault({"kind": "oversized", "bytes": 300_000, "encoding": encoding})
    response = api.get("/v1/health")
    assert len(response.content) > 300_000
    assert response.json()["status"] == "ok"
    assert ("Content-Length" in response.headers) == (encoding != "chunked")
    if encoding == "gzip":
        assert int(response.headers["Content-Length"]) < 10_000


def test_missing_ref_leaves_one_out(api, sandbox):
    sandbox.set_fault({"kind": "missing-ref", "ref": "b"})
    refs = [result["ref"] for result in api.batch(*ITEMS).json()["results"]]
    assert refs == ["a"]


def test_double_ref_contradicts_itself(api, sandbox):
    sandbox.open_conversation(MOBILE)
    sandbox.set_fault({"kind": "double-ref"})
    results = api.batch(*ITEMS).json()["results"]
    states = [result["state"] for result in results if result["ref"] == "a"]
    assert sorted(states) == ["active", "inactive"]


def test_foreign_ref_answers_what_nobody_asked(api, sandbox):
    sandbox.set_fault({"kind": "foreign-ref"})
    refs = [result["ref"] for result in api.batch(*ITEMS).json()["results"]]
    assert refs == ["a", "b", "never-asked"]


def test_unknown_status_in_lookup_batch_and_list(api, sandbox):
    sandbox.open_conversation(MOBILE)
    sandbox.set_fault({"kind": "unknown-status", "state": "perhaps"})
    single = api.lookup(MOBILE).json()
    several = api.batch(*ITEMS).json()["results"][0]
    listed = api.get("/v1/conversations").json()["data"][0]
    for answer in (single, several, listed):
        assert answer["conversation"]["status"] == "escalated"
        assert answer["state"] == "perhaps"
    sandbox.set_fault({"kind": "none"})
    assert api.lookup(MOBILE).json()["conversation"]["status"] == "open"


@pytest.mark.parametrize("status", HTTP_STATUSES)
def test_http_statuses_come_with_the_error_shape(api, sandbox, status):
    sandbox.set_fault({"kind": f"http-{status}"})
    response = api.get("/v1/health")
    assert response.status_code == status
    error = response.json()["error"]
    assert error["retryable"] == (status == 429 or status >= 500)


def test_429_tells_when_to_come_back_in_seconds(api, sandbox):
    sandbox.set_fault({"kind": "http-429", "retry_after": 7})
    assert api.get("/v1/health").headers["Retry-After"] == "7"


def test_429_tells_when_to_come_back_as_a_date(api, sandbox):
    sandbox.set_fault({"kind": "http-429", "retry_after_date": 3600})
    date = parsedate_to_datetime(api.get("/v1/health").headers["Retry-After"])
    assert date > datetime.now(timezone.utc) + timedelta(minutes=30)
    text = "Fri, 31 Dec 1999 23:59:59 GMT"
    sandbox.set_fault({"kind": "http-429", "retry_after_date": text})
    assert api.get("/v1/health").headers["Retry-After"] == text


def test_503_then_200_is_over_after_its_times(api, sandbox):
    sandbox.set_fault({"kind": "503-then-200", "times": 2})
    statuses = [api.get("/v1/health").status_code for _try in range(3)]
    assert statuses == [503, 503, 200]


def test_any_fault_can_end_by_itself(api, sandbox):
    sandbox.set_fault({"kind": "http-500", "times": 1})
    assert sandbox.faults.get()["left"] == 1
    assert [api.get("/v1/health").status_code for _try in range(2)] == [500, 200]
    assert sandbox.faults.get()["kind"] == "none"


def test_a_fault_can_hold_for_one_call_only(api, sandbox):
    sandbox.set_fault({"kind": "http-500", "on": "lookup"})
    assert api.get("/v1/health").status_code == 200
    assert api.lookup(MOBILE).status_code == 500


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_clock_skew_moves_every_time(api, sandbox, seconds):
    sandbox.set_fault({"kind": "clock-skew", "seconds": seconds})
    response = api.get("/v1/health")
    told = datetime.fromisoformat(response.json()["time"].replace("Z", "+00:00"))
    dated = parsedate_to_datetime(response.headers["Date"])
    wanted = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    for moment in (told, dated):
        assert abs(moment - wanted) < timedelta(seconds=60)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"refused"}))
def test_controls_answer_whatever_the_fault(api, sandbox, kind):
    sandbox.set_fault({"kind": kind})
    assert api.get("/sandbox/fault").json()["kind"] == kind
    api.put("/sandbox/fault", json={"kind": "none"})
    assert api.get("/v1/health").status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        None,
        [],
        {},
        {"kind": 7},
        {"kind": "nothing"},
        {"kind": "slow", "second": 3},
        {"kind": "slow", "seconds": "3"},
        {"kind": "slow", "seconds": -1},
        {"kind": "slow", "seconds": True},
        {"kind": "slow", "times": 0},
        {"kind": "slow", "on": "everything"},
        {"kind": "refused", "times": 1},
        {"kind": "oversized", "bytes": 10**12},
        {"kind": "oversized", "encoding": "br"},
        {"kind": "redirect", "location": "x\r\nSet-Cookie: y"},
        {"kind": "redirect", "status": 200},
        {"kind": "truncated", "honest_length": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_400_and_changes_nothing(api, sandbox, fault):
    sandbox.set_fault({"kind": "http-500"})
    response = api.put("/sandbox/fault", json=fault)
    assert response.status_code == 400
    assert sandbox.faults.get()["kind"] == "http-500"
    with pytest.raises(ValueError):
        sandbox.set_fault(fault)
