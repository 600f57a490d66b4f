# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Numbering plans: from the digits of one number to its key and its WhatsApp ids.

A *key* is the E.164 number, digits only, in the form in use today. WhatsApp may go on
holding a number in the form of the day it was registered: *candidates* are all of them.

Facts come from ``phonenumbers``, except where it is known to err: it calls a Brazilian
mobile without its ninth digit invalid, reads ``00 55 47 ...`` typed in Brazil as
Norwegian, and has forgotten the forms and dialing prefixes that went out of use.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

MAX_DIGITS = 15
CACHE_SIZE = 8192

BRAZIL, MEXICO, ARGENTINA = "55", "52", "54"
# Area codes in use, Anatel's Plano Geral de Códigos Nacionais.
_NO_AREA = (23, 25, 26, 29, 36, 39, 52, 56, 57, 58, 59, 72, 76, 78)
AREA_CODES = frozenset(
    str(code) for code in range(11, 100) if code % 10 and code not in _NO_AREA
)

# 0 and any carrier's two digits (phonenumbers knows some carriers only), or 9090 to let
# the other side pay; then area code and number.
_BRAZILIAN_CARRIER = re.compile(r"(?:0\d\d|9090)([1-9]\d{9,10})")
# Dialed before 2019 from a landline to a mobile, from a mobile, and to another area.
_MEXICAN_PREFIX = re.compile(r"(?:04[45]|0[12])(\d{10})")

_WA_ID = re.compile(
    r"(?:whatsapp:)?\+?([1-9][0-9]{6,14})(?:@(?:s\.whatsapp\.net|c\.us))?"
)

# How the groups of a Brazilian local number are written, by its length. Any other
# grouping says that a digit is missing, or that it is no phone number at all.
_GROUPS = {
    8: {(8,), (4, 4), (4, 2, 2), (2, 2, 4), (2, 2, 2, 2)},
    9: {
        (9,), (5, 4), (1, 8), (1, 4, 4), (5, 2, 2), (3, 3, 3), (3, 6), (2, 3, 4),
        (3, 2, 4), (1, 4, 2, 2), (1, 2, 2, 2, 2),
    },
}  # fmt: skip

# Vietnam, 2018: mobiles of 11 digits got 10, prefix by prefix.
_VIETNAM = {
    "120": "70", "121": "79", "122": "77", "123": "83", "124": "84", "125": "85",
    "126": "76", "127": "81", "128": "78", "129": "82", "162": "32", "163": "33",
    "164": "34", "165": "35", "166": "36", "167": "37", "168": "38", "169": "39",
    "186": "56", "188": "58", "199": "59",
}  # fmt: skip
# Côte d'Ivoire, 2021: the operator, told by the second digit, before the old number.
_IVORY_COAST = {
    f"{first}{second}": f"0{operator}{first}{second}"
    for operator, seconds in (("1", "0123"), ("5", "456"), ("7", "789"))
    for first in "0456789"
    for second in seconds
}


def _plans() -> dict[str, tuple[tuple[str, str, int], ...]]:
    """Plans that changed: (old prefix, new prefix, digits after it), by country code.

    Mexico dropped its 1 for mobiles in 2019, Colombia put 60 before its landlines in
    2021, Benin 01 before all numbers in 2024.
    """
    return {
        MEXICO: (("521", "52", 10),),
        "57": tuple((f"57{area}", f"5760{area}", 7) for area in "1245678"),
        "84": tuple((f"84{a}", f"84{b}", 7) for a, b in _VIETNAM.items()),
        "225": tuple((f"225{a}", f"225{b}", 6) for a, b in _IVORY_COAST.items()),
        "229": (("229", "22901", 8),),
    }


_PLANS = _plans()


def national_key(digits: str, region: str) -> str | None:
    """The key of digits dialed inside a country, or None.

    :param digits: digits only, with or without a prefix to dial first
    :param region: ISO 3166 code of the country, in upper case
    """
    if region == "BR" and (found := _BRAZILIAN_CARRIER.fullmatch(digits)):
        return brazilian_key(found.group(1))
    if region == "MX" and (found := _MEXICAN_PREFIX.fullmatch(digits)):
        digits = found.group(1)
    code = str(phonenumbers.country_code_for_region(region))
    return (
        _parsed(digits, region)
        or _renumbered(code + digits)
        or _renumbered(code + digits.removeprefix("0"))
    )


def international_key(digits: str) -> str | None:
    """The key of digits that begin with a country code, or None."""
    # No country code starts with 0.
    if digits.startswith("0"):
        return None
    return _parsed("+" + digits, None) or _out_of_use(digits) or _renumbered(digits)


