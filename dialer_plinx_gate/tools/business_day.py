# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Public holidays and the next business day, without the ORM.

The holidays come from the ``holidays`` library (https://holidays.readthedocs.io).
Its import costs about 0.2 s, so it happens at the first question, and its answers
are kept for the life of the process.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

_logger = logging.getLogger(__name__)

#: Days looked at before the search for a business day gives up.
LIMIT_DAYS = 60
LANGUAGE = "pt_BR"
_NO_HOLIDAYS: Mapping[date, str] = MappingProxyType({})


class BusinessDay(NamedTuple):
    """A day found by :func:`next_business_day`.

    ``start`` is what ``works_on`` returned for the day, ``None`` when ``warning`` is
    true: then no business day was found and ``date`` is merely a weekday.
    """

    date: date
    start: Any
    warning: bool


@lru_cache(maxsize=256)
def _country(country_code: str) -> Any:
    """Return the library's empty calendar of a country, ``None`` without one.

    Cached, so that what is missing is logged once a process.
    """
    try:
        import holidays  # pylint: disable=import-outside-toplevel # slow to import
    except ImportError:
        _logger.warning(
            "The Python library holidays is not installed: no public holidays of %s",
            country_code,
        )
        return None
    try:
        return holidays.country_holidays(country_code)
    except NotImplementedError:
        _logger.warning("No public holidays are known for country %s", country_code)
        return None


@lru_cache(maxsize=1024)
def _canonical_subdivision(country_code: str, subdivision: str) -> str | None:
    """Return the library's spelling of a subdivision, ``None`` if unknown."""
    country = _country(country_code)
    if country is None:
        return None
    typed = subdivision.strip().casefold()
    for code in country.subdivisions:
        if code.casefold() == typed:
            return code
    for alias, code in (getattr(country, "subdivisions_aliases", None) or {}).items():
        if alias.casefold() == typed:
            return code
    return None


def subdivisions(country_code: str) -> tuple[str, ...]:
    """Return the subdivision codes of a country, e.g. ``("AC", ..., "SC", ...)``.

    Empty for a country without subdivisions or holidays.

    :param country_code: ISO 3166-1 alpha-2 code, e.g. ``BR``
    """
    country = _country(country_code)
    return tuple(country.subdivisions) if country is not None else ()


def check_subdivision(country_code: str, subdivision: str) -> bool:
    """Tell whether the holidays of a subdivision are known.

    Codes and the names that the library knows are accepted, in any case.
    """
    return _canonical_subdivision(country_code, subdivision) is not None


@lru_cache(maxsize=256)
def _known_subdivision(country_code: str, subdivision: str) -> str | None:
    """Return the subdivision to ask for; log an unknown one once."""
    code = _canonical_subdivision(country_code, subdivision)
    if code is None:
        _logger.warning(
            "Subdivision %s of country %s is unknown: national holidays only",
            subdivision,
            country_code,
        )
    return code


@lru_cache(maxsize=1024)
def holiday_names(
    country_code: str, subdivision: str | None, year: int, optional: bool = False
) -> Mapping[date, str]:
    """Return the public holidays of one year, by date.

    Names are in Brazilian Portuguese where the library has them, else in the
    country's own language. A country without data, or a missing library, has no
    holidays; an unknown subdivision has the national ones (each is logged once).

    :param country_code: ISO 3166-1 alpha-2 code, e.g. ``BR``
    :param subdivision: code of the state or region, e.g. ``SC``; empty: none
    :param year: the calendar year
    :param optional: whether optional days (*pontos facultativos* such as Carnival)
        count, where the country has that category
    :return: a read-only mapping of local date to name
    """
    country = _country(country_code)
    if country is None:
        return _NO_HOLIDAYS
    import holidays  # pylint: disable=import-outside-toplevel # see _country

    categories = ["public"]
    if optional and "optional" in country.supported_categories:
        categories.append("optional")
    found = holidays.country_holidays(
        country_code,
        subdiv=_known_subdivision(country_code, subdivision) if subdivision else None,
        # A holiday may be observed in the neighbouring year (31 December for
        # 1 January), and without a language the server's locale decides.
        years=range(year - 1, year + 2),
        language=(
            LANGUAGE
            if LANGUAGE in country.supported_languages
            else country.default_language
        ),
        categories=categories,
    )
    return MappingProxyType({day: found[day] for day in found if day.year == year})


def holiday_name(
    country_code: str | None,
    subdivision: str | None,
    local_date: date,
    optional: bool = False,
) -> str | None:
    """Return the name of the public holiday on a local date, ``None`` without one.

    Without a country there are no holidays. See :func:`holiday_names`.
    """
    if not country_code:
        return None
    names = holiday_names(
        country_code, subdivision or None, local_date.year, bool(optional)
    )
    return names.get(local_date)


def next_business_day(
    local_date: date,
    works_on: Callable[[date], Any],
    is_holiday: Callable[[date], str | None],
    limit: int = LIMIT_DAYS,
) -> BusinessDay:
    """Return the first business day after a local date.

    :param local_date: the day to start from, never the answer itself
    :param works_on: gives something true (e.g. the start of work) for a day worked
    :param is_holiday: gives the name of the holiday on a day, or ``None``
    :param limit: how many days to look at
    :return: the day; if there is none within ``limit`` days, the next Monday to
        Friday with ``warning`` set
    """
    for offset in range(1, limit + 1):
        day = local_date + timedelta(days=offset)
        start = works_on(day)
        if start and not is_holiday(day):
            return BusinessDay(day, start, False)
    day = local_date + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return BusinessDay(day, None, True)
