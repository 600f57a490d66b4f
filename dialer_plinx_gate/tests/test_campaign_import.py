# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import io
from unittest.mock import patch

import openpyxl
import xlwt

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..models.campaign import list_import as dialer_list_import
from .common import DialerCase

LIST = """Nome;Telefone;E-mail;Referência
Ana Souza;(47) 98877-0001;ana@example.com;A1
João Lima;47 98877-0002;;A2
Sem fone;banana;;A3
Ana outra vez;+55 47 98877 0001;;A4
"""


class ImportCase(DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.target = cls.make_campaign(cls.customers[:1], name="Lista")
        cls.cron = cls.env.ref("dialer_plinx_gate.ir_cron_import")

    def bring(self, text, name="list.csv", encoding="utf-8", campaign=None, **values):
        """Import a list as the supervisor does; give its record."""
        content = text if isinstance(text, bytes) else text.encode(encoding)
        if values.get("kind") != "do_not_call":
            values["campaign_id"] = (campaign or self.target).id
        record = (
            self.env["dialer.list.import"]
            .with_user(self.supervisor)
            .create(
                {
                    "file": base64.b64encode(content),
                    "file_name": name,
                    "company_id": self.company.id,
                    **values,
                }
            )
        )
        record.action_import()
        return record

    def problems(self, record):
        return [(p.row, p.kind) for p in record.problem_ids]

    def made(self, domain):
        return self.env["res.partner"].search([*domain, ("name", "!=", False)])

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.assertIs(self.cron.method_direct_trigger(), True)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestImport(ImportCase):
    def test_good_rows_go_in_and_the_others_are_reported_by_row(self):
        record = self.bring(LIST)
        self.assertEqual(record.state, "done")
        self.assertEqual((record.row_count, record.taken_count), (4, 2))
        self.assertEqual(self.problems(record), [(4, "bad"), (5, "double")])
        self.assertIn("banana", record.problem_ids[0].text)
        self.assertIn("row 2", record.problem_ids[1].message)
        ana = self.made([("ref", "=", "A1")])
        self.assertRecordValues(
            ana,
            [
                {
                    "name": "Ana Souza",
                    "email": "ana@example.com",
                    "phone_sanitized": "+5547988770001",
                    "company_id": self.company.id,
                    "create_uid": self.supervisor.id,
                }
            ],
        )
        entry = self.entry_of(ana, self.target)
        self.assertRecordValues(
            entry,
            [{"state": "pending", "imported": True, "phone": "+5547988770001"}],
        )

    def test_nothing_goes_in_where_that_was_chosen(self):
        record = self.bring(LIST, on_error="stop")
        self.assertEqual(record.state, "refused")
        self.assertEqual(self.problems(record), [(4, "bad")])
        self.assertFalse(self.made([("phone_sanitized", "like", "+554798877%")]))
        record.on_error = "skip"
        record.action_import()
        self.assertEqual(record.taken_count, 2)
        self.assertEqual(len(record.problem_ids), 2)

    def test_known_customers_are_recognized_by_their_number(self):
        customer = self.customers[2]
        record = self.bring("phone\n047 8800-1002\n")
        self.assertEqual(record.taken_count, 1)
        self.assertTrue(self.entry_of(customer, self.target).imported)
        foreign = self.customers[3]
        foreign.company_id = self.env["res.company"].create({"name": "Outra"})
        self.bring("phone\n47 98800-1003\n")
        self.assertFalse(self.entry_of(foreign, self.target))
        own = self.made([("phone_sanitized", "=", foreign.phone_sanitized)]) - foreign
        self.assertEqual(own.company_id, self.company)

    def test_who_is_in_the_queue_stays_as_agents_left_it(self):
        entry = self.entry_of(self.customers[0], self.target)
        entry.write({"state": "done", "attempts": 3})
        record = self.bring("phone\n47 98800-1000\n")
        self.assertEqual(self.problems(record), [(2, "known")])
        self.assertRecordValues(
            entry, [{"state": "done", "attempts": 3, "imported": True}]
        )

    def test_a_fill_does_not_withdraw_who_came_from_a_list(self):
        self.bring(LIST)
        self.target.action_fill()
        self.assertEqual(
            len(self.target.entry_ids.filtered(lambda e: e.state == "pending")), 3
        )

    def test_who_was_withdrawn_comes_back_by_a_list(self):
        entry = self.entry_of(self.customers[0], self.target)
        self.target.domain = "[('id', '=', 0)]"
        self.target.action_fill()
        self.assertEqual(entry.state, "cancelled")
        record = self.bring("phone\n47 98800-1000\n")
        self.assertEqual((entry.state, record.taken_count), ("pending", 1))

    def test_numbers_that_must_not_be_called_stay_out(self):
        self.env["phone.blacklist"]._add(["+5547988770001"])
        record = self.bring(LIST)
        self.assertIn((2, "do_not_call"), self.problems(record))
        self.assertFalse(self.made([("ref", "=", "A1")]))

    def test_leads_are_made_where_the_campaign_calls_leads(self):
        campaign = self.env["dialer.campaign"].create(
            {"name": "Leads", "target": "lead", "company_id": self.company.id}
        )
        known = self.env["crm.lead"].create(
            {
                "name": "L",
                "phone": "47 98877-0002",
                "country_id": self.brazil.id,
                "company_id": self.company.id,
            }
        )
        self.bring(LIST, campaign=campaign)
        leads = campaign.entry_ids.lead_id
        self.assertIn(known, leads)
        self.assertEqual(set((leads - known).mapped("contact_name")), {"Ana Souza"})

    def test_lists_as_spreadsheets_write_them(self):
        book = openpyxl.Workbook()
        book.active.append(["Nome", "Celular"])
        book.active.append(["Zé", 47988770009])
        stream = io.BytesIO()
        book.save(stream)
        for text, name in (
            ("nome,telefone\nJosé,47 98877-0011\n".encode("cp1252"), "a.csv"),
            ("\ufeffNome\tTelefone\nJosé\t47 98877-0012\n".encode(), "b.csv"),
            (stream.getvalue(), "c.xlsx"),
        ):
            self.assertEqual(self.bring(text, name=name).taken_count, 1, name)
        self.assertEqual(
            self.made([("phone_sanitized", "=", "+5547988770011")]).name, "José"
        )

    def test_every_number_of_a_row_is_kept_and_known(self):
        two = "Nome;Telefone;Celular\nZoé;47 3316-0001 / 47 98816-0001;47 98816-0002\n"
        record = self.bring(two)
        self.assertEqual(record.taken_count, 1)
        zoe = self.made([("name", "=", "Zoé")])
        for written in ("47 3316-0001", "47 98816-0001", "47 98816-0002"):
            self.assertIn(written, zoe.phone)
        entry = self.entry_of(zoe, self.target)
        numbers = [one.e164 for one in entry._identities()[entry.id]]
        self.assertEqual(numbers, ["+554733160001", "+5547988160001", "+5547988160002"])
        again = self.bring(two)
        self.assertEqual(self.problems(again), [(2, "known")])
        self.assertEqual(len(self.made([("name", "=", "Zoé")])), 1)

    def test_a_customer_is_known_by_any_number_of_the_row(self):
        record = self.bring("Nome;Tel 1;Tel 2\nAlguém;47 98816-0001;47 98800-1002\n")
        self.assertEqual(record.taken_count, 1)
        self.assertTrue(self.entry_of(self.customers[2], self.target).imported)
        self.assertFalse(self.made([("name", "=", "Alguém")]))

    def test_one_number_on_a_list_keeps_the_customer_out(self):
        self.env["phone.blacklist"]._add(["+5547988160002"])
        record = self.bring("Nome;Tel 1;Tel 2\nAlguém;47 98816-0001;47 98816-0002\n")
        self.assertEqual(self.problems(record), [(2, "do_not_call")])
        self.assertFalse(self.made([("name", "=", "Alguém")]))

    def test_rows_that_share_any_number_are_doubles(self):
        record = self.bring(
            "Nome;Tel 1;Tel 2\n"
            "A;47 98816-0001;47 98816-0002\n"
            "B;47 98816-0003;047 98816-0002\n"
        )
        self.assertEqual(self.problems(record), [(3, "double")])

    def test_rows_are_taken_or_refused_and_none_is_lost(self):
        text = (
            "Clientes de novembro\n\nNome;DDD;Telefone;E-mail\n"
            "Ana;47;98816-0001;\n\n"
            "Bia;47;4.79881E+10;\nCaio;47\nDora;47;98816-0004;;;x;y\n"
            "Eva;47;98816-0001;\nFábio;;;\n"
        )
        for kind in ("customers", "do_not_call"):
            record = self.bring(text, kind=kind)
            self.assertEqual(record.state, "done")
            self.assertEqual(record.row_count, 7)
            self.assertEqual(record.taken_count + record.problem_count, 7, kind)
            self.assertEqual(record.taken_count, 2, kind)
            reported = {problem.row: problem for problem in record.problem_ids}
            self.assertEqual(set(reported), {5, 6, 7, 9, 10})
            self.assertIn("last digits", reported[6].message)
            self.assertIn("Fábio", reported[10].text)

    def test_files_of_any_kind_are_told_by_their_bytes(self):
        book = xlwt.Workbook()
        sheet = book.add_sheet("Lista")
        sheet.write(0, 0, "Telefone")
        sheet.write(1, 0, 47988160009)
        stream = io.BytesIO()
        book.save(stream)
        self.assertEqual(self.bring(stream.getvalue(), name="a.csv").taken_count, 1)
        page = (
            "<table><tr><th>Telefone</th></tr><tr><td>47 98816-0010</td></tr></table>"
        )
        self.assertEqual(self.bring(page, name="a.xls").taken_count, 1)

    def test_other_columns_of_a_customer_list_do_not_matter(self):
        record = self.bring("Telefone,Data,Cidade\n47 98877-0020,ontem,Gaspar\n")
        self.assertEqual((record.taken_count, record.problem_count), (1, 0))

    def test_files_that_are_no_list_are_refused_with_a_sentence(self):
        for wrong in (
            b"",
            b"  \n",
            "nome;cidade\nAna;Blumenau\n",
            b"\x00\x01\x02\xff\xfe",
            b"\x89PNG\r\n\x1a\n0000",
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.bring(wrong)

    def test_a_list_is_imported_once(self):
        record = self.bring(LIST)
        with self.assertRaisesRegex(UserError, "already"):
            record.action_import()

    def test_a_closed_campaign_takes_no_list(self):
        self.target.action_close()
        with self.assertRaisesRegex(UserError, "closed"):
            self.bring(LIST)

    def test_agents_import_nothing(self):
        with self.assertRaises(AccessError):
            self.env["dialer.list.import"].with_user(self.ana).create(
                {"campaign_id": self.target.id, "file": base64.b64encode(b"phone\n")}
            )
        with self.assertRaises(AccessError):
            self.target.with_user(self.ana).action_import_list()


@tagged("post_install", "-at_install")
class TestLongImport(ImportCase):
    def long_list(self, count):
        """A list in which every tenth row is rubbish."""
        lines = [
            f"Cliente {n};{'rubbish' if n % 10 == 0 else f'47 9887{n:05}'}"
            for n in range(count)
        ]
        return "\n".join(["name;phone", *lines, ""])

    def test_a_long_list_goes_in_batches_in_the_background(self):
        with patch.object(dialer_list_import, "IMPORT_AT_ONCE", 5):
            record = self.bring(self.long_list(30))
            self.assertEqual((record.state, record.taken_count), ("running", 0))
            self.run_cron()
        self.assertEqual(record.state, "done")
        self.assertEqual((record.row_count, record.taken_count), (30, 27))
        self.assertEqual(record.problem_count, 3)
        self.assertEqual(record.percent, 100)
        made = self.made([("phone_sanitized", "like", "+5547988700%")])
        self.assertEqual(made.create_uid, self.supervisor)

    def test_an_import_that_was_interrupted_takes_nobody_twice(self):
        text = self.long_list(30) + "Outra vez;47 988700001\n"
        with patch.object(dialer_list_import, "IMPORT_AT_ONCE", 5):
            record = self.bring(text)
            rows = record._read_rows()
            record._import_batch(rows, {}, 12)
            self.assertEqual((record.position, record.taken_count), (12, 10))
            self.run_cron()
        self.assertEqual((record.state, record.taken_count), ("done", 27))
        self.assertEqual(self.problems(record)[-1], (32, "double"))
        self.assertEqual(self.target.entry_count, 28)

    def test_a_list_whose_file_vanished_is_refused_and_stops_nobody_else(self):
        with patch.object(dialer_list_import, "IMPORT_AT_ONCE", 5):
            gone = self.bring(self.long_list(10))
            good = self.bring(LIST + "Zé;47 98877-0005;;\nZê;47 98877-0006;;\n")
            gone.sudo().file = False
            self.run_cron()
        self.assertEqual((gone.state, gone.taken_count), ("refused", 0))
        self.assertIn("empty", gone.problem_ids.message)
        self.assertEqual((good.state, good.taken_count), ("done", 4))


@tagged("post_install", "-at_install")
class TestDoNotCallImport(ImportCase):
    def test_a_list_of_numbers_with_their_day_takes_effect_at_once(self):
        today = self.company._dialer_date()
        later = fields.Date.add(today, days=30)
        record = self.bring(
            "Telefone;Motivo;Data\n"
            f"47 98800-1000;Procon;{today:%d/%m/%Y}\n"
            f"47 98800-1001;;{later}\n"
            "47 98800-1002;;amanhã\n"
            "xyz;;\n"
            "47 98800-1003;;\n",
            kind="do_not_call",
            reason="Não Me Ligue",
        )
        self.assertEqual(record.taken_count, 3)
        self.assertEqual(self.problems(record), [(4, "bad"), (5, "bad")])
        listed = self.env["dialer.do.not.call"].search(
            [("company_id", "=", self.company.id)], order="number"
        )
        self.assertEqual(
            [(r.reason, r.date_from, r.in_effect, r.source) for r in listed],
            [
                ("Procon", today, True, "list"),
                ("Não Me Ligue", later, False, "list"),
                ("Não Me Ligue", today, True, "list"),
                ("Não Me Ligue", today, True, "list"),
            ],
        )
        states = [self.entry_of(customer).state for customer in self.customers]
        self.assertEqual(
            states, ["cancelled", "pending", "cancelled", "cancelled", "pending"]
        )

    def listed(self):
        """The company's list: the day by number."""
        lists = self.env["dialer.do.not.call"].search(
            [("company_id", "=", self.company.id)]
        )
        return {record.number: record.date_from for record in lists}

    def test_every_number_of_a_row_is_blocked(self):
        record = self.bring(
            "Telefone;Celular\n47 98800-1000 / 47 98800-1001;47 98800-1002\n",
            kind="do_not_call",
        )
        self.assertEqual((record.taken_count, record.problem_count), (1, 0))
        self.assertEqual(
            set(self.listed()), {f"+554798800100{number}" for number in range(3)}
        )

    def test_in_doubt_a_number_is_blocked_and_the_row_is_reported(self):
        start = fields.Date.subtract(self.company._dialer_date(), days=3)
        record = self.bring(
            "Telefone;Data\n"
            "47 98800-1000;N/A\n"
            "47 98800-1001;31/31/2026\n"
            "47 98800-1002 / 123456789012;\n"
            "47 98800-1003;20260105\n",
            kind="do_not_call",
            date_from=start,
        )
        self.assertEqual(self.problems(record), [(2, "bad"), (3, "bad"), (4, "bad")])
        self.assertEqual(record.taken_count, 1)
        self.assertEqual(
            self.listed(),
            {
                "+5547988001000": start,
                "+5547988001001": start,
                "+5547988001002": start,
                "+5547988001003": fields.Date.to_date("2026-01-05"),
            },
        )
        self.assertIn("123456789012", record.problem_ids[2].message)

    def test_the_earlier_day_counts_whichever_list_names_it(self):
        today = self.company._dialer_date()
        later = fields.Date.add(today, days=200)
        self.bring(f"phone;date\n47 98800-1000;{later}\n", kind="do_not_call")
        record = self.bring("phone\n47 98800-1000\n", kind="do_not_call")
        self.assertEqual((record.taken_count, record.problem_count), (1, 0))
        self.assertEqual(self.listed(), {"+5547988001000": today})
        self.assertEqual(self.entry_of(self.customers[0]).state, "cancelled")
        record = self.bring(
            f"phone;date\n47 98800-1001;{later}\n47 98800-1001;{today}\n"
            f"47 98800-1001;{later}\n",
            kind="do_not_call",
        )
        self.assertEqual(self.problems(record), [(4, "double")])
        self.assertEqual(self.listed()["+5547988001001"], today)

    @freeze_time("2026-11-25 01:30:00")
    def test_rows_without_a_day_are_of_the_company_s_day(self):
        self.supervisor.tz = "Asia/Tokyo"
        self.bring("phone\n47 98800-1000\n", kind="do_not_call")
        listed = self.env["dialer.do.not.call"].search([], limit=1)
        self.assertEqual(
            (str(listed.date_from), listed.in_effect), ("2026-11-24", True)
        )

    def test_numbers_on_the_list_already_are_reported(self):
        self.bring("phone\n47 98800-1000\n", kind="do_not_call")
        record = self.bring("phone\n+5547988001000\n", kind="do_not_call")
        self.assertEqual(self.problems(record), [(2, "known")])

    def test_odoos_own_importer_brings_numbers_too_and_names_bad_rows(self):
        lists = self.env["dialer.do.not.call"].with_user(self.supervisor)
        good = lists.load(
            ["number", "reason", "date_from"],
            [["47 98800-1000", "Procon", "2026-01-01"]],
        )
        self.assertEqual(len(good["ids"]), 1)
        self.assertEqual(self.entry_of(self.customers[0]).state, "cancelled")
        bad = lists.load(["number"], [["47 98800-1001"], ["banana"]])
        self.assertFalse(bad["ids"])
        message = bad["messages"][-1]
        self.assertEqual(message["rows"], {"from": 1, "to": 1})
        self.assertIn("banana", message["message"])
