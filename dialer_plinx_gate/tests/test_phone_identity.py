# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
import unicodedata

from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.dialer_plinx_gate.plinx import numbering, phone, phone_text

from .properties import EXAMPLES

# stored text, country, ids that must match, ids that must not
VECTORS = [
    ("+55 47 99988-7766", "BR", "5547999887766 554799887766",
     "5548999887766 5547999887767 554733887766"),
    ("(47) 99988-7766", "BR", "5547999887766 554799887766", "4799988776"),
    ("554799887766", "BR", "5547999887766 554799887766", "5555479988776"),
    ("0 15 47 99988-7766", "BR", "5547999887766 554799887766", "5515479998877"),
    ("0XX47 99988-7766", "BR", "5547999887766 554799887766", ""),
    ("+55 11 98765-4321", "BR", "5511987654321 551187654321", "551197654321"),
    ("+55 11 91234-5678", "BR", "5511912345678", "551112345678"),
    ("+55 47 3322-1100", "BR", "554733221100", "5547933221100"),
    ("(11) 4455-6677", "BR", "551144556677", "5511944556677"),
    ("55 9999-8888", "BR", "5555999998888 555599998888", "5599998888"),
    ("+55 31 98888-7777", "BR", "5531988887777 553188887777", "5531888877777"),
    ("+55 47 7811-2233", "BR", "5547978112233 554778112233", ""),
    ("(47) 99988-7766 / 3322-1100", "BR", "5547999887766 554799887766",
     "554733221100 5547933221100"),
    ("(47) 3322-1100 ramal 12", "BR", "554733221100", "55473322110012"),
    ("99988-7766", "BR", "", "5547999887766 55999887766"),
    ("0800 123 4567", "BR", "", "558001234567"),
    ("4004-1234", "BR", "", "5540041234"),
    ("+52 55 1234 5678", "MX", "525512345678 5215512345678", "5551234567"),
    ("+52 1 55 1234 5678", "MX", "525512345678 5215512345678", ""),
    ("011 15-2345-6789", "AR", "5491123456789 541123456789", ""),
    ("(415) 555-2671", "US", "14155552671", "4155552671"),
    ("+1 415 555 2671", "BR", "14155552671", "554155552671"),
    ("912 345 678", "PT", "351912345678", "55912345678"),
    ("07911 123456", "GB", "447911123456", "4407911123456"),
    ("BR.1502576394655843", "BR", "", "551502576394655843"),
]  # fmt: skip

AREAS = st.sampled_from(sorted(numbering.AREA_CODES))


def digits_of(text):
    return "".join(char for char in text if char in "0123456789")


def keys(raw, country="BR", fallback=None):
    return [one.key for one in phone.identities(raw, country, fallback)]


