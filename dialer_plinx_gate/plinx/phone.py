# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From what people type in a phone field to the ids WhatsApp knows.

WhatsApp ids of Brazilian mobiles often lack the ninth digit of the stored
number, and the other way round. Every number therefore gets one *key*, the
E.164 digits in the form in use today, and the *candidates*, all the ids under
which WhatsApp may hold it. Keys are compared whole, never by their last digits.

Facts about numbering come from ``phonenumbers``, except where it is known to
err: it calls a Brazilian mobile without ninth digit invalid, and reads
``00 55 47 ...`` typed in Brazil as Norwegian.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

MAX_CHARS = 512
MAX_NUMBERS = 8
MAX_NUMBER_CHARS = 64
MAX_DIGITS = 15
CACHE_SIZE = 8192

BRAZIL, MEXICO = 55, 52
# Area codes in use, Anatel's Plano Geral de Códigos Nacionais.
_NO_AREA = (23, 25, 26, 29, 36, 39, 52, 56, 57, 58, 59, 72, 76, 78)
AREA_CODES = frozenset(
    str(code) for code in range(11, 100) if code % 10 and code not in _NO_AREA
)

_SEPARATORS = re.compile(
    r"[/;,|\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|\s(?:ou|e)\s|(?<=\d)\s+(?=\+)",
    re.IGNORECASE,
)
_EXTENSION = re.compile(
    r"(?<=[\d)\s])\s*(?:ramal|ext(?:ension|ens[ãa]o)?|x)[\s.:=#-]{0,3}\d{0,7}\s*$",
    re.IGNORECASE,
)
# "0XX47 ...", as Brazil wrote "zero, the carrier you like, area code".
_CARRIER = re.compile(r"\b(?:0\s?(?:xx|\*\*)|xx)(?=\W{0,2}\d)", re.IGNORECASE)
_NUMBER = re.compile(r"[\s(\[]*\+?[\d\s()\[\].\-_~'\u2010-\u2015\u2212\u00b7]*")
# How nearly all Brazilian numbers are written; everything else is read at length.
_BRAZILIAN = re.compile(
    r"(?P<code>\+?55)?[ ]?\(?(?P<area>[1-9]{2})\)?[ ]?"
    r"(?P<local>9?[0-9]{4}[ -]?[0-9]{4})"
)
_WA_ID = re.compile(
    r"(?:whatsapp:)?\+?([1-9][0-9]{6,14})(?:@(?:s\.whatsapp\.net|c\.us))?"
)
_BSUID = re.compile(
    r"(?<![^\s/;,|])[A-Z]{2}\.(?:ENT\.)?(?=[A-Za-z]*[0-9])[0-9A-Za-z]{6,128}"
    r"(?![^\s/;,|])"
)


class Identity(NamedTuple):
    """One number of a customer.

    ``key`` is the canonical E.164 form, digits only. ``candidates`` are the
    WhatsApp ids to ask for, digits only, best first; the key is one of them.
    """

    key: str
    candidates: tuple[str, ...]

    @property
    def e164(self) -> str:
        """The number to dial, for example ``+5547999887766``."""
        return "+" + self.key

    @property
    def mirror_keys(self) -> tuple[str, ...]:
        """The keys that :func:`wa_id_key` can give for this number's ids.

        One key, except for Argentine mobiles, whose id without the 9 cannot be
        told from a landline's.
        """
        keys = (wa_id_key(candidate) for candidate in self.candidates)
        return tuple(dict.fromkeys((self.key, *filter(None, keys))))


def identities(
    raw: object, country: str | None, fallback_country: str | None = None
) -> list[Identity]:
    """Read a phone field as typed.

    :param raw: text of the field, one or several numbers; anything that is not
        text counts as empty
    :param country: ISO 3166 code of the customer's country, or None
    :param fallback_country: the company's, tried when the first gives nothing
    :return: one identity a valid number, in the order typed, without doubles;
        empty when there is none. Never raises.
    """
    if not isinstance(raw, str) or not raw:
        return []
    return list(_identities(_capped(raw), _region(country), _region(fallback_country)))


