# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The circuit breaker: when to stop asking Plinx, and when to ask again.

Pure functions over a small state that fits into one database row, so that all
workers share it. It opens after five failures in a row, or when half of the last
ten calls within a minute failed, and both only when the failures go on for five
seconds: many agents make many calls in a moment, and a blip is over sooner than a
pause. It stays open for 30 s, twice as long after each failed probe, 300 s at most;
then one worker may probe. Times are naive UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from . import reasons
from .verdict import Verdict, unknown

IN_A_ROW = 5
WINDOW_CALLS, WINDOW_SECONDS = 10, 60
TROUBLE_SECONDS = 5
FIRST_BACKOFF, LAST_BACKOFF = 30, 300
PROBE_SECONDS = 30
MAX_COOLDOWN, DEFAULT_COOLDOWN = 60, 10

_MOMENTS = (
    "failing_since",
    "opened_at",
    "open_until",
    "probing_until",
    "cooldown_until",
)

CALL, PROBE, REFUSE = "call", "probe", "refuse"


class Outcome(NamedTuple):
    """How one call ended: a code of :mod:`reasons`, and the wait asked for (s)."""

    reason: str
    retry_after: float | None = None

    @property
    def kind(self) -> str:
        """What it means to the breaker; an unknown reason means nothing."""
        known = reasons.REASONS.get(self.reason)
        return known.outcome if known else reasons.NEUTRAL


@dataclass(frozen=True)
class BreakerState:
    """Everything the workers share.

    ``window`` holds the latest calls as (time, failed). ``failing_since`` is the first
    of the failures in a row, None without any. ``opened_at`` is when the
    trouble began and stays through failed probes; it is None while all is well.
    ``auth_error`` is the code of a refused token.
    """

    failures_in_row: int = 0
    failing_since: datetime | None = None
    window: tuple[tuple[datetime, bool], ...] = ()
    opened_at: datetime | None = None
    open_until: datetime | None = None
    backoff_s: int = 0
    probing_until: datetime | None = None
    auth_error: str | None = None
    cooldown_until: datetime | None = None
    last_reason: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are held back for Plinx's ill health or our token."""
        return self.opened_at is not None

    def to_json(self) -> dict[str, object]:
        """The state as JSON knows it; times as ISO 8601 texts."""
        values = asdict(self)
        values["window"] = [[at.isoformat(), bad] for at, bad in self.window]
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in values.items()
        }

    @classmethod
    def from_json(cls, values: object) -> BreakerState:
        """The state back from :meth:`to_json`; anything unreadable is a fresh one."""
        if not isinstance(values, Mapping):
            return cls()
        try:
            # Rows stored before there was a field have none.
            known = {one.name: values.get(one.name, one.default) for one in fields(cls)}
            known["window"] = tuple(
                (datetime.fromisoformat(at), bool(bad)) for at, bad in known["window"]
            )
            for name in _MOMENTS:
                known[name] = known[name] and datetime.fromisoformat(known[name])
            return cls(**known)
        except (KeyError, TypeError, ValueError):
            return cls()


def allow(state: BreakerState, now: datetime) -> str:
    """Whether to call Plinx now: ``call``, ``probe`` or ``refuse``.

    Who gets ``probe`` must store :func:`start_probe` before calling, so that the
    others go on being refused.
    """
    if state.cooldown_until and now < state.cooldown_until:
        return REFUSE
    if not state.is_open:
        return CALL
    if state.open_until and now < state.open_until:
        return REFUSE
    if state.probing_until and now < state.probing_until:
        return REFUSE
    return PROBE


def start_probe(state: BreakerState, now: datetime) -> BreakerState:
    """The state while one worker probes; a worker that dies frees it in time."""
    return replace(state, probing_until=now + timedelta(seconds=PROBE_SECONDS))


def next_try(state: BreakerState, now: datetime) -> datetime:
    """When a refused caller may ask again."""
    waits = (state.cooldown_until, state.open_until, state.probing_until)
    return max((at for at in waits if at and at > now), default=now)


