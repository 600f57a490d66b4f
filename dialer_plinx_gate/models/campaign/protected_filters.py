# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What campaigns filter by cannot be deleted from under them.

A campaign whose only tag vanished would otherwise call everybody.
"""

from odoo import api, models
from odoo.exceptions import UserError


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    @api.model
    def _check_not_filtered_by(self, records, field):
        """Refuse to delete what an open campaign filters by.

        :param records: what is about to be deleted
        :param str field: the campaign's field that may hold them
        :raise UserError: naming the campaign
        """
        # sudo: a campaign of any company would lose its filter
        campaigns = self.sudo().with_context(active_test=False)
        campaigns = campaigns.search([(field, "in", records.ids)])
        for campaign in campaigns.filtered(lambda c: c.state != "closed"):
            used = campaign[field] & records
            raise UserError(
                self.env._(
                    "“%(name)s” cannot be deleted: the campaign “%(campaign)s” uses "
                    "it as a filter. Change the campaign first, or archive this "
                    "record.",
                    name=used[0].display_name,
                    campaign=campaign.name,
                )
            )


class ResPartnerCategory(models.Model):
    _inherit = "res.partner.category"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_filtered_by(self):
        self.env["dialer.campaign"]._check_not_filtered_by(self, "category_ids")


class CrmTag(models.Model):
    _inherit = "crm.tag"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_filtered_by(self):
        self.env["dialer.campaign"]._check_not_filtered_by(self, "lead_tag_ids")


class CrmStage(models.Model):
    _inherit = "crm.stage"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_filtered_by(self):
        self.env["dialer.campaign"]._check_not_filtered_by(self, "stage_ids")


class CrmTeam(models.Model):
    _inherit = "crm.team"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_filtered_by(self):
        self.env["dialer.campaign"]._check_not_filtered_by(self, "team_ids")
