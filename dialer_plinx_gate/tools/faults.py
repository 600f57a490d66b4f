# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Jobs that work for many: the fault of one is logged, and the others go on."""

import logging
import traceback
from contextlib import contextmanager, nullcontext

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


@contextmanager
def kept_apart(record, job, commits=False):
    """Let a fault within the block undo and end the block, and nothing else.

    :param record: for whom the block works: a company, a campaign, a session
    :param str job: what is being done, for the log
    :param bool commits: the block commits by itself; what it had not committed yet is
        undone. Otherwise the whole block is, by a savepoint.
    """
    cr = record.env.cr
    try:
        with nullcontext() if commits else cr.savepoint():
            yield
    except Exception as error:
        if commits:
            cr.rollback()
        if isinstance(error, _CONFLICTS):
            _logger.info("%s: left for the next run of %s", record, job)
        else:
            # as text, so that no number of a customer stands in it
            trace = mask("".join(traceback.format_exception(error)))
            _logger.error("%s failed for %s, goes on:\n%s", job, record, trace)
