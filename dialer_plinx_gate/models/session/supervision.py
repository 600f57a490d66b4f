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

    state_since = fields.Datetime(
        default=fields.Datetime.now,
        readonly=True,
        copy=False,
        help="When what the agent is doing last changed.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        sessions = super().create(vals_list)
        self.env["dialer.live"]._notify_boards(sessions.company_id)
        return sessions

    def write(self, vals):
        """Note when the agent's state changes, and tell the boards."""
        seen = {"state", "decision", "entry_id"} & vals.keys()
        changed = self.filtered(
            lambda session: any(
                session._fields[name].convert_to_write(session[name], session)
                != (vals[name] or False)
                for name in seen
            )
        )
        result = super().write(vals)
        if changed:
            super(DialerSession, changed).write({"state_since": fields.Datetime.now()})
            self.env["dialer.live"]._notify_boards(changed.company_id)
        return result

    # -------------------------------------------------------------------------
    # What supervisors call
    # -------------------------------------------------------------------------

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
        """Pause these sessions for their agents; who is paused stays so.

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
            if session.entry_id.state == "dialing":
                raise UserError(
                    self.env._(
                        "%(agent)s is in a call. Wait for its result, or free the "
                        "customer first.",
                        agent=session.user_id.name,
                    )
                )
            session._close()
            session._notify_agent("close")

    # -------------------------------------------------------------------------
    # Behind it
    # -------------------------------------------------------------------------

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
        entry = self.entry_id
        if entry.state == "dialing" and entry.session_id == self:
            entry._settle_lost_call()
        else:
            self._put_back()
        self.decision = False

    def _notify_agent(self, change):
        """Let the agent's console know at once that a supervisor intervened.

        :param str change: ``pause``, ``resume``, ``release`` or ``close``
        """
        self.user_id._bus_send(
            SESSION_CHANGED,
            {"session_id": self.id, "change": change, "by": self.env.user.name},
        )

    def _board_row(self, attended):
        """This session as a row of the board, JSON-able.

        :param int attended: how many attendances it has
        :return: ``status`` is one of :meth:`_board_status`, ``since`` when it began
            (UTC); ``detail`` is a pause's reason or why nobody is dialed; ``limit``
            the longest pause in seconds, 0 without one
        :rtype: dict
        """
        self.ensure_one()
        entry = self.entry_id
        status = self._board_status()
        pause = self._board_pause() if status == "paused" else self.pause_ids.browse()
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

    def _board_status(self):
        """What the agent is doing.

        :return: ``paused``, ``call``, ``wrap_up``, ``asked``, ``preview``,
            ``holding`` (Plinx does not answer), ``empty`` (nobody to call) or
            ``ready``
        :rtype: str
        """
        entry = self.entry_id
        if entry.state == "dialing":
            return "wrap_up" if entry.hung_up_at else "call"
        if self.state == "paused":
            return "paused"
        if entry.state == "asking":
            return "asked"
        if entry:
            return "preview"
        return {"hold": "holding", "empty": "empty"}.get(self.decision, "ready")

    def _board_pause(self):
        """The pause that lasts now."""
        return self.pause_ids.filtered(lambda pause: not pause.ended_at)[:1]

    def _board_since(self, status, pause):
        """When the agent began what :meth:`_board_status` says, naive UTC."""
        entry = self.entry_id
        since = {
            "call": entry.dialed_at,
            "wrap_up": entry.hung_up_at,
            "paused": pause.started_at,
            "holding": self.hold_since,
        }.get(status)
        return since or self.state_since or self.started_at

    def _board_detail(self, status, pause):
        if status == "paused":
            return pause.reason_id.name or None
        if status == "holding":
            return self.event_id.reason_text or None
        return None
