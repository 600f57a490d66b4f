# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What keeps an entry from being called now: do-not-call lists, limits and hours."""

from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

from ...tools.clock import precise_now
from .calling_hours import CallingHours

# Limits of calls, each a field of the campaign, 0 for none. Those of a day count the
# calls of all campaigns of the company, the others those of the campaign.
LIMITS = (
    "entry_day_limit",
    "number_day_limit",
    "customer_day_limit",
    "number_limit",
    "customer_limit",
)
LASTING_LIMITS = ("number_limit", "customer_limit")
DAY_LIMITS = ("entry_day_limit", "number_day_limit", "customer_day_limit")

# How many entries outside their hours one request moves to the next opening: the
# agent waits for it. A job moves the others.
POSTPONE_LIMIT = 10_000
# When hours that never open are looked at again.
CLOSED_DAYS = 1
# When a customer is looked at again who was archived, lost or won.
SETTLED_MINUTES = 60


class Block(NamedTuple):
    """Why an entry cannot be called now, apart from what the gate says.

    ``reason`` is a stable code; ``until`` (naive UTC) is when to offer the entry
    again, None when only a person can change that; ``state`` is what the entry
    becomes meanwhile: ``pending``, ``exhausted`` or ``cancelled``.
    """

    reason: str
    until: datetime | None = None
    state: str = "pending"


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    # -------------------------------------------------------------------------
    # All of them, in order
    # -------------------------------------------------------------------------

    def _blocks(self):
        """Tell which of these entries may not be called now, and why.

        Called for every batch at the head of the queue, before Plinx is asked: it
        must cost the same few queries for one entry and for 200. Other addons inherit
        it to add blocks of their own.

        :return: the block of each entry that has one, by entry id
        :rtype: dict[int, Block]
        """
        # read together, wherever these records come from
        entries = self.with_prefetch()
        blocks = entries._settled_blocks()
        blocks |= entries._do_not_call_blocks()
        rest = entries.filtered(lambda entry: entry.id not in blocks)
        blocks |= rest._limit_blocks()
        return entries._bring_into_hours(blocks)

    def _apply_blocks(self, blocks):
        """Move entries that may not be called now to when they may.

        :param dict blocks: the blocks of these entries, by entry id
        """
        for block, entries in self.grouped(lambda entry: blocks[entry.id]).items():
            if block.state == "pending":
                entries._set_aside(block.reason, block.until)
            elif block.state == "exhausted":
                entries._exhaust(block.reason)
            else:
                entries._cancel(block.reason)

    # -------------------------------------------------------------------------
    # What was true when the queue was filled
    # -------------------------------------------------------------------------

    def _settled_blocks(self):
        """Blocks of those who were archived, lost or won since the queue was filled.

        Unless the campaign calls just these. They wait: the next fill takes out who
        does not match, and who is open again is offered within the hour.

        :rtype: dict[int, Block]
        """
        self.flush_model(["partner_id", "lead_id", "campaign_id"])
        self.env["dialer.campaign"].flush_model(["customer_status"])
        self.env["res.partner"].flush_model(["active"])
        self.env["crm.lead"].flush_model(["active", "won_status"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.id, CASE
                       WHEN lead.won_status = 'lost' THEN 'lost'
                       WHEN NOT COALESCE(lead.active, partner.active)
                            AND campaign.customer_status != 'archived' THEN 'archived'
                       ELSE 'won' END AS reason
                  FROM dialer_queue_entry entry
                  JOIN dialer_campaign campaign ON campaign.id = entry.campaign_id
             LEFT JOIN res_partner partner ON partner.id = entry.partner_id
             LEFT JOIN crm_lead lead ON lead.id = entry.lead_id
                 WHERE entry.id = ANY(%s) AND CASE campaign.customer_status
                       WHEN 'archived' THEN lead.won_status = 'won'
                       WHEN 'won' THEN NOT COALESCE(lead.active, partner.active)
                       WHEN 'stage' THEN NOT COALESCE(lead.active, partner.active)
                       ELSE NOT COALESCE(lead.active, partner.active)
                            OR lead.won_status = 'won' END
                """,
                list(self.ids),
            )
        )
        until = fields.Datetime.now() + timedelta(minutes=SETTLED_MINUTES)
        return {entry_id: Block(reason, until) for entry_id, reason in rows}

    # -------------------------------------------------------------------------
    # Do-not-call lists
    # -------------------------------------------------------------------------

    def _do_not_call_blocks(self):
        """Blocks of those who are on Odoo's list, or on the company's own.

        Any of their numbers counts, and so do those that Odoo keeps.

        :rtype: dict[int, Block]
        """
        self.flush_model(["phone"])
        # the stored ones may be older than what stands in the field now
        numbers = {
            entry_id: customer.stored | {one.e164 for one in customer.identities}
            for entry_id, customer in self._customer_numbers().items()
        }
        listed = self._listed(set().union(*numbers.values()))
        return {
            entry.id: Block("do_not_call", state="cancelled")
            for entry in (self if listed else ())
            if any(
                (entry.company_id.id, number) in listed
                for number in numbers.get(entry.id, ())
            )
        }

    def _listed(self, numbers):
        """Which of these numbers the companies of these entries may not call.

        :param set numbers: E.164
        :return: pairs of company id and number
        :rtype: set[tuple[int, str]]
        """
        if not numbers:
            return set()
        lists = self.env["dialer.do.not.call"]
        rows = self.env.execute_query(
            SQL(" UNION ALL ").join(
                SQL(
                    "SELECT %s, number FROM (%s) listed WHERE number = ANY(%s)",
                    company.id,
                    lists._listed_numbers_sql(company),
                    list(numbers),
                )
                for company in self.company_id
            )
        )
        return set(rows)

    # -------------------------------------------------------------------------
    # Limits and gaps
    # -------------------------------------------------------------------------

    def _limit_blocks(self):
        """Blocks of the entries that were called often, or a short while ago.

        :rtype: dict[int, Block]
        """
        blocks = {}
        for campaign, entries in self.grouped("campaign_id").items():
            limited = any(campaign[name] for name in (*LIMITS, "min_gap_minutes"))
            counts = entries._count_calls() if limited else {}
            # who was never called is within all limits
            for entry in entries if limited else entries.filtered("attempts"):
                if block := entry._limit_block(counts.get(entry.id)):
                    blocks[entry.id] = block
        return blocks

    def _limit_block(self, counts):
        """The block of one entry by its calls so far; promised calls are kept.

        :param dict counts: see :meth:`_count_calls`, None where nothing is limited
        :rtype: Block | None
        """
        campaign = self.campaign_id
        if not self.is_callback and self.attempts >= campaign.max_attempts:
            return Block("max_attempts", state="exhausted")
        if not counts:
            return None
        if not self.is_callback:
            for name in LASTING_LIMITS:
                if 0 < campaign[name] <= counts[name]:
                    return Block(name, state="exhausted")
            for name in DAY_LIMITS:
                if 0 < campaign[name] <= counts[name]:
                    return Block(name, until=self._tomorrow())
        # a promise is kept, unless somebody else called in between
        last = counts["last_other_call" if self.is_callback else "last_call"]
        if last and campaign.min_gap_minutes:
            free_at = last + timedelta(minutes=campaign.min_gap_minutes)
            if free_at > fields.Datetime.now():
                return Block("gap", until=free_at)
        return None

    def _count_calls(self):
        """Count the calls to each entry's customer and number, in one statement.

        A call is an attendance by phone, or an entry in call. A day is one of the
        company's time zone. Without a contact the lead is the customer. Calls that
        agents recorded by hand count for the gap, and for no limit: nobody takes a
        customer out of a queue by what they type.

        :return: by entry id, a dict with a number for each of ``LIMITS``, and the
            moments ``last_call`` and ``last_other_call`` (naive UTC, or None), the
            latter without the calls of the entry itself
        :rtype: dict[int, dict]
        """
        if not self:
            return {}
        self.flush_model()
        self.env["dialer.attendance"].flush_model()
        self.env["dialer.number"]._flush_numbers()
        rows = self.env.execute_query_dict(self._calls_query())
        return {row["id"]: row for row in rows}

    def _calls_query(self):
        """The statement of :meth:`_count_calls`.

        For each entry it walks along short index ranges: the calls to the customer,
        then those to each of the customer's numbers, whoever else has it.

        :rtype: SQL
        """
        keys = self.env["dialer.number"]._keys_of_customers_sql
        return SQL(
            """
            SELECT e.id, own.*, number.*,
                   GREATEST(last_own, last_to_number) AS last_call,
                   GREATEST(last_other_own, last_other_to_number) AS last_other_call
              FROM dialer_queue_entry e
              JOIN (VALUES %(days)s) AS today(company_id, start)
                ON today.company_id = e.company_id
             CROSS JOIN LATERAL (
                SELECT count(*) FILTER (
                           WHERE call.entry_id = e.id AND call.date >= start
                       ) AS entry_day_limit,
                       count(*) FILTER (
                           WHERE call.date >= start AND call.origin = 'dialer'
                       ) AS customer_day_limit,
                       count(*) FILTER (
                           WHERE call.campaign_id = e.campaign_id
                       ) AS customer_limit,
                       max(call.date) AS last_own,
                       max(call.date) FILTER (
                           WHERE call.entry_id IS DISTINCT FROM e.id
                       ) AS last_other_own
                  FROM (
                    SELECT * FROM dialer_attendance
                     WHERE partner_id = e.partner_id
                     UNION ALL
                    SELECT * FROM dialer_attendance
                     WHERE e.partner_id IS NULL AND lead_id = e.lead_id
                  ) call
                 WHERE call.company_id = e.company_id AND call.channel = 'phone'
             ) own
             CROSS JOIN LATERAL (
                SELECT array_agg(DISTINCT key) AS keys FROM (
                    SELECT key FROM (%(partner)s) own
                     UNION ALL
                    SELECT key FROM (%(lead)s) own
                     UNION ALL
                    SELECT substr(e.phone, 2)
                ) every
             ) known
             CROSS JOIN LATERAL (
                SELECT count(*) FILTER (
                           WHERE call.date >= start
                       ) AS number_day_limit,
                       count(*) FILTER (
                           WHERE call.campaign_id = e.campaign_id
                       ) AS number_limit,
                       max(call.date) AS last_to_number,
                       max(call.date) FILTER (
                           WHERE call.entry_id IS DISTINCT FROM e.id
                       ) AS last_other_to_number
                  FROM (
                    SELECT date, campaign_id, entry_id FROM dialer_attendance
                     WHERE phone_key = ANY(keys) AND company_id = e.company_id
                       AND channel = 'phone' AND origin = 'dialer'
                     UNION ALL
                    SELECT dialed_at, campaign_id, id FROM dialer_queue_entry
                     WHERE substr(phone, 2) = ANY(keys) AND company_id = e.company_id
                       AND state = 'dialing' AND id != e.id
                  ) call
             ) number
             WHERE e.id IN %(ids)s
            """,
            ids=self._ids,
            partner=keys(self.company_id, "res.partner", SQL("e.partner_id")),
            lead=keys(self.company_id, "crm.lead", SQL("e.lead_id")),
            days=SQL(", ").join(
                SQL("(%s, %s::timestamp)", company.id, company._dialer_day_start())
                for company in self.company_id
            ),
        )

    def _tomorrow(self):
        """When the company's next day begins, naive UTC."""
        company = self.company_id
        return company._dialer_local_midnight(
            company._dialer_date() + timedelta(days=1)
        )

    # -------------------------------------------------------------------------
    # Calling hours
    # -------------------------------------------------------------------------

    def _bring_into_hours(self, blocks):
        """Add who is outside the calling hours, and let other blocks end within them.

        :param dict blocks: the other blocks of these entries, by entry id
        :rtype: dict[int, Block]
        """
        hours, timed = CallingHours(), self._with_hours()
        for entry in self.browse(blocks) - timed:
            block = blocks[entry.id]
            # the next day is the next business day; a gap is over after its minutes
            if block.until and block.reason in LIMITS:
                until = hours.business(entry.company_id, block.until)
                blocks[entry.id] = block._replace(until=until)
        places = timed._places()
        for entry in self.browse(places):
            if block := entry._hours_block(hours, places[entry.id], blocks):
                blocks[entry.id] = block
        return blocks

    def _hours_block(self, hours, place, blocks):
        """What the calling hours make of one entry.

        :param CallingHours hours: what is computed already
        :param Place place: where the customer is
        :param dict blocks: the other blocks, by entry id
        :return: a block of its own, another block that ends later, or None
        :rtype: Block | None
        """
        block, now = blocks.get(self.id), fields.Datetime.now()
        if block and not block.until:
            return None
        opening = self._opening(hours, place, block.until if block else now)
        if block:
            return block._replace(until=opening or block.until)
        if not opening:
            return Block("no_hours", until=now + timedelta(days=CLOSED_DAYS))
        return Block("hours", until=opening) if opening > now else None

    def _postpone_closed(self, blocks):
        """Move many who wait outside their hours to the next opening at once.

        So that a queue of a million is not looked through by the hundred. Entries
        with an activity are left to the usual way, which moves the activity too.

        :param dict blocks: blocks by entry id, of entries of one campaign
        :return: how many were moved, :data:`POSTPONE_LIMIT` at the most
        :rtype: int
        """
        # one example of each place tells for all who live there
        openings = {}
        for entry in self.filtered(lambda e: blocks[e.id].reason == "hours"):
            customer = entry._customer()
            key = (customer._table, customer.country_id.id, customer.state_id.id)
            openings[key] = blocks[entry.id].until
        count = 0
        for (table, country, state), opening in openings.items():
            query = self._postpone_query(
                table, country, state, opening, POSTPONE_LIMIT - count
            )
            count += self._execute_or_gone(query)
        if count >= POSTPONE_LIMIT:
            self.campaign_id._wake_reopen()
        return count

    def _postpone_query(self, table, country, state, opening, limit):
        """Move who is due and lives in one state to when the hours begin there.

        Those whom somebody has locked are left for the next time.

        :rtype: SQL
        """
        on_partner = table == "res_partner"
        return SQL(
            """
              WITH batch AS MATERIALIZED (
                SELECT e.id FROM dialer_queue_entry e
                  JOIN %(table)s customer ON customer.id = e.%(column)s
                 WHERE e.campaign_id = %(campaign)s AND e.state = 'pending'
                   AND e.next_call_at <= %(now)s AND e.activity_id IS NULL
                   AND (%(on_partner)s OR e.partner_id IS NULL)
                   AND customer.country_id IS NOT DISTINCT FROM %(country)s
                   AND customer.state_id IS NOT DISTINCT FROM %(state)s
                 LIMIT %(limit)s
                   FOR NO KEY UPDATE OF e SKIP LOCKED)
            UPDATE dialer_queue_entry entry
               SET next_call_at = %(opening)s, wait_reason = 'hours',
                   callback_until = callback_until + (%(opening)s - next_call_at)
              FROM batch WHERE entry.id = batch.id
            """,
            table=SQL.identifier(table),
            column=SQL.identifier("partner_id" if on_partner else "lead_id"),
            on_partner=on_partner,
            campaign=self.campaign_id.id,
            country=country or None,
            state=state or None,
            opening=opening,
            now=precise_now(),
            limit=limit,
        )
