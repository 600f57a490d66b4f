# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from unittest.mock import patch

from odoo.tests import tagged

from ..models import live
from ..models.campaign import fill as dialer_campaign_fill
from .test_campaign_import import LIST, ImportCase


@tagged("post_install", "-at_install")
class TestProgress(ImportCase):
    """Who looks sees long work go on, without asking the server again and again."""

    def setUp(self):
        super().setUp()
        live._last_sent.clear()
        self.told()

    def told(self):
        """The progress put on the bus since the last call, with its channel."""
        self.env.cr.precommit.run()
        rows = self.env["bus.bus"].search([], order="id")
        found = [(row.channel, json.loads(row.message)) for row in rows]
        rows.unlink()
        return [
            (channel, message["payload"])
            for channel, message in found
            if message["type"] == live.PROGRESS_MESSAGE
        ]

    def fill_in_batches(self, seconds=2):
        """Fill a campaign, with so many seconds between its batches."""
        self.make_customers(6, start=7000)
        campaign = self.make_campaign(self.customers, domain="[]", name="Longa")
        campaign.entry_ids.unlink()
        campaign._request_fill()
        more = True
        with patch.object(live, "time") as clock:
            clock.monotonic.return_value = 50
            while more:
                clock.monotonic.return_value += seconds
                more = campaign._fill_batch(4)
                # each batch is committed
                self.env.cr.precommit.run()
                self.env.cr.postcommit.run()
        return campaign, [payload for _channel, payload in self.told()]

    def test_a_fill_tells_each_batch_and_its_end(self):
        campaign, told = self.fill_in_batches()
        self.assertEqual({row["id"] for row in told}, {campaign.id})
        self.assertEqual([row["running"] for row in told][-2:], [True, False])
        done = [row["done"] for row in told]
        self.assertEqual(done, sorted(done))
        self.assertEqual(done[-1], campaign.entry_count)
        self.assertEqual(told[-1]["total"], campaign.entry_count)

    def test_no_more_than_a_message_a_second_and_the_end(self):
        _campaign, told = self.fill_in_batches(seconds=0)
        self.assertEqual([row["running"] for row in told], [True, False])

    def test_the_company_s_supervisors_hear_it(self):
        self.fill_in_batches()
        websocket = self.env["ir.websocket"]
        name = live.PROGRESS_CHANNEL
        for user, hears in ((self.supervisor, True), (self.ana, False)):
            session = type("Session", (), {"uid": user.id})
            page = type("Request", (), {"session": session})
            with patch("odoo.addons.bus.models.ir_websocket.wsrequest", page):
                channels = websocket.with_user(user)._build_bus_channel_list([name])
                heard = [c for c in channels if isinstance(c, tuple) and c[1] == name]
                self.assertEqual(heard, [(self.company, name)] if hears else [])

    def test_an_import_tells_rows_and_its_end_to_who_brought_it(self):
        rows = "".join(f"Cliente {n};47 98855-{n:04};;\n" for n in range(12))
        with patch(
            "odoo.addons.dialer_plinx_gate.models.campaign.list_import.IMPORT_AT_ONCE",
            5,
        ):
            record = self.bring(LIST + rows)
            ((_channel, begun),) = self.told()
            self.run_cron()
        self.assertEqual((begun["done"], begun["total"]), (0, record.row_count))
        told = [payload for _channel, payload in self.told()]
        self.assertEqual(told[-1]["running"], False)
        self.assertEqual(told[-1]["done"], record.row_count)
        self.assertEqual(told[-1]["taken"], record.taken_count)

    def test_a_large_queue_is_brought_in_line_in_the_background(self):
        campaign = self.campaign.with_context(dialer_fill_in_background=True)
        campaign.action_fill()
        self.assertFalse(campaign.fill_requested_at)
        with patch.object(dialer_campaign_fill, "FILL_AT_ONCE", 3):
            campaign.action_fill()
        self.assertTrue(campaign.fill_requested_at)