def wa_id_key(wa_id: object) -> str | None:
    """The key of an id that Plinx returned or pushed, or None if it is no phone.

    Ids come with and without a plus sign, with or without the Brazilian ninth
    digit or the Mexican 1, and sometimes with WhatsApp's own suffix.
    """
    digits = wa_digits(wa_id)
    return _wa_key(digits) if digits else None


def wa_digits(wa_id: object) -> str | None:
    """The digits of a WhatsApp id, or None if it is none."""
    found = _WA_ID.fullmatch(wa_id) if isinstance(wa_id, str) else None
    return found.group(1) if found else None


@lru_cache(maxsize=CACHE_SIZE)
def _wa_key(digits: str) -> str | None:
    """An id is exact: one that is only valid with digits dropped is none."""
    if digits.startswith(BRAZIL) and len(digits) in (12, 13):
        key = brazilian_key(digits[2:])
        if key:
            return key
    if digits.startswith("0"):
        return None
    return _parsed("+" + digits, None, exact=True) or _renumbered(digits)


def brazilian_key(national: str) -> str | None:
    """The key of a Brazilian area code and number, or None.

    Mobiles of the time before the ninth digit get it; landlines have none.
    """
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


def brazilian_shape(digits: str) -> bool:
    """Whether digits look like a Brazilian area code and number.

    Such a number, when it is invalid, is a slip of the hand (a digit wrong or
    too many); with a plus put before it, it could be somebody's number in
    another country.
    """
    return digits[:2] in AREA_CODES and (
        len(digits) == 11 or (len(digits) == 12 and digits[2] == "9")
    )


def contradicts(text: str, key: str) -> bool:
    """Whether the groups in which a number is written speak against its reading.

    In ``(47) 99988-776`` a digit is missing: read as a mobile of the time before the
    ninth digit, it would be a stranger's.
    """
    groups = [len(group) for group in re.findall(r"[0-9]+", text)]
    if len(groups) == 1 or not key.startswith(BRAZIL):
        return False
    digits = "".join(char for char in text if char in "0123456789")
    left = 9 if len(key) == 13 and digits.endswith(key[2:]) else 8
    local: list[int] = []
    length = left
    while left:
        last = groups.pop()
        local.insert(0, min(last, left))
        rest, left = last - local[0], left - local[0]
    # An area code is never written in two parts.
    split = (rest or (groups[-1] if groups else 0)) == 1
    return split or tuple(local) not in _GROUPS[length]


def candidates(key: str) -> tuple[str, ...]:
    """Every id under which WhatsApp may hold a number, the likeliest first."""
    if key.startswith(BRAZIL) and len(key) == 13:
        # Before the ninth digit came, mobiles started 6-9; without it any other
        # start would be somebody's landline.
        return (key, key[:4] + key[5:]) if key[5] in "6789" else (key,)
    if key.startswith(ARGENTINA + "9") and len(key) == 13:
        return (key, ARGENTINA + key[3:])
    return (key, *_older(key))


def _older(key: str) -> tuple[str, ...]:
    for code in (key[:2], key[:3]):
        for old, new, length in _PLANS.get(code, ()):
            if key.startswith(new) and len(key) == len(new) + length:
                return (old + key[len(new) :],)
    return ()


def _renumbered(digits: str) -> str | None:
    """The key of a number in a form that its country's plan has given up."""
    for code in (digits[:2], digits[:3]):
        for old, new, length in _PLANS.get(code, ()):
            if digits.startswith(old) and len(digits) == len(old) + length:
                return _parsed("+" + new + digits[len(old) :], None, exact=True)
    return None


def _out_of_use(digits: str) -> str | None:
    """The key of an international number with a prefix that only dials at home."""
    code, national = digits[:2], digits[2:]
    if code == MEXICO and (found := _MEXICAN_PREFIX.fullmatch(national)):
        return _parsed("+" + code + found.group(1), None)
    if code == ARGENTINA and len(national) == 13 and national[0] == "9":
        # "+54 9 351 15 2345678": 9 and 15 say the same; at home it is 0351 15 ...
        return _parsed("0" + national[1:], "AR")
    return None


def _parsed(number: str, region: str | None, exact: bool = False) -> str | None:
    try:
        parsed = phonenumbers.parse(number, region, _check_region=False)
    except phonenumbers.NumberParseException:
        return None
    code = str(parsed.country_code)
    national = phonenumbers.national_significant_number(parsed)
    if exact and number != f"+{code}{national}":
        return None
    if code == BRAZIL:
        return brazilian_key(national)
    if code == MEXICO and len(national) == 11 and national[0] == "1":
        return _parsed(f"+{MEXICO}{national[1:]}", None)
    key = code + national
    # Some countries' numbering has room for more than E.164 allows.
    valid = len(key) <= MAX_DIGITS and phonenumbers.is_valid_number(parsed)
    return key if valid else None
