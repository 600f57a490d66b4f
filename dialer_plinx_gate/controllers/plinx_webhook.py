# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The one route: where Plinx pushes what happens in its conversations."""

import logging

from odoo import http
from odoo.http import request

from ..models.company.res_company_plinx import WEBHOOK_PATH
from ..plinx.signature import MAX_EVENT_BYTES, EventError, SignatureError

_logger = logging.getLogger(__name__)


class PlinxWebhook(http.Controller):
    @http.route(
        f"{WEBHOOK_PATH}<string:company_key>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        # one more: a body of no stated length is cut there without a word
        max_content_length=MAX_EVENT_BYTES + 1,
    )
    def receive(self, company_key, **_ignored):
        """Receive one signed event (Standard Webhooks 1.0).

        200: taken in, known already, or of no concern to us. 400: signed, and not
        what the contract says. 401: not proven to come from Plinx, whatever is
        wrong, an unknown address included. 413: over 64 KiB.

        :param str company_key: ``plinx_webhook_key`` of a company
        :rtype: odoo.http.Response
        """
        sent = request.httprequest
        # kept, because Odoo calls this again when two events meet in the database
        raw = sent.get_data(cache=True)
        if len(raw) > MAX_EVENT_BYTES:
            return request.make_response(b"", status=413)
        # sudo: nobody is logged in; the signature decides
        events = request.env["plinx.webhook.event"].sudo()
        status = 200
        try:
            events._receive(company_key, sent.headers, raw)
        except SignatureError as error:
            _logger.info("webhook refused: %s", error.code)
            status = 401
        except EventError as error:
            _logger.warning("signed webhook that cannot be read: %s", error.code)
            status = 400
        return request.make_response(b"", status=status)
