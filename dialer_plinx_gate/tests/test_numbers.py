# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The rows of numbers say what the reader says, whatever changes a customer."""

from contextlib import contextmanager
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st
from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError
from odoo.fields import NO_ACCESS
from odoo.modules.registry import Registry
from odoo.sql_db import Cursor
from odoo.tests import BaseCase, TransactionCase, get_db_name, tagged, users
from odoo.tools import SQL, mute_logger

from ..models.customer import number as number_file
from ..plinx import phone
from .common import DialerCase
from .properties import EXAMPLES

MOBILE, LANDLINE = "5547999887766", "554733150001"
UNREADABLE = "(47) 99988-776"
# Numbers and what people write around them, beside texts without any sense.
PIECES = st.sampled_from(
    [
        "47 99988-7766",
        "(47) 3315-0001",
        "+55 47 99988 7766",
        "0 15 47 99988-7765",
        "+1 415 555 2671",
        "+54 9 351 234 5678",
        "044 55 1234 5678",
        UNREADABLE,
        "whats",
        "ramal 22",
        "0800 123 4567",
    ]
)
SIGNS = st.sampled_from([" / ", "; ", " ", "  ", " ou ", ", cel: ", "\n"])
TEXTS = st.one_of(
    st.text(st.sampled_from("0123456789+()- /;,.x"), max_size=40),
    st.lists(st.one_of(PIECES, SIGNS), max_size=7).map("".join),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
)


class NumbersCase:
    """Questions about rows, for cases with a company and customers."""

    def rows(self, *customers):
        """The rows of customers: key or unread text, in their order, by country.

        :rtype: dict[str | bool, list[str]]
        """
        self.env.flush_all()
        found = {}
        for customer in customers:
            for row in customer.sudo().dialer_number_ids.sorted("sequence"):
                found.setdefault(row.company_country, []).append(row.key or row.unread)
        return found

    def reading_of(self, texts, country, fallback=None):
        """What the reader says of texts, as in the rows."""
        reading = phone.read_all(texts, country, fallback)
        return [*reading.keys, *reading.unread]

    def numbers(self):
        """The model under test."""
        return self.env["dialer.number"]


