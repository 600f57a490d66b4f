# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What supervisors do on the board with the sessions of their agents."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools import inputs
from ...tools.context import as_dialer

SESSION_CHANGED = "dialer_plinx_gate/session_changed"


class DialerSession(models.Model):
    _inherit = "dialer.session"

    @api.model
    @api.readonly
    def board_data(self, queues=True):
        """Read the supervisor board of the active companies.

        :param bool queues: also ``campaigns`` and ``gate``, which are counted over
            whole queues and the last minutes of the ledger
        :return: ``now`` (the server's clock, UTC), ``sessions``: one dict for each
            open session (see :meth:`_board_row`), ``campaigns``: one for each that
            is running or paused with the ``counts`` of its queue, ``gate``: the
            health of the gate
        :rtype: dict
        :raise AccessError: when the user is no supervisor
        :raise UserError: when ``queues`` is neither true nor false
        """
        board = self.env["dialer.board"]
        board._check_supervisor()
        return board._data(inputs.flag(self.env, queues))

    def board_pause(self):
        """Pause these sessions for their agents; those that are paused stay so.

        :raise AccessError: for anybody but a supervisor of their company
        :raise UserError: when one is closed
        """
        sessions = self._supervised()
        sessions._lock()
        for session in sessions.filtered(lambda session: session.state == "running"):
            session._pause(self.env["dialer.pause.reason"])
            session._notify_agent("pause")

    def board_resume(self):
        """End the pauses of these sessions, as if their agents had.

        Plinx is asked again about customers who are on screen.

        :raise AccessError: for anybody but a supervisor of their company
        :raise UserError: when one is closed
        """
        for session in self._supervised().filtered(lambda s: s.state == "paused"):
            agent = session.user_id
            # only the agent's own resume knows what may be shown to them next
            session.sudo(False).with_user(agent).with_context(
                allowed_company_ids=session.company_id.ids, lang=agent.lang
            ).resume()
            session._notify_agent("resume")

    def board_release(self):
        """Give the customers on the screens of these sessions back to the queue.

        A call becomes an attendance without a known result, and the customer is
        offered again by the retry rules.

        :raise AccessError: for anybody but a supervisor of their company
        :raise UserError: when one is closed
        """
        sessions = self._supervised()
        # who saves a result at this moment was faster
        sessions._lock()
        for session in sessions.filtered("entry_id"):
            session._release_customer()
            session._notify_agent("release")

    def board_close(self):
        """End these sessions; customers on screen go back to the queue.

        :raise AccessError: for anybody but a supervisor of their company
        :raise UserError: when one is closed already, or in a call without result
        """
        sessions = self._supervised()
        sessions._lock()
        for session in sessions:
            if session._held_entry().state == "dialing":
                raise UserError(
                    self.env._(
                        "%(agent)s is on a call. Wait for the result, or return the "
                        "customer to the queue first.",
                        agent=session.user_id.name,
                    )
                )
            session._close()
            session._notify_agent("close")

    def _supervised(self):
        """These sessions as superuser, for a supervisor who has their company.

        :rtype: dialer.session
        :raise AccessError: for everybody else
        :raise UserError: when one of them is closed
        """
        self.env["dialer.board"]._check_supervisor()
        inputs.known(self)
        if not self.company_id <= self.env.companies:
            raise AccessError(self.env._("You are not active in that company."))
        if closed := self.filtered(lambda session: session.state == "closed"):
            raise UserError(
                self.env._(
                    "The session of %(agent)s is closed.", agent=closed[0].user_id.name
                )
            )
        # supervisors change sessions by these methods only; checked just above
        return as_dialer(self)

    def _release_customer(self):
        """Take the customer off this screen, also one in call."""
        entry = self._held_entry()
        if entry.state == "dialing":
            entry._settle_lost_call()
        else:
            self._put_back()

    def _notify_agent(self, change):
        """Let the agent's console know at once that others changed the session.

        :param str change: what a supervisor did: ``pause``, ``resume``, ``release`` or
            ``close``; or ``expired``, where the customer on screen was lost
        """
        self.user_id._bus_send(
            SESSION_CHANGED, {"session_id": self.id, "change": change}
        )

    def _board_row(self, attended):
        """This session as a row of the board, JSON-able.

        :param int attended: how many attendances it has
        :return: ``status`` is one of :meth:`_status`, ``since`` when it began
            (UTC); ``detail`` is a pause's reason or why nobody is dialed; ``limit``
            the longest pause in seconds, 0 without one
        :rtype: dict
        """
        self.ensure_one()
        entry, status = self._held_entry(), self._status()
        pause = self._lasting_pause()[:1] if status == "paused" else self.pause_ids[:0]
        return {
            "id": self.id,
            "user_id": self.user_id.id,
            "agent": self.user_id.name,
            "campaign": self.campaign_id.name,
            "status": status,
            "since": fields.Datetime.to_string(self._board_since(status, pause)),
            "detail": self._board_detail(status, pause),
            "limit": pause.reason_id.limit_minutes * 60,
            "customer": entry.customer_name if entry else None,
            "attended": attended,
            "skipped": self.skipped_count,
        }

    def _board_since(self, status, pause):
        """When the agent began what :meth:`_status` says, naive UTC."""
        entry = self._held_entry()
        since = {
            "call": entry.dialed_at,
            "wrap_up": entry.hung_up_at,
            "paused": pause.started_at,
            "hold": self.hold_since,
        }.get(status)
        return since or self.state_since or self.started_at

    def _board_detail(self, status, pause):
        """What there is to say besides: the reason of a pause, or of a hold."""
        if status == "paused":
            return pause.reason_id.name or None
        if status == "hold":
            return self.event_id.reason_text or None
        return None
