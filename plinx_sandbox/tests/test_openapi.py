# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The sandbox against its openapi.yaml, the written form of the contract."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from plinx_sandbox import SandboxServer

from .conftest import TOKEN, Api

MOBILE = "5547999887766"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
DOCUMENT = yaml.safe_load(
    (Path(__file__).parents[1] / "openapi.yaml").read_text(encoding="utf-8")
)
# The contract answers 413 to a batch of over 200, whatever else is wrong with it.
REFUSALS = [400, 401, 404, 405, 413, 422]
CONFIG = {
    "checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}},
    "generation": {"with-security-parameters": False},
}
schema = schemathesis.openapi.from_dict(
    DOCUMENT, config=schemathesis.Config.from_dict(CONFIG)
)
# Left out is only that each generated request that fits the schema be taken: a
# schema cannot say that a batch names each ref once, or which cursors exist.
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
    openapi_checks.missing_required_header,
    openapi_checks.unsupported_method,
    openapi_checks.ignored_auth,
]


def validator(name):
    """Return the validator of one schema of the document."""
    return jsonschema_rs.Draft202012Validator(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": f"#/components/schemas/{name}",
            "components": DOCUMENT["components"],
        },
        validate_formats=True,
    )


@pytest.fixture(scope="module")
def busy():
    """A sandbox with a few conversations."""
    with SandboxServer(token=TOKEN) as server:
        server.open_conversation(MOBILE, bsuid="BR.7", id="cnv_1")
        server.open_conversation("554733221100", status="closed", assignee=None)
        server.open_conversation("BR.9", status="bot", last_inbound_at=None)
        yield server


@schema.parametrize()
@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_generated_requests_get_what_the_document_promises(case, busy):
    # A bad item of a batch fails alone, with an error in its place in a 200.
    alone = case.path.endswith("/batch")
    excluded = [openapi_checks.negative_data_rejection] if alone else []
    case.call_and_validate(
        base_url=busy.url,
        headers={"Authorization": f"Bearer {TOKEN}"},
        checks=CHECKS,
        excluded_checks=excluded,
    )


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/v1/health", {}),
        ("POST", "/v1/conversations/lookup", {"json": {"wa_ids": [MOBILE]}}),
        ("POST", "/v1/conversations/lookup", {"json": {"wa_ids": ["5511999990000"]}}),
        ("POST", "/v1/conversations/lookup", {"json": {"bsuids": ["BR.9"]}}),
        ("POST", "/v1/conversations/lookup", {"json": {"wa_ids": ["x"]}}),
        (
            "POST",
            "/v1/conversations/lookup/batch",
            {"json": {"items": [{"ref": "1", "wa_ids": [MOBILE]}, {"ref": "2"}]}},
        ),
        ("POST", "/v1/conversations/lookup/batch", {"json": {"items": [{}] * 201}}),
        ("GET", "/v1/conversations", {}),
        ("GET", "/v1/conversations", {"params": {"limit": 1}}),
        ("GET", "/v1/conversations", {"params": {"cursor": "x"}}),
        ("GET", "/v1/conversations/{id}/messages", {}),
        ("GET", "/v1/conversations/{id}/messages", {"params": {"limit": 11}}),
        ("GET", "/v1/conversations/{id}/messages", {"id": "cnv_2"}),
        ("GET", "/v1/health", {"headers": {"Authorization": ""}}),
        ("PUT", "/v1/conversations/lookup", {}),
    ],
)
def test_answers_of_every_kind_fit_the_document(busy, method, path, options):
    address = path.replace("{id}", options.pop("id", "cnv_1"))
    with Api(busy.url) as api:
        response = api.request(method, address, **options)
    (documented,) = DOCUMENT["paths"][path]
    schema[path][documented.upper()].validate_response(response)


@pytest.mark.parametrize(
    ("name", "example"), sorted(DOCUMENT["components"]["examples"].items())
)
def test_examples_fit_their_schemas(name, example):
    named = {"BatchAnswer": "BatchAnswer", "LastPage": "Page", "Messages": "Messages"}
    fallback = "Event" if name.endswith("Event") else "LookupAnswer"
    validator(named.get(name, fallback)).validate(example["value"])


def test_webhooks_fit_the_document(sandbox, receiver):
    sandbox.set_webhook(receiver.url, SECRET)
    sandbox.open_conversation(MOBILE)
    sandbox.close_conversation(MOBILE)
    sandbox.open_conversation("BR.7", last_inbound_at=None)
    sandbox.ping()
    assert sandbox.wait_webhooks()
    assert len(receiver.received) == 4
    for _path, _headers, body in receiver.received:
        validator("Event").validate(json.loads(body))
