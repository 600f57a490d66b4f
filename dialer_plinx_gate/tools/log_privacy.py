# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What never stands in the server's log: customers' numbers, keys, what people wrote.

The addon's own lines are written without them. The filters here are for lines that
Odoo and werkzeug write about what the addon does: the request line with the webhook's
key, statements on customers and on the dialer's tables that failed with all their
values, and sentences of the dialer that name a number. Other lines stay as they are.
"""

import logging
import re

import psycopg2.errors

from odoo.exceptions import UserError

_PACKAGE = "odoo.addons.dialer_plinx_gate"
# The last part of the receiver's address, see res_company_plinx.WEBHOOK_PATH.
_WEBHOOK = re.compile(r"(?<=/plinx/webhook/)[^\s?#\"'/]+")
# Digits with the signs that people write between them; a date is none.
_NUMBER = re.compile(r"\+?(?<![\w.])(?!\d{4}-\d\d-\d\d)\(?\d(?:[\s().-]{0,3}\d){7,}")
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_OURS = re.compile(r"\b(?:dialer_|plinx_|phone_blacklist\b)")
_CUSTOMERS = re.compile(r"\b(?:res_partner|crm_lead)\b")
# Another transaction was faster: Odoo runs the request again, or says a sentence.
_CONFLICTS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.LockNotAvailable,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.UniqueViolation,
)


def mask(text):
    """The text with the last four digits of each number that may be a phone's.

    :rtype: str
    """
    return _NUMBER.sub(_last_four, _WEBHOOK.sub("***", str(text)))


def _last_four(found):
    return "..." + re.sub(r"\D", "", found[0])[-4:]


class RequestFilter(logging.Filter):
    """Hide the key of a company's webhook address in the lines about requests."""

    def filter(self, record):
        line = record.getMessage()
        if "/plinx/webhook/" in line:
            record.msg, record.args = _WEBHOOK.sub("***", line), ()
        return True


class SentenceFilter(RequestFilter):
    """Hide also the numbers in a sentence that the dialer said to a person."""

    def filter(self, record):
        if isinstance(record.msg, UserError) and _is_ours(record.msg):
            record.msg = mask(record.msg)
        return super().filter(record)


class QueryFilter(logging.Filter):
    """Hide the values of failed statements, and take conflicts for what they are."""

    def filter(self, record):
        line = record.getMessage()
        ours = _OURS.search(line)
        if not ours and not _CUSTOMERS.search(line):
            return True
        if ours and record.args and isinstance(record.args[-1], _CONFLICTS):
            record.levelno, record.levelname = logging.INFO, "INFO"
        record.msg, record.args = mask(_LITERAL.sub("'***'", line)), ()
        return True


def _is_ours(error):
    """Whether the dialer's code raised this."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__", "") if trace else ""
    return module.startswith(_PACKAGE)


def install():
    """Put the filters where those lines are written; once a process."""
    for name, kind in (
        ("werkzeug", RequestFilter),
        ("longpolling", RequestFilter),
        ("odoo.http", SentenceFilter),
        ("odoo.sql_db", QueryFilter),
    ):
        logger = logging.getLogger(name)
        if not any(isinstance(known, kind) for known in logger.filters):
            logger.addFilter(kind())
