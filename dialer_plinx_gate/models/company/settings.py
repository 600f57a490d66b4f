# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Dialer Management: the page where a company's parameters are changed and tracked."""

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ...tools import inputs


class DialerSettings(models.Model):
    _name = "dialer.settings"
    _description = "Dialer Management"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "plinx.banner.mixin",
        "dialer.guard.mixin",
    ]
    _rec_name = "company_id"

    # Every parameter is the company's own; the page only shows and tracks it.
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    dial_active_whatsapp = fields.Boolean(
        related="company_id.dial_active_whatsapp", readonly=False, tracking=True
    )
    whatsapp_pause_mode = fields.Selection(
        related="company_id.whatsapp_pause_mode",
        readonly=False,
        required=True,
        tracking=True,
    )
    dialer_call_anyway = fields.Boolean(
        related="company_id.dialer_call_anyway", readonly=False, tracking=True
    )
    dialer_dnc_scope = fields.Selection(
        related="company_id.dialer_dnc_scope",
        readonly=False,
        required=True,
        tracking=True,
    )
    dialer_uri_scheme = fields.Selection(
        related="company_id.dialer_uri_scheme",
        readonly=False,
        required=True,
        tracking=True,
    )
    plinx_timeout = fields.Float(
        related="company_id.plinx_timeout", readonly=False, tracking=True
    )
    plinx_failure_policy = fields.Selection(
        related="company_id.plinx_failure_policy",
        readonly=False,
        required=True,
        tracking=True,
    )
    plinx_skip_retry_minutes = fields.Integer(
        related="company_id.plinx_skip_retry_minutes", readonly=False, tracking=True
    )
    plinx_active_hours = fields.Integer(
        related="company_id.plinx_active_hours", readonly=False, tracking=True
    )
    plinx_assigned_days = fields.Integer(
        related="company_id.plinx_assigned_days", readonly=False, tracking=True
    )
    plinx_counts_open = fields.Boolean(
        related="company_id.plinx_counts_open", readonly=False, tracking=True
    )
    plinx_counts_waiting = fields.Boolean(
        related="company_id.plinx_counts_waiting", readonly=False, tracking=True
    )
    plinx_counts_bot = fields.Boolean(
        related="company_id.plinx_counts_bot", readonly=False, tracking=True
    )
    plinx_shadow = fields.Boolean(
        related="company_id.plinx_shadow", readonly=False, tracking=True
    )
    gate_event_days = fields.Integer(
        related="company_id.gate_event_days", readonly=False, tracking=True
    )
    dialer_away_minutes = fields.Integer(
        related="company_id.dialer_away_minutes", readonly=False, tracking=True
    )
    dialer_call_timeout_minutes = fields.Integer(
        related="company_id.dialer_call_timeout_minutes", readonly=False, tracking=True
    )
    dialer_calendar_id = fields.Many2one(
        related="company_id.dialer_calendar_id", readonly=False, tracking=True
    )
    dialer_holiday_subdivision = fields.Char(
        related="company_id.dialer_holiday_subdivision", readonly=False, tracking=True
    )
    dialer_optional_holidays = fields.Boolean(
        related="company_id.dialer_optional_holidays", readonly=False, tracking=True
    )
    plinx_url = fields.Char(
        related="company_id.plinx_url",
        readonly=False,
        related_sudo=False,
        tracking=True,
        groups="base.group_system",
    )
    plinx_token = fields.Char(
        related="company_id.plinx_token",
        readonly=False,
        related_sudo=False,
        groups="base.group_system",
    )
    plinx_webhook_secret = fields.Char(
        related="company_id.plinx_webhook_secret",
        readonly=False,
        related_sudo=False,
        groups="base.group_system",
    )
    plinx_webhook_url = fields.Char(
        related="company_id.plinx_webhook_url",
        related_sudo=False,
        groups="base.group_system",
    )

    _company_unique = models.Constraint(
        "UNIQUE(company_id)", "Each company has one page of dialer settings."
    )

    @api.model
    def _ensure_for(self, companies):
        """Get the settings of these companies, making those that are missing.

        :param res.company companies: companies of any number
        :return: their settings, as superuser
        :rtype: dialer.settings
        """
        # sudo: a page has no rights of its own; its fields are guarded on the company
        self = self.sudo()
        found = self.search([("company_id", "in", companies.ids)])
        missing = companies - found.company_id
        if missing:
            found += self.create([{"company_id": c.id} for c in missing])
        return found

    def _field_to_sql(self, alias, field_expr, query=None):
        """Nobody groups or sorts the pages by what only administrators read."""
        # a group of one names the value, and an order tells which is larger
        field = self._fields.get(field_expr)
        if field and field.related and not (self.env.su or field.compute_sudo):
            raise AccessError(
                self.env._(
                    "Dialer settings cannot be grouped or sorted by “%(field)s”.",
                    field=field._description_string(self.env),
                )
            )
        return super()._field_to_sql(alias, field_expr, query)

    @api.model
    def action_open_current(self):
        """Open the page of the current company.

        :return: window action on the one settings record
        :rtype: dict
        :raise AccessError: when the user is no supervisor
        """
        if not self.env.user.has_group("dialer_plinx_gate.group_dialer_supervisor"):
            raise AccessError(
                self.env._("Only dialer supervisors can open Dialer Management.")
            )
        settings = self._ensure_for(self.env.company)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Dialer Management"),
            "res_model": self._name,
            "res_id": settings.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_test_connection(self):
        """Ask Plinx how it is, and show what was found.

        :return: window action on the result
        :rtype: dict
        :raise AccessError: when the user is no system administrator
        """
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(
                self.env._("Only system administrators can test the connection.")
            )
        inputs.one(self)
        # sudo: the result is made for the administrator, who may only read it
        result = self.env["plinx.connection.test"].sudo()._run(self.company_id)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connection to Plinx"),
            "res_model": result._name,
            "res_id": result.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
        }
