# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tools import SQL, format_datetime

from ...tools import inputs
from ...tools.context import as_dialer, own_defaults

# An agent's screen counts no further and shows, say, "10000+".
MOST_COUNTED = 10_000

SESSION_STATES = [("running", "Running"), ("paused", "Paused"), ("closed", "Closed")]


class DialerSession(models.Model):
    _name = "dialer.session"
    _description = "Dialer Session"
    _order = "started_at desc, id desc"
    _check_company_auto = True
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users", string="Agent", required=True, readonly=True, index=True
    )
    campaign_id = fields.Many2one(
        "dialer.campaign",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(related="campaign_id.company_id", store=True)
    state = fields.Selection(
        SESSION_STATES, required=True, default="running", readonly=True
    )
    entry_id = fields.Many2one(
        "dialer.queue.entry",
        string="Customer on screen",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    entry_state = fields.Selection(related="entry_id.state", string="Customer state")
    event_id = fields.Many2one(
        "dialer.gate.event",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        string="Last verdict",
    )
    decision = fields.Selection(
        [
            ("dial", "Dial"),
            ("ask", "Agent is asked"),
            ("hold", "Waiting for Plinx"),
            ("searching", "Searching"),
            ("empty", "Nobody to call"),
        ],
        readonly=True,
    )
    hold_since = fields.Datetime(readonly=True)
    checked_at = fields.Datetime(
        readonly=True, help="When Plinx was asked about the customer on screen."
    )
    short_lookahead = fields.Boolean(
        readonly=True, help="The last customer was found among the first few."
    )
    skipped_count = fields.Integer(string="Skipped", readonly=True)
    started_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    closed_at = fields.Datetime(readonly=True)
    pause_ids = fields.One2many("dialer.session.pause", "session_id", "Pauses")
    attendance_ids = fields.One2many("dialer.attendance", "session_id")
    attendance_count = fields.Integer(compute="_compute_attendance_count")

    _one_open = models.UniqueIndex(
        "(user_id) WHERE state != 'closed'",
        "An agent works in one session at a time.",
    )

    def _compute_attendance_count(self):
        counts = dict(
            self.env["dialer.attendance"]._read_group(
                [("session_id", "in", self.ids)], ["session_id"], ["__count"]
            )
        )
        for session in self:
            session.attendance_count = counts.get(session, 0)

    # -------------------------------------------------------------------------
    # Access
    # -------------------------------------------------------------------------

    def _as_agent(self):
        """This session as superuser, for its own agent and nobody else.

        :rtype: dialer.session
        :raise AccessError: when it is another agent's
        :raise UserError: when it is closed, or not one session
        """
        inputs.one(self)
        if self.user_id != self.env.user:
            raise AccessError(
                self.env._(
                    "This is the session of %(agent)s. Start your own to call.",
                    agent=self.user_id.name,
                )
            )
        if self.state == "closed":
            raise UserError(
                self.env._("This session is closed. Start a new one to go on.")
            )
        # the session moves entries on the agent's behalf; checked just above
        return as_dialer(self)

    def _lock(self):
        """Make other requests on this session wait, and run again on the new truth.

        Odoo's own lock does not wait: the second of two clicks would be an error.
        """
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM dialer_session WHERE id IN %s "
                "ORDER BY id FOR NO KEY UPDATE",
                self._ids,
            ),
            log_exceptions=False,
        )

    # -------------------------------------------------------------------------
    # Start and end
    # -------------------------------------------------------------------------

    @api.model
    def start(self, campaign_id):
        """Start working a campaign, or go on in the session that is open there.

        :param int campaign_id: id of a running campaign of the agent
        :return: the state, see :meth:`get_state`
        :rtype: dict
        :raise UserError: when the campaign cannot be worked, saying why
        """
        campaign = self._check_campaign(campaign_id)
        # agents have no write access to sessions other than by these methods
        sessions = as_dialer(self)
        current = sessions.search(
            [("user_id", "=", self.env.uid), ("state", "!=", "closed")]
        )
        if current and current.campaign_id == campaign:
            return current._state()
        if current:
            current._check_no_call()
            current._close()
            # the database must know before it sees the next open session
            current.flush_recordset()
        return sessions._open(campaign)._state()

    @api.model
    def _open(self, campaign):
        """Make the session of this user, once, whatever is clicked in other tabs.

        :raise ConcurrencyError: when another tab was faster; the request then runs
            again and finds that session
        """
        # made closed, and opened by a statement whose conflict is no error in the log
        session = self.create(
            {
                # not the user's own defaults: they would put anybody on screen
                **own_defaults(self),
                "user_id": self.env.uid,
                "campaign_id": campaign.id,
                "state": "closed",
            }
        )
        query = SQL(
            "UPDATE dialer_session SET state = 'running' WHERE id = %s", session.id
        )
        try:
            with self.env.cr.savepoint():
                self.env.cr.execute(query, log_exceptions=False)
        except psycopg2.errors.UniqueViolation as error:
            raise ConcurrencyError("session opened in another tab") from error
        session.invalidate_recordset(["state"], flush=False)
        return session

    @api.model
    def _check_campaign(self, campaign_id):
        """Get a campaign that this user may work now.

        :raise UserError: a clear sentence when not
        """
        self.env["dialer.campaign"].check_access("read")
        if not inputs.is_id(campaign_id):
            raise UserError(self.env._("Choose a campaign."))
        campaign = self.env["dialer.campaign"].browse(campaign_id).exists()
        if not campaign:
            raise UserError(self.env._("This campaign does not exist any more."))
        campaign.check_access("read")
        if campaign.state != "running":
            states = dict(campaign._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "The campaign “%(campaign)s” cannot be worked now, it is: "
                    "%(state)s.",
                    campaign=campaign.name,
                    state=states[campaign.state],
                )
            )
        if campaign.agent_ids and self.env.user not in campaign.agent_ids:
            raise UserError(
                self.env._(
                    "You are not among the agents of “%(campaign)s”. Ask your "
                    "supervisor to add you.",
                    campaign=campaign.name,
                )
            )
        return campaign

    def close(self):
        """End the session; a customer on screen goes back to the queue.

        :return: the state, see :meth:`get_state`
        :rtype: dict
        :raise UserError: while a call has no result yet
        """
        session = self._as_agent()
        session._lock()
        session._check_no_call()
        session._close()
        return session._state()

    def _close(self):
        self._put_back()
        self._end_pause()
        self.write(
            {
                "state": "closed",
                "decision": False,
                "closed_at": fields.Datetime.now(),
            }
        )

    def _check_no_call(self):
        if self.entry_id.state == "dialing":
            raise UserError(
                self.env._(
                    "Register the result of the call with %(customer)s first.",
                    customer=self.entry_id.customer_name,
                )
            )

    def _clear_screen(self, change=None):
        """Take the customers off these agents' screens.

        :param str change: what their consoles are told; None: nothing
        """
        self.write(
            {
                "entry_id": False,
                "decision": False,
                "event_id": False,
                "hold_since": False,
            }
        )
        for session in self if change else ():
            session._notify_agent(change)

    def _put_back(self):
        """Give the customer on screen, if any, back to the queue as it was."""
        if self.entry_id.state in ("reserved", "asking"):
            self.entry_id.write(self.entry_id._waiting_values())
        self.entry_id = False

    # -------------------------------------------------------------------------
    # Pause
    # -------------------------------------------------------------------------

    def pause(self, reason_id=None):
        """Pause the dialer; the customer on screen stays there.

        :param int reason_id: id of a dialer.pause.reason, or None
        :return: the state, see :meth:`get_state`
        :rtype: dict
        :raise UserError: when the reason does not exist
        """
        session = self._as_agent()
        reason = self.env["dialer.pause.reason"]
        if not inputs.is_nothing(reason_id):
            refusal = self.env._("Choose a pause reason from the list.")
            reason = inputs.pick(reason, reason_id, refusal)
        session._lock()
        if session.state == "running":
            session._pause(reason)
        return session._state()

    def _pause(self, reason):
        self._end_pause()
        self.write(
            {
                "state": "paused",
                "pause_ids": [
                    fields.Command.create(
                        {
                            **own_defaults(self.pause_ids),
                            "reason_id": reason.id,
                            "started_at": fields.Datetime.now(),
                        }
                    )
                ],
            }
        )

    def _end_pause(self):
        self.pause_ids.filtered(
            lambda p: not p.ended_at
        ).ended_at = fields.Datetime.now()

    # -------------------------------------------------------------------------
    # State
    # -------------------------------------------------------------------------

    def get_state(self):
        """Tell where this session stands, changing nothing.

        :return: JSON-able dict with ``session_id``, ``state`` (running, paused or
            closed), ``decision`` (dial, ask, hold, searching, empty or None),
            ``entry`` (the customer on screen, or None), ``skipped`` (customers
            skipped by this call), ``message`` (a sentence for the agent, or None)
            and what the screen shows besides
        :rtype: dict
        :raise AccessError: when the session is another agent's
        """
        inputs.one(self)
        if self.user_id != self.env.user:
            return self._as_agent()._state()
        # shows the agent their own customer whatever the customer's rules
        return as_dialer(self)._state()

    def _state(self, skipped=0, message=None, **extra):
        """Build the dict of :meth:`get_state`."""
        self.ensure_one()
        entry = self.entry_id
        return {
            "session_id": self.id,
            "state": self.state,
            "decision": self.decision or None,
            "entry": entry._screen_values() if entry else None,
            "skipped": skipped,
            "message": message or self._message(),
            "campaign": {
                "id": self.campaign_id.id,
                "name": self.campaign_id.name,
                "dial_mode": self.campaign_id.dial_mode,
            },
            "question": self._question(),
            "hold": self._hold_values(),
            "pause": self._pause_values(),
            **extra,
        }

    def _message(self):
        """A sentence for the agent when there is nobody on screen."""
        if self.state == "closed" or self.entry_id:
            return None
        if self.decision == "searching":
            return self.env._(
                "Many customers are in conversation or outside their calling hours; "
                "still searching."
            )
        if self.decision == "empty":
            if self.campaign_id.state != "running":
                return self.env._(
                    "The supervisor has stopped the campaign “%(campaign)s”.",
                    campaign=self.campaign_id.name,
                )
            return self._empty_message()
        return None

    def _empty_message(self):
        """Why nobody is left to call, with counts and when the next one is due."""
        campaign = self.campaign_id
        counts = campaign._why_not_counts(self.user_id, limit=MOST_COUNTED)
        if not counts:
            return self.env._("The queue of this campaign has no customers.")
        entries = self.env["dialer.queue.entry"]
        message = self.env._(
            "Nobody to call now: %(reasons)s.",
            reasons=", ".join(
                f"{reason['count']}{'+' if reason['more'] else ''} "
                f"{entries._reason_label(reason['code'])}"
                for reason in counts
                if reason["code"] != "callable"
            )
            or self.env._("others were faster"),
        )
        moments = [reason["until"] for reason in counts]
        if any(reason["more"] for reason in counts):
            moments.append(campaign._next_due())
        due = min(filter(None, moments), default=None)
        if not due:
            return message
        moment = format_datetime(
            self.env, due, tz=self.user_id.tz or str(self.company_id._dialer_tz())
        )
        return self.env._(
            "%(message)s The next one is due at %(moment)s.",
            message=message,
            moment=moment,
        )

    def _question(self):
        """What the popup shows while the agent is asked, else None."""
        if self.entry_id.state != "asking":
            return None
        event = self.event_id
        active = event.verdict == "active"
        return {
            "active": active,
            "text": self._question_text(),
            "call_anyway": self.company_id.dialer_call_anyway or not active,
            "conversation": event.conversation or None,
            "reason": event.reason_text,
        }

    def _question_text(self):
        if self.event_id.verdict == "active":
            return self.env._(
                "Customer with an active conversation via WhatsApp. Do you want to "
                "pause the dialer?"
            )
        return self.env._(
            "Plinx did not say whether this customer is in conversation. Do you want "
            "to call?"
        )

    def _hold_values(self):
        if self.decision != "hold":
            return None
        return {
            "reason": self.event_id.reason_text,
            "since": fields.Datetime.to_string(self.hold_since),
        }

    def _pause_values(self):
        if self.state != "paused":
            return None
        pause = self.pause_ids.filtered(lambda p: not p.ended_at)[:1]
        if not pause:
            return None
        return {
            "reason": pause.reason_id.name or None,
            "since": fields.Datetime.to_string(pause.started_at),
        }
