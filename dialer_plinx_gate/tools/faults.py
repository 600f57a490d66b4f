# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Jobs that work for many: the fault of one is logged, and the others go on."""

import logging
import traceback
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import psycopg2.errors

from odoo.exceptions import ConcurrencyError, LockError

from .log_privacy import mask

_logger = logging.getLogger(__name__)

# Somebody else was faster: no fault, the job's next run does it.
_CONFLICTS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.LockNotAvailable,
    psycopg2.errors.DeadlockDetected,
    ConcurrencyError,
    LockError,
)


@dataclass
class Outcome:
    """How a block went that was kept apart: ``error`` is what ended it, or None."""

    error: Exception | None = None

    @property
    def conflict(self) -> bool:
        """Whether somebody else was faster: the next run, on the new truth, does it."""
        return isinstance(self.error, _CONFLICTS)


@contextmanager
def kept_apart(record, job, commits=False, expected=()):
    """Let a fault within the block undo and end the block, and nothing else.

    :param record: for whom the block works: a company, a campaign, a session
    :param str job: what is being done, for the log
    :param bool commits: the block commits by itself; what it had not committed yet is
        undone. Otherwise the whole block is, by a savepoint.
    :param expected: classes of errors that the caller deals with: they are not logged
    :return: an :class:`Outcome`, to be looked at after the block
    """
    cr, outcome = record.env.cr, Outcome()
    try:
        with nullcontext() if commits else cr.savepoint():
            yield outcome
    except Exception as error:
        outcome.error = error
        if commits:
            cr.rollback()
        if isinstance(error, expected):
            return
        if outcome.conflict:
            _logger.info("%s: left for the next run of %s", record, job)
        else:
            # as text, so that no number of a customer stands in it
            trace = mask("".join(traceback.format_exception(error)))
            _logger.error("%s failed for %s, goes on:\n%s", job, record, trace)
