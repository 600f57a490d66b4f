# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The time zone of a customer, from the address or the number, without the ORM."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

import phonenumbers
import pytz
from phonenumbers.timezone import time_zones_for_number

#: Time zone of each Brazilian state, by its two-letter code. Facts of the IANA time
#: zone database (zone1970.tab): Brazil has four zones and no daylight saving time
#: since 2019. Where a state has two, the one of its capital is taken: the west of
#: Amazonas keeps the time of Acre, and Fernando de Noronha (PE) is one hour ahead.
BRAZIL: Mapping[str, str] = MappingProxyType(
    {
        "AC": "America/Rio_Branco",
        "AL": "America/Maceio",
        "AM": "America/Manaus",
        "AP": "America/Belem",
        "BA": "America/Bahia",
        "CE": "America/Fortaleza",
        "DF": "America/Sao_Paulo",
        "ES": "America/Sao_Paulo",
        "GO": "America/Sao_Paulo",
        "MA": "America/Fortaleza",
        "MG": "America/Sao_Paulo",
        "MS": "America/Campo_Grande",
        "MT": "America/Cuiaba",
        "PA": "America/Belem",
        "PB": "America/Fortaleza",
        "PE": "America/Recife",
        "PI": "America/Fortaleza",
        "PR": "America/Sao_Paulo",
        "RJ": "America/Sao_Paulo",
        "RN": "America/Fortaleza",
        "RO": "America/Porto_Velho",
        "RR": "America/Boa_Vista",
        "RS": "America/Sao_Paulo",
        "SC": "America/Sao_Paulo",
        "SE": "America/Maceio",
        "SP": "America/Sao_Paulo",
        "TO": "America/Araguaina",
    }
)

#: State of each Brazilian area code, Anatel's Plano Geral de Códigos Nacionais.
AREA_STATES: Mapping[str, str] = MappingProxyType(
    {
        area: state
        for state, areas in {
            "AC": "68",
            "AL": "82",
            "AM": "92 97",
            "AP": "96",
            "BA": "71 73 74 75 77",
            "CE": "85 88",
            "DF": "61",
            "ES": "27 28",
            "GO": "62 64",
            "MA": "98 99",
            "MG": "31 32 33 34 35 37 38",
            "MS": "67",
            "MT": "65 66",
            "PA": "91 93 94",
            "PB": "83",
            "PE": "81 87",
            "PI": "86 89",
            "PR": "41 42 43 44 45 46",
            "RJ": "21 22 24",
            "RN": "84",
            "RO": "69",
            "RR": "95",
            "RS": "51 53 54 55",
            "SC": "47 48 49",
            "SE": "79",
            "SP": "11 12 13 14 15 16 17 18 19",
            "TO": "63",
        }.items()
        for area in areas.split()
    }
)


def customer_zone(
    country_code: str | None, state_code: str | None, keys: Iterable[str]
) -> str | None:
    """Return the one time zone of a customer, ``None`` when nothing tells it.

    The address is asked first, then the numbers in their order; who calls falls back
    on the company.

    :param country_code: ISO 3166-1 alpha-2 code of the customer's country, or empty
    :param state_code: code of the customer's state, or empty
    :param keys: the keys of the customer's numbers (``plinx.phone``), digits only
    """
    zones = (zone_of_number(key) for key in keys)
    return zone_of(country_code, state_code) or next(filter(None, zones), None)


@lru_cache(maxsize=8192)
def zone_of_number(key: str) -> str | None:
    """Return the time zone of a number, ``None`` when it is not certain.

    Brazil by area code; elsewhere only where the number belongs to a single zone.

    :param key: an E.164 number, digits only, e.g. ``5547999887766``
    """
    if key.startswith("55") and len(key) in (12, 13):
        return BRAZIL.get(AREA_STATES.get(key[2:4], ""))
    try:
        zones = time_zones_for_number(phonenumbers.parse(f"+{key}"))
    except phonenumbers.NumberParseException:
        return None
    return zones[0] if len(zones) == 1 and zones[0] in pytz.all_timezones_set else None


@lru_cache(maxsize=1024)
def zone_of(country_code: str | None, state_code: str | None) -> str | None:
    """Return the name of the time zone of a place, ``None`` when it is not certain.

    Brazil by state; another country only when it has a single zone.

    :param country_code: ISO 3166-1 alpha-2 code, e.g. ``BR``
    :param state_code: code of the state, e.g. ``SC``; empty when unknown
    """
    if not country_code:
        return None
    if country_code == "BR":
        return BRAZIL.get((state_code or "").upper())
    zones = pytz.country_timezones.get(country_code, ())
    return zones[0] if len(zones) == 1 else None
