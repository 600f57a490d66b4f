# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Two companies with a record of everything, each text a mark of whose it is."""

from base64 import b64encode
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import new_test_user

from .access_probe import Mark, Person, ProbeMixin, Target
from .common import DialerData, SandboxMixin

WEBHOOK_KEYS = {
    letter: b64encode(f"the webhook's own secret of {letter}.".encode()).decode()
    for letter in "AB"
}
TOKENS = {"A": "test-token-7f3a", "B": "other-token-91ce"}
PHONES = {"A": "98811", "B": "98822"}
EMPLOYEE = "base.group_user,base.group_partner_manager,base.group_allow_export"
DIALER = "dialer_plinx_gate.group_dialer"


class AccessWorld(SandboxMixin, DialerData, ProbeMixin):
    """Build company A and company B, the people, and the records to be kept apart.

    ``people`` are those who call, ``targets`` the records by model, ``marks`` what
    must not be seen by everybody.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_sandbox()
        cls.targets = {}
        cls.marks = []
        cls.logged_marks = []
        cls.companies = {letter: cls._make_company(letter) for letter in "AB"}
        cls.company = cls.companies["A"]
        cls._make_people()
        for letter, agents in {
            "A": (cls.users["ana"], cls.users["bruno"]),
            "B": (cls.users["carla"],),
        }.items():
            cls._make_company_data(letter, agents)
        cls._make_shared()
        cls._make_popups()
        cls.env.flush_all()
        cls.env.invalidate_all()
        cls.start_probe()

    @classmethod
    def add(cls, label, record, letter, owner=None):
        """Remember a record as something to be tried."""
        target = Target(f"{letter or 'shared'} {label}", record, letter, owner)
        cls.targets.setdefault(record._name, []).append(target)
        return record

    @classmethod
    def mark(cls, text, kind, letter=None, owner=None):
        """Remember a text that not everybody may be shown."""
        cls.marks.append(Mark(text, kind, letter, owner))
        return text

    @classmethod
    def first(cls, model, letter):
        """The first record of a model of one company, None without one."""
        return next((t for t in cls.targets.get(model, ()) if t.letter == letter), None)

    # -------------------------------------------------------------------------
    # People
    # -------------------------------------------------------------------------

    @classmethod
    def _make_company(cls, letter):
        cls.make_company()
        company = cls.company
        company.name = f"Tecelagem {letter}"
        company.flush_recordset()
        company.plinx_token = TOKENS[letter]
        company.plinx_webhook_secret = f"whsec_{WEBHOOK_KEYS[letter]}"
        cls.mark(TOKENS[letter], "secret", letter)
        cls.mark(WEBHOOK_KEYS[letter], "secret", letter)
        cls.logged_marks.append(
            Mark(cls.mark(company.plinx_webhook_key, "system", letter), "key", letter)
        )
        if letter == "A":
            cls.mark(cls.sandbox.url, "system", letter)
        return company

    @classmethod
    def _make_people(cls):
        groups = {
            "ana": f"{EMPLOYEE},{DIALER}_agent",
            "bruno": f"{EMPLOYEE},{DIALER}_agent",
            "carla": f"{EMPLOYEE},{DIALER}_agent",
            "supervisor_a": f"{EMPLOYEE},{DIALER}_supervisor",
            "supervisor_b": f"{EMPLOYEE},{DIALER}_supervisor",
            "supervisor_ab": f"{EMPLOYEE},{DIALER}_supervisor",
            "salesperson": f"{EMPLOYEE},sales_team.group_sale_salesman_all_leads",
            "employee": EMPLOYEE,
            "portal": "base.group_portal",
            "administrator": f"{EMPLOYEE},{DIALER}_supervisor,base.group_system",
            "system": f"{EMPLOYEE},base.group_system",
        }
        letters = {"carla": "B", "supervisor_b": "B", "supervisor_ab": "AB"}
        cls.users, cls.people = {}, []
        for name, group in groups.items():
            companies = [cls.companies[letter] for letter in letters.get(name, "A")]
            cls.users[name] = new_test_user(
                cls.env,
                f"matrix_{name}",
                groups=group,
                company_id=companies[0].id,
                company_ids=[Command.set([company.id for company in companies])],
                tz="America/Sao_Paulo",
            )
            cls.people.append(Person.of(name, cls.users[name], letters.get(name, "A")))
        cls.users["public"] = cls.env.ref("base.public_user")
        cls.people.append(Person.of("public", cls.users["public"], ""))

    @classmethod
    def person(cls, name):
        """One of the people by name."""
        return next(person for person in cls.people if person.name == name)

    # -------------------------------------------------------------------------
    # What belongs to a company
    # -------------------------------------------------------------------------

    @classmethod
    def _make_company_data(cls, letter, agents):
        company = cls.companies[letter]
        cls.word = cls.mark(f"FILA-{letter}{letter}Q", "dialer", letter)
        cls._make_customers_of(letter)
        cls._make_lists(letter)
        own = {"company_id": company.id, "name": f"{cls.word} own"}
        cls.add("result", cls.env["dialer.result"].create(own), letter)
        cls.add("reason", cls.env["dialer.pause.reason"].create(own), letter)
        for number, agent in enumerate(agents):
            cls._make_work(letter, agent, number)
        for name in ("dialer.settings", "plinx.connection"):
            record = cls.env[name].search([("company_id", "=", company.id)])
            cls.add("company's", record, letter)
        cls.env.flush_all()
        for name in ("dialer.session.report", "dialer.whatsapp.report"):
            for record in cls.env[name].search([("company_id", "=", company.id)]):
                cls.add("row", record, letter)
        cls._make_plinx(letter)

    @classmethod
    def _make_customers_of(cls, letter):
        company, name = cls.companies[letter], f"CLIENTE-{letter}{letter}Q"
        cls.mark(name, "customer", letter)
        for text in (f"47{PHONES[letter]}10", f"{PHONES[letter]}-10"):
            cls.mark(text, "customer", letter)
            cls.logged_marks.append(Mark(text, "phone", letter))
        partners = cls.env["res.partner"].create(
            [
                {
                    "name": f"{name} {number}",
                    "phone": f"+55 47 {PHONES[letter]}-10{number:02}",
                    "country_id": cls.brazil.id,
                    "company_id": company.id,
                    "plinx_bsuid": f"{cls.word}.id{number}",
                }
                for number in range(6)
            ]
        )
        lead = cls.env["crm.lead"].create(
            {
                "name": f"{name} lead",
                "user_id": False,
                "phone": f"+55 47 {PHONES[letter]}-1090",
                "country_id": cls.brazil.id,
                "company_id": company.id,
                "plinx_bsuid": f"{cls.word}.lead",
            }
        )
        for record in (*partners[:2], lead):
            cls.add("customer", record, letter)
            record._dialer_log_updates(f"{cls.word} update", company)
            cls.add("number", record.dialer_number_ids, letter)
        campaign = cls.env["dialer.campaign"].create(
            {
                "name": f"{cls.word} campaign",
                "company_id": company.id,
                "domain": repr([("name", "like", name)]),
            }
        )
        campaign.action_start()
        cls.add("campaign", campaign, letter)
        entries = campaign.entry_ids.sorted("id")
        entries[4].state = "exhausted"
        for entry in entries[:3] + entries[4]:
            cls.add(f"entry {entry.state}", entry, letter)

    @classmethod
    def _make_lists(cls, letter):
        company = cls.companies[letter]
        campaign = cls.first("dialer.campaign", letter).record
        number = f"+5547{PHONES[letter]}1099"
        cls.add(
            "number",
            cls.env["dialer.do.not.call"].create(
                {
                    "company_id": company.id,
                    "number": number,
                    "reason": f"{cls.word} asked for it",
                }
            ),
            letter,
        )
        listed = f"Nome;Telefone\nCLIENTE-{letter}{letter}Q;47 {PHONES[letter]}-1077\n"
        imported = cls.env["dialer.list.import"].create(
            {
                "kind": "customers",
                "campaign_id": campaign.id,
                "file": b64encode(listed.encode()),
                "file_name": f"{cls.word}.csv",
            }
        )
        problem = cls.env["dialer.list.import.problem"].create(
            {
                "import_id": imported.id,
                "row": 2,
                "text": f"{cls.word} row",
                "kind": "bad",
                "message": "unreadable",
            }
        )
        cls.add("list", imported, letter)
        cls.add("problem", problem, letter)

    @classmethod
    def _make_work(cls, letter, agent, number):
        """A session with a customer on screen, and what the agent did before."""
        campaign = cls.first("dialer.campaign", letter).record
        entry = cls.targets["dialer.queue.entry"]
        entry = [t for t in entry if t.letter == letter][number].record
        session = cls.env["dialer.session"].create(
            {"user_id": agent.id, "campaign_id": campaign.id}
        )
        pause = cls.env["dialer.session.pause"].create(
            {"session_id": session.id, "ended_at": fields.Datetime.now()}
        )
        event = cls.env["dialer.gate.event"].create(
            {
                "company_id": campaign.company_id.id,
                "campaign_id": campaign.id,
                "entry_id": entry.id,
                "partner_id": entry.partner_id.id,
                "session_id": session.id,
                "user_id": agent.id,
                "verdict": "active",
                "decision": "ask",
                "conversation": {"assignee": f"{cls.word} attendant"},
            }
        )
        held = fields.Datetime.now() + timedelta(minutes=10)
        entry.write(
            {
                "state": "asking",
                "agent_id": agent.id,
                "session_id": session.id,
                "reserved_until": held,
            }
        )
        session.write({"entry_id": entry.id, "event_id": event.id, "decision": "ask"})
        number = cls.env["dialer.held.number"].create(
            {
                "company_id": entry.company_id.id,
                "entry_id": entry.id,
                "key": entry.phone.lstrip("+"),
            }
        )
        cls.add("held number", number, letter)
        cls.add(f"{agent.login}'s", session, letter, agent)
        cls.add(f"{agent.login}'s", pause, letter, agent)
        cls.add(f"{agent.login}'s", event, letter, agent)
        cls._make_attendances(letter, agent, entry, session)

    @classmethod
    def _make_attendances(cls, letter, agent, entry, session):
        values = {
            "company_id": entry.company_id.id,
            "partner_id": entry.partner_id.id,
            "user_id": agent.id,
            "result_id": cls.env.ref("dialer_plinx_gate.result_whatsapp").id,
            "phone": entry.phone,
            "note": f"{cls.word} note",
        }
        dialed = {
            **values,
            "origin": "dialer",
            "channel": "whatsapp",
            "campaign_id": session.campaign_id.id,
            "entry_id": entry.id,
            "session_id": session.id,
            "dialed_numbers": [entry.phone],
        }
        attendances = cls.env["dialer.attendance"].create([dialed, values])
        for word, record in zip(("dialed", "manual"), attendances, strict=True):
            cls.add(f"{agent.login}'s {word}", record, letter, agent)

    @classmethod
    def _make_plinx(cls, letter):
        company = cls.companies[letter]
        conversation = {
            "company_id": company.id,
            "external_id": f"{cls.word}-cnv",
            "phone": f"5547{PHONES[letter]}1003",
            "state": "open",
            "status": "open",
            "attendant": f"{cls.word} attendant",
            "bsuid": f"{cls.word}.id3",
        }
        event = {
            "company_id": company.id,
            "webhook_id": f"{cls.word}-evt",
            "received_at": fields.Datetime.now(),
        }
        cls.add("one", cls.env["plinx.conversation"].create(conversation), letter)
        cls.add("one", cls.env["plinx.webhook.event"].create(event), letter)

    # -------------------------------------------------------------------------
    # What is everybody's, and what is one person's
    # -------------------------------------------------------------------------

    @classmethod
    def _make_shared(cls):
        for xml_id in ("result_no_answer", "result_whatsapp"):
            cls.add(xml_id, cls.env.ref(f"dialer_plinx_gate.{xml_id}"), None)
        reason = cls.env["dialer.pause.reason"].search(
            [("company_id", "=", False), ("is_system", "=", False)], limit=1
        )
        cls.add("reason", reason, None)
        # they are of all companies; nobody has a right on them
        readings = cls.env["dialer.number.reading"]._readings()
        for letter, reading in zip("AB", readings, strict=True):
            cls.add("reading", reading, letter)

    @classmethod
    def _make_popups(cls):
        for name in ("ana", "bruno", "carla"):
            cls._make_agent_popups(cls.person(name))
        for name in ("supervisor_a", "supervisor_ab", "supervisor_b", "administrator"):
            person = cls.person(name)
            letter = min(person.letters)
            campaign = cls.first("dialer.campaign", letter).id
            cls._make_popup(person, "dialer.campaign.recycle", campaign_id=campaign)
            cls._make_why_not(person)
        for name in ("administrator", "system"):
            person = cls.person(name)
            cls._make_popup(
                person,
                "plinx.connection.test",
                company_id=cls.companies["A"].id,
                message=cls.mark(f"TESTE-{name}.", "private", "A", person.user),
            )

    @classmethod
    def _make_agent_popups(cls, person):
        sessions = cls.targets["dialer.session"]
        session = next(t.record for t in sessions if t.owner == person.user)
        link = {"session_id": session.id, "entry_id": session.entry_id.id}
        letter = min(person.letters)
        note = cls.mark(f"BILHETE-{person.name}.", "private", letter, person.user)
        result = cls.first("dialer.result", letter).id
        cls._make_popup(
            person, "dialer.call.result", **link, result_id=result, note=note
        )
        cls._make_popup(person, "dialer.pause.confirm", **link)
        calls = cls.targets["dialer.attendance"]
        call = next(t for t in calls if t.owner == person.user).record
        cls._make_popup(
            person, "dialer.attendance.correct", attendance_id=call.id, reason=note
        )
        cls._make_why_not(person)

    @classmethod
    def _make_why_not(cls, person):
        letter = min(person.letters)
        text = cls.mark(f"PORQUE-{person.name}.", "private", letter, person.user)
        popup = cls._make_popup(
            person,
            "dialer.why.not",
            subject=text,
            line_ids=[Command.create({"reason": text})],
        )
        cls.add(f"{person.name}'s", popup.line_ids, letter, person.user)

    @classmethod
    def _make_popup(cls, person, model, **values):
        popup = cls.env[model].with_user(person.user).sudo().create(values)
        return cls.add(f"{person.name}'s", popup, min(person.letters), person.user)
