# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import NamedTuple

import psycopg2.errors

from odoo import api, fields, models
from odoo.tools import SQL

from ...plinx.phone import identities
from ...tools.faults import kept_apart

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

# Context key of what :meth:`DialerQueueEntry._customer_numbers` has found already.
CUSTOMER_NUMBERS = "dialer_customer_numbers"


class Block(NamedTuple):
    """Why an entry cannot be called now, apart from what the gate says.

    ``reason`` is a stable code; ``until`` (naive UTC) is when to offer the entry
    again, None when only a person can change that; ``state`` is what the entry
    becomes meanwhile.
    """

    reason: str
    until: datetime | None = None
    state: str = "pending"


class CustomerNumbers(NamedTuple):
    """A customer as the gate asks about one: numbers, and ids learned from Plinx.

    ``stored`` are the numbers that Odoo's own lists may know the customer by.
    """

    identities: list
    wa_id: str | None
    bsuid: str | None
    stored: set


class NumbersRow(NamedTuple):
    """What :meth:`DialerQueueEntry._read_numbers` reads of one entry."""

    entry_id: int
    company_id: int
    is_company: bool | None
    phone: str | None
    country: int | None
    lead_phone: str | None
    lead_country: int | None
    wa_id: str | None
    bsuid: str | None
    stored: list