@tagged("post_install", "-at_install")
class TestNumbers(NumbersCase, DialerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mexico = cls.env.ref("base.mx")
        cls.usa = cls.env.ref("base.us")
        cls.contact = cls.make_contact("47 99988-7766")

    @classmethod
    def make_contact(cls, text, **values):
        """A contact of the test company, in Brazil."""
        return cls.env["res.partner"].create(
            {
                "name": "Contato",
                "phone": text,
                "country_id": cls.brazil.id,
                "company_id": cls.company.id,
                **values,
            }
        )

    @classmethod
    def make_lead(cls, text, **values):
        """A lead of the test company, in Brazil."""
        return cls.env["crm.lead"].create(
            {
                "name": "Lead",
                "phone": text,
                "country_id": cls.brazil.id,
                "company_id": cls.company.id,
                **values,
            }
        )

    def run_job(self):
        """Run the job that reads everybody, as the scheduler does."""
        cron = self.env.ref("dialer_plinx_gate.ir_cron_read_numbers")
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)

    # -------------------------------------------------------------------------
    # What is in the rows
    # -------------------------------------------------------------------------

    @given(st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from(["BR", "US", None]))
    @example(["47 99988-7766", UNREADABLE], "BR")
    @settings(EXAMPLES, max_examples=EXAMPLES.max_examples // 3)
    def test_rows_are_what_the_reader_reads_whatever_is_written(self, texts, country):
        country_id = self.env["res.country"].search([("code", "=", country)]).id
        made = [{"name": "x", "phone": t, "company_id": self.company.id} for t in texts]
        created = self.env["res.partner"].create(
            [{**values, "country_id": country_id} for values in made]
        )
        written = self.env["res.partner"].create([{"name": "x"} for _ in texts])
        for partner, text in zip(written, texts, strict=True):
            partner.write(
                {
                    "phone": text,
                    "country_id": country_id,
                    "company_id": self.company.id,
                }
            )
        home = "BR" if country is None else False
        for partners in (created, written):
            for partner, text in zip(partners, texts, strict=True):
                expected = self.reading_of([text], country, "BR")
                self.assertEqual(self.rows(partner).get(home, []), expected)
                self.assertFalse(self.rows(partner).keys() - {home})

    def test_every_number_of_a_field_has_a_row_the_first_typed_first(self):
        self.contact.phone = "47 3315-0001 / 47 99988-7766 (whats)"
        self.assertEqual(self.rows(self.contact), {False: [LANDLINE, MOBILE]})
        self.assertEqual(
            self.contact.dialer_number_ids.mapped("e164"),
            [f"+{LANDLINE}", f"+{MOBILE}"],
        )

    def test_a_text_that_cannot_be_read_has_a_row_of_its_own(self):
        self.contact.phone = f"47 3315-0001 / {UNREADABLE}"
        self.assertEqual(self.rows(self.contact), {False: [LANDLINE, UNREADABLE]})
        unread = self.contact.dialer_number_ids.filtered("unread")
        self.assertEqual((unread.key, unread.e164), (False, False))

    def test_a_text_without_digits_leaves_no_row(self):
        self.contact.phone = "ligar depois"
        self.assertEqual(self.rows(self.contact), {})

    def test_numbers_of_all_phone_fields_count_those_of_addons_too(self):
        self.contact.write({"phone": "47 3315-0001", "ref": "47 99988-7766"})
        known = type(self.env["res.partner"])._dialer_phone_fields

        def with_second(model):
            return [*known(model), "ref", "no_such_field", "email_normalized_x"]

        partners = type(self.env["res.partner"])
        with patch.object(partners, "_dialer_phone_fields", with_second):
            self.run_job()
        self.assertEqual(self.rows(self.contact), {False: [LANDLINE, MOBILE]})

    def test_fields_that_are_no_plain_text_are_left_out(self):
        partners = type(self.env["res.partner"])
        names = ["phone", "display_name", "barcode", "country_id", "nothing", "phone"]
        with patch.object(partners, "_dialer_phone_fields", lambda model: names):
            found = self.env["res.partner"]._dialer_stored_phone_fields()
        self.assertEqual(found, ["phone"])

    def test_phone_fields_that_odoo_knows_are_known_without_an_extension(self):
        partners = type(self.env["res.partner"])
        with patch.object(
            partners, "_phone_get_number_fields", lambda model: ["phone", "ref"]
        ):
            found = self.env["res.partner"]._dialer_stored_phone_fields()
        self.assertEqual(found, ["phone", "ref"])

    # -------------------------------------------------------------------------
    # Whose country
    # -------------------------------------------------------------------------

    def test_the_customer_s_country_decides_and_its_change_reads_again(self):
        self.contact.phone = "55 3222 1234"
        self.assertEqual(self.rows(self.contact), {False: ["555532221234"]})
        self.contact.country_id = self.mexico
        self.assertEqual(self.rows(self.contact), {False: ["525532221234"]})

    def test_a_customer_without_country_is_read_by_the_company_s(self):
        self.contact.country_id = False
        self.assertEqual(self.rows(self.contact), {"BR": [MOBILE]})

    def test_a_local_number_of_another_country_is_not_read_as_the_company_s(self):
        self.contact.write({"country_id": self.usa.id, "phone": "47 99988-7766"})
        self.assertEqual(self.rows(self.contact), {False: ["47 99988-7766"]})
        self.contact.country_id = self.env.ref("base.aq")
        self.assertEqual(self.rows(self.contact), {False: ["47 99988-7766"]})

    def test_a_customer_of_all_companies_is_read_by_each_country_of_theirs(self):
        mexican = self.env["res.company"].create(
            {"name": "Telares", "country_id": self.mexico.id}
        )
        self.contact.write({"country_id": False, "company_id": False})
        self.contact.phone = "55 3222 1234"
        rows = self.rows(self.contact)
        self.assertEqual(rows["MX"], ["525532221234"])
        self.assertEqual(rows["BR"], ["555532221234"])
        for company, key in ((mexican, "525532221234"), (self.company, "555532221234")):
            keys = self.numbers()._keys_of(self.contact, company)
            self.assertEqual(keys, {self.contact.id: [key]})
        self.assertEqual(len(self.numbers()._keys_of(self.contact)[self.contact.id]), 2)

    def test_a_company_s_customer_is_read_for_its_branches_too(self):
        self.env["res.company"].create(
            {
                "name": "Filial",
                "parent_id": self.company.id,
                "country_id": self.mexico.id,
            }
        )
        self.contact.country_id = False
        self.contact.phone = "55 3222 1234"
        self.assertEqual(self.rows(self.contact).keys(), {"BR", "MX"})

    def test_a_company_without_country_reads_what_needs_none(self):
        self.company.country_id = False
        self.contact.write({"country_id": False, "phone": "+55 47 99988-7766"})
        self.assertEqual(self.rows(self.contact), {"ZZ": [MOBILE]})
        keys = self.numbers()._keys_of(self.contact, self.company)
        self.assertEqual(keys, {self.contact.id: [MOBILE]})

    def test_a_change_of_the_company_s_country_is_followed_by_the_job(self):
        self.run_job()
        self.contact.write({"country_id": False, "phone": "55 3222 1234"})
        lead = self.make_lead("55 3222 1234", country_id=False)
        self.assertEqual(self.rows(self.contact), {"BR": ["555532221234"]})
        triggers = self.env["ir.cron.trigger"]
        job = self.env.ref("dialer_plinx_gate.ir_cron_read_numbers")
        triggers.search([("cron_id", "=", job.id)]).unlink()
        self.company.dialer_holiday_subdivision = False
        self.company.country_id = self.mexico
        self.env.flush_all()
        self.assertTrue(triggers.search_count([("cron_id", "=", job.id)]), "woken")
        self.run_job()
        self.assertEqual(self.rows(self.contact), {"MX": ["525532221234"]})
        self.assertEqual(self.rows(lead), {"MX": ["525532221234"]})

    def test_another_company_is_followed_by_the_job(self):
        self.contact.write({"country_id": False, "company_id": False})
        self.run_job()
        self.assertNotIn("MX", self.rows(self.contact))
        self.env["res.company"].create(
            {"name": "Telares", "country_id": self.mexico.id}
        )
        self.run_job()
        self.assertIn("MX", self.rows(self.contact))

    # -------------------------------------------------------------------------
    # Whatever changes a customer
    # -------------------------------------------------------------------------

    def test_an_emptied_field_takes_its_rows_with_it(self):
        self.contact.phone = False
        self.assertEqual(self.rows(self.contact), {})
        self.assertFalse(self.numbers().search([("partner_id", "=", self.contact.id)]))

    def test_a_number_that_stays_keeps_its_row(self):
        self.env.flush_all()
        before = self.contact.dialer_number_ids
        self.contact.phone = "+55 (47) 99988-7766 / 47 3315-0001"
        self.env.flush_all()
        self.assertEqual(self.contact.dialer_number_ids[0], before)

    def test_a_lead_whose_phone_comes_from_its_contact_follows_it(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Lead",
                "partner_id": self.contact.id,
                "company_id": self.company.id,
            }
        )
        self.env.flush_all()
        self.assertEqual(self.rows(lead), {False: [MOBILE]})
        self.contact.phone = "47 3315-0001"
        self.assertEqual(self.rows(lead), {False: [LANDLINE]})

    def test_a_copy_has_rows_of_its_own(self):
        self.assertEqual(self.rows(self.contact.copy()), {False: [MOBILE]})

    def test_a_form_that_is_filled_in_writes_nothing_yet(self):
        new = self.env["res.partner"].new({"phone": "47 3315-0001"})
        edited = self.env["res.partner"].new(
            {"phone": "47 3315-0001"}, origin=self.contact
        )
        self.assertFalse(new.dialer_number_ids)
        self.assertTrue(edited.phone)
        self.assertEqual(self.rows(self.contact), {False: [MOBILE]})

    def test_a_loaded_file_is_read(self):
        result = self.env["res.partner"].load(
            ["name", "phone", "country_id"],
            [
                ["Um", "47 99988-7766", "Brazil"],
                ["Dois", "47 3315-0001 / 47 99988-7766", "Brazil"],
            ],
        )
        first, second = self.env["res.partner"].browse(result["ids"])
        self.assertEqual(self.rows(first), {False: [MOBILE]})
        self.assertEqual(self.rows(second), {False: [LANDLINE, MOBILE]})

    def test_contacts_that_are_merged_have_the_numbers_of_the_one_that_stays(self):
        for other in ("47 99988-7766", "47 3315-0001", False):
            stays = self.make_contact("47 99988-7766", email="um@example.com")
            goes = self.make_contact(other, email="um@example.com")
            self.env.flush_all()
            wizard = self.env["base.partner.merge.automatic.wizard"].create({})
            wizard._merge((stays + goes).ids, stays)
            self.assertFalse(goes.exists())
            self.assertEqual(self.rows(stays), {False: [MOBILE]}, other)

    def test_a_merged_contact_without_phone_has_the_other_s_number(self):
        stays = self.make_contact(False, email="um@example.com")
        goes = self.make_contact("47 3315-0001", email="um@example.com")
        self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((stays + goes).ids, stays)
        self.assertEqual(self.rows(stays), {False: [LANDLINE]})

    def test_leads_that_are_merged_have_the_numbers_of_the_one_that_stays(self):
        leads = self.make_lead("47 99988-7766") + self.make_lead("47 3315-0001")
        self.env.flush_all()
        stays = leads.merge_opportunity()
        expected = self.reading_of([stays.phone], "BR")
        self.assertEqual(self.rows(stays), {False: expected})
        self.assertEqual(len(self.numbers().search([("lead_id", "in", leads.ids)])), 1)

    def test_rows_go_with_the_customer(self):
        lead = self.make_lead("47 3315-0001")
        self.env.flush_all()
        rows = self.contact.dialer_number_ids + lead.dialer_number_ids
        self.assertEqual(len(rows), 2)
        (self.make_contact("47 3315-0001") + self.contact).unlink()
        lead.unlink()
        self.assertFalse(rows.exists())

    # -------------------------------------------------------------------------
    # How much it costs
    # -------------------------------------------------------------------------

    def test_a_thousand_customers_cost_as_many_statements_as_one(self):
        contacts = self.env["res.partner"].create(
            [{"name": "x", "country_id": self.brazil.id} for _number in range(1_001)]
        )
        self.env.flush_all()
        counts = []
        for some in (contacts[:1], contacts[1:]):
            texts = [f"47 3315-{n:04} / 47 99988-{n:04}" for n in range(len(some))]
            for partner, text in zip(some, texts, strict=True):
                partner.phone = text
            self.env["res.partner"].flush_model(["phone", "phone_sanitized"])
            self.env["res.company"].search([]).mapped("country_id.code")
            before = self.env.cr.sql_log_count
            self.env["res.partner"].flush_model(["dialer_number_ids"])
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(len(contacts[1:].dialer_number_ids), 2_000)
        self.assertLessEqual(counts[1], 6)

    def test_creating_a_thousand_reads_them_in_few_statements(self):
        self.env["res.partner"].create({"name": "x", "phone": "47 3315-0001"})
        self.env.flush_all()
        statements = []
        execute = Cursor.execute

        def noted(cursor, query, *arguments, **options):
            if "dialer_number" in str(getattr(query, "code", query)):
                statements.append(query)
            return execute(cursor, query, *arguments, **options)

        with patch.object(Cursor, "execute", noted):
            made = self.env["res.partner"].create(
                [
                    {
                        "name": "x",
                        "phone": f"47 99988-{n:04}",
                        "country_id": self.brazil.id,
                    }
                    for n in range(1_000)
                ]
            )
            self.env.flush_all()
        self.assertEqual(len(made.dialer_number_ids), 1_000)
        self.assertLessEqual(len(statements), 3)


