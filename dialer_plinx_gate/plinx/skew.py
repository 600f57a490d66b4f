# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The provider's clock against ours, and what that means for pushed events."""

from __future__ import annotations

from datetime import datetime, timedelta

from .verdict import AnswerError, parse_time

#: How old a pushed event may be to say anything about this moment.
FRESH_SECONDS = 60
#: How exactly a difference of clocks can be known over a network.
TOLERANCE_SECONDS = 1


def measure(as_of: object, asked: datetime, answered: datetime) -> float | None:
    """How many seconds the provider's clock is ahead of ours.

    :param as_of: the provider's time in an answer, RFC 3339
    :param asked: our time when the question was put, naive UTC
    :param answered: our time when the answer was there, naive UTC
    :return: seconds, negative when it is behind; None without a time
    """
    try:
        theirs = parse_time(as_of)
    except AnswerError:
        return None
    return (theirs - (asked + (answered - asked) / 2)).total_seconds()


def age(occurred_at: datetime, now: datetime, skew_s: float | None) -> timedelta:
    """How long ago by the provider's clock something happened there.

    :param skew_s: of :func:`measure`; None, not known, is no difference
    """
    return now + timedelta(seconds=skew_s or 0) - occurred_at


def is_fresh(
    occurred_at: datetime | None,
    now: datetime,
    skew_s: float | None,
    seconds: float = FRESH_SECONDS,
) -> bool:
    """Whether a pushed event is young enough to count; one of the future is not.

    :param occurred_at: the event's own time, naive UTC; None is not fresh
    :param now: our time, naive UTC
    """
    if occurred_at is None:
        return False
    passed = age(occurred_at, now, skew_s).total_seconds()
    return -TOLERANCE_SECONDS <= passed < seconds
