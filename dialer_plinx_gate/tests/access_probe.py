# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Calls as a stranger makes them, and what is looked for in their answers."""

import logging
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg2

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.service.model import call_kw

_logger = logging.getLogger("odoo.tests.access_matrix")

# What a refusal looks like over RPC: a sentence, never a traceback.
REFUSALS = (UserError, RedirectWarning)
FIGURES = ("calls", "done", "refused", "leak", "forbidden", "shut out", "error")
# What Odoo's own code answers to a filter or a group that makes no sense.
CORE_ERRORS = (ValueError, TypeError)
ROLE_GROUPS = {
    "employee": "base.group_user",
    "seller": "sales_team.group_sale_salesman",
    "agent": "dialer_plinx_gate.group_dialer_agent",
    "supervisor": "dialer_plinx_gate.group_dialer_supervisor",
    "system": "base.group_system",
}


@dataclass(frozen=True)
class Person:
    """Somebody who calls: a user, their roles and the letters of their companies."""

    name: str
    user: Any
    roles: frozenset
    letters: frozenset

    @classmethod
    def of(cls, name, user, letters):
        """Make one of a user, with the roles of the user's groups."""
        roles = {role for role, group in ROLE_GROUPS.items() if user.has_group(group)}
        if {"supervisor", "system"} <= roles:
            roles.add("admin")
        return cls(name, user, frozenset(roles), frozenset(letters))


@dataclass(frozen=True)
class Target:
    """A record: the letter of its company, None when shared, and whose it is."""

    label: str
    record: Any
    letter: str | None
    owner: Any = None

    @property
    def id(self):
        """The id that a stranger would guess."""
        return self.record.id


@dataclass(frozen=True)
class Mark:
    """A text that only some people may ever be shown.

    ``kind`` is ``secret`` (nobody), ``system`` (administrators), ``dialer`` (agents
    of the company), ``customer`` (its employees) or ``private`` (its owner).
    """

    text: str
    kind: str
    letter: str | None = None
    owner: Any = None

    def may_be_shown(self, person):
        """Whether this person may be shown the text."""
        inside = self.letter in person.letters
        return {
            "secret": False,
            "system": "system" in person.roles,
            "dialer": inside and bool({"agent", "system"} & person.roles),
            "customer": inside and "employee" in person.roles,
            "private": self.owner == person.user,
        }[self.kind]


class Outcome(NamedTuple):
    """How a call ended: ``kind`` is done, refused or error."""

    kind: str
    value: Any = None
    text: str = ""
    seen: Any = None

    @property
    def done(self):
        """Whether the call went through."""
        return self.kind == "done"


@dataclass
class Tally:
    """What was tried and what came of it."""

    counts: Counter = field(default_factory=Counter)
    findings: dict = field(default_factory=lambda: defaultdict(lambda: (set(), {})))
    by_model: dict = field(default_factory=lambda: defaultdict(Counter))

    def note(self, model, kind):
        """Count one call."""
        self.counts["calls"] += 1
        self.counts[kind] += 1
        self.by_model[model][kind] += 1

    def find(self, kind, what, person, detail=""):
        """Note something that must not be; people and details are gathered by it."""
        self.counts[kind] += 1
        names, details = self.findings[f"{kind}: {what}"]
        names.add(person.name)
        details[detail] = None

    def take(self):
        """Return the findings as sorted lines, and forget them."""
        lines = [
            f"{what} [{' '.join(sorted(names))}] {'; '.join(details)}"
            for what, (names, details) in self.findings.items()
        ]
        self.findings.clear()
        return sorted(lines)


# All classes together: the line of the last one is for the release's notes.
TOTAL = Counter()


def figures(counts):
    """Counts in the order in which they are read."""
    return ", ".join(f"{counts[name]} {name}" for name in FIGURES)


def may(rights, person, target=None):
    """Whether rights as written in the table let a person at a record.

    :param str rights: ``role scope, role scope``
    :param Target target: None when no record is meant
    """
    return any(
        role in person.roles and _within(scope, person, target)
        for role, scope in map(str.split, filter(None, rights.split(",")))
    )


def _within(scope, person, target):
    if target is None:
        return True
    if scope == "shared":
        return target.letter is None
    if target.letter not in person.letters:
        return False
    return scope == "company" or scope == "own" and target.owner == person.user


