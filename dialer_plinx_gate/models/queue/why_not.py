# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Why is this customer not being called? In order, and until when."""

from odoo import api, fields, models

from ...tools import inputs
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
