# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tests of the access matrix have in common: introspection, and a world."""

from odoo.tests import TransactionCase

from . import access_table as table
from .access_probe import may
from .access_world import AccessWorld

ADDONS = "odoo.addons.dialer_plinx_gate"
MODULES = "dialer_plinx_gate"


def own_models(env):
    """Names of the addon's models that have records, of its glue addons' too.

    :rtype: list[str]
    """
    return sorted(
        name
        for name, model in env.registry.items()
        if model._original_module.startswith(MODULES) and not model._abstract
    )


def own_fields(model):
    """The fields of a model that the addon made, or had a hand in.

    :rtype: list
    """
    return [
        field
        for field in model._fields.values()
        if any(module.startswith(MODULES) for module in field._modules)
    ]


def public_methods(env):
    """Everything the addon's classes let anybody call over RPC, by model.

    What Odoo's own models have, such as ``write``, is tried by the models' rows.

    :return: ``model.method``
    :rtype: list[str]
    """
    found = set()
    for name, model in env.registry.items():
        if model._abstract and _is_mixin(env, model):
            continue
        for cls in model.mro():
            if not cls.__module__.startswith(ADDONS):
                continue
            for word, value in vars(cls).items():
                if callable(value) and not isinstance(value, type):
                    if not (word.startswith("_") or hasattr(env["base"], word)):
                        if not getattr(getattr(model, word), "_api_private", False):
                            found.add(f"{name}.{word}")
    return sorted(found)


def _is_mixin(env, model):
    """Whether other models have its methods: they are called there."""
    return bool(model._inherit_children)


class AccessCase(AccessWorld, TransactionCase):
    """A world, and questions about it."""

    def known(self, model):
        """The records of a model that the world holds."""
        return self.targets[model]

    def tried(self, model, rights, person):
        """The records to try a right on: all, or the first of each company.

        Who has the right on no record is refused by the model, whichever it is.
        """
        if may(rights, person):
            return self.known(model)
        firsts = (self.first(model, letter) for letter in ("A", "B", None))
        return [target for target in firsts if target]

    def allowed_ids(self, rights, person, model):
        """Ids of the world's records of a model that the rights let a person at."""
        return {t.id for t in self.known(model) if may(rights, person, t)}

    def each(self):
        """Every model with records and its row, in the order of their names."""
        for model in own_models(self.env):
            if model in table.MODELS and model in self.targets:
                yield model, table.MODELS[model]

    def is_model_method(self, name):
        """Whether a method, as named in the table, is called on no records."""
        model, _dot, method = name.rpartition(".")
        return getattr(getattr(type(self.env[model]), method), "_api_model", False)

    def secret_may(self, field, person):
        """Whether a person gets an answer about a field, as far as secrets go."""
        rights = table.SECRET_FIELDS.get(field)
        return rights is None or may(rights, person)

    def readable_fields(self, person, model):
        """Names of the fields that a person may name at all.

        Lines of a model that the person may not read are refused with the field:
        they are tried on that model.
        """
        return [
            name
            for name, field in self.env[model]._fields.items()
            if self._has_group(field, person) and self._reads_lines(field, person)
        ]

    def _reads_lines(self, field, person):
        row = table.MODELS.get(field.comodel_name)
        return field.type != "one2many" or not row or may(row.read, person)

    def _has_group(self, field, person):
        groups = field.groups
        return not groups or self.env(user=person.user.id).user.has_groups(groups)
