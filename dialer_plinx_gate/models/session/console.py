# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the agent console reads besides the state."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_amount, html2plaintext

from odoo.addons.phone_validation.tools.phone_validation import phone_format

from ...tools import inputs
from ...tools.context import as_dialer

# More callable customers than this are shown as "1000+".
MAX_CALLABLE = 1000
MAX_LINES = 5
MAX_NOTE = 2000
# The date picker marks days off for two months.
DAYS_AHEAD = 62


class DialerSession(models.Model):
    _inherit = "dialer.session"

    @api.model
    def console_data(self):
        """All that the console needs to open, in one call; a sign of the agent.

        :return: ``session`` (the state of the agent's open session, see
            :meth:`get_state`, or None), ``campaigns`` (those the agent may work, with
            ``callable`` customers counted up to 1000; empty while a session is
            open), ``results``, ``pause_reasons``, ``whatsapp_result_id``
            and ``days_off`` (ISO dates without work in the next two months)
        :rtype: dict
        :raise AccessError: when the user is no agent
        """
        self.check_access("read")
        session = self.search(
            [("user_id", "=", self.env.uid), ("state", "!=", "closed")], limit=1
        )
        # agents have no write access to sessions other than by these methods
        as_dialer(session)._record_sign()
        company = session.company_id or self.env.company
        offered = [("company_id", "in", [False, company.id])]
        results = self.env["dialer.result"].search_fetch(
            # the dialer gives this one by itself to calls that were left
            [*offered, ("code", "!=", "no_result")],
            ["name", "code", "effect"],
        )
        reasons = self.env["dialer.pause.reason"].search_fetch(
            # the dialer gives this one by itself to agents who are not there
            [*offered, ("code", "!=", "away")],
            ["name"],
        )
        return {
            "session": session.get_state() if session else None,
            "campaigns": [] if session else self._console_campaigns(),
            "results": results.read(["name", "code", "effect"]),
            "pause_reasons": reasons.read(["name"]),
            "whatsapp_result_id": self.env["ir.model.data"]._xmlid_to_res_id(
                "dialer_plinx_gate.result_whatsapp"
            ),
            "days_off": self._days_off(company),
        }

    @api.model
    def _console_campaigns(self):
        """The running campaigns of this agent, with how many wait to be called."""
        campaigns = self.env["dialer.campaign"].search_fetch(
            [("state", "=", "running"), ("agent_ids", "in", [False, self.env.uid])],
            ["name", "dial_mode"],
        )
        counts = self._count_callable(campaigns)
        return [
            {
                "id": campaign.id,
                "name": campaign.name,
                "dial_mode": campaign.dial_mode,
                "callable": counts[campaign.id],
            }
            for campaign in campaigns
        ]

    @api.model
    def _count_callable(self, campaigns):
        """How many customers of each campaign can be called now, up to a limit.

        :param dialer.campaign campaigns: campaigns that the user may read
        :rtype: dict[int, int]
        """
        self.env["dialer.queue.entry"].flush_model()
        # each count stops at the limit: no more of a long queue is read
        rows = self.env.execute_query(
            SQL(
                """
                SELECT campaign.id, (
                    SELECT count(*) FROM (
                        SELECT 1 FROM dialer_queue_entry
                         WHERE campaign_id = campaign.id AND state = 'pending'
                           AND next_call_at <= %(now)s
                         LIMIT %(limit)s) callable)
                  FROM unnest(%(ids)s::int[]) AS campaign(id)
                """,
                now=fields.Datetime.now(),
                limit=MAX_CALLABLE,
                ids=campaigns.ids,
            )
        )
        return dict(rows)

    @api.model
    def _days_off(self, company):
        """The days of the next two months on which nobody works.

        :param res.company company: whose hours, leaves and holidays count
        :return: ISO dates
        :rtype: list[str]
        """
        today = company._dialer_date()
        hours = company._dialer_hours(today, DAYS_AHEAD)
        days = (today + timedelta(days=offset) for offset in range(DAYS_AHEAD))
        return [
            day.isoformat()
            for day in days
            if day not in hours or company._dialer_holiday(day)
        ]

    def customer_panel(self, entry_id):
        """Tell what is worth knowing about the customer on screen.

        Opportunities, activities and attendances are those that the agent may see.

        :param int entry_id: the customer on the screen of this session
        :return: JSON-able dict, or None when somebody else is on screen meanwhile
        :rtype: dict | None
        :raise AccessError: when the session is another agent's
        :raise UserError: when it is closed
        """
        session = self._as_agent()
        entry_id = inputs.record_id(self.env, entry_id)
        entry = session._held_entry()
        if not entry or entry.id != entry_id:
            return None
        customer = entry._customer()
        numbers = entry._identities()[entry.id]
        keys = [identity.key for identity in numbers]
        next_day = session.company_id._next_business_day(fields.Datetime.now())
        return {
            "entry_id": entry.id,
            "model": customer._name,
            "res_id": customer.id,
            "timezone": customer._customer_zone(keys, entry.company_id),
            "phones": [
                phone_format(number.e164, None, None, raise_exception=False)
                for number in numbers
            ],
            "email": customer.email_normalized or None,
            "place": ", ".join(filter(None, (customer.city, customer.state_id.code))),
            "tags": self._panel_tags(customer),
            "attendances": self._panel_attendances(entry),
            "opportunities": self._panel_opportunities(entry),
            "activities": self._panel_activities(entry),
            "note": self._panel_note(customer),
            "next_business_day": fields.Datetime.to_string(next_day),
        }

    @api.model
    def _panel_tags(self, customer):
        name = "category_id" if customer._name == "res.partner" else "tag_ids"
        return [{"name": tag.name, "color": tag.color} for tag in customer[name]]

    @api.model
    def _same_customer(self, entry):
        """Domain on records with ``partner_id`` and ``lead_id`` of this customer."""
        if entry.partner_id:
            return [("partner_id", "=", entry.partner_id.id)]
        return [("lead_id", "=", entry.lead_id.id)]

    def _panel_attendances(self, entry):
        attendances = self.env["dialer.attendance"].search_fetch(
            self._same_customer(entry),
            ["date", "result_id", "user_id", "channel", "note"],
            limit=MAX_LINES,
        )
        return [
            {
                "id": attendance.id,
                "date": fields.Datetime.to_string(attendance.date),
                "result": attendance.result_id.name,
                "user": attendance.user_id.name,
                "channel": attendance.channel,
                "note": attendance.note or None,
            }
            for attendance in attendances
        ]

    def _panel_opportunities(self, entry):
        if entry.partner_id:
            mine = [("partner_id", "child_of", entry.partner_id.id)]
        else:
            mine = [("id", "=", entry.lead_id.id)]
        leads = self.env["crm.lead"].search_fetch(
            [*mine, ("type", "=", "opportunity"), ("won_status", "=", "pending")],
            ["name", "stage_id", "expected_revenue", "company_currency"],
            limit=MAX_LINES,
        )
        return [
            {
                "id": lead.id,
                "name": lead.name,
                "stage": lead.stage_id.name or None,
                "revenue": lead.expected_revenue
                and format_amount(
                    self.env, lead.expected_revenue, lead.company_currency
                ),
            }
            for lead in leads
        ]

    def _panel_activities(self, entry):
        customer = entry._customer()
        activities = self.env["mail.activity"].search_fetch(
            [("res_model", "=", customer._name), ("res_id", "=", customer.id)],
            ["summary", "activity_type_id", "date_deadline", "user_id"],
            limit=MAX_LINES,
        )
        return [
            {
                "id": activity.id,
                "name": activity.summary or activity.activity_type_id.name,
                "icon": activity.icon or "fa-clock-o",
                "deadline": fields.Date.to_string(activity.date_deadline),
                "state": activity.state,
                "user": activity.user_id.name,
            }
            for activity in activities
        ]

    @api.model
    def _panel_note(self, customer):
        html = (
            customer.comment
            if customer._name == "res.partner"
            else customer.description
        )
        return html2plaintext(html or "").strip()[:MAX_NOTE] or None
