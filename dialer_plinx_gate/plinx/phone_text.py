# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Numbers in a text: where they begin and end, and which of them can be read.

People write words and signs around numbers, several numbers into one field, and
numbers that lack a digit. Nothing with eight digits or more is passed over: it is
either read or given back as it stands. In doubt it is not read, because the number
that is made up is somebody's.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import phonenumbers

from .numbering import (
    brazilian_shape,
    contradicts,
    international_key,
    national_key,
    wa_id_key,
)

MAX_CHARS = 512
MAX_RUN_CHARS = 160
MAX_UNREAD_CHARS = 64
MIN_DIGITS, MAX_TYPED_DIGITS, MAX_DIGITS = 6, 20, 15
MAX_CODE_DIGITS = 3
#: So many digits together are somebody's number, whether it can be read or not.
MANY_DIGITS = 8

_LATIN = "A-Za-z\u00c0-\u024f"
# What a number is written with. Everything else ends it: letters, commas, slashes.
_RUN = re.compile(
    r"(?:[+(\[] ?){0,4}[0-9][0-9 ()\[\]+.\-_~'\u2010-\u2015\u2212\u00b7]*"
)
_NO_DIGIT = re.compile(r"[^0-9]+")
# A plus between blanks is an "and".
_BEFORE_PLUS = re.compile(r" +\+ +| +(?=[(\[]*\+)")
# Between two numbers stand at least a blank or a bracket; several blanks always part.
_BLANKS = re.compile(r" +|(?<=[0-9])(?=[(\[])")
_WIDE_BLANKS = re.compile(r"  +|(?<=[0-9])(?=[(\[])")

# "0XX47 ...", as Brazil wrote "zero, the carrier you like, area code".
_CARRIER = re.compile(
    r"\b(?:0 ?\(?(?:xx|\*\*)\)?|xx)(?=[^A-Za-z0-9]{0,2}[0-9])", re.IGNORECASE
)
# Cells of numbers, as programs write them: 47988110301.0 and 4.7988110301E+10
_DECIMAL = re.compile(r"(?<![0-9.,])([0-9]{8,15})[.,]0{1,2}(?![.,]?[0-9])")
_SCIENTIFIC = re.compile(
    r"(?<![0-9.,A-Za-z])([0-9])(?:[.,]([0-9]{1,15}))?[Ee]\+?([0-9]{1,2})(?![0-9])"
)
_EXTENSION = re.compile(
    r"[0-9)\]][ .,;-]*(?:ramal|ramais|x|ext(?:ension|ens[ãa]o)?)[ .:=#-]*\Z",
    re.IGNORECASE,
)
_EXTENSION_DIGITS = re.compile(r"[0-9]{1,6}(?![0-9.\-])")
# What else has a name and many digits.
_OTHER_THING = re.compile(
    r"\b(?:cpf|cnpj|rg|cep|pis|nis|protocolo|pedido|matr[íi]cula)[^0-9A-Za-z]{0,4}\Z",
    re.IGNORECASE,
)
# Words that people write without a blank before or after a number.
_WORDS = frozenset(
    (
        "a c cel celular com comercial contato e ext f fixo fone fones m ou p phone "
        "r ramal recado recados res residencial t tel telefone tels w wa whats "
        "whatsapp wpp x zap"
    ).split()
)
_WORD_BEFORE = re.compile(rf"[{_LATIN}]+\Z")
_WORD_AFTER = re.compile(rf"[{_LATIN}]+")
CONTEXT = 24
# Tabulators part as several blanks do; all brackets are alike.
_ALIKE = str.maketrans({"\t": "  ", "{": "(", "<": "(", "}": ")", ">": ")"})
_SIGNS = " ()[]+.-_~'\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00b7"

_AT_WHATSAPP = re.compile(r"([^\s@,;|/<>]*)@(?:s\.whatsapp\.net|c\.us)\b")
_MAIL = re.compile(
    r"[^\s@,;|/<>()\[\]:\"]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
    r"|(?<!\S)@[A-Za-z0-9_.]*[A-Za-z][A-Za-z0-9_.]*"
)
_BSUID = re.compile(
    r"(?<![A-Za-z0-9.])[A-Z]{2}\.(?:ENT\.)?(?=[A-Za-z]*[0-9])[0-9A-Za-z]{6,128}"
    r"(?![A-Za-z0-9])"
)


class Piece(NamedTuple):
    """A piece of text with a number: its key, or None when it cannot be read."""

    text: str
    key: str | None


