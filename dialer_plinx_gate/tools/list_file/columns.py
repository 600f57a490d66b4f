# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the columns of a list mean: understood from the headings, then editable."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .errors import ListFileError

PHONE, AREA, COUNTRY_CODE = "phone", "area", "country_code"
NAME, EMAIL, REF, REASON, DATE = "name", "email", "ref", "reason", "date_from"
#: Everything a column can mean, in the order in which a person chooses.
MEANINGS = (NAME, PHONE, AREA, COUNTRY_CODE, EMAIL, REF, REASON, DATE)
#: What several columns can mean at once: more numbers, and the parts of a name.
REPEATED = frozenset((PHONE, AREA, NAME))

# What columns are called, without accents, capitals, punctuation and figures.
COLUMNS = {
    PHONE: (
        "phone", "phone number", "number", "mobile", "whatsapp", "telefone", "fone",
        "celular", "numero", "tel", "cel", "telefono", "movil", "telephone", "zap",
        "whats", "wpp", "tel cel", "phones", "telefones", "celulares",
        "fones", "cell", "cellphone", "cell phone", "mobile phone", "phone value",
    ),
    NAME: (
        "name", "customer", "customer name", "contact", "nome", "cliente", "full name",
        "nome completo", "razao social", "nome fantasia", "nombre", "contato",
        "nome do cliente", "first name", "given name", "primeiro nome", "sobrenome",
        "last name", "family name", "apellido", "lead", "empresa", "company",
        "nome do contato", "contacto", "contact name", "display name", "paciente",
    ),
    EMAIL: ("email", "e mail", "mail", "email value", "correo", "correo electronico"),
    REF: (
        "reference", "ref", "external reference", "external id", "id", "code",
        "referencia", "codigo", "cod", "id cliente", "codigo do cliente", "matricula",
        "codigo cliente", "cod cliente", "customer id", "lead id", "protocolo",
    ),
    REASON: ("reason", "motivo", "razon"),
    DATE: (
        "from", "date", "date from", "effective date", "desde", "data", "fecha",
        "a partir de", "valido desde", "data de inicio", "data inicio", "inicio",
        "data do bloqueio", "data bloqueio", "data do cadastro", "data de inclusao",
    ),
    AREA: (
        "ddd", "area code", "codigo de area", "cod area", "prefixo", "prefixo ddd",
        "area", "lada",
    ),
    COUNTRY_CODE: ("ddi", "country code", "codigo do pais", "cod pais", "codigo pais"),
}  # fmt: skip
_BY_HEADING = {title: name for name, titles in COLUMNS.items() for title in titles}
# Words that make a heading one of numbers, whatever stands beside them ...
_PHONE_WORDS = frozenset(
    "telefone tel fone celular cel whatsapp phone mobile telefono movil whats cell "
    "telephone telefones celulares zap wpp".split()
)
# ... but for these, which say that it is about numbers only.
_ABOUT_WORDS = frozenset(
    "tipo type label operadora carrier status situacao valido validado origem obs "
    "observacao confirmado data date hora qualidade score quantidade qtd opt optin "
    "extension".split()
)
_EMAIL_WORDS = frozenset(("email", "mail"))
_PARTS_OF_A_NAME = frozenset(
    (
        "first name", "given name", "primeiro nome", "sobrenome", "last name",
        "family name", "apellido",
    )
)  # fmt: skip
SURE, LIKELY = 2, 1