def matches(
    raw: object,
    country: str | None,
    wa_id: object,
    fallback_country: str | None = None,
) -> bool:
    """Whether a WhatsApp id belongs to one of the numbers in a phone field."""
    digits = _wa_digits(wa_id)
    if not digits:
        return False
    key = wa_id_key(digits)
    return any(
        digits in identity.candidates or key == identity.key
        for identity in identities(raw, country, fallback_country)
    )


def wa_id_key(wa_id: object) -> str | None:
    """The key of an id that Plinx returned or pushed, or None if it is no phone.

    Ids come with and without a plus sign, with or without the Brazilian ninth
    digit or the Mexican 1, and sometimes with WhatsApp's own suffix.
    """
    digits = _wa_digits(wa_id)
    return _wa_key(digits) if digits else None


def bsuids(raw: object) -> list[str]:
    """Business-scoped user ids in a text, such as ``BR.1502576394655843``.

    They are returned as they stand, because they are compared byte for byte.
    """
    if not isinstance(raw, str):
        return []
    return list(dict.fromkeys(_BSUID.findall(_capped(raw))))[:MAX_NUMBERS]


def last4(phone: object) -> str:
    """The last four digits, the only part of a number that a log may show."""
    if not isinstance(phone, str):
        return ""
    digits = "".join(char for char in phone[-32:] if char.isdecimal())
    return digits[-4:] if len(digits) > 6 else ""


def _capped(raw: str) -> str:
    """The first characters of an endless text, never half of a number."""
    if len(raw) <= MAX_CHARS:
        return raw
    return re.sub(r"[^/;,|\n\r]*\Z", "", raw[:MAX_CHARS])


def _region(country: object) -> str | None:
    code = country.strip().upper() if isinstance(country, str) else None
    return code if code in phonenumbers.SUPPORTED_REGIONS else None


@lru_cache(maxsize=CACHE_SIZE)
def _identities(
    raw: str, region: str | None, fallback: str | None
) -> tuple[Identity, ...]:
    key = _brazilian(raw, region)
    if key:
        return (Identity(key, _candidates(key)),)
    return _read(raw, region, fallback)


def _brazilian(raw: str, region: str | None) -> str | None:
    """The key of a text that is one plain Brazilian number, or None.

    It gives what :func:`_read` would, at a tenth of the cost: 200 customers are read
    while an agent waits.
    """
    found = _BRAZILIAN.fullmatch(raw)
    if not found:
        return None
    code, area, local = found.group("code", "area", "local")
    # In an area that is the country's code, either could have been meant.
    if code != "+55" and (region != "BR" or (not code and area == str(BRAZIL))):
        return None
    return _brazilian_key(area + local.replace(" ", "").replace("-", ""))


def _read(raw: str, region: str | None, fallback: str | None) -> tuple[Identity, ...]:
    """The numbers in any text, with the rules of every country."""
    found: dict[str, Identity] = {}
    for part in _SEPARATORS.split(_plain(raw)):
        number = _clean(part)
        key = _key(number, region, fallback) if number else None
        if key:
            found.setdefault(key, Identity(key, _candidates(key)))
        if len(found) == MAX_NUMBERS:
            break
    return tuple(found.values())


def _plain(raw: str) -> str:
    """Unicode made plain: one form, no invisible marks, ASCII digits."""
    if raw.isascii():
        return raw
    chars = []
    for char in unicodedata.normalize("NFKC", raw):
        if unicodedata.category(char) != "Cf":
            digit = unicodedata.decimal(char, None)
            chars.append(char if digit is None else str(digit))
    return "".join(chars)