@tagged("post_install", "-at_install")
class TestPhoneIdentity(BaseCase):
    def test_every_vector_matches_and_refuses_as_specified(self):
        for raw, country, good, bad in VECTORS:
            with self.subTest(raw=raw, country=country):
                for wa_id in good.split():
                    self.assertTrue(phone.matches(raw, country, wa_id), wa_id)
                for wa_id in bad.split():
                    self.assertFalse(phone.matches(raw, country, wa_id), wa_id)
                self.assertEqual(bool(phone.identities(raw, country)), bool(good))

    def test_every_candidate_that_is_sent_belongs_to_the_number(self):
        for raw, country, good, _bad in VECTORS:
            with self.subTest(raw=raw):
                sent = [
                    candidate
                    for identity in phone.identities(raw, country)
                    for candidate in identity.candidates
                ]
                self.assertEqual(sorted(sent), sorted(good.split()))

    def test_ids_of_either_length_have_the_key_of_the_stored_number(self):
        for raw, country, good, _bad in VECTORS:
            for identity in phone.identities(raw, country):
                for wa_id in good.split():
                    with self.subTest(raw=raw, wa_id=wa_id):
                        self.assertIn(phone.wa_id_key(wa_id), identity.mirror_keys)

    def test_several_numbers_in_one_field_all_count(self):
        both = ["5547999887766", "551144556677"]
        for separator in ("/", " / ", ";", ",", "|", "\n", "\r\n", " ou ", " E ", "／"):
            with self.subTest(separator=separator):
                self.assertEqual(keys(f"47 99988-7766{separator}(11) 4455-6677"), both)
        self.assertEqual(keys("+55 47 99988-7766 +55 11 4455-6677"), both)

    def test_the_same_number_in_two_forms_counts_once(self):
        self.assertEqual(keys("47 99988-7766 / 554799887766"), ["5547999887766"])

    def test_extensions_are_cut_off(self):
        for tail in (" ramal 12", " Ramal: 12", " ext. 12", "x12", " x 12", " ramal"):
            with self.subTest(tail=tail):
                self.assertEqual(keys("47 3322-1100" + tail), ["554733221100"])

    def test_carrier_marks_and_trunk_zeros_are_understood(self):
        for raw in (
            "(0xx47) 3322-1100", "+55 (0xx47) 3322-1100", "0**47 3322-1100",
            "(047) 3322-1100", "+55 (0)47 3322-1100", "021 47 3322-1100",
        ):  # fmt: skip
            with self.subTest(raw=raw):
                self.assertEqual(keys(raw), ["554733221100"])

    def test_unicode_of_copied_numbers_is_made_plain(self):
        copied = "\u202a+55\u00a047\u00a099988\u20117766\u202c"
        self.assertEqual(keys(copied), ["5547999887766"])
        self.assertEqual(keys("（４７）９９９８８－７７６６"), ["5547999887766"])
        self.assertEqual(keys("٤٧ ٩٩٩٨٨ ٧٧٦٦"), ["5547999887766"])

    def test_leading_zeros_of_an_international_call_are_a_plus_first(self):
        self.assertEqual(keys("00 55 47 99988-7766"), ["5547999887766"])
        self.assertEqual(keys("00351 912 345 678"), ["351912345678"])
        self.assertEqual(keys("0015 55 47 99988-7766"), ["5547999887766"])
        # Invalid in Brazil; with 0055 read as a dialing prefix, it is in Amsterdam.
        self.assertEqual(keys("00 55 31 20123-4567"), [])

    def test_the_customers_country_counts_and_the_plus_is_tried_last(self):
        self.assertEqual(keys("912 345 678", "PT", "BR"), ["351912345678"])
        # A customer with a country of one's own is never read by the company's.
        self.assertEqual(keys("(47) 99988-7766", "US", "BR"), [])
        self.assertEqual(keys("(47) 99988-7766", None, "BR"), ["5547999887766"])
        self.assertEqual(keys("351912345678", "BR"), ["351912345678"])
        self.assertEqual(keys("5547999887766", None), ["5547999887766"])
        for country in ("no country", "", False, None, []):
            self.assertEqual(keys("(47) 99988-7766", country), [])

    def test_a_mistyped_brazilian_number_is_nobody_abroad(self):
        for raw in (
            "11 1234-5678", "43 1234-5678", "95123-4567", "13 3222-11005",
            "4799988-77666", "11 0987-6543", "20 99988-7766",
        ):  # fmt: skip
            with self.subTest(raw=raw):
                self.assertEqual(keys(raw, "BR", "BR"), [])

    def test_what_is_no_number_has_no_identity(self):
        for raw in (
            None, False, 5547999887766, b"+5547999887766", "", " ", "-", "call me",
            "1-800-FLOWERS", "190",
            "*144#", "+49 30 00000000000 0", "47 99988-7766@c.us", "55+47 99988-7766",
        ):  # fmt: skip
            with self.subTest(raw=raw):
                self.assertEqual(phone.identities(raw, "BR", "BR"), [])

    def test_business_scoped_ids_come_back_byte_for_byte(self):
        self.assertEqual(
            phone.bsuids("BR.1502576394655843, US.ENT.11815799212886844830"),
            ["BR.1502576394655843", "US.ENT.11815799212886844830"],
        )
        for raw in (None, "", "br.1502576394655843", "Sr.Oliveira", "+5547999887766"):
            with self.subTest(raw=raw):
                self.assertEqual(phone.bsuids(raw), [])

    def test_ids_with_whatsapp_decoration_are_read_and_others_are_not(self):
        for wa_id in ("+554799887766", "whatsapp:+5547999887766",
                      "554799887766@s.whatsapp.net"):  # fmt: skip
            self.assertEqual(phone.wa_id_key(wa_id), "5547999887766")
        for wa_id in (None, 5, "", "123", "554799887766@lid", "BR.1502576394655843",
                      "0554799887766", "5504799887766", "55 47 99988-7766",
                      "٥٥٤٧٩٩٩٨٨٧٧٦٦"):  # fmt: skip
            with self.subTest(wa_id=wa_id):
                self.assertIsNone(phone.wa_id_key(wa_id))

    def test_logs_get_four_digits_and_never_a_whole_number(self):
        self.assertEqual(phone.last4("+55 47 99988-7766"), "7766")
        self.assertEqual(phone.last4("190"), "")
        self.assertEqual(phone.last4(None), "")

    def test_the_cap_on_a_long_field_never_makes_a_number_of_half_a_number(self):
        raw = "x" * (phone_text.MAX_CHARS - 13) + ";47 3322-1100 99"
        self.assertEqual(keys(raw), [])
        self.assertEqual(keys("47 99988-7766;" + "9" * 10**6), ["5547999887766"])

    def test_words_and_signs_around_numbers_are_read_over(self):
        landline, mobile = "554733150001", "5547988150001"
        for raw in (
            "47 3315-0001 / 47 98815-0001 (whats)",
            "47 3315-0001/WhatsApp 47 98815-0001", "47 3315-0001 :: 47 98815-0001",
            "47 3315-0001; cel: 47 98815-0001", "res 47 3315-0001 com 47 98815-0001",
            "fixo:4733150001 recado:47988150001 (Maria)",
            "47 3315-0001 & 47 98815-0001", "47 3315-0001 e/ou 47 98815-0001",
            "47 3315-0001   47 98815-0001", "47 3315-0001 47 98815-0001",
            "(47)3315-0001(47)98815-0001", "47 3315-0001\t47 98815-0001",
            "Ana <47 3315-0001> João [47] 98815-0001",
            "tel:+554733150001 wa.me/5547988150001",
            "47 3315-0001 ramal 12 47 98815-0001", "47 3315-0001 x12 (47) 98815-0001",
            "+55 47 3315-0001 +55 47 98815-0001", "9090 47 3315-0001;47 98815-0001",
            "47 3315-0001 - 47 98815-0001", "47 3315-0001 + 47 98815-0001",
            "47 3315-0001 8h 47 98815-0001 24h", "Ap12 47 3315-0001 (47) 98815-0001R1",
            "a1@b.com 47 3315-0001 {47} 98815-0001",
            "4733150001.0 4.7988150001E+10",
        ):  # fmt: skip
            with self.subTest(raw=raw):
                found = phone.read(raw, "BR")
                self.assertEqual(found.keys, (landline, mobile))
                self.assertEqual(found.unread, ())

    def test_what_cannot_be_read_is_given_back(self):
        for raw, unread in (
            ("(47) 99988-776", "(47) 99988-776"), ("99988-776", "99988-776"),
            ("cel 99988-7766", "99988-7766"), ("(47) 9 988-7766", "(47) 9 988-7766"),
            ("4 7 99988-7766", "4 7 99988-7766"), ("47 9998-87766", "47 9998-87766"),
            ("479.988.776-60", "479.988.776-60"), ("CPF: 47998877660", "47998877660"),
            ("NF47999887766", "47999887766"), ("4,79881E+10", "4,79881E+10"),
            ("BR.47999887766", "BR.47999887766"), ("0800 123 4567", "0800 123 4567"),
            ("55+47 9998-8776", "55+47 9998-8776"), ("2026-01-05", "2026-01-05"),
            ("47 99988 7766h", "47 99988 7766"), ("99988-7766 (47)", "99988-7766 (47"),
            ("ramal 1: 47 3322-1100 ramal 47 98815-0001", "47 98815-0001"),
            ("47 99988-7766 / 3322-1100", "3322-1100"),
            ("47 99988-7766  3322-1100", "3322-1100"),
        ):  # fmt: skip
            with self.subTest(raw=raw):
                self.assertEqual(phone.read(raw, "BR", "BR").unread, (unread,))

    def test_short_digits_addresses_and_ids_are_neither_read_nor_unread(self):
        for raw in (
            "", "ramal 12", "05/01/2026", "190", "BR.1502576394655843",
            "(US.ENT.11815799212886844830)", "joao12345678@mail.com", "@ana12345678",
        ):  # fmt: skip
            with self.subTest(raw=raw):
                self.assertEqual(phone.read(raw, "BR", "BR"), phone.Reading())

    def test_numbers_beyond_the_most_that_are_asked_are_unread(self):
        raw = "/".join(f"47 98815-00{n:02}" for n in range(10, 20))
        found = phone.read(raw, "BR")
        self.assertEqual(len(found.identities), phone.MAX_NUMBERS)
        self.assertEqual(found.unread, ("47 98815-0018", "47 98815-0019"))
        self.assertTrue(phone.read("x" * 600 + raw, "BR").unread)

    def test_all_fields_of_a_customer_make_one_reading(self):
        found = phone.read_all(
            ["(47) 98815-0001", None, "554798815-0001 / 3315-0001", False], "BR"
        )
        self.assertEqual(found.keys, ("5547988150001",))
        self.assertEqual(found.candidates, ("5547988150001", "554788150001"))
        self.assertEqual(found.mirror_keys, ("5547988150001",))
        self.assertEqual(found.unread, ("3315-0001",))

    def test_prefixes_and_plans_out_of_use_are_known_in_both_forms(self):
        for raw, country, good in (
            ("044 55 1234 5678", "MX", "525512345678 5215512345678"),
            ("045 55 1234 5678", "MX", "525512345678 5215512345678"),
            ("01 55 1234 5678", "MX", "525512345678 5215512345678"),
            ("+52 044 55 1234 5678", "BR", "525512345678 5215512345678"),
            ("+549351 15 2345678", "AR", "5493512345678 543512345678"),
            ("0351 15-234-5678", "AR", "5493512345678 543512345678"),
            ("0 91 47 99988-7766", "BR", "5547999887766 554799887766"),
            ("0120 1234567", "VN", "84701234567 841201234567"),
            ("+84 70 1234567", "BR", "84701234567 841201234567"),
            ("07 12 34 56", "CI", "2250707123456 22507123456"),
            ("+229 90 12 34 56", "BR", "2290190123456 22990123456"),
            ("+57 1 2345678", "CO", "576012345678 5712345678"),
        ):
            with self.subTest(raw=raw):
                found = phone.read(raw, country)
                self.assertEqual(found.candidates, tuple(good.split()))
                self.assertEqual(found.unread, ())
                for wa_id in found.candidates:
                    self.assertIn(phone.wa_id_key(wa_id), found.mirror_keys)

    @given(
        st.lists(
            st.one_of(
                st.from_regex(
                    r"\(?[0-9]{2}\)? ?9?[0-9]{4}[- ]?[0-9]{3,5}", fullmatch=True
                ),
                st.from_regex(r"[+0]?[0-9]{1,20}", fullmatch=True),
                st.from_regex(r"[0-9]{1,6}([ .-][0-9]{1,6}){1,5}", fullmatch=True),
                st.sampled_from(
                    (
                        "cel",
                        "WhatsApp:",
                        "ramal",
                        "x",
                        "0xx",
                        "João",
                        "CPF",
                        "BR.",
                        "e",
                        "E+",
                        "/",
                        ";",
                        "::",
                        "&",
                        "e/ou",
                        "+",
                        "(",
                        ")",
                        "  ",
                        "\n",
                        ".0",
                        "\u0664\u0667",
                        "\uff19",
                        "\u202a",
                        "\xa0",
                        "-",
                    )
                ),
                st.text(alphabet=st.characters(exclude_characters="@"), max_size=8),
            ),
            max_size=12,
        ),
        st.sampled_from(("", " ")),
        st.sampled_from(("BR", "MX", "AR", "US", "PT", "VN", None)),
    )
    @EXAMPLES
    def test_every_group_of_eight_digits_is_read_or_given_back(
        self, parts, blank, country
    ):
        raw = blank.join(parts)
        assume(not phone.bsuids(phone_text._plain(raw)))
        plain = phone_text._plain(raw)
        everything = digits_of(plain)
        covered, after = set(), 0
        for piece in phone_text.pieces(raw, country, "BR"):
            digits = digits_of(piece.text)
            at = everything.find(digits, after)
            at = everything.find(digits) if at < 0 else at
            covered.update(range(at, at + len(digits)))
            after = at + len(digits)
        for group in re.finditer(r"[0-9][0-9 ().-]*", plain):
            start = len(digits_of(plain[: group.start()]))
            left = "".join(
                " " if start + n in covered else digit
                for n, digit in enumerate(digits_of(group.group()))
            )
            if len(raw) <= phone_text.MAX_CHARS:
                self.assertLess(max(map(len, left.split()), default=0), 8, raw)
        found = phone.read(raw, country, "BR")
        for key in found.keys:
            self.assertIn(key[-6:], everything)

    @given(
        st.one_of(
            st.text(max_size=200),
            st.text(alphabet="0123456789+-() /;xX.ramaleou\n\u00a0٣３", max_size=60),
            st.binary(max_size=50).map(lambda raw: raw.decode("latin-1")),
        ),
        st.sampled_from(["BR", "MX", "AR", "US", "IT", "br", "", None, "??"]),
    )
    @EXAMPLES
    def test_any_text_is_read_without_error_into_well_formed_ids(self, raw, country):
        for identity in phone.identities(raw, country, "BR"):
            self.assertIn(identity.key, identity.candidates)
            for candidate in identity.candidates:
                self.assertRegex(candidate, r"\A[1-9][0-9]{6,14}\Z")
                self.assertTrue(phone.matches(raw, country, candidate, "BR"))
        phone.bsuids(raw)
        phone.wa_id_key(raw)
        phone.matches(raw, country, raw)
        self.assertLessEqual(len(phone.last4(raw)), 4)

    @given(
        st.from_regex(r"\+?[0-9]{6,16}", fullmatch=True),
        st.sampled_from(["BR", "MX", "AR", "US", "GB", "PT", "IT", None]),
    )
    @EXAMPLES
    def test_reading_the_result_again_changes_nothing(self, raw, country):
        for identity in phone.identities(raw, country):
            for other in (country, "BR", "US", None):
                again = phone.identities(identity.e164, other)
                self.assertEqual(again, [identity])
            self.assertEqual(phone.wa_id_key(identity.key), identity.key)

    @given(AREAS, AREAS, st.from_regex(r"9?[2-9][0-9]{7}", fullmatch=True))
    @EXAMPLES
    def test_the_same_digits_in_another_area_never_match(self, area, other, local):
        assume(area != other)
        raw = f"+55 {area} {local}"
        self.assertTrue(phone.identities(raw, "BR"))
        for identity in phone.identities(f"{other}{local}", "BR"):
            for candidate in identity.candidates:
                self.assertFalse(phone.matches(raw, "BR", candidate))

    @given(AREAS, st.from_regex(r"[6-9][0-9]{7}", fullmatch=True))
    @EXAMPLES
    def test_a_mobile_is_one_person_with_and_without_its_ninth_digit(self, area, local):
        for raw in (f"+55 {area} {local}", f"({area}) 9{local}", f"55{area}9{local}"):
            for wa_id in (f"55{area}{local}", f"55{area}9{local}"):
                self.assertTrue(phone.matches(raw, "BR", wa_id), (raw, wa_id))

    @given(
        st.sampled_from(("", "55", "+55", "+55 ", "55 ", "+", "0", "+54")),
        st.sampled_from((("", ""), ("(", ")"), ("(", ""), ("", ")"))),
        st.one_of(AREAS, st.from_regex(r"[0-9]{2}", fullmatch=True), st.just("55")),
        st.from_regex(r" ?9?[0-9]{4}[ -]?[0-9]{4,5}", fullmatch=True),
        st.sampled_from(["BR", "MX", "US", "PT", None]),
        st.sampled_from(["BR", "US", None]),
    )
    @EXAMPLES
    def test_the_short_way_reads_what_the_long_way_reads(
        self, code, brackets, area, local, country, fallback
    ):
        raw = code + brackets[0] + area + brackets[1] + local
        long_way = list(phone._read(raw, country, fallback).identities)
        self.assertEqual(phone.identities(raw, country, fallback), long_way)

    @given(st.from_regex(r"55[0-9]{2}9?[0-9]{8,9}", fullmatch=True))
    @EXAMPLES
    def test_the_short_way_reads_ids_as_the_long_way_does(self, wa_id):
        long_way = numbering._parsed(f"+{wa_id}", None, exact=True)
        self.assertEqual(phone.wa_id_key(wa_id), long_way)

    @given(AREAS, st.from_regex(r"[2-5][0-9]{7}", fullmatch=True))
    @EXAMPLES
    def test_a_landline_and_the_mobile_made_of_it_are_two_people(self, area, local):
        landline, mobile = f"55{area}{local}", f"55{area}9{local}"
        self.assertFalse(phone.matches("+" + landline, "BR", mobile))
        self.assertFalse(phone.matches("+" + mobile, "BR", landline))

    @given(st.text(max_size=40))
    @EXAMPLES
    def test_unicode_forms_of_one_text_are_read_alike(self, raw):
        wide = unicodedata.normalize("NFKC", raw)
        assume(unicodedata.normalize("NFKC", wide) == wide)
        self.assertEqual(keys(raw), keys(wide))
