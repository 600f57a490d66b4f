# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A domain that a person typed, turned into one that only that person's rights serve.

Odoo checks the fields of a search, but looks as superuser at what lies behind some
relations: those with ``bypass_search_access``, inherited and related ones. What a
person may not read could be found out by counting. So each step of each path is
checked here, and what lies behind a relation becomes a search of its own.
"""

import ast

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.models import BaseModel

# Characters of a typed domain; that bounds its lists of values, too.
MAX_TEXT = 20_000
MAX_CONDITIONS = 100
# Relations one behind the other, as in ``parent_id.user_id.login``: two.
MAX_STEPS = 4

EQUAL = frozenset({"=", "==", "=?", "in"})
HIERARCHY = frozenset({"child_of", "parent_of"})
# Fields that have named parts, as in ``create_date.month_number``.
WITH_PARTS = frozenset({"date", "datetime", "properties"})
NOT_A_DOMAIN = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)
SIMPLE = (str, int, float, bool, type(None))


class TypedDomain:
    """Reads one domain for one person.

    :param model: empty recordset of what is filtered, in the person's environment
    """

    def __init__(self, model):
        self.model = model
        self.env = model.env
        self.conditions = 0

    def domain_of(self, text):
        """Read a domain as it was typed.

        :param str text: a Python literal
        :return: conditions on fields that the person may read; what lies behind a
            relation is a query with the person's rights
        :rtype: odoo.fields.Domain
        :raise ValidationError: when it is too long, too deep or has too many conditions
        :raise AccessError: when it looks at what the person may not read
        :raise Exception: whatever Odoo raises for a domain that cannot be used
        """
        text = text or "[]"
        if len(text) > MAX_TEXT:
            raise ValidationError(
                self.env._(
                    "there are more than %(most)s characters.", most=f"{MAX_TEXT:,}"
                )
            )
        try:
            domain = Domain(ast.literal_eval(text))
        except NOT_A_DOMAIN as error:
            raise ValidationError(
                self.env._("they are not written as a list of conditions.")
            ) from error
        return self._convert(self.model, domain, ())

    def _convert(self, model, domain, path):
        """Convert all conditions of a domain that was typed."""

        def convert(condition):
            self._count()
            return self._condition(model, condition, path)

        return domain.map_conditions(convert)

    def _condition(self, model, condition, path):
        """Check one condition, and let it be looked at with the person's rights.

        :param path: names of the fields that lead from the filtered model to this one
        """
        name, _dot, rest = condition.field_expr.partition(".")
        path = (*path, name)
        if len(path) > MAX_STEPS + 1:
            raise ValidationError(
                self.env._(
                    "a path goes over more than %(most)s relations.", most=MAX_STEPS
                )
            )
        if condition.operator.endswith("!"):
            # no rules behind it; written in capitals, Domain takes it
            raise self._unusable(condition.field_expr)
        field = self._field(model, name, path)
        if name == "id" and _positive(condition.operator) == "any":
            inside = self._convert(model, Domain(condition.value), path)
            return inside if condition.operator == "any" else ~inside
        if field.relational:
            return self._relation(model, field, condition, rest, path)
        self._check_plain(field, condition, rest)
        return condition

    def _count(self):
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            raise ValidationError(
                self.env._(
                    "there are more than %(most)s conditions.", most=MAX_CONDITIONS
                )
            )

    # -------------------------------------------------------------------------
    # Rights
    # -------------------------------------------------------------------------

    def _field(self, model, name, path):
        """The field of a model, if the person may read it."""
        field = model._fields.get(name)
        if field is None:
            raise self._missing(".".join(path))
        if not _may_read(model, field):
            raise self._refused(path)
        return field

    def _comodel(self, model, field, path):
        """The model behind a relation, if the person may read it.

        Where records are readable or not one by one, decided in Python, no query can
        tell them apart: such models (messages, activities, attachments) are refused.
        """
        comodel = model.env[field.comodel_name]
        one_by_one = type(comodel)._check_access is not BaseModel._check_access
        if not self.env.su and (one_by_one or not comodel.has_access("read")):
            raise self._refused(path)
        return comodel

    def _refused(self, path):
        return AccessError(
            self.env._(
                "“%(path)s” leads to data that you may not filter by.",
                path=".".join(path),
            )
        )

    # -------------------------------------------------------------------------
    # Conditions
    # -------------------------------------------------------------------------

    def _check_plain(self, field, condition, rest):
        """Refuse what Odoo would misread, or log with all its values."""
        if rest and (field.type not in WITH_PARTS or "." in rest):
            raise self._missing(condition.field_expr)
        simple = all(isinstance(value, SIMPLE) for value in _values(condition))
        if not simple or (field.type == "binary" and condition.value):
            raise self._unusable(condition.field_expr)

    def _missing(self, path):
        return ValidationError(self.env._("“%(path)s” does not exist.", path=path))

    def _unusable(self, path):
        return ValidationError(
            self.env._("“%(path)s” cannot be compared like this.", path=path)
        )

    def _relation(self, model, field, condition, rest, path):
        """A condition on a relation, or on what lies behind it."""
        comodel = self._comodel(model, field, path)
        operator, value = condition.operator, condition.value
        if rest:
            behind = self._condition(comodel, Domain(rest, operator, value), path)
            return _behind(field, comodel, behind)
        if _positive(operator) == "any":
            behind = self._convert(comodel, Domain(value), path)
            found = _behind(field, comodel, behind)
            return found if operator == "any" else ~found
        self._check_plain(field, condition, rest)
        return self._selected(field, comodel, condition)

    def _selected(self, field, comodel, condition):
        """A condition on the related records themselves: by id or by name."""
        positive, values = _positive(condition.operator), _values(condition)
        ids = [value for value in values if type(value) is int]
        names = [value for value in values if isinstance(value, str) and value]
        if positive.endswith("like"):
            names = [str(value) for value in values if value]
        if positive in HIERARCHY:
            if not _is_opaque(field):
                return condition
            found = _by_id(field, comodel, Domain("id", positive, condition.value))
        elif names and _is_opaque(field):
            if positive in EQUAL:
                found = _by_id(field, comodel, Domain("display_name", "in", names))
                found |= Domain(field.name, "in", ids) if ids else Domain.FALSE
            else:
                found = _by_id(field, comodel, Domain("display_name", positive, *names))
        elif ids and positive in EQUAL and field.type != "many2one" and not names:
            found = _by_id(field, comodel, Domain("id", "in", ids))
        else:
            return condition
        if positive in EQUAL and any(value in (False, None) for value in values):
            found |= Domain(field.name, "=", False)
        return found if positive == condition.operator else ~found


def _positive(operator):
    return Domain.NEGATIVE_OPERATORS.get(operator, operator)


def _values(condition):
    value = condition.value
    return list(value) if isinstance(value, list | tuple | set) else [value]


def _may_read(model, field):
    """Whether the person may read a field, and each field that it is read from."""
    if model.env.su:
        return True
    if not model._has_field_access(field, "read"):
        return False
    for name in field.related.split(".") if field.related else ():
        step = model._fields[name]
        if not _may_read(model, step):
            return False
        model = model.env[step.comodel_name] if step.comodel_name else model
    return True


def _is_opaque(field):
    """Whether Odoo looks at what lies behind a relation as superuser."""
    related = field.related and not field.store and field.compute_sudo
    return bool(field.bypass_search_access or field.inherited or related)


def _behind(field, comodel, domain):
    """Related to a record that the person sees and that is like this."""
    if field.type != "many2one":
        comodel = comodel.with_context(**field.context)
    query = comodel._search(domain, active_test=field.type != "many2one")
    return _related(field, query)


def _by_id(field, comodel, domain):
    """Related to a record that the person sees, archived or not."""
    return _related(field, comodel._search(domain, active_test=False))


def _related(field, query):
    if field.search and not field.related:
        # a search method may pass it on as it does with what was typed
        return Domain(field.name, "any", Domain("id", "any", query))
    return Domain(field.name, "any", query)
