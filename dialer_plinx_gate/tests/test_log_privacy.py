# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""No number of a customer, no token, no key and no words of people in the log."""

import json
import logging
import re
from contextlib import contextmanager

from psycopg2.errors import DivisionByZero, UniqueViolation

from odoo.exceptions import ConcurrencyError, UserError
from odoo.tests import BaseCase, tagged

from ..tools.log_privacy import mask
from .common import TOKEN
from .test_webhook import OTHER, SECRET, WebhookCase, body

NOTE = "O cliente pediu desconto de aniversário"


class Listener(logging.Handler):
    """Keep all that is logged at INFO or above, as a log file would have it."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.lines = []
        self.errors = []

    def emit(self, record):
        line = self.format(record)
        self.lines.append(line)
        if record.levelno >= logging.ERROR:
            self.errors.append(line)


@contextmanager
def listening():
    """Listen to every logger; none of them is muted meanwhile."""
    listener, root = Listener(), logging.getLogger()
    known = [root, *map(logging.getLogger, ("odoo", "werkzeug", "urllib3"))]
    levels = [logger.level for logger in known]
    for logger in known:
        logger.setLevel(logging.INFO)
    root.addHandler(listener)
    try:
        yield listener
    finally:
        root.removeHandler(listener)
        for logger, level in zip(known, levels, strict=True):
            logger.setLevel(level)


@tagged("post_install", "-at_install")
class TestLogOfTheMainFlow(WebhookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ana = cls.make_user("ana_log_test", "agent")
        cls.supervisor = cls.make_user("sup_log_test", "supervisor")
        cls.customers = cls.make_customers(6, start=7300)
        cls.campaign = cls.make_campaign(cls.customers)
        cls.retry = cls.env.ref("dialer_plinx_gate.result_no_answer")

    def assertPrivate(self, listener):
        log = "\n".join(listener.lines)
        close = re.sub(r"[\s().+-]", "", log)
        for customer in self.customers:
            self.assertNotIn(self.wa_id(customer)[2:], close)
        for secret in (TOKEN, SECRET, self.company.plinx_webhook_key, NOTE):
            self.assertNotIn(secret, log)

    def work(self):
        sessions = self.env["dialer.session"].with_user(self.ana)
        return sessions.browse(sessions.start(self.campaign.id)["session_id"])

    def test_a_day_of_an_agent(self):
        self.talk(self.customers[0])
        with listening() as listener:
            session = self.work()
            self.assertEqual(session.next_contact()["skipped"], 1)
            session.dial()
            session.register_result(self.retry.id, note=NOTE, go_on=True)
            session.dial()
            blocked = self.env.ref("dialer_plinx_gate.result_do_not_call")
            session.register_result(blocked.id, note=NOTE)
            session.pause()
            session.resume()
            session.close()
            self.env["dialer.session"]._cron_agents_away()
        self.assertPrivate(listener)
        self.assertFalse(listener.errors)

    def test_a_failing_plinx(self):
        session = self.work()
        with listening() as listener:
            for kind in ("http-500", "http-401", "http-429", "garbage"):
                self.sandbox.set_fault({"kind": kind})
                self.env["plinx.connection"]._of(self.company)._reset()
                session.next_contact()
            self.company.plinx_url = "https://plinx.invalid"
            session.next_contact()
        self.assertPrivate(listener)

    def test_events_good_and_bad(self):
        raw = body(identities={"wa_id": self.wa_id(self.customers[0]), "bsuid": "x"})
        other = body("evt_2", "conversation.opened", sequence="no number")
        with listening() as listener:
            self.assertEqual(self.push(raw).status_code, 200)
            self.assertEqual(self.push(other, "evt_2").status_code, 400)
            self.assertEqual(self.push(raw, "evt_1", secret=OTHER).status_code, 401)
            self.url_open(self.path)
            self.url_open(f"{self.path}/more?x=1")
            self.url_open(f"/web{self.path}")
        self.assertPrivate(listener)
        requests = [line for line in listener.lines if "/plinx/webhook/***" in line]
        self.assertGreaterEqual(len(requests), 5, "the requests themselves are logged")

    def test_numbers_in_sentences(self):
        self.authenticate("sup_log_test", "sup_log_test")
        numbers = [f"{customer.phone}9999" for customer in self.customers]
        with listening() as listener:
            for number in (*numbers, self.customers[0].phone, self.customers[0].phone):
                values = {"number": number, "company_id": self.company.id}
                self.url_open(
                    "/web/dataset/call_kw/dialer.do.not.call/create",
                    data=json.dumps(
                        {
                            "params": {
                                "model": "dialer.do.not.call",
                                "method": "create",
                                "args": [[values]],
                                "kwargs": {},
                            }
                        }
                    ),
                    headers={"Content-Type": "application/json"},
                )
        self.assertPrivate(listener)

    def test_conflicts_are_no_errors_and_name_nobody(self):
        listed = self.env["dialer.do.not.call"]
        values = {"number": self.customers[0].phone, "company_id": self.company.id}
        listed.create(dict(values))
        with listening() as listener:
            with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
                listed.create(dict(values))
            session = self.work()
            with self.assertRaises(ConcurrencyError), self.env.cr.savepoint():
                session.sudo()._open(self.campaign)
        self.assertPrivate(listener)
        self.assertFalse(listener.errors)

    def test_a_statement_that_fails_is_an_error_without_its_values(self):
        number = self.customers[0].phone
        with listening() as listener:
            with self.assertRaises(DivisionByZero), self.env.cr.savepoint():
                self.env.cr.execute(
                    "SELECT id / 0 FROM res_partner WHERE phone = %s OR name != %s",
                    (number, NOTE),
                )
        self.assertPrivate(listener)
        self.assertEqual(len(listener.errors), 1)
        self.assertIn("res_partner", listener.errors[0])

    def test_an_unknown_session_is_told_without_a_traceback(self):
        with listening() as listener:
            with self.assertRaises(UserError):
                self.env["dialer.session"].with_user(self.ana).browse([2**63]).dial()
        self.assertFalse(listener.errors)


@tagged("post_install", "-at_install")
class TestMask(BaseCase):
    def test_numbers_keep_their_last_four_digits(self):
        for given, kept in (
            ("+5547988001000", "...1000"),
            ("call (47) 98800-1000 now", "call ...1000 now"),
            ("5547 9 8800 1000", "...1000"),
            ("47.3322.1100;", "...1100;"),
            ("/plinx/webhook/abcdefghijklmnop?x=1", "/plinx/webhook/***?x=1"),
        ):
            self.assertEqual(mask(given), kept)

    def test_what_is_no_number_stays(self):
        for text in (
            "2026-11-25 12:50:58", "dialer.session(1234,)", "HTTP 500 in 1234 ms",
            "line 1234, in _own", "", "10,000 characters",
        ):  # fmt: skip
            self.assertEqual(mask(text), text)