def _place(error):
    """An error in one line, with the place in the addon that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "dialer_plinx_gate" in f.filename.split("/tests/")[0]]
    frame = [*frames[-1:], *ours][-1]
    where = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
    return " ".join(f"{type(error).__name__}: {error} ({where})".split())


class LogWatch(logging.Handler):
    """Notes which marks were written into the log at INFO and above."""

    def __init__(self, marks):
        super().__init__(logging.INFO)
        self.marks = marks
        self.found = set()

    def emit(self, record):
        """Look for the marks in one line of the log, its traceback included."""
        text = record.getMessage()
        if record.exc_info:
            text += logging.Formatter().formatException(record.exc_info)
        for mark in self.marks:
            if mark.text in text:
                self.found.add(f"{mark.kind} of {mark.letter} logged by {record.name}")


class ProbeMixin:
    """Make calls as RPC does, each in a transaction of its own that is undone."""

    marks = ()

    @classmethod
    def start_probe(cls):
        """Begin to count, and to watch the log."""
        cls.tally = Tally()
        logged = [mark for mark in cls.marks if mark.kind == "secret"]
        cls.log_watch = LogWatch(logged + list(cls.logged_marks))
        for name in ("odoo", "werkzeug"):
            logger = logging.getLogger(name)
            # the tests' own runner may be quieter than a server
            if logger.getEffectiveLevel() > logging.INFO:
                cls.addClassCleanup(logger.setLevel, logger.level)
                logger.setLevel(logging.INFO)
            logger.addHandler(cls.log_watch)
            cls.addClassCleanup(logger.removeHandler, cls.log_watch)

    @classmethod
    def tearDownClass(cls):
        TOTAL.update(cls.tally.counts)
        for model, counts in sorted(cls.tally.by_model.items()):
            _logger.info("%s: %s", model, dict(counts))
        _logger.info(
            "Access matrix, %s: %s; so far: %s",
            cls.__name__,
            figures(cls.tally.counts),
            figures(TOTAL),
        )
        super().tearDownClass()

    def settle(self):
        """Fail with everything that was found since the last time."""
        found = self.tally.take()
        found += sorted(f"log: {line}" for line in self.log_watch.found)
        self.log_watch.found.clear()
        if found:
            self.fail(f"{len(found)} findings:\n" + "\n".join(found))

    def call(self, person, model, method, *args, inspect=None, core=False, **kwargs):
        """Call a public method as a person does over RPC, and undo what it did.

        :param bool core: what Odoo itself answers with an error, such as a filter by a
            field that has no column, is no fault of the addon
        :param inspect: called with the answer before it is undone; what it returns
            is the outcome's ``seen``
        :rtype: Outcome
        """
        env = self.env(user=person.user.id, su=False, context={})
        point = self.env.cr.savepoint()
        env.invalidate_all()
        try:
            outcome = self._attempt(env, model, method, args, kwargs, inspect)
        except REFUSALS as error:
            outcome = Outcome("refused", error, str(error))
        except psycopg2.IntegrityError as error:
            outcome = Outcome("refused", error)
        except Exception as error:
            kind = "refused" if core and isinstance(error, CORE_ERRORS) else "error"
            outcome = Outcome(kind, error, _place(error))
        finally:
            point.close()
        if isinstance(outcome.value, psycopg2.IntegrityError):
            # Odoo's request says it in a sentence: see odoo.service.model.retrying
            text = env[model]._sql_error_to_message(outcome.value)
            outcome = outcome._replace(text=str(text))
        self._take_down(person, f"{model}.{method}", outcome, repr((args, kwargs)))
        return outcome

    def _attempt(self, env, model, method, args, kwargs, inspect):
        value = call_kw(env[model], method, list(args), kwargs)
        env.flush_all()
        env.invalidate_all()
        seen = None
        if inspect:
            try:
                seen = inspect(value)
            except REFUSALS as error:
                seen = error
        return Outcome("done", value, repr(value), seen)

    def _take_down(self, person, where, outcome, asked):
        self.tally.note(where.rpartition(".")[0], outcome.kind)
        if outcome.kind == "error":
            asked = f"{outcome.text[-120:]} on {asked[:60]}"
            self.tally.find("error", where, person, asked)
        self.look_for_marks(person, where, outcome.text, asked)

    def look_for_marks(self, person, where, text, asked=""):
        """Note every mark in an answer that the person did not write themselves."""
        for mark in self.marks:
            if (
                mark.text in text
                and mark.text not in asked
                and not mark.may_be_shown(person)
            ):
                found = f"{mark.kind} of {mark.letter}"
                self.tally.find("leak", where, person, found)

    def expect(self, allowed, outcome, what, person, detail=""):
        """Note a call that went through and must not, or that was shut out.

        A sentence that says why an allowed call makes no sense now is no wall.
        """
        if outcome.done and not allowed:
            self.tally.find("forbidden", what, person, detail)
        elif allowed and isinstance(outcome.value, AccessError):
            sentence = " ".join(outcome.text.split())[:120]
            self.tally.find("shut out", what, person, f"{detail} {sentence}")
