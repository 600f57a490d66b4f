# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The sandbox's own calls, its page and who may use them."""

import json
import re

import pytest

MOBILE = "5547999887766"
PATH = f"/sandbox/conversations/{MOBILE}"


def test_put_and_delete_open_and_close_without_a_token(api):
    headers = {"Authorization": None}
    opened = api.put(PATH, json={}, headers=headers).json()
    assert opened["state"] == "active"
    assert api.get("/sandbox/conversations").json()["data"] == [opened]
    closed = api.delete(PATH, headers=headers).json()
    assert (closed["state"], closed["conversation"]["status"]) == ("inactive", "closed")


def test_put_takes_the_conversation_of_a_lookup_back(api):
    api.put(PATH, json={"assignee": "Carlos", "bsuid": "BR.7"})
    answer = api.lookup(MOBILE).json()
    again = api.put(PATH, json=answer).json()
    assert again["conversation"] == answer["conversation"]
    assert again["identities"] == answer["identities"]


def test_put_takes_every_field(api):
    fields = {
        "id": "cnv_1",
        "status": "waiting",
        "business_number": "554733009999",
        "opened_at": "2026-11-20T10:00:00.000Z",
        "last_inbound_at": None,
        "last_outbound_at": "2026-11-20T10:00:00.000Z",
        "window_expires_at": None,
        "assignee": None,
        "url": None,
        "sequence": 41,
    }
    assert api.put(PATH, json=fields).json()["conversation"] == fields


def test_put_without_a_body_opens_one(api):
    assert api.put(PATH).json()["state"] == "active"


def test_put_of_an_inactive_one_closes_it(api):
    assert api.put(PATH, json={"state": "inactive"}).json()["state"] == "inactive"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sandbox/conversations/123", {}),
        ("/sandbox/conversations/%2B5547999887766", {}),
        ("/sandbox/conversations/abc", {}),
        (PATH, []),
        (PATH, {"status": 7}),
        (PATH, {"status": ""}),
        (PATH, {"assignee": 7}),
        (PATH, {"opened_at": None}),
        (PATH, {"last_inbound_at": "today"}),
        (PATH, {"sequence": "1"}),
        (PATH, {"sequence": True}),
        (PATH, {"bsuid": "x"}),
    ],
)
def test_what_is_no_conversation_is_400_and_changes_nothing(api, path, body):
    response = api.put(path, json=body)
    assert response.status_code == 400
    assert response.json()["error"]["message"]
    assert api.get("/sandbox/conversations").json()["data"] == []


def test_closing_what_is_not_there_is_404(api):
    assert api.delete(PATH).status_code == 404


def test_requests_are_shown_without_the_token(api):
    api.lookup(MOBILE)
    response = api.get("/sandbox/requests")
    shown = response.json()
    assert shown["counts"] == {"lookup": 1}
    assert shown["requests"][0]["body"] == {"wa_ids": [MOBILE]}
    assert "a-token" not in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:8099"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_web_pages_of_elsewhere_are_refused(api, sandbox, headers):
    response = api.put(PATH, json={}, headers=headers)
    assert response.status_code == 403
    assert sandbox.conversations() == []


def test_the_own_page_may(api, sandbox):
    headers = {"Origin": sandbox.url, "Sec-Fetch-Site": "same-origin"}
    assert api.put(PATH, json={}, headers=headers).status_code == 200


def test_page_is_self_contained_and_locked_down(api):
    response = api.get("/")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = response.headers["Content-Security-Policy"]
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert response.text.count(f'nonce="{nonce}"') == 2
    assert "{{" not in response.text
    for address in ("src=", "href=", "http://", "https://", "@import"):
        assert address not in response.text.replace("location.href =", "")


def test_page_has_every_word_in_both_languages(api):
    text = api.get("/").text
    words = text.split("const WORDS = {")[1].split("const GROUPS")[0]
    english, portuguese = (
        re.findall(r'("[\w-]+"|\w+):(?=\s*["{])', block)
        for block in re.split(r"\n\s+(?:en|pt): \{", words)[1:]
    )
    assert len(english) > 60
    assert english == portuguese


def test_openapi_is_served(api):
    response = api.get("/openapi.yaml")
    assert response.headers["Content-Type"] == "application/yaml"
    assert response.text.startswith("openapi: 3.1")


@pytest.mark.parametrize("path", ["/sandbox", "/sandbox/x", "/sandbox/fault/x"])
def test_other_sandbox_paths_are_404(api, path):
    assert api.get(path).status_code == 404


def test_wrong_methods_are_405(api):
    response = api.post("/sandbox/fault", json={})
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, PUT, DELETE"


def test_head_of_the_page_has_no_body(api):
    response = api.head("/")
    assert response.status_code == 200
    assert response.content == b""
    assert api.get("/v1/health").status_code == 200


def test_seed_file_opens_conversations_relative_to_now(sandbox, tmp_path):
    path = tmp_path / "seed.json"
    entries = [
        {"wa_id": MOBILE, "last_inbound_minutes_ago": 1500, "assignee": None},
        {"bsuid": "BR.7", "status": "waiting"},
    ]
    path.write_text(json.dumps({"conversations": entries}))
    assert sandbox.load(path) == 2
    first, second = sandbox.conversations()
    conversation = first["conversation"]
    assert conversation["window_expires_at"] < conversation["opened_at"]
    assert second["identities"] == {"wa_id": None, "bsuid": "BR.7"}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"conversations": [{}]}',
        '{"conversations": ["5547999887766"]}',
        '{"conversations": [{"wa_id": "x"}]}',
        '{"conversations": [{"wa_id": "5547999887766", "opened_minutes_ago": "1"}]}',
    ],
)
def test_a_bad_seed_file_is_a_clear_error(sandbox, tmp_path, content):
    path = tmp_path / "seed.json"
    path.write_text(content)
    with pytest.raises(ValueError):
        sandbox.load(path)
