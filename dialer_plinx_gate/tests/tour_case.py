# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What all tests with a browser share: nothing may go wrong while a tour is walked."""

import logging
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import axe_core_python

from odoo import api
from odoo.http import JsonRPCDispatcher, request
from odoo.tests import HttpCase
from odoo.tests import common as odoo_tests

from .watched_browser import WatchedBrowser

_logger = logging.getLogger(__name__)

AXE = Path(axe_core_python.__file__).with_name("axe.min.js")
# What is no fault of ours, and why.
HARMLESS = [
    # the click of a tour is no gesture of a person, and Chromium wants one a call
    r"Not allowed to launch 'tel:",
]


class WatchedCase(HttpCase):
    """Tours that fail on any console message, failed request or error answer."""

    shared = None

    def setUp(self):
        super().setUp()
        # violations of WCAG by the name of what was looked at, and rules kept
        self.violations, self.rules_kept = {}, 0

    def start_tour(self, url_path, tour_name, expected=(), axe=False, **options):
        """Walk a tour, then look at what went wrong on the way.

        :param expected: patterns of problems that this tour provokes on purpose;
            each of them must occur
        :param bool axe: have axe-core in the page, for the steps that look with it
        """
        problems = []
        try:
            with self.watched(problems, axe):
                result = super().start_tour(url_path, tour_name, **options)
        finally:
            for problem in problems:
                _logger.info("%s: %s", tour_name, problem)
        self.check_problems(problems, expected)
        return result

    def check_problems(self, problems, expected=()):
        """Fail on what nobody expected, and on what was expected and is not there."""
        unexpected = [
            problem
            for problem in problems
            if not any(re.search(one, problem) for one in (*HARMLESS, *expected))
        ]
        self.assertEqual(unexpected, [], "problems during the tour")
        missing = [
            pattern
            for pattern in expected
            if not any(re.search(pattern, problem) for problem in problems)
        ]
        self.assertEqual(missing, [], "expected problems that did not occur")

    @contextmanager
    def watched(self, problems, axe=False):
        """Use the watched browser, and note the errors that the server answers."""
        handle_error = JsonRPCDispatcher.handle_error

        def noted(dispatcher, error):
            path = request.httprequest.path
            problems.append(f"error answer: {path}: {error!r}")
            return handle_error(dispatcher, error)

        def provide(_test_case, **options):
            browser = self.provide_browser(**options)
            browser.watch(problems, AXE.read_text() if axe else "")
            return browser

        with (
            patch.object(odoo_tests, "ChromeBrowser", provide),
            patch.object(JsonRPCDispatcher, "handle_error", noted),
        ):
            yield

    def provide_browser(self, success_signal, **options):
        """Return the browser of the tour before; to start one takes longer than that.

        Odoo ends all processes with the class that started them.
        """
        if self.shared and self.shared.usable:
            self.shared.begin(self, success_signal)
        else:
            browser = WatchedBrowser(self, success_signal=success_signal, **options)
            type(self).shared = browser
            self.addClassCleanup(browser.quit)
        return self.shared

    def report_examined(self):
        """Print what axe-core counted, and fail on what it found."""
        found = {what: list_ for what, list_ in self.violations.items() if list_}
        count = sum(map(len, found.values()))
        screens = ", ".join(self.violations)
        # a figure to be read, with `make test ARGS=-s`
        sys.stdout.write(
            f"\naxe-core: {count} violations on {len(self.violations)} screens, "
            f"{self.rules_kept} rules kept ({screens})\n"
        )
        self.assertFalse(found)

    # -------------------------------------------------------------------------
    # What a tour asks for, see `test_actions.js`
    # -------------------------------------------------------------------------

    def run_action(self, browser, name, args):
        """Do what a tour asks for.

        :param str name: the part behind `do_` of a method of this test
        :return: JSON-able, for the tour
        """
        return getattr(self, f"do_{name}")(browser, *args)

    @contextmanager
    def as_user(self, uid):
        """Yield an environment of a user while the tour goes on.

        What it reads and writes comes in turn with the requests of the page; the
        records of the test itself must not be read meanwhile.
        """
        with self.registry.cursor() as cr:
            yield api.Environment(cr, uid, {})

    def do_examined(self, _browser, what, rules_kept, violations):
        """axe-core looked at a part of the page."""
        known = self.violations.setdefault(what, [])
        known += [one for one in violations if one not in known]
        self.rules_kept += rules_kept

    def do_network(self, browser, away):
        """Take the network away, or give it back."""
        browser.take_network(away)

    def do_hold(self, browser, method, passing=0):
        """Keep answers from the page, after the first ones."""
        browser.hold(method, passing)

    def do_release(self, browser, method):
        """Let the page have them."""
        browser.release(method)

    def do_lose(self, browser, method):
        """Lose the next answer."""
        browser.lose(method)
