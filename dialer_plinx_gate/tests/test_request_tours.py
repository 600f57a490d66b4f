# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the screens ask the server for: once for each step, and nothing in between."""

import time

from odoo.tests import tagged

from .test_tours import TourCase

# While nobody does anything; long enough for all that ticks on a screen.
QUIET_SECONDS = 2
# A board counts queues once more within ten seconds after something changed.
BOARD_SECONDS = 11
# Odoo's Discuss reads its channels some time after a page was opened, and when a
# message came.
OF_DISCUSS = ("/mail/data", "/discuss.channel/")


@tagged("post_install", "-at_install")
class TestRequestTours(TourCase):
    def test_an_idle_console_asks_nothing_and_the_next_customer_takes_one_answer(self):
        self.tour("dialer_requests")

    def test_an_idle_board_asks_nothing(self):
        self.tour(
            "dialer_board_requests", url="/odoo/dialer-board", user=self.supervisor
        )

    # -------------------------------------------------------------------------
    # What the tours ask for
    # -------------------------------------------------------------------------

    def do_quiet(self, browser):
        """See that no request is sent once all that were have their answers."""
        browser.settle()
        sent = len(browser.requests)
        time.sleep(QUIET_SECONDS)
        self.assertEqual(self.asked(browser, sent), [])

    def do_quiet_board(self, browser):
        """See that nothing is sent once what changed before was counted."""
        for _ in range(2):
            browser.settle()
            sent = len(browser.requests)
            time.sleep(BOARD_SECONDS)
            asked = self.asked(browser, sent)
            if not asked:
                break
        self.assertEqual(asked, [])

    def do_mark(self, browser):
        """Count requests from here on."""
        browser.settle()
        self.sent = len(browser.requests)

    def do_sent(self, browser, *methods):
        """See that these were called since, once each, and nothing else was asked."""
        asked = self.asked(browser, self.sent)
        self.assertEqual([path.rpartition("/")[2] for path in asked], list(methods))

    def asked(self, browser, since):
        """The requests from one on, but for those of Discuss."""
        return [
            address
            for address in browser.requests[since:]
            if not any(part in address for part in OF_DISCUSS)
        ]

    def do_release_customer(self, _browser):
        """The supervisor takes the customer off the agent's screen."""
        with self.as_user(self.supervisor.id) as env:
            sessions = env["dialer.session"].search([("user_id", "=", self.ana.id)])
            sessions.board_release()
