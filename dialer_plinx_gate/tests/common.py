# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the dialer's tests share: a Brazilian company, people, a live sandbox."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import TransactionCase, new_test_user

from plinx_sandbox import SandboxServer

from ..tools import server_config

TOKEN = "test-token-7f3a"


class SandboxMixin:
    """Start a Plinx sandbox for the class and let the addon reach it."""

    @classmethod
    def start_sandbox(cls):
        cls.sandbox = SandboxServer(token=TOKEN)
        cls.sandbox.__enter__()
        cls.addClassCleanup(cls.sandbox.__exit__, None, None, None)
        host = cls.sandbox.url.split("//")[1]
        allow = patch.dict(server_config.section(), {"plinx_allowed_hosts": host})
        allow.start()
        cls.addClassCleanup(allow.stop)

    def setUp(self):
        super().setUp()
        self.sandbox.set_fault({"kind": "none"})
        self.sandbox.clear()


class DialerData:
    """Build the company, the people and the customers that the tests use."""

    @classmethod
    def make_company(cls):
        cls.brazil = cls.env.ref("base.br")
        cls.santa_catarina = cls.env.ref("base.state_br_sc")
        calendar = cls.env["resource.calendar"].create(
            {"name": "Blumenau", "tz": "America/Sao_Paulo"}
        )
        cls.company = cls.env["res.company"].create(
            {
                "name": "Tecelagem Teste",
                "country_id": cls.brazil.id,
                "state_id": cls.santa_catarina.id,
                "resource_calendar_id": calendar.id,
                "dialer_holiday_subdivision": "SC",
            }
        )
        calendar.company_id = cls.company
        cls.env["res.company"].flush_model()
        cls.company.write(
            {
                "plinx_url": cls.sandbox.url,
                "plinx_token": TOKEN,
                "dial_active_whatsapp": False,
            }
        )

    @classmethod
    def make_user(cls, login, group, **values):
        return new_test_user(
            cls.env,
            login,
            groups=f"dialer_plinx_gate.group_dialer_{group}",
            company_id=cls.company.id,
            company_ids=[fields.Command.set(cls.company.ids)],
            tz="America/Sao_Paulo",
            **values,
        )

    @classmethod
    def make_customers(cls, count, prefix="Cliente", start=1000):
        """Customers with valid Brazilian mobiles, ids 55 47 9 8800 <start + n>."""
        return cls.env["res.partner"].create(
            [
                {
                    "name": f"{prefix} {number:03}",
                    "phone": f"+55 47 98800-{start + number:04}",
                    "country_id": cls.brazil.id,
                    "company_id": cls.company.id,
                }
                for number in range(count)
            ]
        )

    @classmethod
    def wa_id(cls, customer):
        """The 13-digit WhatsApp id of a customer made above."""
        return "".join(filter(str.isdigit, customer.phone))

    @classmethod
    def make_hours(cls, start, stop, days="01234"):
        """Working or calling hours of the company, the same on each of the days."""
        return cls.env["resource.calendar"].create(
            {
                "name": "Horário de ligação",
                "tz": "America/Sao_Paulo",
                "company_id": cls.company.id,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": day,
                                "dayofweek": day,
                                "hour_from": start,
                                "hour_to": stop,
                                "day_period": "morning",
                            }
                        )
                        for day in days
                    ),
                ],
            }
        )

    @classmethod
    def make_campaign(cls, customers, **values):
        campaign = cls.env["dialer.campaign"].create(
            {
                "name": "Campanha",
                "company_id": cls.company.id,
                "domain": repr([("id", "in", customers.ids)]),
                **values,
            }
        )
        campaign.action_start()
        return campaign

    def entry_of(self, customer, campaign=None):
        return self.env["dialer.queue.entry"].search(
            [
                ("campaign_id", "=", (campaign or self.campaign).id),
                ("partner_id", "=", customer.id),
            ]
        )

    def talk(self, customer, **values):
        """Open a conversation with this customer in the sandbox."""
        self.sandbox.open_conversation(self.wa_id(customer), **values)


class DialerCase(SandboxMixin, DialerData, TransactionCase):
    """Transactions against a real sandbox, with one supervisor and two agents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_sandbox()
        cls.make_company()
        cls.supervisor = cls.make_user("sup_test", "supervisor")
        cls.ana = cls.make_user("ana_test", "agent")
        cls.bruno = cls.make_user("bruno_test", "agent")
        cls.customers = cls.make_customers(5)
        cls.campaign = cls.make_campaign(cls.customers)
        cls.done = cls.env.ref("dialer_plinx_gate.result_sale")
        cls.retry = cls.env.ref("dialer_plinx_gate.result_no_answer")
        cls.whatsapp = cls.env.ref("dialer_plinx_gate.result_whatsapp")

    def start(self, agent=None, campaign=None):
        """Start a session; give it as the agent sees it."""
        sessions = self.env["dialer.session"].with_user(agent or self.ana)
        state = sessions.start((campaign or self.campaign).id)
        return sessions.browse(state["session_id"])

    def updates_of(self, customer):
        customer.invalidate_recordset(["dialer_update_ids"])
        return customer.dialer_update_ids

    def later(self, **delta):
        return fields.Datetime.now() + timedelta(**delta)
