# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the dialer writes into the Updates of the customers."""

from odoo import fields, models
from odoo.tools import format_datetime


class DialerSession(models.Model):
    _inherit = "dialer.session"

    def _log_updates(self, entries, line):
        """Write the same line into the Updates of the customers of these entries."""
        partners = entries.partner_id.sudo()
        partners._dialer_log_updates(line, self.company_id)
        if len(partners) < len(entries):
            others = entries.filtered(lambda entry: not entry.partner_id)
            others.lead_id.sudo()._dialer_log_updates(line, self.company_id)

    def _company_context(self):
        """This session in the company's language, with campaign and local time."""
        company = self.company_id
        session = self.with_context(lang=company._dialer_lang())
        moment = format_datetime(
            session.env,
            fields.Datetime.now(),
            tz=str(company._dialer_tz()),
            dt_format="short",
        )
        return session, {"campaign": self.campaign_id.name, "time": moment}

    def _skip_line(self):
        session, values = self._company_context()
        return session.env._(
            "Campaign %(campaign)s, %(time)s: not dialed, active conversation in "
            "Plinx (WhatsApp).",
            **values,
        )

    def _invalid_line(self):
        session, values = self._company_context()
        return session.env._(
            "Campaign %(campaign)s, %(time)s: not dialed, no valid phone.", **values
        )

    def _unanswered_line(self, verdict):
        session, values = self._company_context()
        why = session.env["dialer.gate"]._reason_sentence(
            verdict.reason, verdict.detail
        )
        return session.env._(
            "Campaign %(campaign)s, %(time)s: not dialed, no answer from Plinx about "
            "this customer. %(why)s",
            why=why,
            **values,
        )

    def _log_unread(self, entries, texts):
        """Write into the Updates of each customer what of the phone cannot be read.

        :param dict texts: by entry id
        """
        session, values = self._company_context()
        lines = {"res.partner": {}, "crm.lead": {}}
        for entry in entries:
            customer = entry._customer()
            lines[customer._name][customer.id] = session.env._(
                "Campaign %(campaign)s, %(time)s: not dialed, a part of the phone "
                "field cannot be read: “%(text)s”.",
                text=texts[entry.id],
                **values,
            )
        for name, by_customer in lines.items():
            # sudo: the dialer writes, whatever the agent sees of the customer
            customers = self.env[name].sudo().browse(by_customer)
            customers._dialer_log_updates(by_customer, self.company_id)

    def _unasked_line(self):
        session, values = self._company_context()
        return session.env._(
            "Campaign %(campaign)s, %(time)s: dialed without an answer from Plinx.",
            **values,
        )

    def _call_anyway_line(self):
        session, values = self._company_context()
        return session.env._(
            "Campaign %(campaign)s, %(time)s: %(agent)s called despite an active "
            "conversation in Plinx (WhatsApp).",
            agent=self.user_id.name,
            **values,
        )