def _clean(part: str) -> str | None:
    """Digits of one number, with its plus sign if it had one, or None."""
    text = " ".join(part.split())
    if not text or len(text) > MAX_NUMBER_CHARS:
        return None
    text = _EXTENSION.sub("", _CARRIER.sub("0", text))
    if not _NUMBER.fullmatch(text):
        return None
    digits = "".join(char for char in text if char in "0123456789")
    if not 6 <= len(digits) <= 20:
        return None
    return "+" + digits if "+" in text else digits


def _key(number: str, region: str | None, fallback: str | None) -> str | None:
    if number[0] == "+":
        return _international(number[1:])
    regions = [code for code in dict.fromkeys((region, fallback)) if code]
    if number.startswith("00"):
        key = _international(number[2:])
        own = [str(phonenumbers.country_code_for_region(code)) for code in regions]
        if key or number[2:].startswith(tuple(own)):
            return key
    for code in regions:
        key = _parsed(number, code)
        if key:
            return key
    if len(number) < 11 or ("BR" in regions and _brazilian_shape(number)):
        return None
    return _international(number)


def _brazilian_shape(digits: str) -> bool:
    """Whether digits look like area code and number.

    Such a number, when it is invalid, is a slip of the hand (a digit wrong or
    too many); with a plus put before it, it could be somebody's number in
    another country.
    """
    return digits[:2] in AREA_CODES and (
        len(digits) == 11 or (len(digits) == 12 and digits[2] == "9")
    )


def _international(digits: str) -> str | None:
    # No country code starts with 0.
    return None if digits.startswith("0") else _parsed("+" + digits, None)


@lru_cache(maxsize=CACHE_SIZE)
def _wa_key(digits: str) -> str | None:
    """An id is exact: one that is only valid with digits dropped is none."""
    if digits.startswith(str(BRAZIL)) and len(digits) in (12, 13):
        key = _brazilian_key(digits[2:])
        if key:
            return key
    return None if digits.startswith("0") else _parsed("+" + digits, None, exact=True)


def _parsed(number: str, region: str | None, exact: bool = False) -> str | None:
    try:
        parsed = phonenumbers.parse(number, region, _check_region=False)
    except phonenumbers.NumberParseException:
        return None
    code = parsed.country_code
    national = phonenumbers.national_significant_number(parsed)
    if exact and number != f"+{code}{national}":
        return None
    if code == BRAZIL:
        return _brazilian_key(national)
    if code == MEXICO and len(national) == 11 and national[0] == "1":
        return _parsed(f"+{MEXICO}{national[1:]}", None)
    key = f"{code}{national}"
    # Some countries' numbering has room for more than E.164 allows.
    valid = len(key) <= MAX_DIGITS and phonenumbers.is_valid_number(parsed)
    return key if valid else None


def _brazilian_key(national: str) -> str | None:
    area, local = national[:2], national[2:]
    if area not in AREA_CODES:
        return None
    if len(local) == 8 and local[0] in "6789":
        return f"{BRAZIL}{area}9{local}"
    if (len(local) == 8 and local[0] in "2345") or (
        len(local) == 9 and local[0] == "9"
    ):
        return f"{BRAZIL}{area}{local}"
    return None


def _candidates(key: str) -> tuple[str, ...]:
    """Every id under which WhatsApp may hold a number, the likeliest first."""
    if key.startswith("55") and len(key) == 13:
        # Before the ninth digit came, mobiles started 6-9; without it any other
        # start would be somebody's landline.
        return (key, key[:4] + key[5:]) if key[5] in "6789" else (key,)
    if key.startswith("52") and len(key) == 12:
        return (key, "521" + key[2:])
    if key.startswith("549") and len(key) == 13:
        return (key, "54" + key[3:])
    return (key,)


def _wa_digits(wa_id: object) -> str | None:
    found = _WA_ID.fullmatch(wa_id) if isinstance(wa_id, str) else None
    return found.group(1) if found else None
