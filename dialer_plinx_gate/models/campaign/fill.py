# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How a queue is brought in line with the filters of its campaign.

One statement does it, a join of the queue with the query of the filters: it adds who
is missing, brings back who matches again and withdraws who no longer does. In the
background the missing are added in batches first. Each finds its own work, so it can
be interrupted and repeated.
"""

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, Query

from ...tools import inputs
from ...tools.faults import kept_apart
from .filters import FiltersTakeTooLong

# Customers a batch: some seconds of work between two commits.
FILL_BATCH = 25_000
# More new customers than this are not filled in while a user waits.
FILL_AT_ONCE = 50_000
# A running campaign is brought in line again after this time, also when that failed.
REFILL_MINUTES = 60
# A statement of a fill may take so many seconds: where somebody waits, and in the job.
WAIT_SECONDS = 60
JOB_SECONDS = 600
# How long a look may take that only tells whether the fill is a long one.
LOOK_SECONDS = 5
# PostgreSQL's memory for the joins, for the length of a fill.
WORK_MEM = "64MB"
# Both sides of these joins are large, whatever PostgreSQL's statistics say of a queue
# that was empty a moment ago: no loop in a loop.
PLANNER_SET = "SET LOCAL work_mem = %s; SET LOCAL enable_nestloop = off"
PLANNER_RESET = "RESET work_mem; RESET enable_nestloop"
# From this many new rows on, the planner needs to be told.
ANALYZE_FROM = 10_000

# Errors that end a batch and need no line in the log.
ANSWERED = (UserError, UniqueViolation)
# What agents did stays: only these are taken out when the filters say so.
UNTOUCHED = SQL(
    """entry.state IN ('pending', 'invalid') AND entry.attempts = 0
   AND entry.callback_user_id IS NULL AND NOT COALESCE(entry.imported, FALSE)"""
)


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    fill_requested_at = fields.Datetime(
        string="Filling since",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The queue has been filling in the background since then.",
    )
    fill_user_id = fields.Many2one("res.users", readonly=True, copy=False)
    fill_position = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="Id of the last customer added by the fill in progress.",
    )
    fill_total = fields.Integer(readonly=True, copy=False, aggregator=None)
    fill_added = fields.Integer(readonly=True, copy=False, aggregator=None)
    fill_withdrawn = fields.Integer(readonly=True, copy=False, aggregator=None)
    fill_percent = fields.Float(string="Filled", compute="_compute_fill_percent")
    fill_failed_at = fields.Datetime(readonly=True, copy=False)
    fill_error = fields.Text(
        string="Why the queue was not filled", readonly=True, copy=False
    )

    @api.depends("fill_total", "fill_added")
    def _compute_fill_percent(self):
        for campaign in self:
            total = campaign.fill_total
            done = min(campaign.fill_added, total) / total if total else 0.0
            campaign.fill_percent = 100 * done

    # -------------------------------------------------------------------------
    # On demand
    # -------------------------------------------------------------------------

    def action_fill(self):
        """Bring the queue in line with the filters.

        Customers who match and are not in the queue are added; those who wait, were
        never called and no longer match are withdrawn, and come back when they
        match again. What agents did stays. Doing it twice changes nothing.

        The filters have the rights of who set them. Where that person left, or is no
        supervisor of the company any more, whoever presses the button takes over.

        With ``dialer_fill_in_background`` in the context a long fill is handed to the
        background job, so that nobody waits before the screen.

        :return: notification with the numbers of added and withdrawn customers
        :rtype: dict
        :raise UserError: when a campaign is closed, or its filters cannot be used
        """
        inputs.known(self, "write")
        if closed := self.filtered(lambda c: c.state == "closed"):
            raise UserError(
                self.env._(
                    "“%(campaign)s” is closed: its queue can no longer be filled.",
                    campaign=closed[0].name,
                )
            )
        self._take_over()
        later = self.browse()
        if self.env.context.get("dialer_fill_in_background"):
            later = self.filtered(lambda c: c._is_long_fill())
            later._request_fill()
        added = withdrawn = 0
        for campaign in self - later:
            more, fewer = campaign._fill()
            added, withdrawn = added + more, withdrawn + fewer
        return self._fill_notification(added, withdrawn, later)

    def _fill_notification(self, added, withdrawn, later):
        """Tell the supervisor what was filled, and what goes on being filled."""
        message = self.env._(
            "%(added)s customers added to the queue, %(withdrawn)s withdrawn.",
            added=added,
            withdrawn=withdrawn,
        )
        if later:
            message = self.env._(
                "This is a long list: the queue is being filled in the background, "
                "and agents can already work on it. You will be notified when it is "
                "done."
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if added or withdrawn else "info",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _is_long_fill(self):
        """Whether too many are new, or in the queue, to let somebody wait for them."""
        self.ensure_one()
        # no count beyond the limit: somebody waits for the answer
        known = SQL("SELECT FROM dialer_queue_entry WHERE campaign_id = %s", self.id)
        self._forget_choices()
        try:
            with self._limited(LOOK_SECONDS):
                missing = self._missing_query()
                return any(
                    self._run(
                        SQL(
                            "SELECT count(*) > %(most)s"
                            " FROM (%(rows)s LIMIT %(most)s + 1) few",
                            rows=rows,
                            most=FILL_AT_ONCE,
                        )
                    )[0][0]
                    for rows in (known, missing.select(SQL("1")))
                )
        except FiltersTakeTooLong:
            return True

    def _request_fill(self):
        """Have the background job fill these queues, from the beginning."""
        if not self:
            return
        # sudo: how far a fill is, and for whom, is the dialer's own
        self.sudo().write(
            {
                "fill_requested_at": fields.Datetime.now(),
                "fill_user_id": self.env.uid,
                **self._fill_start_values(),
            }
        )
        for campaign in self:
            campaign._notify_progress()
        # sudo: ir.cron - waking the job is all that is done with it
        self.env.ref("dialer_plinx_gate.ir_cron_fill").sudo()._trigger()

    @api.model
    def _fill_start_values(self):
        return {
            "fill_position": 0,
            "fill_total": 0,
            "fill_added": 0,
            "fill_withdrawn": 0,
            "fill_error": False,
            "fill_failed_at": False,
        }

    def _fill(self):
        """Fill one queue in one pass.

        :return: how many entries were added (or came back) and withdrawn
        :rtype: tuple[int, int]
        """
        self.ensure_one()
        if not self.try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._(
                    "The queue of “%(campaign)s” is already being filled. Try again "
                    "shortly.",
                    campaign=self.name,
                )
            )
        # sudo: how far a fill is, is the dialer's own
        self.sudo().write(self._fill_start_values())
        self._fill_step()
        self._end_fill()
        return self.fill_added, self.fill_withdrawn

    def _end_fill(self):
        # sudo: how far a fill is, is the dialer's own
        self.sudo().write(
            {"fill_requested_at": False, "filled_at": fields.Datetime.now()}
        )
        if self.fill_added >= ANALYZE_FROM:
            self.env.cr.execute(SQL("ANALYZE dialer_queue_entry"))

    # -------------------------------------------------------------------------
    # In the background
    # -------------------------------------------------------------------------

    @api.model
    def _cron_fill(self, batch=FILL_BATCH):
        """Fill, for all companies, the queues asked for and those that are due.

        Each batch is committed; a run that is interrupted goes on where it stopped.

        :param int batch: customers between two commits
        """
        self._request_refills()
        waiting = self.search(
            [("fill_requested_at", "!=", False), ("state", "!=", "closed")],
            order="fill_requested_at, id",
        )
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(waiting))
        for campaign in waiting:
            more = True
            while more:
                more = campaign._fill_batch(batch)
                if not cron._commit_progress(0 if more else 1):
                    return

    @api.model
    def _request_refills(self):
        """Ask for the running campaigns whose last fill is some time ago."""
        due = fields.Datetime.subtract(fields.Datetime.now(), minutes=REFILL_MINUTES)
        stale = self.search(
            [
                ("state", "=", "running"),
                ("fill_requested_at", "=", False),
                "|",
                ("filled_at", "=", False),
                ("filled_at", "<", due),
                "|",
                ("fill_failed_at", "=", False),
                ("fill_failed_at", "<", due),
            ]
        )
        stale.write(
            {
                "fill_requested_at": fields.Datetime.now(),
                "fill_user_id": False,
                **self._fill_start_values(),
            }
        )

    def _fill_batch(self, batch):
        """Do one batch of a queue's fill; what cannot be done is said on the campaign.

        :return: whether there is more to do
        :rtype: bool
        """
        if not self.try_lock_for_update(allow_referencing=True):
            return False
        # sudo: res.users - the language of who reads the sentences
        reader = (self.fill_user_id or self.filter_user_id).sudo()
        self = self.with_company(self.company_id).with_context(lang=reader.lang)
        with kept_apart(self, "Filling the queue", expected=ANSWERED) as outcome:
            more = self._fill_step(batch)
            if not more:
                self._end_fill()
            self._notify_progress()
            if not more:
                self._notify_filled()
        if not outcome.error:
            return more
        if outcome.conflict or isinstance(outcome.error, UniqueViolation):
            # somebody changed the queue meanwhile: again, on the new truth
            return True
        self._fail_fill(self._failure_sentence(outcome.error))
        return False

    @api.model
    def _failure_sentence(self, error):
        """Why a queue was not filled, for the campaign's supervisors."""
        if isinstance(error, UserError):
            return str(error)
        return self.env._(
            "Something unexpected stopped it. It will be tried again within the hour; "
            "the administrator can find the reason in the log."
        )

    def _fail_fill(self, why):
        """End a fill that could not be done, and say why on the campaign."""
        self.invalidate_recordset()
        # sudo: how a fill went is the dialer's own
        self.sudo().write(
            {
                "fill_requested_at": False,
                "fill_failed_at": fields.Datetime.now(),
                "fill_error": why,
            }
        )
        self._notify_progress()

    def _notify_progress(self):
        """Show on the open screens how far the fill is."""
        self.env["dialer.live"]._notify_progress(
            self,
            bool(self.fill_requested_at),
            done=self.fill_added,
            total=self.fill_total,
        )

    def _notify_filled(self):
        """Tell who asked for the fill that it is done, wherever they are in Odoo."""
        user = self.fill_user_id
        if not user:
            return
        message = self.with_context(lang=user.lang).env._(
            "The queue is filled: %(added)s customers added, %(withdrawn)s withdrawn.",
            added=self.fill_added,
            withdrawn=self.fill_withdrawn,
        )
        self.env["dialer.live"]._notify_user(user, "success", self.name, message)

    # -------------------------------------------------------------------------
    # The statements
    # -------------------------------------------------------------------------

    def _fill_step(self, limit=None):
        """Run the statements until one of them has reached the limit.

        :param int limit: rows to change at the most; None for all
        :return: whether there may be more to do
        :rtype: bool
        """
        self._forget_choices()
        with self._limited(JOB_SECONDS if limit else WAIT_SECONDS):
            self.env.cr.execute(SQL(PLANNER_SET, WORK_MEM))
            if limit and not self.fill_total:
                # sudo: how far a fill is, is the dialer's own
                self.sudo().fill_total = self._count_missing()
                self.flush_recordset()
            added, more = self._fill_insert_batch(limit) if limit else (0, False)
            restored = withdrawn = 0
            if not more:
                new, restored, withdrawn = self._fill_changes(limit)
                added += new
                more = bool(limit) and restored + withdrawn == limit
            self.env.cr.execute(SQL(PLANNER_RESET))
        # sudo: how far a fill is, is the dialer's own
        own = self.sudo()
        own.fill_added += added + restored
        own.fill_withdrawn += withdrawn
        self.env["dialer.queue.entry"].invalidate_model()
        return more

    def _fillable_query(self):
        """The customers who belong in the queue: they match and may be called.

        :rtype: odoo.tools.Query
        """
        query = self._customer_query()
        self._leave_out_listed(query)
        return query

    def _leave_out_listed(self, query):
        """Restrict a query of customers to those who may be called."""
        self._join_do_not_call(query)
        query.add_where(SQL("do_not_call.number IS NULL"))

    def _join_do_not_call(self, query):
        """Join, as ``do_not_call``, who has a number on the list, and which."""
        numbers = self.env["dialer.number"]
        numbers._flush_numbers()
        query.add_join(
            "LEFT JOIN",
            "do_not_call",
            SQL(
                """
                (SELECT customer_id, min(list.number) AS number
                   FROM (%s) number JOIN (%s) list
                     ON number.key = substr(list.number, 2)
               GROUP BY customer_id)
                """,
                numbers._keys_of_customers_sql(self.company_id, self._target_model()),
                self._do_not_call_numbers(),
            ),
            SQL("do_not_call.customer_id = %s", SQL.identifier(query.table, "id")),
        )

    def _do_not_call_numbers(self):
        """The numbers that this campaign may not call, as rows number.

        E.164 as ``dialer.number`` gives it: a plus sign and the key.

        :return: a SELECT; inherit it to add a list
        :rtype: SQL
        """
        lists = self.env["dialer.do.not.call"]
        return lists._listed_numbers_sql(self.company_id)

    def _missing_query(self):
        """The customers who belong in the queue and are not in it.

        :rtype: odoo.tools.Query
        """
        query = self._fillable_query()
        self._leave_out_known(query)
        return query

    def _leave_out_known(self, query):
        """Restrict a query of customers to those who have no entry."""
        # a customer is in a queue of leads by the lead, not by the contact behind it
        on_lead = self.target == "lead"
        query.add_where(
            SQL(
                """NOT EXISTS (SELECT 1 FROM dialer_queue_entry known
                                WHERE known.campaign_id = %s AND %s = %s AND %s)""",
                self.id,
                SQL.identifier("known", self._link()),
                SQL.identifier(query.table, "id"),
                # as the index of either has it
                SQL(
                    "known.lead_id IS NOT NULL" if on_lead else "known.lead_id IS NULL"
                ),
            )
        )

    def _count_missing(self):
        missing = self._missing_query().select()
        return self._run(SQL("SELECT count(*) FROM (%s) missing", missing))[0][0]

    def _link(self):
        """Column of the queue that holds whom this campaign calls."""
        return "lead_id" if self.target == "lead" else "partner_id"

    def _fill_insert_batch(self, limit):
        """Add, of the next customers who are not in the queue, those who may be called.

        The next ones come in the order of two indexes, so that a batch reads no
        further than it has to.

        :return: how many were added, and whether there may be more
        :rtype: tuple[int, bool]
        """
        query = self._customer_query()
        self._leave_out_known(query)
        identifier = SQL.identifier(query.table, "id")
        query.add_where(SQL("%s > %s", identifier, self.fill_position))
        query.order, query.limit = identifier, limit
        callable_ones = Query(self.env, "chosen", SQL.identifier("chosen"))
        self._leave_out_listed(callable_ones)
        callable_ones.order = SQL.identifier("chosen", "id")
        columns = self._entry_columns("chosen", imported=False)
        # what is chosen is bounded before the lists are joined, so that the position
        # moves on also where nobody of the batch may be called
        rows = self._run(
            SQL(
                """
                WITH chosen AS MATERIALIZED (%s), added AS (%s RETURNING 1)
                SELECT (SELECT count(*) FROM added), count(*), max(id) FROM chosen
                """,
                query.select(
                    *(
                        SQL.identifier(query.table, name)
                        for name in self._customer_columns()
                    )
                ),
                self._insert_statement(callable_ones.select(*columns)),
            )
        )
        added, seen, last = rows[0]
        # sudo: how far a fill is, is the dialer's own
        self.sudo().fill_position = last or self.fill_position
        return added, seen == limit

    @api.model
    def _insert_statement(self, rows):
        """Insert what a SELECT of :meth:`_entry_columns` gives.

        :rtype: SQL
        """
        return SQL(
            """
            INSERT INTO dialer_queue_entry (
                campaign_id, company_id, partner_id, lead_id, phone, state,
                priority, deferrals, rank, next_call_at, attempts, imported,
                create_uid, create_date, write_uid, write_date
            ) %s
            """,
            rows,
        )

    def _entry_columns(self, table, imported):
        """What stands in the columns of a new entry, in the order of the insert.

        :param str table: alias of the customers, or leads
        :param bool imported: whether a list brought them
        """
        now = fields.Datetime.now()
        if self.target == "lead":
            customer = [
                SQL.identifier(table, "partner_id"),
                SQL.identifier(table, "id"),
            ]
        else:
            customer = [SQL.identifier(table, "id"), SQL("NULL::integer")]
        return [
            SQL("%s", self.id),
            SQL("%s", self.company_id.id),
            *customer,
            SQL.identifier(table, "phone_sanitized"),
            SQL("'pending', 0, 0, 0"),
            SQL("%s::timestamp", now),
            SQL("0, %s", imported),
            *[SQL("%s", self.env.uid), SQL("%s::timestamp", now)] * 2,
        ]

    def _fill_changes(self, limit=None):
        """Bring the queue in line in one look at the queue and at the customers.

        Both sides are joined once and only what differs is changed: that is why a
        refill in which little changed costs little.

        :param int limit: change so many entries at the most, and add none
        :return: how many were added, brought back and withdrawn
        :rtype: tuple[int, int, int]
        """
        # a FULL JOIN finds both: who is missing from the queue, and who should leave
        # it; in batches the missing are there already, and a LEFT JOIN costs less
        query = self._fillable_query()
        names = [SQL.identifier(query.table, name) for name in self._customer_columns()]
        added = SQL("SELECT 1 WHERE FALSE")
        if not limit:
            missing = Query(self.env, "change", SQL.identifier("change"))
            missing.add_where(SQL("change.entry_id IS NULL"))
            missing.order = SQL.identifier("change", "id")
            columns = self._entry_columns("change", imported=False)
            added = SQL(
                "%s RETURNING 1", self._insert_statement(missing.select(*columns))
            )
        rows = self._run(
            SQL(
                """
                WITH change AS MATERIALIZED (
                    SELECT entry.entry_id, customer.*
                      FROM (%(entries)s) entry
                      %(join)s JOIN (%(customers)s) customer
                        ON customer.id = entry.customer_id
                     WHERE entry.entry_id IS NULL
                        OR (customer.id IS NULL AND entry.untouched)
                        OR (customer.id IS NOT NULL AND entry.gone)
                     %(limit)s
                ), added AS (%(added)s), changed AS (
                    UPDATE dialer_queue_entry SET %(switch)s
                     WHERE id = ANY(ARRAY(SELECT entry_id FROM change
                                           WHERE entry_id IS NOT NULL))
                 RETURNING withdrawn
                )
                SELECT (SELECT count(*) FROM added),
                       count(*) FILTER (WHERE NOT withdrawn),
                       count(*) FILTER (WHERE withdrawn) FROM changed
                """,
                entries=self._entries_to_compare(),
                customers=query.select(*names),
                join=SQL("LEFT" if limit else "FULL"),
                limit=SQL("LIMIT %s", limit) if limit else SQL(),
                added=added,
                switch=self.env["dialer.queue.entry"]._refill_sql(
                    fields.Datetime.now()
                ),
            )
        )
        return rows[0]

    def _entries_to_compare(self):
        """The queue as a fill looks at it: ``untouched`` entries can be withdrawn,
        those that are ``gone`` come back.

        :rtype: SQL
        """
        own = "lead_id IS NOT NULL" if self.target == "lead" else "lead_id IS NULL"
        return SQL(
            """
            SELECT id AS entry_id, CASE WHEN %s THEN %s END AS customer_id,
                   %s AS untouched, state = 'cancelled' AND withdrawn AS gone
              FROM dialer_queue_entry entry WHERE campaign_id = %s
            """,
            # as the index of either has it
            SQL(own),
            SQL.identifier(self._link()),
            UNTOUCHED,
            self.id,
        )

    def _customer_columns(self):
        """What :meth:`_entry_columns` reads of a customer, or lead."""
        names = ["id", "phone_sanitized"]
        return [*names, "partner_id"] if self.target == "lead" else names