def refusal(state: BreakerState, now: datetime) -> Verdict:
    """The verdict of a customer nobody asked about, because :func:`allow` refused."""
    retry_at = next_try(state, now)
    seconds = (retry_at - now).total_seconds()
    if state.auth_error:
        verdict = unknown(state.auth_error, status=_status(state.auth_error))
    elif state.is_open:
        verdict = unknown("breaker_open", seconds=seconds, last=state.last_reason)
    else:
        verdict = unknown("rate_limited", seconds=seconds)
    return replace(verdict, retry_at=retry_at)


def record(
    state: BreakerState, outcomes: Iterable[Outcome], now: datetime
) -> BreakerState:
    """The state after calls that have just ended, in their order."""
    for outcome in outcomes:
        state = _STEPS[outcome.kind](state, outcome, now)
    return state


def _answered(state: BreakerState, outcome: Outcome, now: datetime) -> BreakerState:
    if state.is_open:
        return BreakerState(last_reason=outcome.reason)
    return replace(
        state,
        failures_in_row=0,
        failing_since=None,
        cooldown_until=None,
        window=_window(state, False, now),
        last_reason=outcome.reason,
    )


def _failed(state: BreakerState, outcome: Outcome, now: datetime) -> BreakerState:
    state = replace(
        state,
        failures_in_row=state.failures_in_row + 1,
        failing_since=state.failing_since or now,
        window=_window(state, True, now),
        last_reason=outcome.reason,
    )
    if state.is_open:
        # A straggler that began before the opening is no probe.
        return _open(state, now) if state.probing_until else state
    return _open(state, now) if _is_ill(state, now) else state


def _is_ill(state: BreakerState, now: datetime) -> bool:
    """Whether enough calls failed, over enough time."""
    trouble = timedelta(seconds=TROUBLE_SECONDS)
    if state.failures_in_row >= IN_A_ROW and now - state.failing_since >= trouble:
        return True
    failed = [at for at, bad in state.window if bad]
    often = len(state.window) == WINDOW_CALLS and len(failed) * 2 >= WINDOW_CALLS
    return often and now - failed[0] >= trouble


def _limited(state: BreakerState, outcome: Outcome, now: datetime) -> BreakerState:
    asked = outcome.retry_after
    seconds = DEFAULT_COOLDOWN if asked is None else min(max(asked, 0), MAX_COOLDOWN)
    # Who limits is alive: an open breaker closes, and cools down instead.
    return replace(
        BreakerState()
        if state.is_open
        else replace(state, failures_in_row=0, failing_since=None),
        cooldown_until=now + timedelta(seconds=seconds),
        last_reason=outcome.reason,
    )


def _refused(state: BreakerState, outcome: Outcome, now: datetime) -> BreakerState:
    return replace(
        state,
        auth_error=outcome.reason,
        opened_at=state.opened_at or now,
        open_until=now + timedelta(seconds=LAST_BACKOFF),
        backoff_s=LAST_BACKOFF,
        probing_until=None,
        last_reason=outcome.reason,
    )


def _unmoved(state: BreakerState, outcome: Outcome, now: datetime) -> BreakerState:
    return replace(state, probing_until=None, last_reason=outcome.reason)


def _open(state: BreakerState, now: datetime) -> BreakerState:
    backoff = min(state.backoff_s * 2 or FIRST_BACKOFF, LAST_BACKOFF)
    return replace(
        state,
        opened_at=state.opened_at or now,
        open_until=now + timedelta(seconds=backoff),
        backoff_s=backoff,
        probing_until=None,
    )


def _window(
    state: BreakerState, failed: bool, now: datetime
) -> tuple[tuple[datetime, bool], ...]:
    since = now - timedelta(seconds=WINDOW_SECONDS)
    kept = [one for one in state.window if one[0] > since]
    return (*kept, (now, failed))[-WINDOW_CALLS:]


def _status(code: str) -> int:
    return 403 if code == "forbidden" else 401


_STEPS = {
    reasons.OK: _answered,
    reasons.FAILURE: _failed,
    reasons.LIMITED: _limited,
    reasons.AUTH: _refused,
    reasons.NEUTRAL: _unmoved,
}
