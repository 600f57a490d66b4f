# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The files of `i18n/` hold every term of the addon, in words that are fixed."""

import io
import re
from collections import Counter

import polib
from lxml import etree

from odoo.modules import Manifest
from odoo.tests import TransactionCase, tagged
from odoo.tools import file_path
from odoo.tools.translate import trans_export

ADDON = "dialer_plinx_gate"
PLACEHOLDER = re.compile(r"%\(\w+\)[\d.]*[a-z]|%[a-z]")
TAG = re.compile(r"</?\w+|\sclass=\"[^\"]*\"")
WORDS = {
    "Dialer": "Discador",
    "Dialer Management": "Gestão do Discador",
    "Company Settings": "Configurações Empresa",
    "Dial customers with an active WhatsApp conversation": (
        "Discar para clientes com conversa ativa no WhatsApp"
    ),
    "Customer with an active conversation via WhatsApp. "
    "Do you want to pause the dialer?": (
        "Cliente com conversa ativa via WhatsApp. Deseja pausar o discador?"
    ),
    "Yes": "Sim",
    "No": "Não",
    "Attendance": "Atendimento",
    "Attendances": "Atendimentos",
    "Result": "Resultado",
    "Contact via WhatsApp": "Contato via WhatsApp",
    "Origin": "Origem",
    "Origin: Dialer": "Origem: Discador",
    "Updates": "Atualizações",
    "Queue": "Fila",
    "Campaign": "Campanha",
    "Agent": "Atendente",
    "Supervisor": "Supervisor",
}


def _read(name):
    return polib.pofile(file_path(f"{ADDON}/i18n/{name}"))


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = _read(f"{ADDON}.pot")
        cls.portuguese = _read("pt_BR.po")

    def test_the_template_has_the_terms_of_the_addon_and_no_other(self):
        found = self._exported()
        written = {entry.msgid for entry in self.template}
        advice = "run make i18n and translate what it names"
        self.assertFalse(sorted(found - written), f"not in the template: {advice}")
        self.assertFalse(sorted(written - found), f"no longer a term: {advice}")

    def test_no_term_is_written_twice(self):
        for file in (self.template, self.portuguese):
            counts = Counter(entry.msgid for entry in file)
            self.assertFalse([term for term, count in counts.items() if count > 1])

    def test_the_files_hold_no_dates(self):
        for file in (self.template, self.portuguese):
            self.assertFalse([name for name in file.metadata if "Date" in name])

    def test_every_term_has_a_portuguese_one(self):
        wanted = {entry.msgid for entry in self.template}
        sure = {entry.msgid for entry in self.portuguese if entry.translated()}
        self.assertFalse(sorted(wanted - sure), "empty, fuzzy or missing")
        self.assertFalse(sorted({entry.msgid for entry in self.portuguese} - wanted))

    def test_placeholders_and_markup_are_those_of_the_source(self):
        for entry in self.portuguese:
            for pattern in (PLACEHOLDER, TAG):
                self.assertEqual(
                    Counter(pattern.findall(entry.msgstr)),
                    Counter(pattern.findall(entry.msgid)),
                    entry.msgstr,
                )

    def test_the_fixed_words_are_exact(self):
        written = {entry.msgid: entry.msgstr for entry in self.portuguese}
        self.assertEqual({word: written.get(word) for word in WORDS}, WORDS)

    def test_an_active_conversation_is_always_called_the_same(self):
        pattern = re.compile(r"active (WhatsApp )?conversation", re.IGNORECASE)
        found = [entry for entry in self.portuguese if pattern.search(entry.msgid)]
        self.assertGreater(len(found), 5)
        for entry in found:
            self.assertIn("conversa ativa", entry.msgstr.lower())

    def _exported(self):
        """The terms that Odoo exports, without those of demo records.

        :rtype: set[str]
        """
        buffer = io.BytesIO()
        trans_export(None, [ADDON], buffer, "po", self.env)
        demo = self._demo_records()
        return {
            entry.msgid
            for entry in polib.pofile(buffer.getvalue().decode())
            if not all(self._record(name) in demo for name, _ in entry.occurrences)
        }

    def _demo_records(self):
        """The external ids of the demo data, installed or not."""
        names = Manifest.for_addon(ADDON)["demo"]
        trees = [etree.parse(file_path(f"{ADDON}/{name}")) for name in names]
        return {
            record.get("id").removeprefix(f"{ADDON}.")
            for tree in trees
            for record in tree.iter("record")
        }

    def _record(self, occurrence):
        """The external id, without the addon, that an occurrence names."""
        return occurrence.rpartition(f":{ADDON}.")[2]
