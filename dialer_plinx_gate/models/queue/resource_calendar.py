# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Calendars as calling hours: whoever changes them offers customers again."""

from odoo import api, models
from odoo.fields import Domain


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def write(self, vals):
        """Offer customers again who wait for hours that were changed."""
        result = super().write(vals)
        if {"tz", "flexible_hours", "two_weeks_calendar"} & vals.keys():
            self._dialer_reopen()
        return result

    def _dialer_has_hours(self):
        """Tell whether anybody can be called by this calendar."""
        self.ensure_one()
        return bool(self.attendance_ids) and not self.flexible_hours

    def _dialer_reopen(self):
        """Look again at all who wait for these hours."""
        # sudo: whoever changes the hours need not know the campaigns that use them
        campaigns = self.env["dialer.campaign"].sudo()
        domain = [("calendar_id", "in", self.ids), ("state", "!=", "closed")]
        campaigns.search(domain)._reopen_hours()


class ResourceCalendarAttendance(models.Model):
    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        attendances = super().create(vals_list)
        attendances.calendar_id._dialer_reopen()
        return attendances

    def write(self, vals):
        """Offer customers again who wait for hours that were changed."""
        result = super().write(vals)
        self.calendar_id._dialer_reopen()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_reopen_dialer(self):
        self.calendar_id._dialer_reopen()


class ResourceCalendarLeaves(models.Model):
    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._dialer_concerned()._reopen_hours()
        return leaves

    def write(self, vals):
        """Offer customers again who wait for the end of a leave that was changed."""
        before = self._dialer_concerned()
        result = super().write(vals)
        (before | self._dialer_concerned())._reopen_hours()
        return result

    def unlink(self):
        """Offer customers again who wait for the end of a leave that is no more."""
        concerned = self._dialer_concerned()
        result = super().unlink()
        concerned._reopen_hours()
        return result

    def _dialer_concerned(self):
        """The campaigns whose hours these leaves take off, not those of one person.

        :rtype: dialer.campaign
        """
        # sudo: whoever changes the leaves need not know the campaigns
        campaigns = self.env["dialer.campaign"].sudo()
        # sudo: as above, the leaves of those who left count as well
        leaves = self.sudo().filtered(lambda leave: not leave.resource_id)
        everywhere = leaves.filtered(lambda leave: not leave.calendar_id)
        hours = Domain("calendar_id", "in", leaves.calendar_id.ids)
        if everywhere:
            company = Domain("company_id", "in", everywhere.company_id.ids)
            if not all(leave.company_id for leave in everywhere):
                company = Domain.TRUE
            hours |= Domain("calendar_id", "!=", False) & company
        return campaigns.search(hours & Domain("state", "!=", "closed"))
