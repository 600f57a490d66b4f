# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The head of the queue: looking at it, taking an entry, locking, giving back.

Agents look without a lock, ask Plinx without a lock, and only then take an entry, in
one statement that either has it or does not. Nobody ever waits for another agent.
"""

import psycopg2.errors

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.clock import precise_now
from ...tools.faults import kept_apart

# Somebody else had it a moment ago, or has the same customer from another campaign.
GONE = (psycopg2.errors.SerializationFailure, psycopg2.errors.UniqueViolation)


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    # -------------------------------------------------------------------------
    # Look
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
        self.env["dialer.number"]._flush_numbers()
        rows = self.env.execute_query(self._peek_query(campaign, user, limit, after))
        return self.browse(row[0] for row in rows)

    @api.model
    def _peek_query(self, campaign, user, limit, after=None):
        """The statement of :meth:`_peek`: a walk along the queue's index.

        The ranks in use are found one by one, so that what waits for its time at one
        rank is never read on the way to the next.

        :rtype: odoo.tools.SQL
        """
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
            WITH RECURSIVE taken AS MATERIALIZED (%(taken)s), lane(rank) AS (
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
                   AND (e.partner_id = ANY(ARRAY(
                            SELECT customer_id FROM taken WHERE kind = 'res.partner')))
                       IS NOT TRUE
                   AND (e.lead_id = ANY(ARRAY(
                            SELECT customer_id FROM taken WHERE kind = 'crm.lead')))
                       IS NOT TRUE
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
            now=precise_now(),
            limit=limit,
            beyond=beyond,
            taken=self.env["dialer.held.number"]._customers_sql(campaign.company_id),
        )

    def _queue_key(self):
        """Where this entry stands, to look at what comes after it."""
        self.ensure_one()
        return self.rank, self.next_call_at, self.id

    # -------------------------------------------------------------------------
    # Take
    # -------------------------------------------------------------------------

    def _reserve(self, session, state):
        """Take one waiting entry for a session, if it is still to be had.

        An entry that another transaction has, or changed after this transaction
        began, counts as gone; nobody waits for it. So does one whose number another
        agent has, from whichever record and queue.

        :param dialer.session session: who takes it
        :param str state: ``reserved`` or ``asking``
        :return: whether it was taken
        :rtype: bool
        """
        self.ensure_one()
        self.flush_model(["state", "next_call_at"])
        self.env["dialer.number"]._flush_numbers()
        now = precise_now()
        minutes = self.campaign_id.reservation_minutes
        # the condition is looked at again under the lock: another agent may have
        # been faster since the look; the locks spare the wait for another who is
        # about to take the same number
        query = SQL(
            """
              WITH number AS MATERIALIZED (%(numbers)s),
            locked AS MATERIALIZED (
                SELECT pg_try_advisory_xact_lock(
                           hashtextextended('dialer_held_number', company_id)
                           # hashtextextended(key, company_id)) AS mine
                  FROM number),
            taken AS (
            UPDATE dialer_queue_entry
               SET state = %(state)s, agent_id = %(agent)s, session_id = %(session)s,
                   reserved_until = %(until)s, wait_reason = NULL,
                   write_uid = %(uid)s, write_date = %(now)s
             WHERE id = (SELECT id FROM dialer_queue_entry
                          WHERE id = %(id)s AND state = 'pending'
                            AND next_call_at <= %(now)s
                     FOR NO KEY UPDATE SKIP LOCKED)
               AND NOT EXISTS (SELECT FROM locked WHERE NOT mine)
               AND NOT EXISTS (SELECT FROM number JOIN dialer_held_number held
                                      USING (company_id, key))
            RETURNING id),
            held AS (
                INSERT INTO dialer_held_number (company_id, key, entry_id)
                SELECT company_id, key, id FROM number JOIN taken USING (id))
            SELECT id FROM taken
            """,
            numbers=self.env["dialer.held.number"]._keys_of_entries_sql(
                self.company_id, SQL("entry.id = %s", self.id)
            ),
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
        except GONE:
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
        query = SQL(
            """
            SELECT id FROM dialer_queue_entry
             WHERE id IN %s AND state = 'pending'
          ORDER BY id
               FOR NO KEY UPDATE SKIP LOCKED
            """,
            self._ids,
        )
        cr = self.env.cr
        try:
            with cr.savepoint(flush=False):
                cr.execute(query, log_exceptions=False)
                locked = {row[0] for row in cr.fetchall()}
        except psycopg2.errors.SerializationFailure:
            # one of them changed after this transaction began: find it by halves
            half = len(self) // 2
            if not half:
                return self.browse()
            return self[:half]._lock_pending() + self[half:]._lock_pending()
        return self.filtered(lambda entry: entry.id in locked)

    # -------------------------------------------------------------------------
    # Give back
    # -------------------------------------------------------------------------

    @api.model
    def _release(self, domain):
        """Give entries that agents hold back to their queues, and tell the agents.

        :param domain: which; entries that another transaction holds are left alone
        :return: the entries given back
        :rtype: dialer.queue.entry
        """
        held = self.search(domain).try_lock_for_update(allow_referencing=True)
        # what the lock waited for may have moved it on
        held = held.filtered_domain(domain)
        sessions = held.session_id.filtered(lambda session: session.entry_id in held)
        held._give_back()
        sessions._clear_screen("expired")
        return held

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
        self.env["dialer.held.number"]._free_left_over()
        for campaign in self.search(self._expired_domain()).campaign_id:
            with kept_apart(campaign, "giving back reservations"):
                self._release_expired(campaign)
