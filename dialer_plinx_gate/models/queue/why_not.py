# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Why is this customer not being called? In order, and until when."""

from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from ...tools import inputs
from .entry import HELD_STATES

_lt = LazyTranslate(__name__)

# The reasons in a few words, to stand behind a number. Their order is the order in
# which they are told: the first is the first to be dealt with.
LABELS = {
    "campaign_draft": _lt("campaign not started"),
    "campaign_paused": _lt("campaign paused"),
    "campaign_closed": _lt("campaign closed"),
    "invalid": _lt("without a valid phone"),
    "unread_number": _lt("with a phone that cannot be read in full"),
    "archived": _lt("archived"),
    "lost": _lt("lead lost"),
    "won": _lt("lead won"),
    "do_not_call": _lt("on the do-not-call list"),
    "conversation": _lt("in conversation on WhatsApp"),
    "unknown": _lt("waiting for an answer from Plinx"),
    "unanswered": _lt("without an answer from Plinx"),
    "no_hours": _lt("calling hours that never open"),
    "hours": _lt("outside the calling hours"),
    "entry_day_limit": _lt("called often enough today"),
    "number_day_limit": _lt("number called often enough today"),
    "customer_day_limit": _lt("called often enough today by all campaigns"),
    "gap": _lt("called a short while ago"),
    "callback_other": _lt("promised by another agent"),
    "held": _lt("with agents"),
    "held_elsewhere": _lt("with an agent of another campaign"),
    "callback": _lt("promised for later"),
    "retry": _lt("to be tried again later"),
    "later": _lt("due later"),
    "max_attempts": _lt("exhausted"),
    "number_limit": _lt("number called as often as allowed"),
    "customer_limit": _lt("customer called as often as allowed"),
    "exhausted": _lt("exhausted"),
    "activity_done": _lt("done by an activity"),
    "done": _lt("done"),
    "activity_deleted": _lt("promised call deleted"),
    "withdrawn": _lt("no longer matching the filters"),
    "cancelled": _lt("taken out"),
    "callable": _lt("to be called now"),
}
ORDER = {code: place for place, code in enumerate(LABELS)}

# The same as sentences; those that name an agent are made where the agent is known.
SENTENCES = {
    "campaign_draft": _lt("The campaign has not been started yet."),
    "campaign_paused": _lt("The campaign is paused."),
    "campaign_closed": _lt("The campaign is closed."),
    "invalid": _lt("The customer has no valid phone."),
    "unread_number": _lt(
        "The phone cannot be read in full. Correct it on the customer."
    ),
    "archived": _lt("The customer, or the lead, is archived."),
    "lost": _lt("The lead is lost."),
    "won": _lt("The lead is won already."),
    "do_not_call": _lt("The number is on the do-not-call list."),
    "conversation": _lt("The customer is in conversation on WhatsApp."),
    "unknown": _lt("Plinx did not say whether the customer is in conversation."),
    "unanswered": _lt("Plinx has no answer about this customer."),
    "no_hours": _lt("The calling hours of the campaign never open."),
    "hours": _lt("It is outside the calling hours where the customer lives."),
    "entry_day_limit": _lt("The campaign called as often as allowed today."),
    "number_day_limit": _lt("The number was called as often as allowed today."),
    "customer_day_limit": _lt("The customer was called as often as allowed today."),
    "gap": _lt("The customer was called a short while ago."),
    "callback": _lt("A call is promised to the customer for later."),
    "retry": _lt("The customer was not reached; the next try is due later."),
    "later": _lt("The next call is due later."),
    "held_elsewhere": _lt("An agent of another campaign has the customer."),
    "max_attempts": _lt("All attempts of the campaign are used up."),
    "number_limit": _lt("The campaign called the number as often as allowed."),
    "customer_limit": _lt("The campaign called the customer as often as allowed."),
    "exhausted": _lt("All attempts of the campaign are used up."),
    "activity_done": _lt("The promised call was done outside the dialer."),
    "done": _lt("The customer is done."),
    "activity_deleted": _lt("The activity of the promised call was deleted."),
    "withdrawn": _lt("The customer no longer matches the campaign's filters."),
    "cancelled": _lt("The customer was taken out of the queue."),
    "callable": _lt("Nothing stands in the way: the customer waits in line."),
}

