# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io
import zipfile
from datetime import date, datetime

import openpyxl
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.dialer_plinx_gate.plinx import phone
from odoo.addons.dialer_plinx_gate.tools import list_file
from odoo.addons.dialer_plinx_gate.tools.list_file import ListFileError, Mapping

from .properties import EXAMPLES

ANA, BIA, LAND = "5547988110231", "5547988110232", "554733221100"


def read(content, sheet=None):
    """The table, its mapping and its rows, as an import sees them."""
    if isinstance(content, str):
        content = content.encode()
    table = list_file.read_table(content, sheet)
    mapping = list_file.propose_mapping(table)
    return table, mapping, list(list_file.rows(table, mapping))


def numbers(row, country="BR"):
    return list(phone.read_all(row.phones, country).keys)


def xlsx(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, lines in sheets:
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def xls(*lines):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Lista")
    for row, line in enumerate(lines):
        for column, value in enumerate(line):
            sheet.write(row, column, value)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def ods(rows):
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("table", "office", "text")
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "content.xml",
            f"<office:document-content{spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="Lista">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return content.getvalue()


@tagged("post_install", "-at_install")
class TestListFile(BaseCase):
    def assertNumbers(self, content, *expected):
        _table, _mapping, found = read(content)
        self.assertEqual(
            [numbers(row) for row in found], [list(one) for one in expected]
        )
        return found

    def test_every_separator_and_encoding_that_programs_use_is_read(self):
        for separator in ";,\t|":
            lines = f"Nome{separator}Telefone\nJoão{separator}47 98811-0231\n"
            for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"):
                for end in ("\n", "\r\n", "\r"):
                    with self.subTest(separator=separator, encoding=encoding, end=end):
                        content = lines.replace("\n", end).encode(encoding)
                        (row,) = self.assertNumbers(content, [ANA])
                        self.assertEqual(row.texts["name"], "João")
        self.assertNumbers("sep=#\nNome#Telefone\nAna#47 98811-0231", [ANA])
        self.assertNumbers("Telefone\n47 98811-0231; 47 98811-0232", [ANA, BIA])

    def test_the_heading_is_found_below_titles_and_in_any_sheet(self):
        table, _mapping, found = read(
            "Telefones dos clientes\nGerado em 05/01/2026\n\n;;\n"
            "Nome;Telefone;E-mail\nAna;47 98811-0231;a@b.c\n"
        )
        self.assertEqual((table.heading_row, found[0].number), (5, 6))
        content = xlsx(
            ("Instruções", [["Preencha Nome e Telefone"], ["Obrigado"]]),
            ("Dados", [["Relatório"], [], ["Nome", "Telefone"], ["Ana", 47988110231]]),
        )
        table, _mapping, found = read(content)
        self.assertEqual((table.sheet, table.heading_row), ("Dados", 3))
        self.assertEqual(numbers(found[0]), [ANA])
        self.assertEqual(len(list_file.tables(content)), 2)
        self.assertEqual(read(content, "Dados")[2], found)

    def test_headings_of_many_programs_are_understood(self):
        for heading, meaning in (
            ("Telefone", "phone"), ("Telefone 1", "phone"), ("Tel2", "phone"),
            ("Telefone Celular", "phone"), ("Tel.", "phone"), ("Fone", "phone"),
            ("Celular/WhatsApp", "phone"), ("Número de telefone", "phone"),
            ("Phone 1 - Value", "phone"), ("telefono", "phone"), ("TELÉFONO", "phone"),
            ("Nº do WhatsApp", "phone"), ("Telefone para contato", "phone"),
            ("phone_number", "phone"), ("telefoneCelular", "phone"),
            ("Telefone (com DDD)", "phone"), ("Mobile Phone", "phone"),
            ("DDD", "area"), ("DDD 1", "area"), ("Cód. área", "area"),
            ("DDI", "country_code"), ("Nome", "name"), ("Nome completo", "name"),
            ("Contato", "name"), ("Razão Social", "name"), ("E-mail", "email"),
            ("E-mail 1 - Value", "email"), ("Código", "ref"), ("ID do cliente", "ref"),
            ("Motivo", "reason"), ("Data", "date_from"), ("Desde", "date_from"),
            ("Phone 1 - Type", None), ("Status do telefone", None), ("Cidade", None),
            ("Qualidade do celular", None), ("", None), ("CPF", None),
        ):  # fmt: skip
            with self.subTest(heading=heading):
                self.assertEqual(list_file.column(heading), meaning)

    def test_what_stands_below_decides_where_a_heading_does_not(self):
        for content, meanings in (
            ("Contato;Cidade\n47 98811-0231;Blumenau", ("phone", None)),
            ("Nome;DDD Telefone\nAna;47 98811-0231", ("name", "phone")),
            ("Nome;WhatsApp;Fone\nAna;sim;47 98811-0231", ("name", None, "phone")),
            ("Nome;Área;Fone\nAna;Vendas;47 98811-0231", ("name", None, "phone")),
            ("Ana;47 98811-0231\nBia;47 98811-0232", ("name", "phone")),
            ("First Name,Last Name,Phone\nAna,Silva,47", ("name", "name", "phone")),
            ("Nome;Sobrenome;Fone\nAna;Silva;47", ("name", None, "phone")),
        ):
            with self.subTest(content=content):
                self.assertEqual(read(content)[1].meanings, meanings)

    def test_every_number_of_a_row_counts(self):
        self.assertNumbers(
            "Nome;Telefone;Celular\nAna;47 3322-1100;47 98811-0231\n"
            "Bia;47 98811-0232 / 47 3322-1100;\nSilva; Ana;x;47 98811-0231\n",
            [LAND, ANA], [BIA, LAND], [ANA],
        )  # fmt: skip

    def test_an_area_code_in_a_column_of_its_own_is_put_before(self):
        self.assertNumbers(
            "Nome;DDD;Telefone\nA;47;988110231\nB;047;3322-1100 / 98811-0232\n"
            "C;(47);47 98811-0231\nD;47.0;98811-0231\nE;;988110231\nF;0xx47;33221100",
            [ANA], [LAND, BIA], [ANA], [ANA], [], [LAND],
        )  # fmt: skip
        self.assertNumbers(
            "DDD1;Tel1;DDD2;Tel2\n47;33221100;47;988110231\n", [LAND, ANA]
        )
        self.assertNumbers(
            "DDI;DDD;Fone\n55;47;988110231\n55;;5547988110232\n+55;47;3322-1100\n",
            [ANA], [BIA], [LAND],
        )  # fmt: skip

    def test_numbers_as_programs_write_them_are_read(self):
        self.assertNumbers(
            "Nome;Telefone\nA;p:+5547988110231\nB;47988110231.0\nC;=\"47988110231\"\n"
            "D;'47988110231\nE;47988110231,00\nF;4.7988110231E+10\nG;5547988110231\n",
            *[[ANA]] * 7,
        )  # fmt: skip
        content = xlsx(
            ("x", [["Nome", "Fone"], ["A", 47988110231], ["B", 47988110231.0],
                   ["C", "47 98811-0231"], ["D", None], ["E", "#N/A"]])
        )  # fmt: skip
        _table, _mapping, found = read(content)
        self.assertEqual([numbers(row) for row in found], [[ANA]] * 3 + [[], []])
        self.assertEqual(found[4].notes, (("failed", 1, "#N/A"),))

    def test_a_rounded_number_is_told_and_never_read(self):
        (row,) = self.assertNumbers("Nome;Telefone\nAna;4,79881E+10", [])
        self.assertEqual([note.code for note in row.notes], ["rounded"])
        self.assertEqual(phone.read_all(row.phones, "BR").unread, ("4,79881E+10",))

    def test_an_error_in_a_column_that_nobody_uses_stops_nothing(self):
        content = xlsx(
            ("x", [["Nome", "Fone", "Total"], ["Ana", "47 98811-0231", "#N/A"]])
        )
        self.assertNumbers(content, [ANA])

    def test_a_quote_left_open_swallows_no_row(self):
        for opened in ('"Ana;47 98811-0231;x', 'Ana;47 98811-0231;"x'):
            with self.subTest(opened=opened):
                self.assertNumbers(
                    f"Nome;Telefone;Obs\n{opened}\nBia;47 98811-0232;y\n"
                    "Caio;47 3322-1100;z\n",
                    [ANA], [BIA], [LAND],
                )  # fmt: skip
        self.assertNumbers(
            'Nome;Telefone\n"Ana;47 98811-0231\n"Bia;47 98811-0232\nC";47 3322-1100',
            [ANA], [BIA], [LAND],
        )  # fmt: skip

    def test_a_cell_of_several_lines_is_one_row(self):
        found = self.assertNumbers(
            'Nome;Telefone;Obs\nAna;47 98811-0231;"um\ndois; ""x""\n"\n'
            "Bia;47 98811-0232;\n",
            [ANA], [BIA],
        )  # fmt: skip
        self.assertEqual([row.number for row in found], [2, 5])
        self.assertEqual(found[0].cells[2], 'um\ndois; "x"')

    def test_empty_short_and_long_rows_are_rows_like_others(self):
        found = self.assertNumbers(
            "Nome;Telefone\n\nAna;47 98811-0231\n;\nBia\nC;47 98811-0232;x\n\n\n",
            [], [ANA], [], [], [BIA],
        )  # fmt: skip
        self.assertEqual([row.number for row in found], [2, 3, 4, 5, 6])
        self.assertEqual(
            [row.empty for row in found], [True, False, True, False, False]
        )
        self.assertEqual(found[4].notes, (("extra", 2, "x"),))

    def test_signs_that_no_database_takes_are_left_out(self):
        (row,) = self.assertNumbers("Nome;Telefone\nA\0n\x07a;47 98811-0231", [ANA])
        self.assertEqual(row.texts["name"], "Ana")

    def test_old_excel_and_what_only_calls_itself_so_are_read(self):
        self.assertNumbers(
            xls(["Nome", "Fone"], ["Ana", 47988110231.0], [], ["Bia", "47 98811-0232"]),
            [ANA], [], [BIA],
        )  # fmt: skip
        self.assertNumbers("Nome\tFone\nAna\t47 98811-0231\n".encode("utf-16"), [ANA])
        page = (
            "<html><body><table><tr><th>Nome</th><th>Fone</th></tr>"
            "<tr><td>João</td><td><b>47</b> 98811-0231</td></tr></table></body></html>"
        )
        for encoding in ("utf-8", "cp1252"):
            (row,) = self.assertNumbers(page.encode(encoding), [ANA])
            self.assertEqual(row.texts["name"], "João")
        space = "urn:schemas-microsoft-com:office:spreadsheet"
        self.assertNumbers(
            f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}">'
            '<Worksheet ss:Name="A"><Table><Row><Cell><Data>Nome</Data></Cell><Cell>'
            '<Data>Fone</Data></Cell></Row><Row><Cell ss:Index="2"><Data>47 '
            "98811-0231</Data></Cell></Row></Table></Worksheet></Workbook>",
            [ANA],
        )

    def test_libreoffice_is_read_with_repeated_cells_and_rows(self):
        def cell(text, more=""):
            return (
                f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"
            )

        def row(*cells, more=""):
            return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"

        def times(repeated):
            return f'table:number-rows-repeated="{repeated}"'

        value = 'office:value-type="float" office:value="47988110231"'
        note = "<office:annotation><text:p>47 3322-1100</text:p></office:annotation>"
        many = 'table:number-columns-repeated="16000"'
        found = self.assertNumbers(
            ods(
                row(cell("Nome"), cell("Fone"), f"<table:table-cell {many}/>")
                + row(cell("Ana"), cell("4,8E+10", value))
                + row(cell("B"), cell("47 98811-0232"), more=times(2))
                + row("<table:table-cell/>", more=times(1_000_000))
                + row(f"<table:table-cell>{note}<text:p>C</text:p></table:table-cell>")
                + row("<table:table-cell/>", more=times(40_000))
            ),
            [ANA], [BIA], [BIA], *[[]] * 101,
        )  # fmt: skip
        self.assertEqual((found[0].number, found[-1].number), (2, 1_000_005))
        self.assertEqual(found[-1].texts["name"], "C")

    def test_what_is_no_list_is_refused_with_a_code(self):
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("xl/workbook.xml", "w", force_zip64=True) as stream:
                for _time in range(300):
                    stream.write(bytes(1024 * 1024))
        whole = xlsx(("x", [["Nome", "Fone"], ["Ana", "47 98811-0231"]]))
        locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode(
            "utf-16-le"
        )
        for content, code in (
            (b"", "empty"), (b" \r\n\n", "empty"), (xlsx(("x", [])), "empty"),
            (bomb.getvalue(), "too_large"), (locked, "encrypted"),
            (whole[: len(whole) // 2], "unreadable"),
            (locked[:8] + b"x" * 600, "unreadable"),
            (b"PK\x03\x04rubbish", "unreadable"),
            (b"Nome;Cidade\nAna;Itajai", "no_phone"),
        ):  # fmt: skip
            with self.subTest(code=code), self.assertRaises(ListFileError) as caught:
                read(content)
            self.assertEqual(caught.exception.code, code)
        with self.assertRaises(ListFileError) as caught:
            list_file.read_table(whole, "y")
        self.assertEqual(caught.exception.code, "no_sheet")

    def test_a_damaged_sheet_is_a_code_and_no_traceback(self):
        whole = xlsx(("x", [["Nome", "Fone"], *[["Ana", "47 98811-0231"]] * 50]))
        broken = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(whole)) as old,
            zipfile.ZipFile(broken, "w") as new,
        ):
            for info in old.infolist():
                data = old.read(info)
                half = data[: len(data) * 3 // 4] if "sheet1" in info.filename else data
                new.writestr(info.filename, half)
        with self.assertRaises(ListFileError) as caught:
            read(broken.getvalue())
        self.assertEqual(caught.exception.code, "unreadable")

    def test_a_mapping_is_changed_checked_stored_and_remembered(self):
        table, mapping, _rows = read(
            "Nome;Obs;Telefone\nAna;47 3322-1100;47 98811-0231"
        )
        changed = mapping.with_meaning(1, "phone")
        self.assertEqual(mapping.meanings, ("name", None, "phone"))
        self.assertEqual((mapping.ignored, changed.ignored), ([1], []))
        stored = Mapping.from_json(changed.to_json())
        self.assertEqual(stored, changed)
        other = list_file.read_table(b"NOME ;obs.;telefone\nX;47 3322-1100;")
        again = list_file.propose_mapping(other, stored)
        self.assertEqual(again.meanings, changed.meanings)
        self.assertEqual(next(list_file.rows(other, again)).phones, ("47 3322-1100",))
        unlike = list_file.read_table(b"Nome;Telefone\nX;47 3322-1100")
        self.assertEqual(list_file.propose_mapping(unlike, stored).meanings[1], "phone")
        for call, code in (
            (lambda: mapping.with_meaning(0, "ref").with_meaning(1, "ref"), "twice"),
            (lambda: mapping.with_meaning(1, "shoe size"), "unknown_meaning"),
            (lambda: list_file.rows(table, mapping.with_meaning(2, None)), "no_phone"),
            (lambda: list_file.rows(unlike, changed), "other_columns"),
            (lambda: Mapping.from_json("[]"), "unknown_meaning"),
            (lambda: Mapping.from_json(None), "unknown_meaning"),
            (lambda: Mapping.from_json('{"meanings": [1], "headings": []}'),
             "unknown_meaning"),
        ):  # fmt: skip
            with self.subTest(code=code), self.assertRaises(ListFileError) as caught:
                call()
            self.assertEqual(caught.exception.code, code)

    def test_reading_goes_on_after_a_row(self):
        table, mapping, found = read("Nome;Fone\nA;1\nB;2\nC;3\n")
        self.assertEqual(list(list_file.rows(table, mapping, after=3)), found[2:])

    def test_dates_are_read_as_people_and_programs_write_them(self):
        for written in (
            "05/01/26", "05/01/2026", "5.1.2026", "05-01-2026", "2026-01-05",
            "20260105", "2026-01-05 00:00:00", "2026-01-05T23:59:59.999Z",
            "05/01/2026 10:30", "46027", "46027.0", "46027,5",
            "5 de janeiro de 2026", "05-jan-26", "05/Jan/2026", " 2026/01/05 ",
        ):  # fmt: skip
            with self.subTest(written=written):
                self.assertEqual(list_file.day(written), date(2026, 1, 5))
        self.assertEqual(list_file.day("01/25/2026"), date(2026, 1, 25))
        for written in (
            None, "", "N/A", "hoje", "31/02/2026", "9999-12-31", "0001-01-01", "00000",
            "1", "5/1", "2026-01-05 x", "1" * 5000, "05/01/20266",
        ):  # fmt: skip
            with self.subTest(written=written):
                self.assertIsNone(list_file.day(written))

    def test_cells_of_spreadsheets_are_said_as_texts(self):
        for value, said in (
            (None, ""), (47988110231, "47988110231"), (47988110231.0, "47988110231"),
            (1.5, "1.5"), (" a ", "a"), ('="0123"', "0123"), (True, "True"),
            (date(2026, 1, 5), "2026-01-05"), (datetime(2026, 1, 5), "2026-01-05"),
            (datetime(2026, 1, 5, 10, 30), "2026-01-05 10:30:00"), (1e300, "1e+300"),
        ):  # fmt: skip
            with self.subTest(value=value):
                self.assertEqual(list_file.text(value), said)

    @given(
        st.lists(
            st.lists(
                st.text(
                    alphabet=st.characters(codec="utf-8", exclude_characters="\r\n;"),
                    max_size=12,
                )
                | st.sampled_from(('"', '"x', "47 98811-0231", "#N/A", "")),
                max_size=5,
            ),
            max_size=8,
        )
    )
    @EXAMPLES
    def test_as_many_rows_come_out_as_lines_went_in(self, lines):
        text = "\n".join(";".join(line) for line in lines)
        _table, _mapping, found = read("Nome;Telefone;Obs\n" + text)
        last = max(
            (n for n, line in enumerate(lines) if _says_something(line)), default=-1
        )
        self.assertLessEqual(len(found), last + 1)
        # Only a cell of several lines makes one row of them.
        if '"' not in text:
            self.assertEqual(len(found), last + 1)
        for line in lines[: last + 1]:
            if '"' not in text and "47 98811-0231" in line[1:2]:
                self.assertTrue(any(ANA in numbers(row) for row in found))

    @given(
        st.binary(max_size=400),
        st.sampled_from(
            (b"", b"PK\x03\x04", b"<table>", b"Nome;Telefone\n", b"\xff\xfe",
             b"\x09\x08\x10\x00", b"<?xml ")
        ),
    )  # fmt: skip
    @EXAMPLES
    def test_any_bytes_are_read_or_refused_with_a_code(self, content, start):
        try:
            read(start + content)
        except ListFileError as error:
            self.assertTrue(error.code)

    def test_a_long_list_is_read_in_little_memory(self):
        import tracemalloc

        lines = (f"Cliente {n};47 9{88000000 + n};obs" for n in range(100_000))
        content = ("Nome;Telefone;Obs\n" + "\n".join(lines)).encode()
        table = list_file.read_table(content)
        mapping = list_file.propose_mapping(table)
        tracemalloc.start()
        count = sum(bool(row.phones) for row in list_file.rows(table, mapping))
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        self.assertEqual(count, 100_000)
        # The text is decoded piece by piece, beside one check of its encoding.
        self.assertLess(peak, 4 * len(content) + 1_000_000)


def _says_something(line):
    return any(list_file.cells.without_control(cell).strip() for cell in line)