@tagged("post_install", "-at_install")
class TestNumbersOfCustomers(NumbersCase, DialerCase):
    """The statements that everything that compares numbers is built on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"].with_context(
            default_country_id=cls.brazil.id, default_company_id=cls.company.id
        )
        cls.firm = partners.create(
            {"name": "Firma", "is_company": True, "phone": "47 3315-0001"}
        )
        cls.clerk = partners.create(
            {"name": "Ana", "parent_id": cls.firm.id, "phone": "47 99988-7766"}
        )
        cls.gone = partners.create(
            {
                "name": "Saiu",
                "parent_id": cls.firm.id,
                "phone": "47 99988-0001",
                "active": False,
            }
        )
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Lead",
                "phone": "47 99988-1111",
                "country_id": cls.brazil.id,
                "company_id": cls.company.id,
            }
        )
        cls.own = "5547999881111"

    def found(self, *keys):
        """Who has these numbers, by key."""
        found = self.numbers()._customers_of_keys(keys, self.company)
        return {(model, ids) for (model, _key), some in found.items() for ids in some}

    def test_a_company_s_numbers_are_its_own_then_its_active_contacts(self):
        keys = self.numbers()._keys_of(self.firm + self.clerk + self.gone, self.company)
        self.assertEqual(
            keys,
            {
                self.firm.id: [LANDLINE, MOBILE],
                self.clerk.id: [MOBILE],
                self.gone.id: ["5547999880001"],
            },
        )

    def test_contacts_come_and_go_without_being_read_again(self):
        self.clerk.active = False
        self.gone.active = True
        keys = self.numbers()._keys_of(self.firm, self.company)
        self.assertEqual(keys[self.firm.id], [LANDLINE, "5547999880001"])
        self.gone.parent_id = False
        keys = self.numbers()._keys_of(self.firm, self.company)
        self.assertEqual(keys[self.firm.id], [LANDLINE])
        self.gone.parent_id = self.firm
        self.firm.is_company = False
        keys = self.numbers()._keys_of(self.firm, self.company)
        self.assertEqual(keys[self.firm.id], [LANDLINE])

    def test_a_lead_s_numbers_are_its_own_then_its_contact_s(self):
        self.assertEqual(
            self.numbers()._keys_of(self.lead, self.company), {self.lead.id: [self.own]}
        )
        self.lead.partner_id = self.firm
        keys = self.numbers()._keys_of(self.lead, self.company)[self.lead.id]
        self.assertEqual(keys[0], self.reading_of([self.lead.phone], "BR")[0])
        self.assertEqual(keys[-1], MOBILE)

    def test_who_has_a_number_is_found_from_each_side(self):
        self.lead.partner_id = self.firm
        self.assertEqual(
            self.found(MOBILE),
            {
                ("res.partner", self.clerk.id),
                ("res.partner", self.firm.id),
                ("crm.lead", self.lead.id),
            },
        )
        self.assertEqual(self.found("5547999880001"), {("res.partner", self.gone.id)})
        self.assertEqual(self.found("5511999990000"), set())
        self.assertEqual(self.found(), set())

    def test_a_number_is_found_however_it_was_typed(self):
        other = self.env["res.partner"].create(
            {
                "name": "Outra",
                "phone": "res: 3315-0001, whats 0xx47 9988-7766",
                "country_id": self.brazil.id,
                "company_id": self.company.id,
            }
        )
        self.assertIn(("res.partner", other.id), self.found(MOBILE))

    def test_one_kind_of_customer_can_be_asked_for(self):
        self.lead.partner_id = self.firm
        found = self.numbers()._customers_of_keys([MOBILE], self.company, "crm.lead")
        self.assertEqual(found, {("crm.lead", MOBILE): {self.lead.id}})

    def test_an_unread_text_is_the_company_s_and_the_lead_s_and_names_its_record(self):
        self.clerk.phone = f"47 99988-7766 / {UNREADABLE}"
        self.lead.partner_id = self.firm
        self.numbers()._flush_numbers()
        rows = self.env.execute_query_dict(
            SQL(
                "SELECT kind, customer_id, partner_id, unread FROM (%s) unread"
                " ORDER BY kind, distance",
                self.numbers()._unread_sql(self.company),
            )
        )
        mend = {"partner_id": self.clerk.id, "unread": UNREADABLE}
        mine = [row for row in rows if row["unread"] == UNREADABLE]
        self.assertEqual(
            mine,
            [
                {"kind": "crm.lead", "customer_id": self.lead.id, **mend},
                {"kind": "res.partner", "customer_id": self.clerk.id, **mend},
                {"kind": "res.partner", "customer_id": self.firm.id, **mend},
            ],
        )

    # -------------------------------------------------------------------------
    # One zone
    # -------------------------------------------------------------------------

    def test_a_customer_s_zone_is_of_address_then_number_then_company(self):
        acre = ["5568999887766"]
        self.assertEqual(
            self.clerk._customer_zone(acre, self.company), "America/Rio_Branco"
        )
        self.clerk.state_id = self.env.ref("base.state_br_am")
        self.assertEqual(
            self.clerk._customer_zone(acre, self.company), "America/Manaus"
        )
        self.assertEqual(
            self.lead._customer_zone([], self.company), "America/Sao_Paulo"
        )

    # -------------------------------------------------------------------------
    # Who may see them
    # -------------------------------------------------------------------------

    @users("ana_test", "sup_test")
    def test_rows_are_for_the_dialer_alone(self):
        for model in ("dialer.number", "dialer.number.reading"):
            with self.assertRaises(AccessError):
                self.env[model].search([])
        with self.assertRaises(AccessError):
            self.clerk.with_user(self.env.user).read(["dialer_number_ids"])

    def test_the_link_to_the_rows_is_nobody_s(self):
        for model in ("res.partner", "crm.lead"):
            field = self.env[model]._fields["dialer_number_ids"]
            self.assertEqual(field.groups, NO_ACCESS)

    @users("sup_test")
    def test_whoever_edits_a_phone_has_it_read(self):
        self.env.user.sudo().group_ids += self.env.ref("base.group_partner_manager")
        self.clerk.with_user(self.env.user).phone = "47 3315-0001"
        self.assertEqual(self.rows(self.clerk), {False: [LANDLINE]})


@tagged("post_install", "-at_install")
class TestReadingAll(NumbersCase, TransactionCase):
    """Reading everybody, in a company with many customers made by SQL."""

    COUNT = 20_000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.brazil = cls.env.ref("base.br")
        cls.env["dialer.number.reading"]._read_all()
        cls.env.cr.execute(
            """
            INSERT INTO res_partner (name, complete_name, phone, country_id, active,
                                     partner_share, type, is_company)
            SELECT 'Read ' || n, 'Read ' || n, '47 9' || (80000000 + n)::text,
                   %s, TRUE, TRUE, 'contact', FALSE
              FROM generate_series(1, %s) n
            """,
            [cls.brazil.id, cls.COUNT],
        )
        cls.env.cr.execute(
            "SELECT id FROM res_partner WHERE name LIKE 'Read %' ORDER BY id"
        )
        cls.ids = [row[0] for row in cls.env.cr.fetchall()]
        cls.reading = cls.env["dialer.number.reading"].search(
            [("model", "=", "res.partner")]
        )
        cls.reading._read_again()

    def count(self):
        """How many of the customers have rows."""
        self.env.cr.execute(
            "SELECT count(*) FROM dialer_number WHERE partner_id = ANY(%s)", [self.ids]
        )
        return self.env.cr.fetchone()[0]

    def test_it_goes_on_where_it_stopped(self):
        self.reading._read_batch(3_000)
        self.assertFalse(self.reading.done)
        first = self.count()
        self.assertTrue(0 < first <= 3_000)
        position = self.reading.position
        self.env["dialer.number.reading"]._read_all()
        self.assertGreater(self.reading.position, position)
        self.assertTrue(self.reading.done)
        self.assertEqual(self.count(), self.COUNT)

    def test_reading_again_changes_nothing(self):
        self.env["dialer.number.reading"]._read_all()
        self.env.cr.execute("SELECT max(id), count(*) FROM dialer_number")
        before = self.env.cr.fetchone()
        self.reading._read_again()
        self.env["dialer.number.reading"]._read_all()
        self.env.cr.execute("SELECT max(id), count(*) FROM dialer_number")
        self.assertEqual(self.env.cr.fetchone(), before)

    def test_rows_of_who_has_no_text_any_more_go(self):
        self.env["dialer.number.reading"]._read_all()
        self.env.cr.execute(
            "UPDATE res_partner SET phone = NULL WHERE id = ANY(%s)",
            [self.ids[::2]],
        )
        self.reading._read_again()
        self.env["dialer.number.reading"]._read_all()
        self.assertEqual(self.count(), self.COUNT // 2)

    def test_nothing_is_read_twice_while_nothing_changes(self):
        self.env["dialer.number.reading"]._read_all()
        with patch.object(number_file.phone, "read_all") as read_all:
            self.env["dialer.number.reading"]._read_all()
        read_all.assert_not_called()

    def plan(self, query):
        """The plan of a statement, as text."""
        rows = self.env.execute_query(SQL("EXPLAIN %s", query))
        return "\n".join(row[0] for row in rows)

    def test_the_statements_walk_along_indexes(self):
        self.env["dialer.number.reading"]._read_all()
        leads = self.env["crm.lead"].create(
            [
                {"name": f"Lead {n}", "partner_id": self.ids[n], "type": "lead"}
                for n in range(500)
            ]
        )
        self.env.flush_all()
        for table in ("dialer_number", "res_partner", "crm_lead"):
            self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
        # so few that no small table is read faster from end to end
        numbers, some = self.numbers(), self.ids[:20]
        key = f"5547{980000001}"
        statements = {
            "rows of a batch": numbers._rows_sql(
                "partner_id", SQL("partner_id = ANY(%s)", some)
            ),
            "who has a number": numbers._customers_of_keys_sql([key], self.env.company),
            "numbers of some": SQL(
                "SELECT key FROM (%s) number WHERE customer_id = ANY(%s)",
                numbers._keys_of_customers_sql(self.env.company, "res.partner"),
                some,
            ),
            "numbers of joined": SQL(
                """SELECT key FROM (SELECT unnest(%s) AS id OFFSET 0) given
                    CROSS JOIN LATERAL (%s) number""",
                some,
                numbers._keys_of_customers_sql(
                    self.env.company, "res.partner", SQL("given.id")
                ),
            ),
            "leads joined": SQL(
                """SELECT unread FROM (SELECT unnest(%s) AS id OFFSET 0) given
                    CROSS JOIN LATERAL (%s) number""",
                leads.ids[:20],
                numbers._unread_sql(self.env.company, "crm.lead", SQL("given.id")),
            ),
            "unread of some": SQL(
                "SELECT unread FROM (%s) unread WHERE customer_id = ANY(%s)",
                numbers._unread_sql(self.env.company, "res.partner"),
                some,
            ),
        }
        for name, statement in statements.items():
            plan = self.plan(statement)
            for table in ("dialer_number", "res_partner"):
                self.assertNotIn(f"Seq Scan on {table} ", plan, f"{name}\n{plan}")
        self.assertIn("dialer_number_with_unread", self.plan(numbers._unread_sql()))


@tagged("post_install", "-at_install")
class TestNumbersOfNewDatabases(TransactionCase):
    def test_everybody_was_read_at_installation(self):
        self.env.flush_all()
        readings = self.env["dialer.number.reading"].search([])
        self.assertEqual(set(readings.mapped("model")), {"res.partner", "crm.lead"})
        self.assertTrue(all(readings.mapped("done")))
        self.env.cr.execute(
            """
            SELECT count(*) FROM res_partner p WHERE p.phone LIKE '+%'
               AND NOT EXISTS (SELECT FROM dialer_number n WHERE n.partner_id = p.id)
            """
        )
        self.assertEqual(self.env.cr.fetchone()[0], 0)


@tagged("post_install", "-at_install")
class TestReadingBesideEdits(BaseCase):
    """The job and somebody who edits, each with a database connection of its own."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.transaction() as env:
            partner = env["res.partner"].create(
                {
                    "name": "Editado",
                    "phone": "47 99988-7766",
                    "country_id": env.ref("base.br").id,
                }
            )
            self.partner_id = partner.id
        self.addCleanup(self.remove)

    @contextmanager
    def transaction(self):
        """An environment of the superuser whose changes are committed."""
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def remove(self):
        with self.transaction() as env:
            env["res.partner"].browse(self.partner_id).unlink()

    def keys(self, env):
        """The keys of the partner's rows."""
        rows = env["dialer.number"].search([("partner_id", "=", self.partner_id)])
        return rows.mapped("key")

    def test_a_text_edited_while_the_job_reads_is_not_overwritten_by_the_old_one(self):
        with self.transaction() as env:
            reading = (
                env["dialer.number.reading"]
                ._readings()
                .filtered(lambda one: one.model == "res.partner")
            )
            reading.write({"position": self.partner_id - 1, "done": False})
            env.flush_all()
            with self.transaction() as other:
                partner = other["res.partner"].browse(self.partner_id)
                partner.phone = "47 3315-0001"
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                reading._read_batch(10)
            env.cr.rollback()
        with self.transaction() as env:
            self.assertEqual(self.keys(env), [LANDLINE])

    def test_an_edit_waits_for_a_batch_and_is_read_after_it(self):
        with self.transaction() as env:
            reading = (
                env["dialer.number.reading"]
                ._readings()
                .filtered(lambda one: one.model == "res.partner")
            )
            reading.position = self.partner_id - 1
            reading._read_batch(10)
            with self.transaction() as other, mute_logger("odoo.sql_db"):
                other.cr.execute("SET LOCAL lock_timeout = '100ms'")
                with self.assertRaises(LockNotAvailable):
                    other["res.partner"].browse(self.partner_id).phone = "47 3315-0001"
                    other.flush_all()
                other.cr.rollback()
            env.cr.rollback()
