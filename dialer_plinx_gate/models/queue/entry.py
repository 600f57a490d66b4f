# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The entry of a queue: its fields, and the states that it goes through."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import inputs
from ...tools.clock import precise_now

# Ranks order the queue: due callbacks, then priority, then the entries that an
# agent moved on from, behind those that waited at the time.
CALLBACK_RANK = -1_000_000_000
DEFERRAL_RANK = 100_000
MAX_PRIORITY = 9_999
MAX_DEFERRALS = 9_999

# An agent is at it: nobody else may have this customer.
HELD_STATES = ("reserved", "asking", "dialing")

# The number that was asked about, or dialed, stays what it is until that is settled.
FROZEN_STATES = ("asking", "dialing")

# Nobody is called any more, and nothing is promised.
ENDED_STATES = ("done", "exhausted", "invalid", "cancelled")

# Results that end an entry: its state then, and the reason that is told.
ENDING_EFFECTS = {"done": ("done", False), "dnc": ("cancelled", "do_not_call")}

# Context key of a change that the other side, the activity, has made already.
SYNCED = "dialer_activity_synced"


class DialerQueueEntry(models.Model):
    """A customer, or lead, in the queue of one campaign.

    An entry is always in one of eight states. Only the methods of this room change
    it; each is one transition, and what it leaves behind is written in one place.

    =========  ===================  =============================================
    State      Meaning              Left by
    =========  ===================  =============================================
    pending    waits in line, from  ``_reserve``: reserved, asking. ``_set_aside``,
               next_call_at on      ``_wait_for_conversations``, ``_postpone_closed``,
                                    ``_promise``: pending, later.
                                    ``_exhaust``: exhausted.
                                    ``_invalidate``: invalid. ``_cancel``,
                                    ``_withdraw_numbers``: cancelled.
                                    ``_end_promise``: done, cancelled.
    reserved   on an agent's        ``_ask``: asking. ``_dial``: dialing.
               screen               ``_give_back``, ``_defer``: pending.
                                    ``_withdraw_numbers``: cancelled.
    asking     an agent is asked    ``_dial``: dialing. ``_give_back``, ``_defer``,
               what to do           ``_promise``: pending.
                                    ``_withdraw_numbers``: cancelled.
    dialing    in call, and until   ``_finish``: pending, done, exhausted, cancelled.
               its result
    done       reached              ``_finish``, where the result is corrected.
    exhausted  called as often as   ``_finish``, likewise. ``_recycle_sql``: pending.
               allowed              ``_withdraw_numbers``: cancelled.
    invalid    without a phone, or  ``_mend``: pending.
               one that is not      ``_withdraw_numbers``: cancelled.
               read in full
    cancelled  taken out            ``_bring_back_numbers``: pending, exhausted.
                                    ``_import_sql``: pending.
    =========  ===================  =============================================

    ``_refill_sql`` withdraws entries that were never called (pending, invalid) when
    the filters no longer match, and brings them back when they do. Supervisors set
    pending or cancelled by hand, unless an agent has the customer.
    """

    _name = "dialer.queue.entry"
    _description = "Queue Entry"
    _inherit = ["dialer.customer.names", "dialer.guard.mixin"]
    _order = "campaign_id, rank, next_call_at, id"
    _check_company_auto = True
    _rec_name = "customer_name"

    # whom, in which queue
    campaign_id = fields.Many2one(
        "dialer.campaign", required=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="campaign_id.company_id", store=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        ondelete="cascade",
        index="btree_not_null",
        check_company=True,
    )
    lead_id = fields.Many2one(
        "crm.lead", ondelete="cascade", index="btree_not_null", check_company=True
    )
    customer_name = fields.Char(
        compute="_compute_customer_name", search="_search_customer_name"
    )
    phone = fields.Char(
        compute="_compute_phone",
        store=True,
        help="The number to dial, in international form.",
    )
    dialed_numbers = fields.Json(
        readonly=True,
        copy=False,
        help="The customer's numbers when the last call was placed, beginning with the "
        "one that was dialed.",
    )
    state = fields.Selection(
        [
            ("pending", "Waiting"),
            ("reserved", "Reserved"),
            ("asking", "Agent is asked"),
            ("dialing", "In call"),
            ("done", "Done"),
            ("exhausted", "Exhausted"),
            ("invalid", "No valid phone"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="pending",
        readonly=True,
    )
    # when it is its turn
    priority = fields.Integer(
        default=0,
        aggregator=None,
        help="Customers with a higher priority are called first.",
    )
    deferrals = fields.Integer(
        default=0,
        readonly=True,
        aggregator=None,
        help="How often an agent went on to the next customer instead.",
    )
    rank = fields.Integer(compute="_compute_rank", store=True, aggregator=None)
    next_call_at = fields.Datetime(
        string="Next call", required=True, default=fields.Datetime.now
    )
    attempts = fields.Integer(default=0, readonly=True)
    wait_reason = fields.Char(
        readonly=True, help="Code of the reason why the next call is due later."
    )
    unread_text = fields.Char(
        readonly=True,
        copy=False,
        help="What could not be read in the customer's phone fields. The customer is "
        "called as soon as it is corrected there.",
    )
    # how it came, and went
    withdrawn = fields.Boolean(
        readonly=True, help="Taken out because the filters no longer match."
    )
    imported = fields.Boolean(
        readonly=True, help="Came from a list, not from the filters."
    )
    # what was promised, and by whom
    is_callback = fields.Boolean(
        readonly=True, help="The next call is promised to the customer."
    )
    callback_user_id = fields.Many2one(
        "res.users",
        string="Callback of",
        index="btree_not_null",
        check_company=True,
        readonly=True,
        help="Who keeps the promise: whoever has the activity on the customer.",
    )
    callback_until = fields.Datetime(
        readonly=True,
        help="From then on, any agent of the campaign may make the call.",
    )
    # who has it
    agent_id = fields.Many2one("res.users", index="btree_not_null", readonly=True)
    session_id = fields.Many2one("dialer.session", ondelete="set null", readonly=True)
    reserved_until = fields.Datetime(readonly=True)
    dialed_at = fields.Datetime(readonly=True)
    hung_up_at = fields.Datetime(readonly=True, help="When the talk ended.")
    gate_event_ids = fields.One2many("dialer.gate.event", "entry_id")
    attendance_ids = fields.One2many("dialer.attendance", "entry_id")

    _queue = models.Index(
        "(campaign_id, rank, next_call_at, id) WHERE state = 'pending'"
    )
    _held = models.Index(
        "(reserved_until) WHERE state IN ('reserved', 'asking', 'dialing')"
    )
    _by_state = models.Index("(campaign_id, state)")
    _in_call_number = models.Index("(substr(phone, 2)) WHERE state = 'dialing'")
    _customer_once = models.UniqueIndex(
        "(campaign_id, partner_id) WHERE lead_id IS NULL",
        "This customer is in the queue of this campaign already.",
    )
    _lead_once = models.UniqueIndex(
        "(campaign_id, lead_id) WHERE lead_id IS NOT NULL",
        "This lead is in the queue of this campaign already.",
    )
    _customer_held_once = models.UniqueIndex(
        "(partner_id) WHERE state IN ('reserved', 'asking', 'dialing')",
        "Another agent has this customer on screen.",
    )
    _lead_held_once = models.UniqueIndex(
        "(lead_id) WHERE state IN ('reserved', 'asking', 'dialing')",
        "Another agent has this lead on screen.",
    )
    _priority_range = models.Constraint(
        f"CHECK(priority BETWEEN -{MAX_PRIORITY} AND {MAX_PRIORITY})",
        "The priority must be between -9,999 and 9,999.",
    )
    _has_customer = models.Constraint(
        "CHECK(partner_id IS NOT NULL OR lead_id IS NOT NULL)",
        "A queue entry needs a customer or a lead.",
    )

    # -------------------------------------------------------------------------
    # Computes
    # -------------------------------------------------------------------------

    @api.depends("partner_id.display_name", "lead_id.contact_name", "lead_id.name")
    @api.depends_context("uid")
    def _compute_customer_name(self):
        """Name the customers on the user's own screen, and those they may read."""
        named = self._filtered_named()
        self.customer_name = self._hidden_name()
        for entry in named:
            # sudo: the right to the name was looked at just above
            lead = entry.lead_id.sudo()
            entry.customer_name = (
                entry.partner_id.sudo().display_name
                or lead.contact_name
                or lead.partner_name
                or lead.name
            )

    def _filtered_named(self):
        """Add whom the user has on screen, whatever the customer's own rules."""
        if self.env.su:
            return self
        # sudo: who has whom on screen
        on_screen = self.sudo().filtered(
            lambda entry: (
                entry.state in HELD_STATES and entry.session_id.user_id == self.env.user
            )
        )
        return super()._filtered_named() | on_screen.sudo(False)

    def _search_customer_name(self, operator, value):
        if operator in fields.Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        return fields.Domain("partner_id", operator, value) | fields.Domain(
            "lead_id", operator, value
        )

    @api.depends("partner_id.phone", "partner_id.country_id", "lead_id.phone")
    def _compute_phone(self):
        frozen = self.filtered(lambda e: e.state in FROZEN_STATES and e._origin.phone)
        for entry in frozen:
            entry.phone = entry.phone
        found = (self - frozen)._identities()
        for entry in self - frozen:
            numbers = found.get(entry.id or entry._origin.id) or []
            entry.phone = numbers[0].e164 if numbers else False

    @api.depends("priority", "deferrals", "is_callback")
    def _compute_rank(self):
        for entry in self:
            priority = max(-MAX_PRIORITY, min(MAX_PRIORITY, entry.priority))
            entry.rank = (
                CALLBACK_RANK
                if entry.is_callback
                else min(entry.deferrals, MAX_DEFERRALS) * DEFERRAL_RANK
            ) - priority

    @api.depends("customer_name", "campaign_id")
    @api.depends_context("uid")
    def _compute_display_name(self):
        for entry in self:
            entry.display_name = entry.customer_name

    def _customer(self):
        """The record that is called: the lead if there is no contact.

        :return: a res.partner or a crm.lead of at most one record, as superuser
        """
        self.ensure_one()
        # sudo: whoever may call reads what the call takes
        return self.partner_id.sudo() or self.lead_id.sudo()

    # -------------------------------------------------------------------------
    # Who may change what
    # -------------------------------------------------------------------------

    @api.model
    def _fixed_fields(self):
        """An entry stays with its customer, too."""
        return super()._fixed_fields() | {"partner_id", "lead_id"}

    def _person_may_set(self, name, value):
        """Supervisors take customers out and let them wait again, unless an agent has
        them at the moment."""
        free = not any(entry.state in HELD_STATES for entry in self)
        moves = name == "state" and value in ("pending", "cancelled")
        return (self and free and moves) or super()._person_may_set(name, value)

    # -------------------------------------------------------------------------
    # Changes
    # -------------------------------------------------------------------------

    def write(self, vals):
        """Keep in line what hangs on an entry: promise, activity, number, boards."""
        moved = "next_call_at" in vals and "callback_until" not in vals
        own_times = self._own_times() if moved else {}
        settled = self.browse()
        if "state" in vals and vals["state"] not in FROZEN_STATES:
            settled = self.filtered(lambda entry: entry.state in FROZEN_STATES)
        if "state" in vals and vals["state"] not in HELD_STATES:
            freed = self.filtered(lambda entry: entry.state in HELD_STATES)
            self.env["dialer.held.number"]._free(freed)
        result = super().write(vals)
        self._keep_own_times(own_times)
        # a number that was edited in mid-call counts from now on
        self.env.add_to_compute(self._fields["phone"], settled)
        if {"next_call_at", "state"} & vals.keys() and not self.env.context.get(SYNCED):
            self._move_activities()
        if {"state", "hung_up_at"} & vals.keys():
            self.env["dialer.live"]._notify_boards(self.company_id)
        return result

    # -------------------------------------------------------------------------
    # On an agent's screen, and in call
    # -------------------------------------------------------------------------

    def _ask(self):
        """Put the question about this customer to the agent who has it."""
        self.write({"state": "asking"})

    def _dial(self):
        """Count a call to the number that is dialed first, and note all the others."""
        self.ensure_one()
        numbers = self._identities()[self.id]
        self.write(
            {
                "state": "dialing",
                "attempts": self.attempts + 1,
                "dialed_at": fields.Datetime.now(),
                "phone": numbers[0].e164 if numbers else self.phone,
                "dialed_numbers": [number.e164 for number in numbers],
            }
        )

    def _call_seconds(self, now):
        """How long the call took so far.

        :param datetime now: naive UTC
        :return: seconds of talk, seconds of wrap-up
        :rtype: tuple[int, int]
        """
        self.ensure_one()
        ended = self.hung_up_at or now
        talking = ended - (self.dialed_at or now)
        return (
            max(0, int(talking.total_seconds())),
            max(0, int((now - ended).total_seconds())),
        )

    def _screen_values(self):
        """What the agent's screen shows of the customer, JSON-able.

        :rtype: dict
        """
        self.ensure_one()
        # sudo: the customer on screen is shown whatever the customer's own rules
        customer, partner = self._customer(), self.partner_id.sudo()
        return {
            "id": self.id,
            "partner_id": partner.id or None,
            "lead_id": self.lead_id.id or None,
            # a contact without its company's name, which stands beside it
            "name": partner.name or self.customer_name,
            "phone": self.phone or None,
            "state": self.state,
            "attempts": self.attempts,
            "company_name": customer.commercial_company_name
            if partner
            else customer.partner_name,
            "city": customer.city or None,
            "dialed_at": fields.Datetime.to_string(self.dialed_at) or None,
            "hung_up_at": fields.Datetime.to_string(self.hung_up_at) or None,
            "reserved_until": fields.Datetime.to_string(self.reserved_until) or None,
        }

    # -------------------------------------------------------------------------
    # Back in the queue
    # -------------------------------------------------------------------------

    @api.model
    def _waiting_values(self, **values):
        """Values of an entry that nobody holds.

        :param values: further values, or others
        :rtype: dict
        """
        return {
            "state": "pending",
            "agent_id": False,
            "session_id": False,
            "reserved_until": False,
            "dialed_at": False,
            "hung_up_at": False,
            **values,
        }

    def _give_back(self):
        """Put these entries back to where they stood, as if nobody had had them."""
        self.write(self._waiting_values())

    def _defer(self):
        """Put this entry behind all that wait now, whatever its priority."""
        self.ensure_one()
        self.flush_model()
        now = precise_now()
        last = self.env.execute_query(
            SQL(
                """
                SELECT rank, max(next_call_at) FROM dialer_queue_entry
                 WHERE campaign_id = %s AND state = 'pending' AND next_call_at <= %s
              GROUP BY rank ORDER BY rank DESC LIMIT 1
                """,
                self.campaign_id.id,
                now,
            )
        )
        deferrals = self.deferrals
        if last:
            rank, latest = last[0]
            deferrals = max(deferrals, -(-(rank + self.priority) // DEFERRAL_RANK), 0)
            # the last in line may be of this very moment: one rank more is behind it
            if deferrals * DEFERRAL_RANK - self.priority == rank and latest >= now:
                deferrals += 1
        self.write(
            self._waiting_values(
                deferrals=deferrals, is_callback=False, next_call_at=now
            )
        )

    def _promise(self, when, user):
        """Let this customer wait for a call that an agent promised.

        :param datetime when: the promised moment, naive UTC
        :param res.users user: the agent who promised, who has it first
        """
        self.write(self._callback_values(when, user))

    def _callback_values(self, when, user):
        """Values of an entry whose next call was promised, see :meth:`_promise`.

        :rtype: dict
        """
        own_minutes = self.campaign_id.callback_own_minutes
        return self._waiting_values(
            next_call_at=when,
            deferrals=0,
            is_callback=True,
            callback_user_id=user.id,
            callback_until=when + timedelta(minutes=own_minutes),
            wait_reason="callback",
        )

    def _set_aside(self, reason, until=None):
        """Let these customers, whom nobody has, wait for something other than a call.

        :param str reason: code of what they wait for
        :param datetime until: when to offer them again, naive UTC; None: no change
        """
        later = {"next_call_at": until} if until else {}
        self.write({"state": "pending", "wait_reason": reason, **later})

    # -------------------------------------------------------------------------
    # After a call
    # -------------------------------------------------------------------------

    def _finish(self, result, when, user, ended=None):
        """Let the result of a call decide what becomes of this entry.

        :param dialer.result result: how the call ended
        :param datetime when: the next contact that the agent chose, or False
        :param res.users user: the agent
        :param datetime ended: when the call ended, naive UTC; None: now
        :return: when the customer is called again, naive UTC, or False
        :rtype: datetime | bool
        """
        values = self._result_values(result, when, user, ended)
        self.write(values)
        return values.get("next_call_at", False)

    def _result_values(self, result, when, user, ended=None):
        """Values of an entry after a call, see :meth:`_finish`.

        :rtype: dict
        """
        self.ensure_one()
        if result.effect == "callback" or (when and result.effect == "retry"):
            return self._callback_values(when, user)
        values = self._waiting_values(
            deferrals=0,
            is_callback=False,
            callback_user_id=False,
            callback_until=False,
        )
        if result.effect in ENDING_EFFECTS:
            values["state"], values["wait_reason"] = ENDING_EFFECTS[result.effect]
        elif self.attempts >= self.campaign_id.max_attempts:
            values.update(state="exhausted", wait_reason="max_attempts")
        else:
            delay = timedelta(minutes=result._retry_delay(self.attempts))
            moment = (ended or fields.Datetime.now()) + delay
            values["next_call_at"] = self._automatic_moment(moment)
            values["wait_reason"] = "retry"
        return values

    # -------------------------------------------------------------------------
    # Called no more
    # -------------------------------------------------------------------------

    def _exhaust(self, reason):
        """End these entries, which were called as often as allowed.

        :param str reason: code of the limit
        """
        self.write({"state": "exhausted", "wait_reason": reason})

    def _invalidate(self, reason=False):
        """End these entries, whose customers have no number that can be dialed.

        :param str reason: code that says more, if there is one
        """
        self.write({"state": "invalid", "wait_reason": reason})

    def _invalidate_unread(self, texts):
        """End these entries until somebody mends their customers' phone fields.

        :param dict texts: what could not be read of each, by entry id
        """
        self._invalidate("unread_number")
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE dialer_queue_entry entry SET unread_text = given.text
                  FROM unnest(%s, %s::varchar[]) AS given(id, text)
                 WHERE entry.id = given.id
                """,
                list(self.ids),
                [texts[entry_id] for entry_id in self.ids],
            )
        )
        self.invalidate_recordset(["unread_text"], flush=False)

    @api.model
    def _mend(self, column, customer_ids):
        """Let those wait in line again whose phone fields can be read now.

        :param str column: ``partner_id`` or ``lead_id``
        :param list[int] customer_ids: the contacts or leads that were edited
        """
        self.flush_model(["state", "wait_reason", "partner_id", "lead_id"])
        found = self.env.execute_query(self._mendable_sql(column, customer_ids))
        # sudo: whoever mends the field need not know the campaign
        entries = self.sudo().browse(row[0] for row in found)
        if not entries:
            return
        numbers = entries._customer_numbers()
        self.env.add_to_compute(self._fields["phone"], entries)
        entries.filtered(
            lambda entry: numbers[entry.id].identities and not numbers[entry.id].unread
        ).write(
            self._waiting_values(
                wait_reason=False, unread_text=False, next_call_at=precise_now()
            )
        )

    @api.model
    def _mendable_sql(self, column, customer_ids):
        """The entries without a phone that can be read, and with one of these
        customers: their own, their leads', or those of the companies they answer for.

        :rtype: SQL
        """
        whose = SQL("entry.%s = ANY(%s)", SQL.identifier(column), customer_ids)
        if column == "partner_id":
            whose = SQL(
                """
                entry.partner_id IN (
                    SELECT unnest(%(ids)s) UNION
                    SELECT parent_id FROM res_partner WHERE id = ANY(%(ids)s))
                """,
                ids=customer_ids,
            )
        return SQL(
            """
            SELECT entry.id FROM dialer_queue_entry entry
             WHERE entry.state = 'invalid' AND %s
               AND (entry.wait_reason IS NULL OR entry.wait_reason = 'unread_number')
            """,
            whose,
        )

    def action_open_customer(self):
        """Button: open the contact or lead, where its phone is corrected.

        :return: window action
        :rtype: dict
        """
        inputs.one(self)
        # the user's own rights decide on what the form shows
        return (self.partner_id or self.lead_id).get_formview_action()

    def _cancel(self, reason=False):
        """Take these entries out of the queue.

        :param str reason: code that tells the supervisor why
        """
        self.write({"state": "cancelled", "wait_reason": reason})

    # -------------------------------------------------------------------------
    # Transitions within the statements of campaigns
    # -------------------------------------------------------------------------

    @api.model
    def _refill_sql(self, now):
        """What a fill changes of an entry that the filters decide on anew.

        Who was withdrawn comes back and is due; who waits is withdrawn.

        :param datetime now: naive UTC
        :return: the SET of an UPDATE of dialer_queue_entry
        :rtype: SQL
        """
        return SQL(
            """
            state = CASE state WHEN 'cancelled' THEN 'pending' ELSE 'cancelled' END,
            next_call_at = CASE state
                WHEN 'cancelled' THEN %(now)s ELSE next_call_at END,
            withdrawn = state != 'cancelled',
            write_uid = %(uid)s, write_date = %(now)s
            """,
            now=now,
            uid=self.env.uid,
        )

    @api.model
    def _import_sql(self):
        """What an imported list changes of an entry: the filters withdraw it no more.

        :return: the SET of an UPDATE of dialer_queue_entry
        :rtype: SQL
        """
        return SQL(
            """
            imported = TRUE, withdrawn = FALSE, state = CASE
                WHEN state = 'cancelled' AND withdrawn THEN 'pending' ELSE state END
            """
        )

    @api.model
    def _recycle_sql(self, now):
        """What makes an exhausted entry as good as new.

        :param datetime now: naive UTC
        :return: the SET of an UPDATE of dialer_queue_entry
        :rtype: SQL
        """
        return SQL(
            """
            state = 'pending', attempts = 0, wait_reason = NULL,
            deferrals = 0, rank = -priority, is_callback = FALSE,
            callback_user_id = NULL, callback_until = NULL,
            next_call_at = %(now)s, write_uid = %(uid)s, write_date = %(now)s
            """,
            now=now,
            uid=self.env.uid,
        )
