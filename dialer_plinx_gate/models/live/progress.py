# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the screens learn how far long work is: over the bus, a message a second.

The message carries the numbers, so that who looks asks nothing more of the server. The
channel is the company's, for its supervisors.
"""

import time

from odoo import api, models

CHANNEL = "dialer_plinx_gate.progress"
SIGNAL = "dialer_plinx_gate/progress"
SIGNAL_SECONDS = 1

# When each work was last told of, by database, model and id: a saving of this process
# only.
_last_told = {}


class DialerProgress(models.AbstractModel):
    _name = "dialer.progress"
    _description = "Progress of Long Work"

    @api.model
    def _tell(self, record, running, **numbers):
        """Tell the supervisors of a record's company how far the work on it is.

        The end is always told; what comes within a second of the last message is not.

        :param record: one record with a company
        :param bool running: whether the work goes on
        :param numbers: ``done`` and ``total``, and what else is shown
        """
        key = (self.env.cr.dbname, record._name, record.id)
        now = time.monotonic()
        if running and now - _last_told.get(key, -SIGNAL_SECONDS) < SIGNAL_SECONDS:
            return
        if running:
            _last_told[key] = now
        else:
            _last_told.pop(key, None)
        message = {
            "model": record._name,
            "id": record.id,
            "running": running,
            **numbers,
        }
        self.env["bus.bus"]._sendone((record.company_id, CHANNEL), SIGNAL, message)