class _Home(NamedTuple):
    """Whose rules a number without country code follows.

    ``brazil`` is whether anybody concerned dials as one does in Brazil.
    """

    region: str | None
    brazil: bool


def pieces(raw: str, region: str | None, fallback: str | None) -> list[Piece]:
    """Every number in a text, with the rules of every country.

    :param region: ISO 3166 code of the customer's country, in upper case
    :param fallback: the company's; only for a customer without a country
    """
    text, rest = _capped(raw)
    home = _Home(region or fallback, "BR" in (region, fallback))
    found, text = _without_ids(_plain(text), home)
    rounded, text = _cells(text)
    text = _CARRIER.sub("0", text)
    for match in _RUN.finditer(text):
        found += _run(text, match, home)
    if sum(map(str.isdecimal, rest)) >= MANY_DIGITS:
        rounded.append(rest[:MAX_UNREAD_CHARS].strip())
    return found + [Piece(one, None) for one in rounded]


def bsuids(raw: str) -> list[str]:
    """Business-scoped user ids in a text, as they stand."""
    found = dict.fromkeys(_BSUID.findall(_capped(raw)[0]))
    return [one for one in found if _has_country(one)]


def _capped(raw: str) -> tuple[str, str]:
    """The first characters of an endless text, never half of a number; and the rest."""
    if len(raw) <= MAX_CHARS:
        return raw, ""
    raw = re.sub(r"[ \t\u00a0]{2,}", "  ", raw)
    text = raw[:MAX_CHARS]
    if len(raw) > MAX_CHARS:
        text = re.sub(r"[^/;,|\n\r]*\Z", "", text)
    return text, raw[len(text) :]


def _plain(raw: str) -> str:
    """Unicode made plain: one form, no invisible marks, ASCII digits and blanks."""
    chars = []
    raw = unicodedata.normalize("NFKC", raw).translate(_ALIKE)
    for char in raw:
        if char.isspace():
            chars.append(_blank(char))
        elif unicodedata.category(char) != "Cf":
            digit = unicodedata.decimal(char, None)
            chars.append(char if digit is None else str(digit))
    return "".join(chars)


def _blank(char: str) -> str:
    return "\n" if len(f"-{char}-".splitlines()) > 1 else " "


def _has_many_digits(text: str) -> bool:
    return len(_NO_DIGIT.sub("", text)) >= MANY_DIGITS


def _without_ids(text: str, home: _Home) -> tuple[list[Piece], str]:
    """WhatsApp's own ids, and the text without ids and mail addresses."""
    found: list[Piece] = []

    def take_whatsapp(match: re.Match) -> str:
        key = wa_id_key(match.group())
        if key or _has_many_digits(match.group()):
            found.append(Piece(match.group(), key))
        return "\n"

    def take_bsuid(match: re.Match) -> str:
        if not _has_country(match.group()):
            return match.group()
        digits = match.group().rpartition(".")[2]
        if digits.isdecimal() and _key(digits, digits, home):
            # Perhaps somebody's way to write a number with its country.
            found.append(Piece(match.group(), None))
        return "\n"

    text = _AT_WHATSAPP.sub(take_whatsapp, text)
    return found, _BSUID.sub(take_bsuid, _MAIL.sub("\n", text))


def _has_country(bsuid: str) -> bool:
    return bsuid[:2] in phonenumbers.SUPPORTED_REGIONS


def _cells(text: str) -> tuple[list[str], str]:
    """Numbers that a spreadsheet rounded, and the text with other ones written out.

    A rounded number has lost its last digits for good.
    """
    rounded = []

    def write_out(match: re.Match) -> str:
        first, fraction, exponent = match.groups("")
        digits = int(exponent)
        if len(fraction) == digits:
            return first + fraction
        if digits >= MANY_DIGITS - 1:
            rounded.append(match.group())
            return "\n"
        return match.group()

    text = _DECIMAL.sub(r"\1", _SCIENTIFIC.sub(write_out, text))
    return rounded, text


