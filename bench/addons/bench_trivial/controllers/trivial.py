# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import http
from odoo.http import request


class Trivial(http.Controller):
    @http.route(
        "/bench/trivial/<string:key>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=65536,
    )
    def receive(self, key, **_ignored):
        """Read the body and answer, as the least that a webhook can do."""
        request.httprequest.get_data(cache=False)
        return request.make_response(b"")