# Why an entry ended; what an entry waited for before does not count any more.
ENDED_REASONS = (
    "unread_number",
    "do_not_call",
    "max_attempts",
    "number_limit",
    "customer_limit",
    "activity_done",
    "activity_deleted",
)
# Reasons that are read from the customer's phone fields.
NUMBER_REASONS = {"invalid", "unread_number"}


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    # -------------------------------------------------------------------------
    # Words
    # -------------------------------------------------------------------------

    @api.model
    def _reason_label(self, code):
        """A reason in a few words, to stand behind a number.

        :param str code: one of ``LABELS``; what is unknown is shown as it stands
        :rtype: str
        """
        return self.env._(LABELS[code]) if code in LABELS else code

    @api.model
    def _wait_sentence(self, code):
        """A reason as a sentence.

        :param str code: one of ``LABELS``
        :rtype: str
        """
        if code in SENTENCES:
            return self.env._(SENTENCES[code])
        return self._reason_label(code)

    @api.model
    def _unread_sentence(self, text):
        """Why a customer is not called whose phone fields cannot be read in full.

        :param str text: what could not be read
        :rtype: str
        """
        return self.env._(
            "The phone “%(text)s” cannot be read in full. Correct it on the customer.",
            text=text,
        )

    @api.model
    def _reason_order(self, code):
        """Where a reason stands among the others; what is unknown comes last."""
        return ORDER.get(code, len(ORDER))

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
        if entry.state in ("pending", "invalid"):
            reasons.update(entry._why_without_number())
        if entry.state == "pending":
            reasons.update(entry._why_waiting())
        elif entry.state in HELD_STATES:
            reasons["held"] = entry._why_held()
        elif entry.state != "invalid" or not reasons.keys() & NUMBER_REASONS:
            reasons[entry._ended_code()] = {}
        return [
            {
                "code": code,
                "text": self._wait_sentence(code),
                "until": None,
                **reasons[code],
            }
            for code in sorted(reasons, key=self._reason_order)
        ]

    def _why_without_number(self):
        """The reason that stands in the customer's phone fields now, by code."""
        called = self._customer_numbers()[self.id]
        if called.unread:
            text = self._unread_sentence(called.unread_text)
            return {"unread_number": {"text": text}}
        return {} if called.identities else {"invalid": {}}

    def _why_waiting(self):
        """Reasons of an entry that nobody has, by code."""
        now = fields.Datetime.now()
        reasons = {}
        if self.next_call_at > now:
            code = self.wait_reason or ("callback" if self.is_callback else "later")
            reasons[code] = {"until": self.next_call_at}
        # what the rules say at this moment, whatever it waited for until now
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
        if held := self._held_elsewhere():
            # another company's agents and campaigns have no names here
            own = held.company_id == self.company_id
            reasons["held_elsewhere"] = held._why_held() if own else {}
        event = self.gate_event_ids[:1]
        if event.decision == "hold" and self.campaign_id._is_held_by(event):
            reasons["unknown"] = {
                "text": self.env._(
                    "Plinx does not answer: %(why)s", why=event.reason_text
                )
            }
        return reasons

    def _held_elsewhere(self):
        """The entry by which an agent has this customer, or one of the numbers.

        :return: at most one entry
        :rtype: dialer.queue.entry
        """
        domain = [("partner_id", "=", self.partner_id.id), ("state", "in", HELD_STATES)]
        held = self.search(domain, limit=1) if self.partner_id else self.browse()
        return held or self.env["dialer.held.number"]._holder(self)

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
        # a call lasts as long as it lasts
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
                {"text": self._wait_sentence("callable"), "until": None}
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
