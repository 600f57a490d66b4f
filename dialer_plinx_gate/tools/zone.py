# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The time zone of a place, from its country and state, without the ORM."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import pytz

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
