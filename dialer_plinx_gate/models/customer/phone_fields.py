# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which fields of a customer hold numbers, and what follows from the numbers."""

from odoo import api, models

from ...tools import zone


class DialerCustomerMixin(models.AbstractModel):
    _inherit = "dialer.customer.mixin"

    @api.model
    def _dialer_phone_fields(self):
        """Names of the fields in which numbers of a customer stand, best first.

        They are those that Odoo knows. An addon whose field Odoo does not know as
        one names it here, on ``res.partner``, ``crm.lead`` or both::

            class ResPartner(models.Model):
                _inherit = "res.partner"

                @api.model
                def _dialer_phone_fields(self):
                    return [*super()._dialer_phone_fields(), "phone2"]

        Numbers in any of them are asked about, blocked and counted. What stands in
        the field already is read by the daily job.

        :rtype: list[str]
        """
        return self._phone_get_number_fields()

    @api.model
    def _dialer_stored_phone_fields(self):
        """Of :meth:`_dialer_phone_fields` those that are stored as plain text.

        :rtype: list[str]
        """
        found = map(self._fields.get, dict.fromkeys(self._dialer_phone_fields()))
        return [
            field.name
            for field in found
            if field and field.store and field.type in ("char", "text")
            # per company or per language: a column of many texts
            if not field.company_dependent and not field.translate
        ]

    @api.model
    def _dialer_reading_triggers(self):
        """What a customer's numbers are read from."""
        return [*self._dialer_stored_phone_fields(), "country_id", "company_id"]

    @api.depends(lambda self: self._dialer_reading_triggers())
    def _compute_dialer_number_ids(self):
        """Read the phone fields again, in a few statements for all of them."""
        customers = self.filtered("id")
        (self - customers).dialer_number_ids = False
        self.env["dialer.number"]._read_customers(customers)

    def _customer_zone(self, keys, company):
        """The one time zone of this customer, for every clock and every rule.

        The address decides, else the area code of the first number, else the company.

        :param list[str] keys: keys of the customer's numbers, the first one first
        :param res.company company: whose dialer calls
        :return: name of a time zone
        :rtype: str
        """
        self.ensure_one()
        # sudo: the hours decide, whatever the agent sees of the customer
        customer = self.sudo()
        country, state = customer.country_id.code, customer.state_id.code
        found = zone.customer_zone(country, state, keys)
        return found or str(company._dialer_tz())
