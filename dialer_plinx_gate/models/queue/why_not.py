# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Why is this customer not being called? In order, and until when."""

from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from ...tools import inputs
from .calling_hours import CallingHours, Place
from .entry import HELD_STATES

# The order in which reasons are told: the first is the first to be dealt with.
ORDER = (
    "campaign_draft",
    "campaign_paused",
    "campaign_closed",
    "invalid",
    "do_not_call",
    "conversation",
    "unknown",
    "no_hours",
    "hours",
    "entry_day_limit",
    "number_day_limit",
    "customer_day_limit",
    "gap",
    "callback_other",
    "held",
    "held_elsewhere",
    "callback",
    "retry",
    "later",
    "max_attempts",
    "number_limit",
    "customer_limit",
    "exhausted",
    "activity_done",
    "done",
    "activity_deleted",
    "withdrawn",
    "cancelled",
    "callable",
)

# An agent's screen counts no further and shows, say, "10000+".
MAX_COUNTED = 10_000

# Why an entry ended; what an entry waited for before does not count any more.
ENDED_REASONS = (
    "do_not_call",
    "max_attempts",
    "number_limit",
    "customer_limit",
    "activity_done",
    "activity_deleted",
)


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    @api.model
    def _reason_label(self, code):
        """A reason in a few words, to stand behind a number.

        :param str code: one of ``ORDER``; what is unknown is shown as it stands
        :rtype: str
        """
        labels = {
            "campaign_draft": self.env._("campaign not started"),
            "campaign_paused": self.env._("campaign paused"),
            "campaign_closed": self.env._("campaign closed"),
            "invalid": self.env._("without a valid phone"),
            "do_not_call": self.env._("on the do-not-call list"),
            "conversation": self.env._("in conversation on WhatsApp"),
            "unknown": self.env._("waiting for an answer of Plinx"),
            "no_hours": self.env._("calling hours that never open"),
            "hours": self.env._("outside the calling hours"),
            "entry_day_limit": self.env._("called often enough today"),
            "number_day_limit": self.env._("number called often enough today"),
            "customer_day_limit": self.env._(
                "called often enough today by all campaigns"
            ),
            "gap": self.env._("called a short while ago"),
            "callback_other": self.env._("promised by another agent"),
            "held": self.env._("with agents"),
            "held_elsewhere": self.env._("with an agent of another campaign"),
            "callback": self.env._("promised for later"),
            "retry": self.env._("to be tried again later"),
            "later": self.env._("due later"),
            "max_attempts": self.env._("exhausted"),
            "number_limit": self.env._("number called as often as allowed"),
            "customer_limit": self.env._("customer called as often as allowed"),
            "exhausted": self.env._("exhausted"),
            "activity_done": self.env._("done by an activity"),
            "done": self.env._("done"),
            "activity_deleted": self.env._("promised call deleted"),
            "withdrawn": self.env._("no longer matching the filters"),
            "cancelled": self.env._("taken out"),
            "callable": self.env._("to be called now"),
        }
        return labels.get(code, code)

    @api.model
    def _reason_sentence(self, code):
        """A reason as a sentence.

        :param str code: one of ``ORDER``
        :rtype: str
        """
        sentences = {
            "campaign_draft": self.env._("The campaign has not been started yet."),
            "campaign_paused": self.env._("The campaign is paused."),
            "campaign_closed": self.env._("The campaign is closed."),
            "invalid": self.env._("The customer has no valid phone."),
            "do_not_call": self.env._("The number is on the do-not-call list."),
            "conversation": self.env._("The customer is in conversation on WhatsApp."),
            "unknown": self.env._(
                "Plinx did not say whether the customer is in conversation."
            ),
            "no_hours": self.env._("The calling hours of the campaign never open."),
            "hours": self.env._(
                "It is outside the calling hours where the customer lives."
            ),
            "entry_day_limit": self.env._(
                "The campaign called as often as allowed today."
            ),
            "number_day_limit": self.env._(
                "The number was called as often as allowed today."
            ),
            "customer_day_limit": self.env._(
                "The customer was called as often as allowed today."
            ),
            "gap": self.env._("The customer was called a short while ago."),
            "callback": self.env._("A call is promised to the customer for later."),
            "retry": self.env._(
                "The customer was not reached; the next try is due later."
            ),
            "later": self.env._("The next call is due later."),
            "held_elsewhere": self.env._(
                "An agent of another campaign has the customer."
            ),
            "max_attempts": self.env._("All attempts of the campaign are used up."),
            "number_limit": self.env._(
                "The campaign called the number as often as allowed."
            ),
            "customer_limit": self.env._(
                "The campaign called the customer as often as allowed."
            ),
            "exhausted": self.env._("All attempts of the campaign are used up."),
            "activity_done": self.env._(
                "The promised call was done outside the dialer."
            ),
            "done": self.env._("The customer is done."),
            "activity_deleted": self.env._(
                "The activity of the promised call was deleted."
            ),
            "withdrawn": self.env._(
                "The customer no longer matches the campaign's filters."
            ),
            "cancelled": self.env._("The customer was taken out of the queue."),
            "callable": self.env._(
                "Nothing stands in the way: the customer waits in line."
            ),
        }
        return sentences.get(code, self._reason_label(code))

    # -------------------------------------------------------------------------
    # One entry
    # -------------------------------------------------------------------------

    def _why_not(self):
        """Tell why this customer is not being called at this moment.

        :return: the reasons in order, empty when nothing stands in the way; each
            with ``code``, ``text`` and ``until`` (naive UTC; None: until somebody
            changes it)
        :rtype: list[dict]
        """
        self.ensure_one()
        # sudo: the reason is told whatever the customer's own rules hide
        entry = self.sudo()
        reasons = {}
        if entry.campaign_id.state != "running":
            reasons[f"campaign_{entry.campaign_id.state}"] = {}
        if entry.state in ("pending", "invalid") and not entry._identities()[entry.id]:
            reasons["invalid"] = {}
        if entry.state == "pending":
            reasons.update(entry._why_waiting())
        elif entry.state in HELD_STATES:
            reasons["held"] = entry._why_held()
        else:
            reasons[entry._ended_code()] = {}
        return [
            {
                "code": code,
                "text": self._reason_sentence(code),
                "until": None,
                **reasons[code],
            }
            for code in sorted(reasons, key=self._reason_order)
        ]

    @api.model
    def _reason_order(self, code):
        return ORDER.index(code) if code in ORDER else len(ORDER)

    def _why_waiting(self):
        """Reasons of an entry that nobody has, by code."""
        now = fields.Datetime.now()
        reasons = {}
        if self.next_call_at > now:
            code = self.wait_reason or ("callback" if self.is_callback else "later")
            reasons[code] = {"until": self.next_call_at}
        if block := self._blocks().get(self.id):
            reasons[block.reason] = {"until": block.until}
        if self.callback_user_id and self.callback_until > now:
            reasons["callback_other"] = {
                "until": self.callback_until,
                "text": self.env._(
                    "The callback belongs to %(agent)s for now.",
                    agent=self.callback_user_id.name,
                ),
            }
        held = self.search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("partner_id", "!=", False),
                ("state", "in", HELD_STATES),
            ],
            limit=1,
        )
        if held:
            # another company's agents and campaigns have no names here
            own = held.company_id == self.company_id
            reasons["held_elsewhere"] = held._why_held() if own else {}
        event = self.gate_event_ids[:1]
        if event.decision == "hold" and self.campaign_id._is_held_by(event):
            reasons["unknown"] = {
                "text": self.env._(
                    "Plinx gives no answer: %(why)s", why=event.reason_text
                )
            }
        return reasons

    def _why_held(self):
        """Who has this customer, and until when."""
        if self.state == "dialing":
            text = self.env._("In call with %(agent)s.", agent=self.agent_id.name)
        else:
            text = self.env._(
                "On the screen of %(agent)s (%(campaign)s).",
                agent=self.agent_id.name,
                campaign=self.campaign_id.name,
            )
        until = self.reserved_until if self.state != "dialing" else None
        return {"text": text, "until": until or None}

    def _ended_code(self):
        """The reason code of an entry that is called no more."""
        if self.state == "cancelled" and self.withdrawn:
            return "withdrawn"
        return self.wait_reason if self.wait_reason in ENDED_REASONS else self.state

    def action_why_not(self):
        """Button: show why this customer is not being called.

        :return: window action on dialer.why.not
        :rtype: dict
        """
        inputs.one(self)
        return self.env["dialer.why.not"]._open(
            self.display_name, self._why_not_lines()
        )

    def _why_not_lines(self):
        """Lines of the popup for these entries, one a reason."""
        lines = []
        for entry in self:
            # sudo: the campaign's name tells where the customer waits
            campaign = entry.sudo().campaign_id
            reasons = entry._why_not() or [
                {"text": self._reason_sentence("callable"), "until": None}
            ]
            lines += [
                {
                    "campaign_id": campaign.id,
                    "reason": reason["text"],
                    "until": reason["until"],
                }
                for reason in reasons
            ]
        return lines


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    def _is_held_by(self, event):
        """Tell whether agents wait for Plinx because of this verdict."""
        self.ensure_one()
        sessions = self.env["dialer.session"].search(
            [("campaign_id", "=", self.id), ("decision", "=", "hold")]
        )
        return event in sessions.event_id

    def _why_not_counts(self, user=None, limit=None):
        """Count the customers of the queue by why they are not being called.

        Set-based: two statements, whatever the size of the queue.

        :param res.users user: the agent who asks, whose own callbacks are callable
        :param int limit: count no more than so many of those who wait, and of those
            in each other state: an agent waits for the answer
        :return: in order, dicts with ``code``, ``count``, ``more`` (there may be more
            than counted) and ``until`` (the earliest naive UTC moment at which one
            of the counted is due, or None)
        :rtype: list[dict]
        """
        self.ensure_one()
        reasons = self._query_reasons(user, limit)
        seen = Counter()
        for state, _code, count, _until in reasons:
            seen[state] += count
        waiting = [("pending", *row) for row in self._due_reasons(limit)]
        found = {}
        for state, code, count, until in [*reasons, *waiting]:
            reason = found.setdefault(
                code, {"code": code, "count": 0, "more": False, "until": until}
            )
            reason["count"] += count
            reason["more"] |= bool(limit) and seen[state] >= limit
            moments = [moment for moment in (reason["until"], until) if moment]
            reason["until"] = min(moments, default=None)
        return [
            found[code]
            for code in sorted(found, key=self.env["dialer.queue.entry"]._reason_order)
            if found[code]["count"]
        ]

    def _counted_entries(self, limit=None):
        """The entries that are counted: all, or the first of each state.

        :rtype: SQL
        """
        if not limit:
            return SQL(
                "SELECT * FROM dialer_queue_entry WHERE campaign_id = %s", self.id
            )
        groups = [self._waiting_entries(limit)]
        states = self.env["dialer.queue.entry"]._fields["state"].selection
        for state, _label in states:
            if state != "pending":
                groups.append(self._entries_in_state(state, limit))
        return SQL(" UNION ALL ").join(SQL("(%s)", group) for group in groups)

    def _entries_in_state(self, state, limit):
        """The first entries in a state, along the index.

        Written as a range: of a mere equation PostgreSQL knows that the order makes no
        difference, and may read a million rows in search of a few.

        :rtype: SQL
        """
        return SQL(
            """
            SELECT * FROM dialer_queue_entry
             WHERE (campaign_id, state) >= (%(campaign)s, %(state)s)
               AND (campaign_id, state) <= (%(campaign)s, %(state)s)
          ORDER BY campaign_id, state LIMIT %(limit)s
            """,
            campaign=self.id,
            state=state,
            limit=limit,
        )

    def _waiting_entries(self, limit=None):
        """Those who wait, or the first of them in the order of calling.

        :rtype: SQL
        """
        return SQL(
            """
            SELECT * FROM dialer_queue_entry
             WHERE campaign_id = %s AND state = 'pending' %s
            """,
            self.id,
            SQL("ORDER BY rank, next_call_at, id LIMIT %s", limit) if limit else SQL(),
        )

    def _next_due(self):
        """When the next of those who wait is due, by the order of the queue's index.

        :return: naive UTC, or None
        :rtype: datetime | None
        """
        rows = self.env.execute_query(self._next_due_query())
        return rows[0][0]

    def _next_due_query(self):
        """The statement of :meth:`_next_due`: one row of each rank is read."""
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
            SELECT min(due.next_call_at)
              FROM lane CROSS JOIN LATERAL (
                SELECT next_call_at FROM dialer_queue_entry
                 WHERE campaign_id = %(campaign)s AND state = 'pending'
                   AND rank = lane.rank AND next_call_at > %(now)s
              ORDER BY next_call_at LIMIT 1
              ) due
            """,
            campaign=self.id,
            now=fields.Datetime.now(),
        )

    def _query_reasons(self, user=None, limit=None):
        """Count the queue by state and stored reason.

        :return: state (one for all that agents hold), code, count and earliest
            moment of each
        :rtype: list[tuple[str, str, int, datetime | None]]
        """
        self.env["dialer.queue.entry"].flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT state, reason, count(*)::int, min(until) FROM (
                    SELECT state, CASE
                        WHEN state IN ('reserved', 'asking', 'dialing') THEN 'held'
                        WHEN state = 'cancelled' AND withdrawn THEN 'withdrawn'
                        WHEN state != 'pending' AND wait_reason IN %(ended)s
                            THEN wait_reason
                        WHEN state != 'pending' THEN state
                        WHEN next_call_at > %(now)s THEN COALESCE(
                            wait_reason,
                            CASE WHEN is_callback THEN 'callback' ELSE 'later' END)
                        WHEN callback_user_id != %(user)s AND callback_until > %(now)s
                            THEN 'callback_other'
                        ELSE 'callable' END AS reason,
                        CASE
                        WHEN state != 'pending' THEN NULL
                        WHEN next_call_at > %(now)s THEN next_call_at
                        WHEN callback_user_id != %(user)s AND callback_until > %(now)s
                            THEN callback_until END AS until
                      FROM (%(entries)s) counted
                ) entry GROUP BY state, reason
                """,
                entries=self._counted_entries(limit),
                ended=ENDED_REASONS,
                now=fields.Datetime.now(),
                user=user.id if user else 0,
            )
        )

    def _due_reasons(self, limit=None):
        """Those who are due, but outside the calling hours where they live.

        :return: code, count, moment; what it counts is taken off ``callable``
        :rtype: list[tuple[str, int, datetime | None]]
        """
        # sudo: resource.calendar - the hours decide, whatever the user sees of them
        calendar = self.calendar_id.sudo()
        if not calendar:
            return []
        now, hours, found = fields.Datetime.now(), CallingHours(), []
        entries = self.env["dialer.queue.entry"]
        for entry_id, count in self._query_due_places(now, limit):
            entry = entries.sudo().browse(entry_id)
            place: Place = entry._places()[entry_id]
            opening = hours.opening(calendar, self.company_id, place, now)
            if opening != now:
                code = "hours" if opening else "no_hours"
                found += [(code, count, opening), ("callable", -count, None)]
        return found

    def _query_due_places(self, now, limit=None):
        """Count those who are due by where they live, with one of each as example.

        :param int limit: look only at so many of those who wait
        :rtype: list[tuple[int, int]]
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT min(e.id), count(*)::int
                  FROM (%(waiting)s) e
             LEFT JOIN res_partner partner ON partner.id = e.partner_id
             LEFT JOIN crm_lead lead
                    ON lead.id = e.lead_id AND e.partner_id IS NULL
                 WHERE e.next_call_at <= %(now)s
                   AND (e.callback_user_id IS NULL OR e.callback_until <= %(now)s)
              GROUP BY partner.country_id, partner.state_id,
                       lead.country_id, lead.state_id
                """,
                waiting=self._waiting_entries(limit),
                now=now,
            )
        )

    def action_why_not(self):
        """Button: show, with numbers, why customers are not being called.

        :return: window action on dialer.why.not
        :rtype: dict
        """
        inputs.one(self)
        entries = self.env["dialer.queue.entry"]
        lines = []
        if self.state != "running":
            sentence = entries._reason_sentence(f"campaign_{self.state}")
            lines.append({"campaign_id": self.id, "reason": sentence})
        # sudo: counts only
        for reason in self.sudo()._why_not_counts():
            label = entries._reason_label(reason["code"])
            lines.append(
                {
                    "campaign_id": self.id,
                    "reason": label[:1].upper() + label[1:],
                    "count": reason["count"],
                    "until": reason["until"],
                }
            )
        if not lines:
            text = self.env._("The queue of this campaign has no customers.")
            lines.append({"campaign_id": self.id, "reason": text})
        return self.env["dialer.why.not"]._open(self.name, lines)


class DialerSession(models.Model):
    _inherit = "dialer.session"

    def _empty_message(self):
        """Why nobody is left to call, with counts and when the next one is due."""
        campaign = self.campaign_id
        counts = campaign._why_not_counts(self.user_id, limit=MAX_COUNTED)
        if not counts:
            return super()._empty_message()
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