@dataclass(frozen=True)
class Mapping:
    """What each column of a table means; a column without meaning is ignored.

    It is a value: a person's change gives another one. ``headings`` are those it was
    made for, empty where the table has none.
    """

    meanings: tuple[str | None, ...]
    headings: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The same for lists with the same headings; empty without headings."""
        return fingerprint(self.headings)

    def with_meaning(self, index: int, meaning: str | None) -> Mapping:
        """Give one column another meaning, or none.

        :raises ListFileError: ``unknown_meaning``, ``twice``
        """
        meanings = list(self.meanings)
        meanings[index] = meaning
        changed = replace(self, meanings=tuple(meanings))
        changed.check(complete=False)
        return changed

    def check(self, complete: bool = True) -> None:
        """Refuse what cannot be.

        :param complete: whether there must be a column of numbers
        :raises ListFileError: ``unknown_meaning``, ``twice``, ``no_phone``
        """
        for meaning in filter(None, self.meanings):
            if meaning not in MEANINGS:
                raise ListFileError("unknown_meaning", meaning=meaning)
            if meaning not in REPEATED and self.meanings.count(meaning) > 1:
                raise ListFileError("twice", meaning=meaning)
        if complete and PHONE not in self.meanings:
            raise ListFileError("no_phone", found=list(self.headings))

    def columns(self, meaning: str) -> list[int]:
        """The columns of one meaning, from the left."""
        return [at for at, one in enumerate(self.meanings) if one == meaning]

    @property
    def ignored(self) -> list[int]:
        """The columns of no meaning."""
        return [at for at, one in enumerate(self.meanings) if not one]

    def area_of(self) -> dict[int, int]:
        """For each column of numbers, the column of its area code, if there is one.

        As many area codes as numbers belong together in their order; one alone belongs
        to all numbers; otherwise a number has the nearest one before it.
        """
        phones, areas = self.columns(PHONE), self.columns(AREA)
        if len(areas) == len(phones):
            return dict(zip(phones, areas, strict=True))
        if len(areas) == 1:
            return dict.fromkeys(phones, areas[0])
        before = {at: [one for one in areas if one < at] for at in phones}
        return {at: found[-1] for at, found in before.items() if found}

    def to_json(self) -> str:
        """The mapping as a text to store; see :meth:`from_json`."""
        return json.dumps({"meanings": self.meanings, "headings": self.headings})

    @classmethod
    def from_json(cls, stored: object) -> Mapping:
        """The mapping of :meth:`to_json`.

        :raises ListFileError: ``unknown_meaning`` for anything else
        """
        try:
            values = json.loads(stored)
            meanings, headings = tuple(values["meanings"]), tuple(values["headings"])
        except (KeyError, TypeError, ValueError) as error:
            raise ListFileError("unknown_meaning", meaning="") from error
        if not all(isinstance(one, (str, type(None))) for one in meanings + headings):
            raise ListFileError("unknown_meaning", meaning="")
        found = cls(meanings, headings)
        found.check(complete=False)
        return found


def fingerprint(headings: Sequence[str]) -> str:
    """What the headings of two lists are compared by; empty without headings."""
    if not any(headings):
        return ""
    plain = "\x1f".join(map(plain_heading, headings))
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


def plain_heading(title: object) -> str:
    """A heading without accents, capitals and punctuation."""
    text = unicodedata.normalize("NFKD", str(title))
    text = "".join(char for char in text.lower() if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", text))


def column(title: object) -> str | None:
    """The meaning that a heading names, or None."""
    return understood(title)[0]


def understood(title: object) -> tuple[str | None, int]:
    """The meaning of a heading, and how sure that is."""
    found = _understood(plain_heading(title))
    # telefoneCelular, phoneNumber
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(title))
    return found if found[0] else _understood(plain_heading(parted))


def _understood(plain: str) -> tuple[str | None, int]:
    # Telefone 1, Tel2
    words = [
        word for word in (one.rstrip("0123456789") for one in plain.split()) if word
    ]
    for known in (plain, " ".join(words)):
        if known in _BY_HEADING:
            return _BY_HEADING[known], SURE
    several = set(words)
    # A sentence is no heading.
    if not words or len(words) > 6 or several & _ABOUT_WORDS - _PHONE_WORDS:
        return None, 0
    if several & _EMAIL_WORDS or {"e", "mail"} <= several:
        return EMAIL, LIKELY
    if "ddd" in several and not several & {"com"}:
        return AREA, LIKELY
    if several & _PHONE_WORDS:
        return PHONE, LIKELY
    if several & {"id", "codigo", "cod", "code"}:
        return REF, LIKELY
    if several & {"nome", "name", "nombre", "cliente"}:
        return NAME, LIKELY
    return None, 0


def meanings_of(headings: Iterable[str]) -> list[str | None]:
    """The meaning of each column, from its heading.

    Where only one column can have a meaning, it is the surest one, then the first.
    Parts of a name count where there is no whole one.
    """
    titles = list(headings)
    found = [understood(title) for title in titles]
    meanings: list[str | None] = [meaning for meaning, _sure in found]
    for meaning in set(filter(None, meanings)) - {PHONE, AREA}:
        at = [index for index, one in enumerate(meanings) if one == meaning]
        best = max(at, key=lambda index: (found[index][1], -index))
        parts = [
            index for index in at if plain_heading(titles[index]) in _PARTS_OF_A_NAME
        ]
        keep = parts if parts and best in parts else [best]
        for index in set(at) - set(keep):
            meanings[index] = None
    return meanings
