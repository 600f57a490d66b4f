# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the rules of a campaign mean for its entries: limits, gaps, calling hours."""

from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ...tools.zone import zone_of
from .calling_hours import CallingHours, Place
from .entry import Block

# Limits of calls, 0 for none. Those of a day count the calls of all campaigns of the
# company, the others those of the campaign.
LIMITS = (
    "entry_day_limit",
    "number_day_limit",
    "customer_day_limit",
    "number_limit",
    "customer_limit",
)
# How many entries outside their hours one request moves to the next opening: the
# agent waits for it. A job moves the others.
POSTPONE_LIMIT = 10_000
# When hours that never open are looked at again.
CLOSED_DAYS = 1


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    hung_up_at = fields.Datetime(readonly=True, help="When the talk ended.")

    _in_call_number = models.Index("(phone) WHERE state = 'dialing'")

    # -------------------------------------------------------------------------
    # Blocks
    # -------------------------------------------------------------------------

    def _blocks(self):
        """Add limits of calls, the gap between two calls and the calling hours."""
        blocks = super()._blocks()
        rest = self.filtered(lambda entry: entry.id not in blocks)
        blocks.update(rest._limit_blocks())
        hours, now = CallingHours(), fields.Datetime.now()
        timed = self._with_hours()
        for entry in self.browse(blocks) - timed:
            block = blocks[entry.id]
            # the next day is the next business day; a gap is over after its minutes
            if block.until and block.reason in LIMITS:
                until = hours.business(entry.company_id, block.until)
                blocks[entry.id] = block._replace(until=until)
        places = timed._places()
        for entry in self.browse(places):
            block = blocks.get(entry.id)
            if block and not block.until:
                continue
            opening = entry._opening(hours, places[entry.id], block and block.until)
            if block:
                blocks[entry.id] = block._replace(until=opening or block.until)
            elif not opening:
                later = now + timedelta(days=CLOSED_DAYS)
                blocks[entry.id] = Block("no_hours", until=later)
            elif opening > now:
                blocks[entry.id] = Block("hours", until=opening)
        return blocks

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
            for name in ("number_limit", "customer_limit"):
                if 0 < campaign[name] <= counts[name]:
                    return Block(name, state="exhausted")
            for name in ("entry_day_limit", "number_day_limit", "customer_day_limit"):
                if 0 < campaign[name] <= counts[name]:
                    return Block(name, until=self._tomorrow())
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
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT e.id, own.*, number.*
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
                           max(call.date) AS last_call,
                           max(call.date) FILTER (
                               WHERE call.entry_id IS DISTINCT FROM e.id
                           ) AS last_other_call
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
                    SELECT count(*) FILTER (
                               WHERE call.date >= start
                           ) AS number_day_limit,
                           count(*) FILTER (
                               WHERE call.campaign_id = e.campaign_id
                           ) AS number_limit
                      FROM (
                        SELECT date, campaign_id FROM dialer_attendance
                         WHERE phone = e.phone AND company_id = e.company_id
                           AND channel = 'phone' AND origin = 'dialer'
                         UNION ALL
                        SELECT dialed_at, campaign_id FROM dialer_queue_entry
                         WHERE phone = e.phone AND company_id = e.company_id
                           AND state = 'dialing' AND id != e.id
                      ) call
                 ) number
                 WHERE e.id IN %(ids)s
                """,
                ids=self._ids,
                days=SQL(", ").join(
                    SQL("(%s, %s::timestamp)", company.id, company._dialer_day_start())
                    for company in self.company_id
                ),
            )
        )
        return {row["id"]: row for row in rows}

    def _tomorrow(self):
        """When the company's next day begins, naive UTC."""
        company = self.company_id
        return company._dialer_local_midnight(
            company._dialer_date() + timedelta(days=1)
        )

    # -------------------------------------------------------------------------
    # Calling hours
    # -------------------------------------------------------------------------

    def _with_hours(self):
        """The entries whose campaign calls at certain hours only."""
        timed = self.campaign_id.filtered("calendar_id")
        if not timed:
            return self.browse()
        return self.filtered(lambda entry: entry.campaign_id in timed)

    def _places(self):
        """Where each entry's customer is; what is unknown is the company's.

        :rtype: dict[int, Place]
        """
        found = {}
        for entry_id, company_id, country, state in self._query_places():
            company = self.env["res.company"].browse(company_id)
            zone = zone_of(country, state) or str(company._dialer_tz())
            if not state and country == company.country_id.code:
                state = company.dialer_holiday_subdivision
            found[entry_id] = Place(zone, country, state or False)
        return found

    def _query_places(self):
        """Read company, country code and state code of each entry's customer.

        :rtype: list[tuple[int, int, str | None, str | None]]
        """
        if not self:
            return []
        for model in ("res.partner", "crm.lead"):
            self.env[model].flush_model(["country_id", "state_id"])
        self.flush_model(["partner_id", "lead_id", "company_id"])
        return self.env.execute_query(
            SQL(
                """
                SELECT e.id, e.company_id, country.code, state.code
                  FROM dialer_queue_entry e
                  JOIN res_company company ON company.id = e.company_id
                  JOIN res_partner office ON office.id = company.partner_id
             LEFT JOIN res_partner partner ON partner.id = e.partner_id
             LEFT JOIN crm_lead lead
                    ON lead.id = e.lead_id AND e.partner_id IS NULL
             LEFT JOIN res_country country ON country.id = COALESCE(
                       partner.country_id, lead.country_id, office.country_id)
             LEFT JOIN res_country_state state ON state.id = COALESCE(
                       partner.state_id, lead.state_id)
                 WHERE e.id IN %s
                """,
                self._ids,
            )
        )

    def _opening(self, hours, place, moment=None):
        """When this entry's customer may be called, from a moment on.

        :param CallingHours hours: what is computed already
        :param Place place: where the customer is
        :param datetime moment: naive UTC; None: now
        :return: naive UTC, None when the hours never open
        :rtype: datetime | None
        """
        # sudo: resource.calendar - the hours decide, whatever the agent sees of them
        calendar = self.campaign_id.calendar_id.sudo()
        moment = moment or fields.Datetime.now()
        return hours.opening(calendar, self.company_id, place, moment)

    def _calling_moments(self, moment):
        """Bring a date into the campaign's calling hours for each customer.

        Without calling hours the campaign calls at any time: nothing is moved.

        :param datetime moment: naive UTC
        :return: the moment, or the next opening, by entry id
        :rtype: dict[int, datetime]
        """
        moments = dict.fromkeys(self.ids, moment)
        hours = CallingHours()
        places = self._with_hours()._places()
        for entry in self.browse(places):
            opening = entry._opening(hours, places[entry.id], moment)
            moments[entry.id] = opening or moment
        return moments

    def _calling_moment(self, moment):
        """Bring a date of one entry into the campaign's calling hours."""
        self.ensure_one()
        return self._calling_moments(moment)[self.id]

    def _automatic_moment(self, moment):
        """Bring a date that nobody chose into the hours in which calls are made.

        A campaign without calling hours calls at any time, but what comes back by
        itself keeps the business days of the company.

        :param datetime moment: naive UTC
        :rtype: datetime
        """
        if self.campaign_id.calendar_id:
            return self._calling_moment(moment)
        return self.company_id._on_business_day(moment)

    def _postpone_closed(self, blocks):
        """Move many who wait outside their hours to the next opening at once.

        So that a queue of a million is not looked through by the hundred. Entries
        with an activity are left to the usual way, which moves the activity too.

        :param dict blocks: blocks by entry id, of entries of one campaign
        :return: how many were moved, :data:`POSTPONE_LIMIT` at the most
        :rtype: int
        """
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
            now=self._now(),
            limit=limit,
        )

    # -------------------------------------------------------------------------
    # Results
    # -------------------------------------------------------------------------

    def _result_values(self, result, when, user, ended=None):
        """Let the delay grow where the result says so, and keep the calling hours."""
        values = super()._result_values(result, when, user, ended)
        values["wait_reason"] = False
        if values["state"] == "pending":
            values["wait_reason"] = "callback" if values["is_callback"] else "retry"
        if values["wait_reason"] == "retry":
            delay = timedelta(minutes=result._retry_delay(self.attempts))
            moment = (ended or fields.Datetime.now()) + delay
            values["next_call_at"] = self._automatic_moment(moment)
        elif values["state"] == "exhausted":
            values["wait_reason"] = "max_attempts"
        elif result.effect == "dnc":
            values["wait_reason"] = "do_not_call"
        return values

    # -------------------------------------------------------------------------
    # The call
    # -------------------------------------------------------------------------

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

    def _waiting_values(self, **values):
        """An entry that nobody holds is in no call."""
        return super()._waiting_values(**{"hung_up_at": False, **values})