class DialerQueueEntry(models.Model):
    _name = "dialer.queue.entry"
    _description = "Queue Entry"
    _inherit = ["dialer.customer.names", "dialer.guard.mixin"]
    _order = "campaign_id, rank, next_call_at, id"
    _check_company_auto = True
    _rec_name = "customer_name"

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
        help="The numbers of the customer when the last call was placed, the dialed "
        "first.",
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
        readonly=True, help="Code of what moved the next call into the future."
    )
    withdrawn = fields.Boolean(
        readonly=True, help="Taken out because the filters no longer match."
    )
    imported = fields.Boolean(
        readonly=True, help="Came from a list, not from the filters."
    )
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
        help="From then on any agent of the campaign may keep the promise.",
    )
    agent_id = fields.Many2one("res.users", index="btree_not_null", readonly=True)
    session_id = fields.Many2one("dialer.session", ondelete="set null", readonly=True)
    reserved_until = fields.Datetime(readonly=True)
    dialed_at = fields.Datetime(readonly=True)
    gate_event_ids = fields.One2many("dialer.gate.event", "entry_id")
    attendance_ids = fields.One2many("dialer.attendance", "entry_id")

    _queue = models.Index(
        "(campaign_id, rank, next_call_at, id) WHERE state = 'pending'"
    )
    _held = models.Index(
        "(reserved_until) WHERE state IN ('reserved', 'asking', 'dialing')"
    )
    _by_state = models.Index("(campaign_id, state)")
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

    def _customer(self):
        """The record that is called: the lead if there is no contact.

        :return: a res.partner or a crm.lead of at most one record, as superuser
        """
        self.ensure_one()
        return self.partner_id.sudo() or self.lead_id.sudo()

    def _identities(self):
        """All the valid numbers of each entry's customer, read as typed.

        :return: identities by entry id, the number to dial first
        :rtype: dict[int, list[odoo.addons.dialer_plinx_gate.plinx.phone.Identity]]
        """
        return {
            key: called.identities for key, called in self._customer_numbers().items()
        }

    def _customer_numbers(self):
        """What is known of the customers' numbers, in at most two statements.

        Two hundred customers are read for every look at the head of the queue, so
        this goes around the cache. What the agent may not see of a customer counts.

        :return: by entry id, in the order of the entries
        :rtype: dict[int, CustomerNumbers]
        """
        known = self.env.context.get(CUSTOMER_NUMBERS)
        if known is not None:
            return {key: known[key] for key in self.ids if key in known}
        rows = {row.entry_id: row for row in self._read_numbers()}
        contacts = self._read_contact_numbers(
            [key for key, row in rows.items() if row.is_company]
        )
        companies = self.env["res.company"].sudo()
        countries = self.env["res.country"].sudo()
        own = cache(lambda company: companies.browse(company).country_id.code)
        code = cache(lambda country: countries.browse(country).code)
        found = {}
        for entry_id in self.ids:
            row = rows.get(entry_id)
            if row is None:
                continue
            fallback = own(row.company_id)
            texts = [
                (row.lead_phone, row.lead_country),
                (row.phone, row.country),
                *contacts.get(entry_id, ()),
            ]
            unique = {}
            for raw, country in texts:
                region = code(country) if country else fallback
                for identity in identities(raw, region, fallback) if raw else ():
                    unique.setdefault(identity.key, identity)
            found[entry_id] = CustomerNumbers(
                list(unique.values()), row.wa_id, row.bsuid, set(row.stored) - {None}
            )
        return found

    def _with_customer_numbers(self):
        """These entries, for one look: what is known of their customers is read once.

        :rtype: dialer.queue.entry
        """
        return self.with_context(**{CUSTOMER_NUMBERS: self._customer_numbers()})

    def _read_numbers(self):
        """Read the numbers and learned ids of the customers themselves.

        :rtype: list[NumbersRow]
        """
        names = [
            "phone",
            "phone_sanitized",
            "country_id",
            "plinx_wa_id",
            "plinx_bsuid",
        ]
        self.flush_model(["partner_id", "lead_id", "company_id"])
        self.env["res.partner"].flush_model([*names, "is_company"])
        self.env["crm.lead"].flush_model(names)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.id, entry.company_id, partner.is_company,
                       partner.phone, partner.country_id, lead.phone, lead.country_id,
                       COALESCE(partner.plinx_wa_id, lead.plinx_wa_id),
                       COALESCE(partner.plinx_bsuid, lead.plinx_bsuid),
                       ARRAY[
                           partner.phone_sanitized, lead.phone_sanitized, entry.phone]
                  FROM dialer_queue_entry entry
             LEFT JOIN res_partner partner ON partner.id = entry.partner_id
             LEFT JOIN crm_lead lead ON lead.id = entry.lead_id
                 WHERE entry.id = ANY(%s)
                """,
                list(self.ids),
            )
        )
        return [NumbersRow(*row) for row in rows]

    def _read_contact_numbers(self, entry_ids):
        """Read the numbers of the contacts of the customers that are companies.

        :return: texts with the country's id, by entry id
        :rtype: dict[int, list[tuple[str, int | None]]]
        """
        found = {}
        if entry_ids:
            self.env["res.partner"].flush_model(["parent_id", "active"])
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT entry.id, contact.phone, contact.country_id
                      FROM dialer_queue_entry entry
                      JOIN res_partner contact ON contact.parent_id = entry.partner_id
                       AND contact.active AND contact.phone IS NOT NULL
                     WHERE entry.id = ANY(%s)
                  ORDER BY contact.id
                    """,
                    entry_ids,
                )
            )
            for entry_id, phone, country in rows:
                found.setdefault(entry_id, []).append((phone, country))
        return found

    # -------------------------------------------------------------------------
    # The queue
    # -------------------------------------------------------------------------

    @api.model
    def _peek(self, campaign, user, limit, after=None):
        """Look at the head of a queue without taking anything and without a lock.

        :param dialer.campaign campaign: the queue
        :param res.users user: agent, who also gets the callbacks promised by them
        :param int limit: how many entries at the most
        :param tuple after: rank, next_call_at and id of the last entry seen
        :return: callable entries in the order of calling
        :rtype: dialer.queue.entry
        """
        self.flush_model()
        rows = self.env.execute_query(self._peek_query(campaign, user, limit, after))
        return self.browse(row[0] for row in rows)

    @api.model
    def _peek_query(self, campaign, user, limit, after=None):
        """The statement of :meth:`_peek`: a walk along the queue's index.

        The ranks in use are found one by one, so that what waits for its time at one
        rank is never read on the way to the next.

        :rtype: odoo.tools.SQL
        """
        now = self._now()
        beyond = SQL("TRUE")
        if after:
            beyond = SQL(
                "(lane.rank > %(rank)s OR "
                "(lane.rank = %(rank)s AND (e.next_call_at, e.id) > (%(at)s, %(id)s)))",
                rank=after[0],
                at=after[1],
                id=after[2],
            )
        return SQL(
            """
            WITH RECURSIVE lane(rank) AS (
                (SELECT rank FROM dialer_queue_entry
                  WHERE campaign_id = %(campaign)s AND state = 'pending'
               ORDER BY rank LIMIT 1)
                UNION ALL
                SELECT (SELECT rank FROM dialer_queue_entry
                         WHERE campaign_id = %(campaign)s AND state = 'pending'
                           AND rank > lane.rank
                      ORDER BY rank LIMIT 1)
                  FROM lane WHERE lane.rank IS NOT NULL
            )
            SELECT head.id
              FROM lane CROSS JOIN LATERAL (
                SELECT e.id, e.next_call_at
                  FROM dialer_queue_entry e
                 WHERE e.campaign_id = %(campaign)s AND e.state = 'pending'
                   AND e.rank = lane.rank AND e.next_call_at <= %(now)s
                   AND (e.callback_user_id IS NULL
                        OR e.callback_user_id = %(user)s
                        OR e.callback_until <= %(now)s)
                   AND NOT EXISTS (
                       SELECT 1 FROM dialer_queue_entry held
                        WHERE held.partner_id = e.partner_id
                          AND held.state IN ('reserved', 'asking', 'dialing'))
                   AND %(beyond)s
              ORDER BY e.next_call_at, e.id
                 LIMIT %(limit)s
              ) head
             WHERE lane.rank IS NOT NULL
          ORDER BY lane.rank, head.next_call_at, head.id
             LIMIT %(limit)s
            """,
            campaign=campaign.id,
            user=user.id,
            now=now,
            limit=limit,
            beyond=beyond,
        )

    @api.model
    def _now(self):
        """Now with its microseconds, which tell apart what waits since one second.

        :return: naive UTC
        :rtype: datetime.datetime
        """
        return datetime.now(timezone.utc).replace(tzinfo=None)

    def _blocks(self):
        """Tell which of these entries may not be called now, and why.

        Called for every batch at the head of the queue, before Plinx is asked: it
        must cost the same few queries for one entry and for 200.

        :return: the block of each entry that has one, by entry id
        :rtype: dict[int, Block]
        """
        return {}

    def _apply_blocks(self, blocks):
        """Move entries that may not be called now to when they may.

        :param dict blocks: the blocks of these entries, by entry id
        """
        for block, entries in self.grouped(lambda entry: blocks[entry.id]).items():
            values = {"state": block.state, "wait_reason": block.reason}
            if block.until:
                values["next_call_at"] = block.until
            entries.write(values)

    def _queue_key(self):
        """Where this entry stands, to look at what comes after it."""
        self.ensure_one()
        return self.rank, self.next_call_at, self.id

    def _reserve(self, session, state):
        """Take one waiting entry for a session, if it is still to be had.

        An entry that another transaction has, or changed after this transaction
        began, counts as gone; nobody waits for it.

        :param dialer.session session: who takes it
        :param str state: ``reserved`` or ``asking``
        :return: whether it was taken
        :rtype: bool
        """
        self.ensure_one()
        self.flush_model(["state", "next_call_at"])
        now = self._now()
        minutes = self.campaign_id.reservation_minutes
        query = SQL(
            """
            UPDATE dialer_queue_entry
               SET state = %(state)s, agent_id = %(agent)s, session_id = %(session)s,
                   reserved_until = %(until)s, wait_reason = NULL,
                   write_uid = %(uid)s, write_date = %(now)s
             WHERE id = (SELECT id FROM dialer_queue_entry
                          WHERE id = %(id)s AND state = 'pending'
                            AND next_call_at <= %(now)s
                     FOR NO KEY UPDATE SKIP LOCKED)
            """,
            state=state,
            agent=session.user_id.id,
            session=session.id,
            until=fields.Datetime.add(now, minutes=minutes),
            uid=self.env.uid,
            now=now,
            id=self.id,
        )
        return self._execute_or_gone(query) == 1

    def _execute_or_gone(self, query):
        """Run a statement whose rows others may have changed meanwhile.

        :return: number of rows, 0 when another transaction was faster
        :rtype: int
        """
        cr = self.env.cr
        try:
            with cr.savepoint(flush=False):
                cr.execute(query, log_exceptions=False)
                count = cr.rowcount
        except (
            psycopg2.errors.SerializationFailure,
            psycopg2.errors.UniqueViolation,
        ):
            return 0
        self.invalidate_recordset()
        return count

    def _lock_pending(self):
        """Lock those of these entries that still wait, leaving the others alone.

        :return: the entries that are now ours
        :rtype: dialer.queue.entry
        """
        if not self:
            return self
        self.flush_model(["state"])
        cr = self.env.cr
        try:
            with cr.savepoint(flush=False):
                cr.execute(
                    SQL(
                        """
                        SELECT id FROM dialer_queue_entry
                         WHERE id IN %s AND state = 'pending'
                      ORDER BY id
                           FOR NO KEY UPDATE SKIP LOCKED
                        """,
                        self._ids,
                    ),
                    log_exceptions=False,
                )
                locked = {row[0] for row in cr.fetchall()}
        except psycopg2.errors.SerializationFailure:
            # one of them changed after this transaction began: find it by halves
            half = len(self) // 2
            if not half:
                return self.browse()
            return self[:half]._lock_pending() + self[half:]._lock_pending()
        return self.filtered(lambda entry: entry.id in locked)

    # -------------------------------------------------------------------------
    # What becomes of an entry
    # -------------------------------------------------------------------------

    def _defer(self):
        """Put this entry behind all that wait now, whatever its priority."""
        self.ensure_one()
        self.flush_model()
        now = self._now()
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
            if deferrals * DEFERRAL_RANK - self.priority == rank and latest >= now:
                deferrals += 1
        self.write(
            self._waiting_values(
                deferrals=deferrals, is_callback=False, next_call_at=now
            )
        )

    def _callback_values(self, when, user):
        """Values of an entry whose next call was promised to the customer.

        :param datetime when: the promised moment, naive UTC
        :param res.users user: the agent who promised, who has it first
        :rtype: dict
        """
        return self._waiting_values(
            next_call_at=when,
            deferrals=0,
            is_callback=True,
            callback_user_id=user.id,
            callback_until=when
            + timedelta(minutes=self.campaign_id.callback_own_minutes),
            wait_reason="callback",
        )

    def _result_values(self, result, when, user, ended=None):
        """Values of an entry after a call, by its result.

        :param dialer.result result: how the call ended
        :param datetime when: the next contact that the agent chose, or False
        :param res.users user: the agent
        :param datetime ended: when the call ended, naive UTC; None: now
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
        if result.effect == "done":
            values["state"] = "done"
        elif result.effect == "dnc":
            values["state"] = "cancelled"
        elif self.attempts >= self.campaign_id.max_attempts:
            values["state"] = "exhausted"
        else:
            delay = timedelta(minutes=result.retry_minutes)
            values["next_call_at"] = (ended or fields.Datetime.now()) + delay
        return values

    def _screen_values(self):
        """What the agent's screen shows of the customer, JSON-able.

        :rtype: dict
        """
        self.ensure_one()
        customer = self._customer()
        return {
            "id": self.id,
            "partner_id": self.partner_id.id or None,
            "lead_id": self.lead_id.id or None,
            "name": self.customer_name,
            "phone": self.phone or None,
            "state": self.state,
            "attempts": self.attempts,
            "company_name": customer.commercial_company_name
            if self.partner_id
            else customer.partner_name,
            "city": customer.city or None,
            "dialed_at": fields.Datetime.to_string(self.dialed_at) or None,
            "reserved_until": fields.Datetime.to_string(self.reserved_until) or None,
        }

    @api.model
    def _release(self, domain):
        """Give entries that agents hold back to their queues.

        :param domain: which; entries that another transaction holds are left alone
        :return: the entries given back
        :rtype: dialer.queue.entry
        """
        held = self.search(domain)
        held = held.try_lock_for_update(allow_referencing=True)
        held = held.filtered_domain(domain)
        sessions = held.session_id.filtered(lambda s: s.entry_id in held)
        held.write(self._waiting_values())
        sessions.write({"entry_id": False, "decision": False})
        return held

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
            **values,
        }

    @api.model
    def _release_expired(self, campaign=None):
        """Give back the reservations that ran out; what is in a call stays.

        :param dialer.campaign campaign: only of this one
        """
        domain = self._expired_domain()
        if campaign:
            domain.append(("campaign_id", "=", campaign.id))
        return self._release(domain)

    @api.model
    def _expired_domain(self):
        """Which entries have a reservation that ran out."""
        return [
            ("state", "in", ("reserved", "asking")),
            ("reserved_until", "<=", fields.Datetime.now()),
        ]

    @api.model
    def _cron_release_reservations(self):
        """Give back, for all companies, the reservations that ran out."""
        for campaign in self.search(self._expired_domain()).campaign_id:
            with kept_apart(campaign, "giving back reservations"):
                self._release_expired(campaign)
