# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Names and numbers of customers travel only with the right to read the customer.

Odoo shows the name of a linked record to whoever may read the link. Agents read the
queue and the attendances of their whole company, not all of its customers: what they
read of the others here is who called when, not whom.
"""

from odoo import api, models
from odoo.fields import Domain

# Links to these tell a customer's name.
NAMING_MODELS = {
    "res.partner",
    "crm.lead",
    "dialer.queue.entry",
    "dialer.attendance",
}
# Fields that tell a customer's numbers.
NUMBERS = {"phone", "phone_key", "dialed_numbers", "unread_text", "wait_phone"}


class DialerCustomerNames(models.AbstractModel):
    _name = "dialer.customer.names"
    _description = "Record that names customers to those who may read them"

    @api.model
    def _hidden_name(self):
        """What stands in the place of a name that the user may not read."""
        return self.env._("Customer you have no access to")

    @api.model
    def _labels(self, records):
        """The names of records as this user may see them.

        :return: by id
        :rtype: dict[int, str]
        """
        readable = records._filtered_access("read")
        labels = dict.fromkeys(records.ids, self._hidden_name())
        labels.update((record.id, record.display_name) for record in readable)
        return labels

    @api.model
    def _naming_links(self, names):
        """Which of these fields are links that tell a customer's name."""
        return [
            name
            for name in names
            if name in self._fields
            and self._fields[name].type == "many2one"
            and self._fields[name].comodel_name in NAMING_MODELS
        ]

    def _filtered_named(self):
        """Those of these records whose customer this user may read, in a batch."""
        if self.env.su:
            return self
        # sudo: whose customers they are; the right to these is looked at as the user
        known = self.sudo()
        partners = known.partner_id.sudo(False)._filtered_access("read")
        leads = known.lead_id.sudo(False)._filtered_access("read")
        mine = {("res.partner", key) for key in partners.ids}
        mine |= {("crm.lead", key) for key in leads.ids}
        return self.browse(
            record.id
            for record in known
            for customer in [record.partner_id or record.lead_id]
            if not customer or (customer._name, customer.id) in mine
        )

    def _named_domain(self):
        """Records whose customer this user may read, as a condition.

        :rtype: Domain
        """
        partners = self.env["res.partner"]._search([], active_test=False)
        leads = self.env["crm.lead"]._search([], active_test=False)
        return Domain("partner_id", "in", partners) | (
            Domain("partner_id", "=", False) & Domain("lead_id", "in", leads)
        )

    # -------------------------------------------------------------------------
    # Every way to read
    # -------------------------------------------------------------------------

    def _read_format(self, fnames, load="_classic_read"):
        rows = super()._read_format(fnames, load)
        if self.env.su:
            return rows
        links = self._naming_links(fnames) if load == "_classic_read" else []
        for name in links:
            labels = self._labels(self[name])
            for row in rows:
                row[name] = row[name] and (row[name][0], labels[row[name][0]])
        if numbers := NUMBERS.intersection(fnames):
            named = set(self._filtered_named().ids)
            for row in rows:
                if row["id"] not in named:
                    row.update(dict.fromkeys(numbers, False))
        return rows

    @api.readonly
    def web_read(self, specification):
        rows = super().web_read(specification)
        for name in [] if self.env.su else self._naming_links(specification):
            spec = specification[name]
            if "display_name" not in spec.get("fields", ()):
                continue
            records = self[name].with_context(**spec.get("context", {}))
            labels = self._labels(records)
            for row in rows:
                if row[name]:
                    row[name]["display_name"] = labels.get(
                        row[name]["id"], self._hidden_name()
                    )
        return rows

    def _web_read_group_groupby_formatter(self, groupby_spec, values):
        formatter = super()._web_read_group_groupby_formatter(groupby_spec, values)
        if self.env.su or not self._naming_links([groupby_spec]):
            return formatter
        comodel = self.env[self._fields[groupby_spec].comodel_name]
        labels = self._labels(comodel.union(*filter(None, values)))

        def named(value):
            label, domain = formatter(value)
            return label and (value.id, labels[value.id]), domain

        return named

    def _read_group(self, domain, groupby=(), aggregates=(), *args, **kwargs):
        domain = self._guard_numbers(domain, [*groupby, *aggregates])
        return super()._read_group(domain, groupby, aggregates, *args, **kwargs)

    def _read_grouping_sets(
        self, domain, grouping_sets, aggregates=(), *args, **kwargs
    ):
        specs = [*aggregates, *(spec for specs in grouping_sets for spec in specs)]
        domain = self._guard_numbers(domain, specs)
        return super()._read_grouping_sets(
            domain, grouping_sets, aggregates, *args, **kwargs
        )

    def _search(
        self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **kwargs
    ):
        if not bypass_access:
            domain = Domain(domain)
            names = [leaf.field_expr for leaf in domain.iter_conditions()]
            # an order tells between which of the known numbers an unknown one lies
            terms = (order or "").split(",")
            names += [term.split()[0] for term in filter(str.strip, terms)]
            domain = self._guard_numbers(domain, names)
        return super()._search(
            domain, offset, limit, order, bypass_access=bypass_access, **kwargs
        )

    @api.model
    def _guard_numbers(self, domain, specs):
        """Numbers are looked for, and counted by, among known customers only.

        :param domain: what is looked for
        :param list specs: names of fields, with what follows the name in groupings
        :rtype: Domain
        """
        asked = {spec.split(":")[0].split(".")[0] for spec in specs}
        if self.env.su or not asked & NUMBERS:
            return domain
        return Domain(domain) & self._named_domain()