def _run(text: str, match: re.Match, home: _Home) -> list[Piece]:
    """The numbers in one run of digits and signs; nothing in a short one."""
    run = match.group().rstrip(_SIGNS)
    if not _has_many_digits(run):
        return []
    start, end = match.start(), match.start() + len(run)
    before = text[max(0, start - CONTEXT) : start]
    after = text[end : end + CONTEXT]
    number = _without_codes(run, before, after)
    if _EXTENSION.search(before):
        # Its digits end where a number begins, or nobody knows where.
        extension = _EXTENSION_DIGITS.match(number)
        number = number[extension.end() :].lstrip(_SIGNS) if extension else ""
    if len(run) > MAX_RUN_CHARS or _OTHER_THING.search(before):
        number = ""
    if number == run:
        return _numbers(run, home)
    # Where something was left out, all the rest must be numbers.
    found = _numbers(number, home) if number else []
    return found if found and all(one.key for one in found) else [Piece(run, None)]


def _without_codes(run: str, before: str, after: str) -> str:
    """A run without what letters touch at its ends: "24h", "Ap12".

    Letters that touch digits make a code of some kind, unless they are of the words
    that people write around a number. A code of many digits leaves nothing.
    """
    if run[0].isdecimal() and _is_foreign(_WORD_BEFORE.search(before)):
        code, _blank, run = run.partition(" ")
        run = run if len(code) <= MAX_CODE_DIGITS else ""
    if run and _is_foreign(_WORD_AFTER.match(after)):
        run, _blank, code = run.rpartition(" ")
        run = run if len(code) <= MAX_CODE_DIGITS else ""
    return run.strip(" ")


def _is_foreign(word: re.Match | None) -> bool:
    return bool(word) and word.group().lower() not in _WORDS


def _numbers(run: str, home: _Home) -> list[Piece]:
    """One number in a run, or several with nothing but blanks between."""
    found = []
    for part in _BEFORE_PLUS.split(run):
        key = _piece_key(part, home)
        found += [Piece(part, key)] if key else _divided(part, home)
    return found


def _divided(part: str, home: _Home) -> list[Piece]:
    """The numbers in a part that is not one number.

    Blanks stand within numbers as between them: only when there is one single way to
    divide the whole part into numbers, it is taken.
    """
    tokens = (one for one in _BLANKS.split(part) if any(map(str.isdecimal, one)))
    ways = _ways(tuple(tokens), home)
    if len(ways) == 1:
        return list(ways[0])
    found: list[Piece] = []
    left: list[str] = []
    for one in (*_WIDE_BLANKS.split(part), ""):
        key = _piece_key(one, home) if one else None
        if one and not key:
            left.append(one)
            continue
        if _has_many_digits("".join(left)):
            found.append(Piece(" ".join(left).rstrip(_SIGNS), None))
        left.clear()
        if key:
            found.append(Piece(one, key))
    return found


def _ways(tokens: tuple[str, ...], home: _Home) -> list[tuple[Piece, ...]]:
    """Up to two ways to divide tokens into numbers of the country, or with a plus."""
    ways: list[list[tuple[Piece, ...]]] = [[()]]
    for end in range(1, len(tokens) + 1):
        here: list[tuple[Piece, ...]] = []
        for start in range(end - 1, -1, -1):
            one = " ".join(tokens[start:end])
            if sum(map(str.isdecimal, one)) > MAX_DIGITS:
                break
            if ways[start] and _has_many_digits(one):
                key = _piece_key(one, home, at_home=True)
                if key:
                    here += [(*way, Piece(one, key)) for way in ways[start]]
        ways.append(here[:2])
    return ways[-1]


def _piece_key(piece: str, home: _Home, at_home: bool = False) -> str | None:
    digits = _NO_DIGIT.sub("", piece)
    head, plus, _tail = piece.rpartition("+")
    if not MIN_DIGITS <= len(digits) <= MAX_TYPED_DIGITS or (
        plus and head.strip("(+[ ")
    ):
        return None
    key = _key(plus + digits, piece, home, at_home)
    return None if key and contradicts(piece, key) else key


def _key(number: str, written: str, home: _Home, at_home: bool = False) -> str | None:
    """The key of one number.

    :param number: its digits, with a plus before them if one was written
    :param written: how it was written
    :param at_home: whether a country code without plus is out of the question
    """
    if number[0] == "+":
        return international_key(number[1:])
    if number.startswith("00"):
        key = international_key(number[2:])
        if key or _begins_at_home(number[2:], home):
            return key
    key = national_key(number, home.region) if home.region else None
    if key or at_home or len(number) < 11 or "(" in written or "[" in written:
        return key
    if home.brazil and brazilian_shape(number):
        return None
    return international_key(number)


def _begins_at_home(digits: str, home: _Home) -> bool:
    code = home.region and phonenumbers.country_code_for_region(home.region)
    return bool(code) and digits.startswith(str(code))
