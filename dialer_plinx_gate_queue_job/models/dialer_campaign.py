# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from odoo.addons.dialer_plinx_gate.models.campaign.fill import FILL_BATCH


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    def _request_fill(self):
        """Hand the filling of these queues to jobs, in place of the cron."""
        super()._request_fill()
        self._delay_fill()

    @api.model
    def _cron_fill(self, batch=FILL_BATCH):
        """Make jobs of the fills that are due, and of those whose job was lost.

        :param int batch: customers a job
        """
        self._request_refills()
        self.search(
            [("fill_requested_at", "!=", False), ("state", "!=", "closed")],
            order="fill_requested_at, id",
        )._delay_fill(batch)

    def _delay_fill(self, batch=FILL_BATCH):
        """Enqueue one job a campaign, unless it waits already."""
        for campaign in self:
            campaign.with_delay(
                identity_key=f"dialer.campaign.fill.{campaign.id}",
                description=self.env._(
                    "Fill the queue of %(campaign)s", campaign=campaign.name
                ),
            )._job_fill(batch)

    def _job_fill(self, batch):
        """Do one batch of a fill, and enqueue the next if there is more to do.

        :param int batch: customers a job
        """
        campaign = self.exists().filtered("fill_requested_at")
        if campaign and campaign.with_company(campaign.company_id)._fill_batch(batch):
            campaign._delay_fill(batch)
