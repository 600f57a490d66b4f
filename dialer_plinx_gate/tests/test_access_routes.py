# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The access matrix over real HTTP: the addon's routes, and calls with a cookie."""

import json

from odoo.tests import HttpCase, tagged

from . import access_table as table
from .access_case import MODULES, own_models
from .access_world import AccessWorld

CALLERS = ("ana", "portal", None)
# Roads to a secret, and what a curious supervisor would ask of it letter by letter.
TOKEN_PATHS = (
    "company_id.plinx_token_value",
    "company_id.plinx_webhook_secret_value",
    "create_uid.company_ids.plinx_token_value",
    "message_ids.author_id.company_id.plinx_token_value",
)
GUESSES = ("t%", "o%", "w%", "%", "z%")
JSON = {"Content-Type": "application/json"}


@tagged("post_install", "-at_install")
class TestAccessRoutes(AccessWorld, HttpCase):
    def own_routes(self):
        """The addon's routes, as the server has them: address and endpoint."""
        modules = [name for name in self.registry._init_modules if MODULES in name]
        converters = self.env["ir.http"]._get_converters()
        rules = self.env["ir.http"]._generate_routing_rules(modules, converters)
        return dict(rules)

    def log_in(self, name):
        """Take the session of somebody, or of nobody."""
        login = name and f"matrix_{name}"
        self.authenticate(login, login)
        return self.person(name or "public")

    def test_every_route_has_a_row(self):
        for address in self.own_routes():
            with self.subTest(address):
                self.assertIn(
                    address,
                    table.ROUTES,
                    f"Say in access_table.ROUTES what {address} answers to rubbish.",
                )
        gone = table.ROUTES.keys() - self.own_routes().keys()
        self.assertFalse(gone, "Take these rows out of access_table.ROUTES.")

    def test_routes_answer_everybody_as_they_do_nobody(self):
        for address in self.own_routes():
            expected = table.ROUTES[address]
            for name in CALLERS:
                person = self.log_in(name)
                for verb in ("GET", "POST", "PUT", "DELETE"):
                    for url in self._addresses(address):
                        self._try_route(
                            person, verb, url, expected.get(verb, (404, 405))
                        )
        self.settle()

    def _addresses(self, address):
        """The address with the companies' keys, and with odd ones."""
        head = address.partition("<")[0]
        keys = [company.plinx_webhook_key for company in self.companies.values()]
        return [head + key for key in (*keys, "x" * 32, "%00", "é" * 40)]

    def _try_route(self, person, verb, url, expected):
        body = b"{}" if verb != "GET" else None
        response = self.url_open(
            url, data=body, headers=JSON, method=verb, allow_redirects=False
        )
        self.tally.note("routes", "done" if response.ok else "refused")
        what = f"{verb} {url.rpartition('/')[0]}"
        if response.status_code >= 500:
            self.tally.find("error", f"{what}: {response.status_code}", person)
        elif response.status_code not in expected:
            self.tally.find("forbidden", f"{what}: {response.status_code}", person)
        self.look_for_marks(person, what, response.text, url)

    def test_calls_with_a_cookie(self):
        for name in CALLERS:
            person = self.log_in(name)
            for model in own_models(self.env):
                if model in table.MODELS:
                    for method, arguments in (
                        ("search_read", [[], []]),
                        ("_search", [[]]),
                        ("sudo", [[]]),
                        ("unlink", [[self.targets[model][-1].id]]),
                    ):
                        self._try_cookie(person, model, method, arguments)
            self._try_cookie(person, "res.company", "read", [[1], ["plinx_token"]])
        self.settle()

    def _try_cookie(self, person, model, method, arguments):
        call = {"model": model, "method": method, "args": arguments, "kwargs": {}}
        response = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": call}),
            headers=JSON,
        )
        answer = response.json()
        self.tally.note(model, "refused" if "error" in answer else "done")
        what = f"{model}.{method} over HTTP"
        read = table.MODELS.get(model, table.Row()).read
        allowed = method == "search_read" and any(
            role in read.split() for role in person.roles
        )
        if "error" not in answer and not allowed:
            self.tally.find("forbidden", what, person)
        elif "error" in answer:
            self._check_error(person, what, answer["error"])
        self.look_for_marks(person, what, response.text, json.dumps(call))

    def test_a_preview_over_http_does_not_guess_the_token(self):
        for name in ("supervisor_a", "supervisor_b", "administrator"):
            person = self.log_in(name)
            for path in TOKEN_PATHS:
                counts = [self._preview(person, path, text) for text in GUESSES]
                if any(counts):
                    self.tally.find("leak", "preview over HTTP", person, path)
            if not self._preview(person, "name", "CLIENTE-%"):
                self.tally.find("shut out", "preview over HTTP", person)
        self.settle()

    def _preview(self, person, path, text):
        """What the form of a campaign counts for a filter, as the web client asks."""
        values = {
            "company_id": self.companies[min(person.letters)].id,
            "domain": repr([(path, "=like", text)]),
            "state": "draft",
            "target": "partner",
        }
        spec = {"match_count": {}, "match_sample": {}, "match_error": {}}
        call = {
            "model": "dialer.campaign",
            "method": "onchange",
            "args": [[], values, ["domain"], spec],
            "kwargs": {},
        }
        response = self.url_open(
            "/web/dataset/call_kw/dialer.campaign/onchange",
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": call}),
            headers=JSON,
        )
        answer = response.json()
        self.tally.note("dialer.campaign", "refused" if "error" in answer else "done")
        if "error" in answer:
            self._check_error(person, f"preview by {path}", answer["error"])
            return 0
        self.look_for_marks(person, f"preview by {path}", response.text, repr(call))
        return answer["result"]["value"].get("match_count", 0)

    def _check_error(self, person, what, error):
        """A refusal is a sentence of Odoo's own kinds, whatever was asked."""
        name = error.get("data", {}).get("name", "")
        if not name.startswith(("odoo.exceptions.", "odoo.http.SessionExpired")):
            self.tally.find("error", f"{what}: {name}", person)
