# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How many statements one request of an agent costs, so that it stays that way."""

from odoo import Command
from odoo.tests import tagged, users, warmup

from .common import DialerCase


@tagged("post_install", "-at_install")
class TestQueries(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign.write(
            {
                "min_gap_minutes": 60,
                "customer_day_limit": 3,
                "calendar_id": cls.always_open().id,
            }
        )

    @classmethod
    def always_open(cls):
        """Calling hours that are open whenever this test runs, also on holidays."""
        cls.company.country_id = False
        cls.customers.country_id = False
        return cls.env["resource.calendar"].create(
            {
                "name": "Sempre",
                "company_id": cls.company.id,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": day,
                                "dayofweek": day,
                                "hour_from": 0,
                                "hour_to": 24,
                                "day_period": "morning",
                            }
                        )
                        for day in "0123456"
                    ),
                ],
            }
        )

    @users("ana_test")
    @warmup
    def test_next_contact(self):
        session = self.start(self.env.user)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(33):
            session.next_contact()
            self.env.flush_all()

    @users("ana_test")
    @warmup
    def test_dial(self):
        session = self.start(self.env.user)
        session.next_contact()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(28):
            session.dial()
            self.env.flush_all()

    @users("ana_test")
    @warmup
    def test_register_result(self):
        session = self.start(self.env.user)
        session.next_contact()
        session.dial()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(20):
            session.register_result(self.done.id)
            self.env.flush_all()
