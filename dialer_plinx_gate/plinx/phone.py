# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From what people type in a phone field to the ids WhatsApp knows.

WhatsApp ids of Brazilian mobiles often lack the ninth digit of the stored
number, and the other way round. Every number therefore gets one *key*, the
E.164 digits in the form in use today, and the *candidates*, all the ids under
which WhatsApp may hold it. Keys are compared whole, never by their last digits.

There is one reader. It also gives back what it could *not* read: nobody may call a
customer free while one of the customer's numbers was not asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

from . import phone_text
from .numbering import CACHE_SIZE, brazilian_key, candidates, wa_digits, wa_id_key

MAX_NUMBERS = 8

# How nearly all Brazilian numbers are written; everything else is read at length.
_BRAZILIAN = re.compile(
    r"(?P<code>\+?55)?[ ]?\(?(?P<area>[1-9]{2})\)?[ ]?"
    r"(?P<local>9?[0-9]{4}[ -]?[0-9]{4})"
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


class Reading(NamedTuple):
    """What stands in the phone fields of one customer.

    ``identities`` are the numbers, in the order typed, without doubles. ``texts`` are
    the pieces of text in which they were found. ``unread`` are the pieces that hold
    eight digits or more and are no number that can be asked about; every such group
    of digits is in one of ``texts`` or in one of ``unread``.
    """

    identities: tuple[Identity, ...] = ()
    unread: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys to store: one string a number, the same however it was typed."""
        return tuple(identity.key for identity in self.identities)

    @property
    def candidates(self) -> tuple[str, ...]:
        """The ids to ask Plinx about, without doubles."""
        found = (one for identity in self.identities for one in identity.candidates)
        return tuple(dict.fromkeys(found))

    @property
    def mirror_keys(self) -> tuple[str, ...]:
        """The keys under which a conversation of the customer may be known."""
        found = (one for identity in self.identities for one in identity.mirror_keys)
        return tuple(dict.fromkeys(found))


def read(
    raw: object, country: str | None, fallback_country: str | None = None
) -> Reading:
    """Read a phone field as typed.

    :param raw: text of the field, one or several numbers among other words; anything
        that is not text counts as empty
    :param country: ISO 3166 code of the customer's country, or None
    :param fallback_country: the company's; only for a customer without a country
    :return: the numbers, and what could not be read. Never raises.
    """
    if not isinstance(raw, str) or not raw:
        return Reading()
    found = _reading if len(raw) <= phone_text.MAX_CHARS else _read
    region = _region(country)
    # A country without a numbering plan of its own is not the company's either.
    foreign = isinstance(country, str) and country.strip() and not region
    return found(raw, region, None if foreign else _region(fallback_country))


def read_all(
    raws: Iterable[object], country: str | None, fallback_country: str | None = None
) -> Reading:
    """Read all phone fields of one customer into one reading; see :func:`read`."""
    return _joined(read(raw, country, fallback_country) for raw in raws)


def identities(
    raw: object, country: str | None, fallback_country: str | None = None
) -> list[Identity]:
    """The numbers of :func:`read`, one identity each. Never raises."""
    return list(read(raw, country, fallback_country).identities)


def matches(
    raw: object,
    country: str | None,
    wa_id: object,
    fallback_country: str | None = None,
) -> bool:
    """Whether a WhatsApp id belongs to one of the numbers in a phone field."""
    digits = wa_digits(wa_id)
    if not digits:
        return False
    key = wa_id_key(wa_id)
    return any(
        digits in identity.candidates or key == identity.key
        for identity in identities(raw, country, fallback_country)
    )


def bsuids(raw: object) -> list[str]:
    """Business-scoped user ids in a text, such as ``BR.1502576394655843``.

    They are returned as they stand, because they are compared byte for byte.
    """
    if not isinstance(raw, str):
        return []
    return phone_text.bsuids(raw)[:MAX_NUMBERS]


def last4(phone: object) -> str:
    """The last four digits, the only part of a number that a log may show."""
    if not isinstance(phone, str):
        return ""
    digits = "".join(char for char in phone[-32:] if char.isdecimal())
    return digits[-4:] if len(digits) > 6 else ""


def _region(country: object) -> str | None:
    code = country.strip().upper() if isinstance(country, str) else None
    return code if code in phonenumbers.SUPPORTED_REGIONS else None


@lru_cache(maxsize=CACHE_SIZE)
def _reading(raw: str, region: str | None, fallback: str | None) -> Reading:
    key = _brazilian(raw, region or fallback)
    if key:
        return Reading((Identity(key, candidates(key)),), (), (raw,))
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
    if code != "+55" and (region != "BR" or (not code and area == "55")):
        return None
    return brazilian_key(area + local.replace(" ", "").replace("-", ""))


def _read(raw: str, region: str | None, fallback: str | None) -> Reading:
    """Everything in any text, read at length."""
    return _joined(
        Reading((Identity(piece.key, candidates(piece.key)),), (), (piece.text,))
        if piece.key
        else Reading(unread=(piece.text,))
        for piece in phone_text.pieces(raw, region, fallback)
    )


def _joined(readings: Iterable[Reading]) -> Reading:
    """One reading of several; numbers beyond the most that are asked are unread."""
    found: dict[str, Identity] = {}
    unread: dict[str, None] = {}
    texts: dict[str, None] = {}
    for reading in readings:
        taken = texts
        for identity in reading.identities:
            if identity.key not in found and len(found) == MAX_NUMBERS:
                taken = unread
            else:
                found.setdefault(identity.key, identity)
        taken.update(dict.fromkeys(reading.texts))
        unread.update(dict.fromkeys(reading.unread))
    return Reading(tuple(found.values()), tuple(unread), tuple(texts))
