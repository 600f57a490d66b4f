# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What open screens are told over the bus, and who hears it.

Boards and progress bars hear of one company, on a channel that only its supervisors
get. What changes faster than anybody can look is told once in a while; what was held
back meanwhile is part of the next message, or of what a board asks for then.
"""

import time
from functools import partial

from odoo import api, models

# Channels and messages, as static/src subscribes to them.
BOARD_CHANNEL, BOARD_MESSAGE = "dialer_plinx_gate.board", "dialer_plinx_gate/board"
PROGRESS_CHANNEL = "dialer_plinx_gate.progress"
PROGRESS_MESSAGE = "dialer_plinx_gate/progress"
CHANNELS = (BOARD_CHANNEL, PROGRESS_CHANNEL)
# A board asks a second after it was told, so it misses nothing of what came between.
BOARD_SECONDS, PROGRESS_SECONDS = 0.7, 1

# When each screen was last told, by database and subject: a saving of this process
# only, the screens are right without it.
_last_sent = {}


class DialerLive(models.AbstractModel):
    _name = "dialer.live"
    _description = "News for Open Screens"

    @api.model
    def _notify_boards(self, companies):
        """Tell the boards of these companies to ask again; no data travels.

        :param res.company companies: whose sessions, queues or campaigns changed
        """
        for company in companies:
            self._signal(
                (company.id, BOARD_CHANNEL, BOARD_MESSAGE),
                {"company_id": company.id},
                BOARD_SECONDS,
            )

    @api.model
    def _notify_progress(self, record, running, **numbers):
        """Tell the supervisors of a record's company how far the work on it is.

        The message carries the numbers, so that nobody has to ask for them. The end
        is always told.

        :param record: one record with a company
        :param bool running: whether the work goes on
        :param numbers: ``done`` and ``total``, and what else is shown
        """
        work = {"model": record._name, "id": record.id}
        self._signal(
            (record.company_id.id, PROGRESS_CHANNEL, PROGRESS_MESSAGE, *work.values()),
            {**work, "running": running, **numbers},
            PROGRESS_SECONDS if running else 0,
        )

    @api.model
    def _notify_user(self, user, type, title, message):
        """Show a notification to one user, wherever they are in Odoo.

        :param res.users user: who
        :param str type: ``success``, ``info``, ``warning`` or ``danger``
        :param str title: plain text in the user's language
        :param str message: likewise
        """
        user._bus_send(
            "simple_notification", {"type": type, "title": title, "message": message}
        )

    # -------------------------------------------------------------------------
    # The one throttled signal
    # -------------------------------------------------------------------------

    @api.model
    def _signal(self, subject, payload, seconds):
        """Send a message when this transaction is committed, unless one went just now.

        The last message of a transaction on a subject is the one that is sent.

        :param tuple subject: id of the company, channel, name of the message, and
            what it is about where a company has several
        :param dict payload: the message, JSON-able
        :param float seconds: the shortest time since the message before, 0: always
        """
        cr = self.env.cr
        waiting = cr.precommit.data.get("dialer.live")
        if waiting is None:
            waiting = cr.precommit.data["dialer.live"] = {}
            cr.precommit.add(self._send_signals)
        waiting[subject] = payload, seconds

    @api.model
    def _send_signals(self):
        """Put the messages that are due on the bus."""
        cr, now, sent = self.env.cr, time.monotonic(), self._sent()
        waiting = cr.precommit.data.pop("dialer.live", {})
        for subject, (payload, seconds) in waiting.items():
            key = (cr.dbname, *subject)
            last = sent[key] if key in sent else _last_sent.get(key)
            if last is not None and now - last < seconds:
                continue
            company_id, channel, message = subject[:3]
            company = self.env["res.company"].browse(company_id)
            self.env["bus.bus"]._sendone((company, channel), message, payload)
            sent[key] = now if seconds else None

    @api.model
    def _sent(self):
        """When this transaction sent its messages; kept only once it is committed."""
        hooks = self.env.cr.postcommit
        if "dialer.live" not in hooks.data:
            hooks.data["dialer.live"] = {}
            # a transaction that fails may run again, and sends its messages again
            hooks.add(partial(_remember, hooks.data["dialer.live"]))
        return hooks.data["dialer.live"]


def _remember(sent):
    """Keep when each message went; what was the last one needs no keeping."""
    for key, moment in sent.items():
        if moment is None:
            _last_sent.pop(key, None)
        else:
            _last_sent[key] = moment


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let a supervisor's screens hear of the user's companies, and of no others."""
        channels = list(channels)
        for channel in filter(channels.__contains__, CHANNELS):
            channels.remove(channel)
            user = self.env.user
            if user.has_group("dialer_plinx_gate.group_dialer_supervisor"):
                channels.extend((company, channel) for company in user.company_ids)
        return super()._build_bus_channel_list(channels)
