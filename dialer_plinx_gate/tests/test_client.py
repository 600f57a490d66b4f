# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The connector over real HTTP: one test for each thing that can go wrong."""

import contextlib
import datetime
import gzip
import ipaddress
import json
import os
import socket
import ssl
import tempfile
import threading
import time
import tracemalloc
from dataclasses import replace
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from odoo.tests import BaseCase, tagged

from odoo.addons.dialer_plinx_gate.plinx import transport
from odoo.addons.dialer_plinx_gate.plinx.client import (
    AGENT,
    BACKGROUND,
    Budget,
    Config,
    PlinxError,
    PlinxV1,
    Subject,
)

from plinx_sandbox import SandboxServer

TOKEN = "t0ken-that-nobody-may-see"
MOBILE = ("5547999887766", "554799887766")
LANDLINE = ("554733221100",)
QUICK = replace(BACKGROUND, read=3.0, total=3.0)
FREE_ANSWER = json.dumps({"state": "inactive", "conversation": None}).encode()


def http(body, head="200 OK", extra=""):
    """The bytes of one HTTP answer."""
    text = f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return text.encode() + body


class RawServer:
    """A listener for what no decent server does; counts its connections.

    ``serve(connection, number)`` runs in a thread of its own for each connection.
    """

    def __init__(self, serve, context=None):
        self.serve, self.context = serve, context
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = []
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _peer = self.listener.accept()
                self.connections += 1
                self.open.append(connection)
                threading.Thread(
                    target=self._run, args=(connection, self.connections), daemon=True
                ).start()

    def _run(self, connection, number):
        with contextlib.suppress(OSError):
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
                self.open.append(connection)
            self.serve(connection, number)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        for one in (self.listener, *self.open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.thread.join(5)


def read_request(connection):
    """One request's bytes, or b"" when the client is gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _end, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(answer, keep=True):
    """Serve every request of a connection with the same bytes."""

    def serve(connection, _number):
        while read_request(connection):
            connection.sendall(answer)
            if not keep:
                connection.close()
                return

    return serve


class ClientCase(BaseCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(transport.close_all)

    def config(self, url, **values):
        host = url.split("//")[1].split("/")[0]
        return Config(url, TOKEN, (host,), **values)

    def adapter(self, url, **values):
        return PlinxV1(self.config(url, **values))

    def raw(self, serve, context=None):
        server = RawServer(serve, context)
        self.addCleanup(server.__exit__)
        return server


@tagged("post_install", "-at_install")
class TestClientAnswers(ClientCase):
    """The sandbox in good health."""

    def setUp(self):
        super().setUp()
        self.sandbox = SandboxServer(token=TOKEN).start()
        self.addCleanup(self.sandbox.stop)
        self.plinx = self.adapter(self.sandbox.url)

    def test_lookup_finds_a_conversation_under_the_id_without_the_ninth_digit(self):
        self.sandbox.open_conversation("554799887766", status="open", assignee="Ana")
        found = self.plinx.lookup(Subject("7", MOBILE))
        self.assertEqual((found.state, found.reason), ("active", "open"))
        self.assertEqual(found.conversation.matched, "554799887766")
        self.assertEqual(found.conversation.assignee, "Ana")
        self.assertEqual(self.plinx.lookup(Subject("8", LANDLINE)).state, "free")

    def test_the_request_carries_what_it_must_and_no_ref_of_ours(self):
        self.plinx.lookup_many([Subject("entry-7", MOBILE), Subject("x", LANDLINE)])
        sent = self.sandbox.requests[0]
        self.assertEqual(sent["headers"]["authorization"], f"Bearer {TOKEN}")
        self.assertIn("dialer-plinx-gate", sent["headers"]["user-agent"])
        self.assertEqual(len(sent["headers"]["x-request-id"]), 32)
        self.assertNotIn("554799887766", sent["path"])
        self.assertNotIn("entry-7", json.dumps(sent["body"]))

    def test_many_customers_are_asked_for_200_at_a_time(self):
        self.sandbox.open_conversation("554733220449", status="waiting")
        subjects = [Subject(str(n), (f"55473322{n:04d}",)) for n in range(450)]
        found = self.plinx.lookup_many(subjects)
        self.assertEqual(len(found), 450)
        self.assertEqual(self.sandbox.count("batch"), 3)
        active = [ref for ref, one in found.items() if one.state == "active"]
        self.assertEqual(active, ["449"])
        self.assertEqual({one.state for one in found.values()}, {"free", "active"})

    def test_a_customer_with_more_ids_than_one_question_holds_gets_one_verdict(self):
        ids = tuple(f"5547332211{n:02d}" for n in range(15))
        self.sandbox.open_conversation(ids[14], status="bot")
        found = self.plinx.lookup_many([Subject("a", ids), Subject("b", LANDLINE)])
        self.assertEqual((found["a"].state, found["b"].state), ("active", "free"))
        items = self.sandbox.requests[0]["body"]["items"]
        self.assertEqual([len(item["wa_ids"]) for item in items], [6, 6, 3, 1])

    def test_business_scoped_ids_are_asked_for_too(self):
        bsuid = "BR.1502576394655843"
        self.sandbox.open_conversation(bsuid, status="open")
        found = self.plinx.lookup(Subject("a", LANDLINE, (bsuid,)))
        self.assertEqual(found.state, "active")

    def test_nobody_to_ask_about_is_unknown_without_a_call(self):
        found = self.plinx.lookup(Subject("a"))
        self.assertEqual((found.state, found.reason), ("unknown", "no_identifier"))
        self.assertEqual(self.plinx.lookup_many([]), {})
        self.assertEqual(self.sandbox.count(), 0)

    def test_the_list_is_followed_page_by_page(self):
        for number in range(450):
            self.sandbox.open_conversation(f"55473322{number:04d}")
        pages = list(self.plinx.list_active())
        self.assertEqual([len(page.conversations) for page in pages], [200, 200, 50])
        ids = {one.id for page in pages for one in page.conversations}
        self.assertEqual(len(ids), 450)
        self.assertIsNone(pages[-1].next_cursor)

    def test_a_list_whose_cursor_ran_out_starts_again_once(self):
        for number in range(250):
            self.sandbox.open_conversation(f"55473322{number:04d}")
        pages = self.plinx.list_active()
        first = next(pages)
        self.sandbox.expire_cursors()
        rest = list(pages)
        self.assertEqual(len(first.conversations), 200)
        self.assertEqual([len(page.conversations) for page in rest], [200, 50])

    def test_health_tells_contract_features_and_latency(self):
        found = self.plinx.health()
        self.assertTrue(found.ok)
        self.assertEqual((found.reason, found.contract), ("ok", "1.1"))
        self.assertLessEqual({"batch", "messages"}, set(found.features))
        self.assertLess(abs(found.skew_s), 5)

    def test_health_reports_a_clock_that_differs(self):
        self.sandbox.set_fault({"kind": "clock-skew", "seconds": -3600})
        found = self.plinx.health()
        self.assertEqual((found.ok, found.reason), (True, "clock"))
        self.assertAlmostEqual(found.skew_s, -3600, delta=30)

    def test_every_answer_tells_how_far_the_clocks_differ(self):
        self.assertIsNone(self.plinx.skew_s)
        for seconds in (250, -250):
            self.sandbox.set_fault({"kind": "clock-skew", "seconds": seconds})
            self.plinx.lookup(Subject("a", MOBILE))
            self.assertAlmostEqual(self.plinx.skew_s, seconds, delta=3)
        self.sandbox.set_fault({"kind": "http-500"})
        self.plinx.lookup(Subject("a", MOBILE))
        self.assertAlmostEqual(self.plinx.skew_s, -250, delta=3)
        self.sandbox.set_fault({"kind": "none"})
        self.plinx.lookup_many([Subject("a", MOBILE), Subject("b", LANDLINE)])
        self.assertAlmostEqual(self.plinx.skew_s, 0, delta=3)

    def messages(self, record, **options):
        if "features" not in options:
            options["features"] = self.plinx.health().features
        return self.plinx.messages(record["conversation"]["id"], **options)

    def test_messages_are_read_newest_first_and_only_where_they_are_offered(self):
        record = self.sandbox.open_conversation(
            MOBILE[0],
            messages=[
                {"at": "2026-09-04T12:00:00Z", "from": "customer", "text": "Oi\0"},
                {"at": "2026-09-04T12:01:00Z", "from": "bot", "kind": "image"},
            ],
        )
        newest, oldest = self.messages(record)
        self.assertEqual(
            (newest.sender, newest.text, newest.kind), ("bot", None, "image")
        )
        self.assertEqual((oldest.sender, oldest.text), ("customer", "Oi"))
        self.assertEqual(oldest.at, datetime.datetime(2026, 9, 4, 12, 0))
        self.assertEqual(self.messages(record, limit=1), (newest,))
        asked = self.sandbox.count()
        with self.assertRaises(PlinxError) as caught:
            self.messages(record, features=("batch", "list"))
        self.assertEqual(caught.exception.reason, "not_offered")
        self.assertEqual(self.sandbox.count(), asked)

    def test_messages_that_do_not_come_are_a_reason(self):
        record = self.sandbox.open_conversation(MOBILE[0])
        with self.assertRaises(PlinxError) as caught:
            self.messages({"conversation": {"id": "../health?x"}})
        self.assertEqual(caught.exception.reason, "no_conversation")
        self.assertEqual(self.plinx.outcomes[-1].kind, "ok")
        for fault, reason in (("http-500", "server_error"), ("garbage", "bad_json")):
            self.sandbox.set_fault({"kind": fault, "on": "messages"})
            with self.assertRaises(PlinxError) as caught:
                self.messages(record)
            self.assertEqual(caught.exception.reason, reason)

    def test_messages_of_another_form_are_a_bad_answer(self):
        good = {
            "at": "2026-09-04T12:00:00Z",
            "from": "bot",
            "text": "x",
            "kind": "text",
        }
        for data in (
            None, {}, ["x"], [{**good, "at": None}], [{**good, "from": 1}],
            [{**good, "text": []}], [{**good, "kind": None}],
        ):  # fmt: skip
            with self.subTest(data=data), self.assertRaises(PlinxError) as caught:
                server = self.raw(answering(http(json.dumps({"data": data}).encode())))
                adapter = self.adapter(f"http://127.0.0.1:{server.port}")
                adapter.messages("c1", features=("messages",))
            self.assertEqual(caught.exception.reason, "bad_answer")
            self.assertEqual(adapter.outcomes[-1].reason, "bad_answer")

    def test_one_connection_serves_call_after_call_and_adapter_after_adapter(self):
        server = self.raw(answering(http(FREE_ANSWER)))
        for _call in range(20):
            found = self.adapter(f"http://127.0.0.1:{server.port}").lookup(
                Subject("a", MOBILE)
            )
            self.assertEqual(found.state, "free")
        self.assertEqual(server.connections, 1)

    def test_threads_share_connections_without_mixing_answers(self):
        for number in range(0, 40, 2):
            self.sandbox.open_conversation(f"55473322{number:04d}")
        states = {}

        def ask(number):
            plinx = self.adapter(self.sandbox.url, total=20)
            found = plinx.lookup(Subject("a", (f"55473322{number:04d}",)))
            states[number] = found.state

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wanted = {n: "free" if n % 2 else "active" for n in range(40)}
        self.assertEqual(states, wanted)

    def test_a_forked_child_uses_no_connection_of_its_parent(self):
        server = self.raw(answering(http(FREE_ANSWER)))
        plinx = self.adapter(f"http://127.0.0.1:{server.port}")
        self.assertEqual(plinx.lookup(Subject("a", MOBILE)).state, "free")
        child = os.fork()
        if not child:
            fine = False
            with contextlib.suppress(BaseException):
                empty = not transport._kept.sessions
                fine = empty and plinx.lookup(Subject("a", MOBILE)).state == "free"
            os._exit(0 if fine else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(plinx.lookup(Subject("a", MOBILE)).state, "free")
        # One of the parent's, still in use, and one of the child's.
        self.assertEqual(server.connections, 2)

    def test_connections_that_lay_idle_for_long_are_closed(self):
        server = self.raw(answering(http(FREE_ANSWER)))
        plinx = self.adapter(f"http://127.0.0.1:{server.port}")
        plinx.lookup(Subject("a", MOBILE))
        with patch.object(transport, "IDLE_SECONDS", -1):
            plinx.lookup(Subject("a", MOBILE))
        self.assertEqual(server.connections, 2)

    def test_sessions_for_many_addresses_are_bounded(self):
        for number in range(transport.MAX_SESSIONS + 4):
            self.adapter(f"{self.sandbox.url}/t{number}").health()
        self.assertEqual(len(transport._kept.sessions), transport.MAX_SESSIONS)

    def test_proxies_of_the_environment_are_not_used(self):
        proxy = self.raw(answering(http(b"", "502 Bad Gateway")))
        address = f"http://127.0.0.1:{proxy.port}"
        with patch.dict(os.environ, HTTP_PROXY=address, http_proxy=address):
            self.assertEqual(self.plinx.lookup(Subject("a", MOBILE)).state, "free")
        self.assertEqual(proxy.connections, 0)


@tagged("post_install", "-at_install")
class TestClientFaults(ClientCase):
    """Every fault of the sandbox, and what the gate learns of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sandbox = SandboxServer(token=TOKEN).start()
        cls.addClassCleanup(cls.sandbox.stop)

    def setUp(self):
        super().setUp()
        self.sandbox.clear()
        self.sandbox.open_conversation("554799887766", status="open", assignee="Ana")
        self.plinx = self.adapter(self.sandbox.url)

    def fault(self, kind, **parameters):
        self.sandbox.set_fault({"kind": kind, **parameters})

    def lookup(self, reason, tries=None, plinx=None, budget=AGENT):
        plinx = plinx or self.plinx
        found = plinx.lookup(Subject("a", MOBILE), budget)
        self.assertEqual((found.state, found.reason), ("unknown", reason))
        self.assertEqual(plinx.outcomes[-1].reason, reason)
        if tries is not None:
            self.assertEqual(self.sandbox.count("lookup"), tries)
        return found

    def test_refused(self):
        self.fault("refused")
        self.lookup("refused")

    def test_reset(self):
        self.fault("reset")
        self.lookup("reset", tries=1)

    def test_slow_ends_with_the_limit_of_one_read(self):
        self.fault("slow", seconds=30)
        found = self.lookup("timeout", tries=1, plinx=self.adapter(
            self.sandbox.url, total=0.5))  # fmt: skip
        self.assertLess(found.detail["seconds"], 30)

    def test_a_dripping_body_ends_with_the_total_limit(self):
        # Every single byte comes in time; all of them would take minutes.
        self.fault("drip", interval=0.1)
        plinx = self.adapter(self.sandbox.url, total=0.6)
        found = self.lookup("timeout", tries=1, plinx=plinx)
        self.assertLess(found.detail["seconds"], 5)

    def test_dripping_headers_end_with_the_total_limit(self):
        self.fault("slow-headers", interval=0.1)
        plinx = self.adapter(self.sandbox.url, total=0.6)
        found = self.lookup("timeout", tries=1, plinx=plinx)
        self.assertLess(found.detail["seconds"], 5)

    def test_headers_without_end_hit_a_limit(self):
        def serve(connection, _number):
            read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X-More: of the same\r\n" * 100)

        server = self.raw(serve)
        plinx = self.adapter(f"http://127.0.0.1:{server.port}")
        self.lookup("not_http", plinx=plinx)

    def test_what_is_not_http_is_said_to_be_so(self):
        server = self.raw(answering(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", keep=False))
        self.lookup("not_http", plinx=self.adapter(f"http://127.0.0.1:{server.port}"))

    def test_a_redirect_is_a_wrong_setting_and_the_other_host_gets_nothing(self):
        for status in (301, 302, 303, 307, 308):
            with self.subTest(status=status):
                self.fault("redirect", status=status)
                found = self.lookup("redirect")
                self.assertEqual(found.detail["status"], status)
        self.assertEqual({one["listener"] for one in self.sandbox.requests}, {"api"})
        self.fault("redirect", location="http://[not-an-address")
        self.lookup("redirect")

    def test_html_with_200(self):
        self.fault("html")
        self.lookup("bad_json")

    def test_garbage(self):
        self.fault("garbage")
        self.lookup("bad_json")

    def test_json_that_breaks_off_with_an_honest_length(self):
        self.fault("truncated", honest_length=True)
        self.lookup("bad_json")

    def test_an_answer_that_breaks_off_before_its_length(self):
        self.fault("truncated")
        self.lookup("truncated", tries=1)

    def test_an_oversized_body_in_every_encoding(self):
        for encoding in ("identity", "chunked", "gzip"):
            with self.subTest(encoding=encoding):
                self.fault("oversized", encoding=encoding)
                found = self.lookup("too_large")
                self.assertEqual(found.detail["limit"], 256 * 1024)

    def test_a_zip_bomb_is_never_unpacked_beyond_the_limit(self):
        bomb = gzip.compress(b" " * 50_000_000)
        self.assertLess(len(bomb), 256 * 1024)
        server = self.raw(answering(http(bomb, extra="Content-Encoding: gzip\r\n")))
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.lookup("too_large", plinx=self.adapter(f"http://127.0.0.1:{server.port}"))
        _now, peak = tracemalloc.get_traced_memory()
        self.assertLess(peak, 5_000_000)

    def test_compressed_answers_are_read_and_other_codings_refused(self):
        packed = gzip.compress(FREE_ANSWER)
        for name, body, reason in (
            ("gzip", packed, "no_conversation"),
            ("br", packed, "bad_answer"),
            ("gzip", b"not packed", "bad_answer"),
        ):
            with self.subTest(name=name, reason=reason):
                extra = f"Content-Encoding: {name}\r\n"
                server = self.raw(answering(http(body, extra=extra)))
                plinx = self.adapter(f"http://127.0.0.1:{server.port}")
                found = plinx.lookup(Subject("a", MOBILE))
                self.assertEqual(found.reason, reason)

    def test_a_missing_ref_is_unknown_and_the_others_stand(self):
        self.fault("missing-ref")
        found = self.plinx.lookup_many([Subject("a", MOBILE), Subject("b", LANDLINE)])
        self.assertEqual((found["a"].state, found["a"].reason),
                         ("unknown", "missing_ref"))  # fmt: skip
        self.assertEqual(found["b"].state, "free")

    def test_a_doubled_ref_is_unknown_whatever_it_says(self):
        self.fault("double-ref")
        found = self.plinx.lookup_many([Subject("a", MOBILE), Subject("b", LANDLINE)])
        self.assertEqual(found["a"].reason, "doubled_ref")
        self.assertEqual(found["b"].state, "free")

    def test_a_foreign_ref_changes_nothing(self):
        self.fault("foreign-ref")
        found = self.plinx.lookup_many([Subject("a", LANDLINE), Subject("b", MOBILE)])
        self.assertEqual(sorted(found), ["a", "b"])
        self.assertEqual((found["a"].state, found["b"].state), ("free", "active"))

    def test_an_unknown_status_is_unknown(self):
        self.fault("unknown-status", status="escalated")
        found = self.plinx.lookup(Subject("a", MOBILE))
        self.assertEqual((found.state, found.reason), ("unknown", "unknown_status"))
        self.assertEqual(found.detail["status"], "escalated")

    def test_an_unknown_state_is_unknown(self):
        self.fault("unknown-status", state="maybe")
        found = self.plinx.lookup(Subject("a", MOBILE))
        self.assertEqual((found.state, found.reason), ("unknown", "unknown_status"))

    def test_answers_about_another_number_are_not_believed(self):
        answer = {
            "state": "active",
            "matched": {"type": "wa_id", "value": "5548999887766"},
            "conversation": {"id": "c", "status": "open", "assignee": "Ana"},
        }
        server = self.raw(answering(http(json.dumps(answer).encode())))
        plinx = self.adapter(f"http://127.0.0.1:{server.port}")
        found = plinx.lookup(Subject("a", MOBILE))
        self.assertEqual((found.state, found.reason), ("unknown", "wrong_match"))

    def test_json_of_a_wrong_form_is_unknown(self):
        for body, reason in (
            (b"[]", "bad_answer"),
            (b"null", "bad_answer"),
            (b'"active"', "bad_answer"),
            (b"NaN", "bad_json"),
            (b"[" * 100_000, "bad_json"),
            (b"1" * 9999, "bad_json"),
        ):
            with self.subTest(body=body[:20]):
                server = self.raw(answering(http(body)))
                plinx = self.adapter(f"http://127.0.0.1:{server.port}")
                found = plinx.lookup(Subject("a", MOBILE))
                self.assertEqual(found.reason, reason)
                self.assertEqual(found.state, "unknown")

    def test_each_http_status_has_its_reason_and_its_number_of_tries(self):
        for status, reason, tries in (
            (400, "bad_request", 1),
            (401, "token_refused", 1),
            (403, "forbidden", 1),
            (404, "wrong_address", 1),
            (410, "cursor_expired", 1),
            (413, "request_too_large", 1),
            (422, "invalid_identifier", 1),
            (500, "server_error", 1),
            (502, "server_error", 2),
            (503, "server_error", 2),
            (504, "server_error", 2),
        ):
            with self.subTest(status=status):
                self.sandbox.clear()
                self.fault(f"http-{status}")
                self.lookup(reason, tries)

    def test_a_wrong_token_is_refused_by_the_server_itself(self):
        host = self.sandbox.url.split("//")[1]
        plinx = PlinxV1(Config(self.sandbox.url, "wrong", (host,)))
        found = plinx.lookup(Subject("a", MOBILE))
        self.assertEqual(found.reason, "token_refused")
        self.assertEqual(found.detail["status"], 401)

    def test_503_then_200_is_an_answer(self):
        self.fault("503-then-200")
        found = self.plinx.lookup(Subject("a", MOBILE))
        self.assertEqual(found.state, "active")
        self.assertEqual(self.sandbox.count("lookup"), 2)
        self.assertEqual([one.reason for one in self.plinx.outcomes], ["ok"])

    def test_an_agent_gets_no_second_try_when_less_than_a_second_is_left(self):
        self.fault("http-503")
        self.lookup("server_error", 1, self.adapter(self.sandbox.url, total=0.9))

    def test_an_agent_never_waits_for_a_limit_and_learns_when_it_ends(self):
        before = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        for parameters, seconds in (
            ({"retry_after": 7}, 7),
            ({"retry_after": 86400}, 60),
            ({"retry_after_date": 40}, 40),
            ({"retry_after_date": "soon"}, 10),
        ):
            with self.subTest(parameters=parameters):
                self.sandbox.clear()
                self.fault("http-429", **parameters)
                found = self.lookup("rate_limited", 1)
                self.assertAlmostEqual(found.detail["seconds"], seconds, delta=2)
                ahead = (found.retry_at - before).total_seconds()
                self.assertAlmostEqual(ahead, seconds, delta=20)

    def test_background_work_waits_for_a_short_limit_and_goes_on(self):
        self.fault("http-429", retry_after=1, times=1)
        found = self.plinx.lookup(Subject("a", MOBILE), QUICK)
        self.assertEqual(found.state, "active")
        self.assertEqual(self.sandbox.count("lookup"), 2)

    def test_background_work_does_not_wait_for_a_long_limit(self):
        for status in (429, 503):
            with self.subTest(status=status):
                self.sandbox.clear()
                self.fault(f"http-{status}", retry_after=86400)
                found = self.plinx.lookup(Subject("a", MOBILE), QUICK)
                self.assertEqual(self.sandbox.count("lookup"), 1)
                self.assertEqual(found.detail["seconds"], 300)

    def test_background_work_tries_three_times_but_not_what_cannot_get_better(self):
        for kind, tries in (("http-500", 3), ("reset", 3), ("http-401", 1),
                            ("redirect", 1), ("http-404", 1)):  # fmt: skip
            with self.subTest(kind=kind):
                self.sandbox.clear()
                self.fault(kind)
                self.plinx.lookup(Subject("a", MOBILE), QUICK)
                self.assertEqual(self.sandbox.count("lookup"), tries)

    def test_a_failed_batch_ends_the_rest_with_the_same_reason(self):
        self.fault("http-500")
        subjects = [Subject(str(n), (f"55473322{n:04d}",)) for n in range(500)]
        found = self.plinx.lookup_many(subjects)
        self.assertEqual({one.reason for one in found.values()}, {"server_error"})
        self.assertEqual(self.sandbox.count("batch"), 1)
        self.assertEqual(len(self.plinx.outcomes), 1)

    def test_a_kept_connection_that_the_server_closed_costs_no_verdict(self):
        # The server promises to keep the connection and closes it on the next use.
        def serve(connection, number):
            read_request(connection)
            connection.sendall(http(FREE_ANSWER))
            if number == 1:
                read_request(connection)
                connection.close()

        server = self.raw(serve)
        plinx = self.adapter(f"http://127.0.0.1:{server.port}")
        for _call in range(2):
            self.assertEqual(plinx.lookup(Subject("a", MOBILE)).state, "free")
        self.assertEqual(server.connections, 2)

    def test_list_and_health_fail_with_the_same_reasons(self):
        self.fault("html")
        with self.assertRaises(PlinxError) as caught:
            list(self.plinx.list_active(budget=QUICK))
        self.assertEqual(caught.exception.reason, "bad_json")
        self.assertEqual(self.plinx.health().reason, "bad_json")
        self.fault("http-410")
        with self.assertRaises(PlinxError) as caught:
            list(self.plinx.list_active(budget=QUICK))
        self.assertEqual(caught.exception.reason, "cursor_expired")

    def test_a_list_that_runs_in_a_circle_ends(self):
        body = json.dumps({"data": [], "next_cursor": "again"}).encode()
        server = self.raw(answering(http(body)))
        plinx = self.adapter(f"http://127.0.0.1:{server.port}")
        with self.assertRaises(PlinxError) as caught:
            list(plinx.list_active())
        self.assertEqual(caught.exception.reason, "bad_answer")

    def test_health_of_another_contract_is_not_ok(self):
        for answer, reason in (
            ({"contract": "2.0", "features": []}, "wrong_contract"),
            ({"contract": 1}, "bad_answer"),
            ({}, "bad_answer"),
        ):
            with self.subTest(answer=answer):
                answer = {"time": "2026-09-04T12:00:00Z", **answer}
                server = self.raw(answering(http(json.dumps(answer).encode())))
                found = self.adapter(f"http://127.0.0.1:{server.port}").health()
                self.assertEqual((found.ok, found.reason), (False, reason))

    def test_faults_leave_no_thread_behind(self):
        plinx = self.adapter(self.sandbox.url, total=0.3)
        names = {thread.name for thread in threading.enumerate()}
        for kind in ("drip", "slow", "refused", "reset"):
            self.fault(kind)
            plinx.lookup(Subject("a", MOBILE))
        self.sandbox.clear()
        mine = [
            thread.name
            for thread in threading.enumerate()
            if thread.name.startswith("plinx-dns") and thread.name not in names
        ]
        self.assertEqual(mine, [])

    def test_neither_token_nor_number_gets_into_logs_verdicts_or_reprs(self):
        for kind in ("refused", "http-401", "redirect", "html", "reset", "truncated"):
            with self.subTest(kind=kind):
                self.fault(kind)
                with self.assertLogs("odoo.addons.dialer_plinx_gate", "DEBUG") as logs:
                    found = self.plinx.lookup(Subject("a", MOBILE))
                seen = " ".join([*logs.output, repr(found), repr(self.plinx.outcomes)])
                self.assertNotIn(TOKEN, seen)
                self.assertNotIn("999887766", seen)
                self.assertIn("...7766", seen)
        self.assertNotIn(TOKEN, repr(self.config(self.sandbox.url)))

    def test_the_request_id_is_kept_with_the_verdict(self):
        self.fault("http-500")
        found = self.lookup("server_error")
        sent = self.sandbox.requests[-1]["headers"]["x-request-id"]
        self.assertEqual(found.detail["request_id"], sent)


@tagged("post_install", "-at_install")
class TestClientAddresses(ClientCase):
    """Where the client does not go, and what it sends nobody."""

    def test_an_address_not_in_the_configuration_is_not_called(self):
        server = self.raw(answering(http(FREE_ANSWER)))
        for url in (f"http://127.0.0.1:{server.port}",
                    f"https://127.0.0.1:{server.port}",
                    f"https://localhost:{server.port}"):  # fmt: skip
            found = PlinxV1(Config(url, TOKEN)).lookup(Subject("a", MOBILE))
            self.assertEqual(found.reason, "bad_address")
        self.assertEqual(server.connections, 0)

    def test_a_name_that_leads_to_a_private_peer_is_refused_at_connect_time(self):
        received = []

        def serve(connection, _number):
            received.append(connection.recv(1))

        server = self.raw(serve)
        for host in ("127.0.0.1", "localhost"):
            origin = transport.Origin(f"http://{host}:{server.port}")
            limits = transport.Limits(1, 1, time.monotonic() + 2, 1000)
            with self.assertRaises(transport.TransportError) as caught:
                transport.exchange(origin, "GET", "/", {}, None, limits)
            self.assertEqual(caught.exception.reason, "address_refused")
        self.assertEqual(received, [])

    def test_missing_settings_are_said_to_be_missing(self):
        for config, reason in (
            (Config("", TOKEN), "not_configured"),
            (Config("https://plinx.example", ""), "not_configured"),
            (Config("https://plinx.example", "two\nlines"), "bad_token"),
            (Config("https://plinx.example", "ação"), "bad_token"),
            (Config("ftp://plinx.example", TOKEN), "bad_address"),
        ):
            with self.subTest(reason=reason):
                plinx = PlinxV1(config)
                found = plinx.lookup(Subject("a", MOBILE))
                self.assertEqual((found.state, found.reason), ("unknown", reason))
                self.assertEqual(plinx.health().reason, reason)
                # Nobody was asked, so the breaker hears nothing.
                self.assertEqual(plinx.outcomes, [])

    def test_a_name_that_does_not_exist_is_said_so(self):
        limits = transport.Limits(5, 5, time.monotonic() + 20, 1000)
        call = transport._Call(limits, False)
        unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        with (
            patch.object(transport.socket, "getaddrinfo", side_effect=unknown),
            self.assertRaises(OSError),
        ):
            transport._resolve(call, "name.invalid", 443)
        self.assertEqual(call.failure, "dns")

    def test_a_resolver_that_hangs_costs_no_more_than_connecting_may(self):
        released = threading.Event()
        self.addCleanup(released.set)
        limits = transport.Limits(0.1, 5, time.monotonic() + 20, 1000)
        hanging = lambda *_a, **_k: released.wait(30) and []  # noqa: E731
        with patch.object(transport.socket, "getaddrinfo", hanging):
            for _call in range(5):
                call = transport._Call(limits, False)
                with self.assertRaises(TimeoutError):
                    transport._resolve(call, "plinx.example", 443)
                self.assertEqual(call.failure, "timeout")
        workers = [
            thread
            for thread in threading.enumerate()
            if thread.name.startswith("plinx-dns")
        ]
        self.assertLessEqual(len(workers), transport.RESOLVER_THREADS)


@tagged("post_install", "-at_install")
class TestClientTLS(ClientCase):
    """Certificates are checked, always."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.authority = os.path.join(folder.name, "authority.pem")
        cls.good = cls.certificate(folder.name, "127.0.0.1")
        cls.other = cls.certificate(folder.name, "10.9.8.7")

    @classmethod
    def certificate(cls, folder, ip):
        """A self-signed certificate for an address, as a server's context."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, ip)])
        now = datetime.datetime.now(datetime.timezone.utc)
        day = datetime.timedelta(days=1)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ip))])
        public = key.public_key()
        signed = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
            .sign(key, hashes.SHA256())
        )
        chain = os.path.join(folder, f"{ip}.pem")
        pem = serialization.Encoding.PEM
        with open(chain, "wb") as file, open(cls.authority, "ab") as authority:
            file.write(
                key.private_bytes(
                    pem,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
            file.write(signed.public_bytes(pem))
            authority.write(signed.public_bytes(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def lookup(self, server, **values):
        plinx = self.adapter(f"https://127.0.0.1:{server.port}", **values)
        return plinx.lookup(Subject("a", MOBILE))

    def test_a_certificate_of_a_known_authority_is_accepted(self):
        server = self.raw(answering(http(FREE_ANSWER)), self.good)
        for _call in range(3):
            self.assertEqual(self.lookup(server, ca_path=self.authority).state, "free")
        self.assertEqual(server.connections, 1)

    def test_an_unknown_authority_is_refused_before_anything_is_sent(self):
        received = []
        server = self.raw(lambda one, _n: received.append(one.recv(9)), self.good)
        found = self.lookup(server)
        self.assertEqual((found.state, found.reason), ("unknown", "tls"))
        self.assertIn("certificate", found.detail["message"])
        self.assertEqual(received, [])

    def test_a_certificate_for_another_host_is_refused(self):
        server = self.raw(answering(http(FREE_ANSWER)), self.other)
        self.assertEqual(self.lookup(server, ca_path=self.authority).reason, "tls")

    def test_a_server_without_tls_is_refused(self):
        def serve(connection, _number):
            connection.recv(65536)
            connection.sendall(http(FREE_ANSWER))

        server = self.raw(serve)
        self.assertEqual(self.lookup(server).reason, "tls")

    def test_a_handshake_that_never_ends_hits_the_total_limit(self):
        def serve(connection, _number):
            # One byte of a handshake record now and then, never the whole.
            for byte in b"\x16\x03\x03\x40\x00" + b"\x02" * 1000:
                connection.sendall(bytes((byte,)))
                time.sleep(0.1)

        server = self.raw(serve)
        self.assertEqual(self.lookup(server, total=0.5).reason, "timeout")

    def test_a_dripping_body_over_tls_hits_the_total_limit(self):
        def serve(connection, _number):
            read_request(connection)
            for byte in http(FREE_ANSWER + b" " * 1000):
                connection.sendall(bytes((byte,)))
                time.sleep(0.05)

        server = self.raw(serve, self.good)
        found = self.lookup(server, total=0.5, ca_path=self.authority)
        self.assertEqual(found.reason, "timeout")

    def test_a_file_of_authorities_that_cannot_be_read_is_said_so(self):
        server = self.raw(answering(http(FREE_ANSWER)), self.good)
        for path in ("/nonexistent/ca.pem", __file__):
            self.assertEqual(self.lookup(server, ca_path=path).reason, "bad_ca")


@tagged("post_install", "-at_install")
class TestBudgets(BaseCase):
    def test_no_single_read_may_take_more_than_what_is_left_in_all(self):
        limits = transport.Limits(1.0, 5.0, time.monotonic() + 0.5, 1000)
        self.assertLessEqual(transport._Call(limits, True).patience(), 0.5)
        over = transport._Call(limits._replace(deadline=time.monotonic() - 1), True)
        with self.assertRaises(TimeoutError):
            over.patience()
        self.assertEqual(over.failure, "timeout")

    def test_the_limits_are_those_of_the_specification(self):
        self.assertEqual(AGENT, Budget(1.0, 1.5, None, 2, 0, 60, 256 * 1024))
        self.assertEqual(Config("", "").total, 2.5)
        background = Budget(3.0, 10.0, 20.0, 3, 30, 300, 2 * 1024 * 1024, True)
        self.assertEqual(BACKGROUND, background)
