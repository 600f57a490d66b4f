# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What comes from outside, as something that the models can work with.

Public methods are called by the web client, by other programs and by curious people,
with anything at all. Each function here gives back a value of the kind it names, or
raises a sentence for a person; never what Python or the database would say.

The records come first, so that nobody learns anything of a model that is closed to
them, then what was given with them.
"""

from datetime import date, datetime, timedelta, timezone

from odoo import fields
from odoo.exceptions import MissingError, UserError

# The ids of Odoo are 32-bit integers.
MAX_ID = 2**31 - 1
# What fits a note that a person types, in characters.
MAX_TEXT = 10_000
# Nobody plans a call further ahead; far later, the calendar of Python ends.
MAX_AHEAD = timedelta(days=3653)


def is_id(value):
    """Whether a record could have this id.

    :rtype: bool
    """
    return (
        isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID
    )


def is_nothing(value):
    """Whether nothing was given: None, or Odoo's False; zero is something.

    :rtype: bool
    """
    return value is None or value is False


def known(records, operation="read"):
    """These records, at least one, that the user has this right on.

    :param records: as the caller named them
    :param str operation: ``read``, ``write``, ``create`` or ``unlink``
    :raise AccessError: when the right is missing
    :raise UserError: when there is none
    :raise MissingError: when one cannot exist
    """
    # the model's own rights do not look at the ids
    records.browse().check_access(operation)
    if not records._ids:
        raise UserError(records.env._("Choose a record first."))
    if not all(map(is_id, records._ids)):
        raise MissingError(
            records.env._("The record does not exist any more. Reload the page.")
        )
    records.check_access(operation)
    return records


def one(records, operation="read"):
    """The one record that a method is for. See :func:`known`.

    :raise UserError: when there is none, or more than one
    """
    records.browse().check_access(operation)
    if len(records._ids) > 1:
        raise UserError(records.env._("This can be done for one record at a time."))
    return known(records, operation)


def pick(model, value, refusal):
    """The record with this id, if the user may read it.

    :param model: an empty recordset
    :param value: the id, as given
    :param str refusal: the sentence when there is none
    :raise AccessError: when the user may not read it
    :raise UserError: when it does not exist
    """
    model.check_access("read")
    record = model.browse(value if is_id(value) else ()).exists()
    if not record:
        raise UserError(refusal)
    record.check_access("read")
    return record


def record_id(env, value):
    """An id that may be left out, of a record that is only compared.

    :rtype: int | None
    :raise UserError: when it is no id
    """
    if is_nothing(value):
        return None
    if not is_id(value):
        raise UserError(env._("A record is named by its number."))
    return value


def choice(value, options, refusal):
    """One of some codes.

    :param options: the codes that are offered
    :param str refusal: the sentence for everything else
    :rtype: str
    :raise UserError: when it is none of them
    """
    if not isinstance(value, str) or value not in options:
        raise UserError(refusal)
    return value


def flag(env, value):
    """Yes or no; nothing is no.

    :rtype: bool
    :raise UserError: when it is neither
    """
    if value is not None and not isinstance(value, bool):
        raise UserError(env._("Say yes or no."))
    return bool(value)


def whole(env, value):
    """A whole number of any sign and size.

    :rtype: int
    :raise UserError: when it is none
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError(env._("Enter a whole number."))
    return value


def text(env, value, limit=MAX_TEXT):
    """A text that the database can keep.

    :param int limit: characters at the most
    :return: the text as it is, or False when nothing was given
    :rtype: str | bool
    :raise UserError: when it is none, too long, or cannot be stored
    """
    if is_nothing(value):
        return False
    if not isinstance(value, str):
        raise UserError(env._("Enter a text."))
    if len(value) > limit:
        raise UserError(
            env._(
                "The text is too long: it has %(length)s characters, at most "
                "%(limit)s fit.",
                length=len(value),
                limit=limit,
            )
        )
    if not _can_be_stored(value):
        raise UserError(
            env._(
                "The text has characters that cannot be stored. Remove what looks "
                "odd in it, and try again."
            )
        )
    return value


def moment(env, value):
    """A date with a time, at most ten years ahead.

    :param value: datetime, naive in UTC or with a time zone, or text in the form
        ``YYYY-MM-DD HH:MM:SS`` in UTC
    :return: naive UTC to the second, or False when nothing was given
    :rtype: datetime.datetime | bool
    :raise UserError: when it is none
    """
    if is_nothing(value) or value == "":
        return False
    refusal = UserError(env._("The next contact needs a date and a time."))
    if not isinstance(value, str | date):
        raise refusal
    try:
        # Odoo refuses those with a time zone
        ready = isinstance(value, datetime)
        found = value if ready else fields.Datetime.to_datetime(value)
        if found.tzinfo:
            found = found.astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise refusal from error
    if found - _now() > MAX_AHEAD:
        raise UserError(env._("The next contact must be within the next ten years."))
    return found.replace(microsecond=0)


def _now():
    return datetime.now(timezone.utc).replace(tzinfo=None)


def _can_be_stored(value):
    """Whether PostgreSQL takes this text: no NUL, no half of a character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in value
