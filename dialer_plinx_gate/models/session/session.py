# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""An agent's session in one campaign: its fields, who may use it, start and end."""

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tools import SQL

from ...tools import inputs
from ...tools.context import as_dialer, own_defaults
from ..queue.entry import HELD_STATES

SESSION_STATES = [("running", "Running"), ("paused", "Paused"), ("closed", "Closed")]


class DialerSession(models.Model):
    _name = "dialer.session"
    _inherit = ["plinx.banner.mixin"]
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
    hold_message = fields.Char(compute="_compute_hold_message")
    checked_at = fields.Datetime(
        readonly=True, help="When Plinx was asked about the customer on screen."
    )
    asked_ids = fields.Char(
        readonly=True,
        groups=fields.NO_ACCESS,
        help="The ids that Plinx was asked about then; its answer holds for no others.",
    )
    short_lookahead = fields.Boolean(
        readonly=True, help="The last customer was found among the first few."
    )
    skipped_count = fields.Integer(string="Skipped", readonly=True)
    state_since = fields.Datetime(
        default=fields.Datetime.now,
        readonly=True,
        copy=False,
        help="When the agent's status last changed.",
    )
    last_seen_at = fields.Datetime(
        string="Agent last seen", default=fields.Datetime.now, readonly=True
    )
    started_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    closed_at = fields.Datetime(readonly=True)
    pause_ids = fields.One2many("dialer.session.pause", "session_id", "Pauses")
    attendance_ids = fields.One2many("dialer.attendance", "session_id")
    attendance_count = fields.Integer(compute="_compute_attendance_count")

    _user_started = models.Index("(user_id, started_at)")
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

    @api.depends("decision", "event_id", "hold_since", "state", "entry_id")
    def _compute_hold_message(self):
        for session in self:
            session.hold_message = session._is_held() and session._hold_sentence()

    @api.model_create_multi
    def create(self, vals_list):
        """Open sessions; the boards of their companies hear of it."""
        sessions = super().create(vals_list)
        self.env["dialer.live"]._notify_boards(sessions.company_id)
        return sessions

    def write(self, vals):
        """Keep since when the agent does what they do, and tell the boards."""
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

    def _at_work(self):
        """This session for what its agent does now, which shows that they are there.

        Every verb of the agent begins here. See :meth:`_as_agent`.

        :rtype: dialer.session
        """
        session = self._as_agent()
        session._record_sign()
        session._drop_lost_entry()
        return session

    def _may_work(self):
        """Whether the campaign runs and still has this session's agent.

        :rtype: bool
        """
        # sudo: who calls for a campaign decides, whoever may read the list
        campaign = self.campaign_id.sudo()
        agents = campaign.agent_ids
        return campaign.state == "running" and (not agents or self.user_id in agents)

    def _held_entry(self):
        """The customer on screen, unless the reservation was lost meanwhile.

        :rtype: dialer.queue.entry
        """
        return self.entry_id.filtered(
            lambda entry: entry.session_id == self and entry.state in HELD_STATES
        )

    def _drop_lost_entry(self):
        """Take off the screen a customer whose reservation was lost meanwhile."""
        if self.entry_id and not self._held_entry():
            self._clear_screen()

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
            return current._at_work()._state()
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
            raise UserError(self.env._("This campaign no longer exists."))
        campaign.check_access("read")
        if campaign.state != "running":
            states = dict(campaign._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "The campaign “%(campaign)s” cannot be worked on now. Its state "
                    "is: %(state)s.",
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
        session = self._at_work()
        session._lock()
        session._check_no_call()
        session._close()
        return session._state()

    def _close(self):
        self._put_back()
        self._end_pause()
        self.write({"state": "closed", "closed_at": fields.Datetime.now()})

    def _check_no_call(self):
        """Check that the session is in no call.

        :raise UserError: when the last call has no result yet
        """
        entry = self._held_entry()
        if entry.state == "dialing":
            raise UserError(
                self.env._(
                    "Register the result of the call with %(customer)s first.",
                    customer=entry.customer_name,
                )
            )

    def _put_back(self):
        """Give the customer on screen, if any, back to the queue as it was."""
        self._held_entry().filtered(lambda entry: entry.state != "dialing")._give_back()
        self._clear_screen()
