# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the agent sees: the state of the session as a dict, and its sentences."""

from odoo import fields, models
from odoo.tools import format_datetime

from ...tools import inputs
from ...tools.context import as_dialer

# An agent need not know more exactly than this how many wait for what.
MOST_COUNTED = 10_000


class DialerSession(models.Model):
    _inherit = "dialer.session"

    def get_state(self):
        """Tell where this session stands, changing nothing.

        :return: JSON-able dict with ``session_id``, ``state`` (running, paused or
            closed), ``status`` (what the agent is doing, see :meth:`_status`),
            ``decision`` (dial, ask, hold, searching, empty or None), ``entry`` (the
            customer on screen, or None), ``skipped`` (customers skipped by this
            call), ``message`` (a sentence for the agent, or None), ``now`` (the
            server's clock, which timers go by), and what the screen shows besides:
            ``campaign``, ``question``, ``hold``, ``pause``, ``countdown``,
            ``totals`` and ``banner``
        :rtype: dict
        :raise AccessError: when the session is another agent's
        """
        inputs.one(self)
        if self.user_id != self.env.user:
            return self._as_agent()._state()
        # shows the agent their own customer whatever the customer's rules
        return as_dialer(self)._state()

    def _state(self, skipped=0, message=None, **extra):
        """Build the dict of :meth:`get_state`.

        :param int skipped: how many customers were skipped
        :param str message: a sentence for the agent, instead of the usual one
        :param extra: what only some verbs answer
        :rtype: dict
        """
        self.ensure_one()
        entry, campaign = self._held_entry(), self.campaign_id
        return {
            "now": fields.Datetime.to_string(fields.Datetime.now()),
            "session_id": self.id,
            "state": self.state,
            "status": self._status(),
            "decision": self.decision or None,
            "entry": entry._screen_values() if entry else None,
            "skipped": skipped,
            "message": message or self._message(),
            "campaign": {
                "id": campaign.id,
                "name": campaign.name,
                "dial_mode": campaign.dial_mode,
            },
            "question": self._question(),
            "hold": self._hold_values(),
            "pause": self._pause_values(),
            "countdown": self._countdown(),
            "totals": self._day_totals(),
            "banner": self.env["dialer.gate"]._banner(self.company_id),
            **extra,
        }

    def _status(self):
        """What the agent is doing, in the words of console, board and reports.

        :return: ``call``, ``wrap_up``, ``closed``, ``paused``, ``question`` (the
            agent is asked), ``preview``, ``hold`` (Plinx does not answer),
            ``searching``, ``empty`` (nobody to call) or ``ready``
        :rtype: str
        """
        entry = self._held_entry()
        # a call goes on whatever else was clicked
        if entry.state == "dialing":
            return "wrap_up" if entry.hung_up_at else "call"
        if self.state in ("closed", "paused"):
            return self.state
        if entry:
            return "question" if entry.state == "asking" else "preview"
        waiting = self.decision in ("hold", "searching", "empty")
        return self.decision if waiting else "ready"

    def _clear_screen(self, change=None):
        """Take the customer off these agents' screens, with all that was about them.

        :param str change: tell the agents' consoles of it, in this word
        """
        self.write(
            {
                "entry_id": False,
                "decision": False,
                "event_id": False,
                "hold_since": False,
            }
        )
        if change:
            for session in self:
                session._notify_agent(change)

    def _is_held(self):
        """Whether nobody is dialed because Plinx does not answer."""
        return self._status() == "hold"

    def _hold_values(self):
        """Why and since when nobody is dialed, and the seconds to the next try."""
        if self.decision != "hold":
            return None
        return {
            "reason": self.event_id.reason_text,
            "since": fields.Datetime.to_string(self.hold_since),
            "retry_in": self.env["dialer.gate"]._retry_in(self.event_id),
        }

    def _pause_values(self):
        """The pause that lasts, with its time limit in seconds."""
        # only then: the pauses of a day are read for it
        pause = self.state == "paused" and self._lasting_pause()[:1]
        if not pause:
            return None
        return {
            "reason": pause.reason_id.name or None,
            "since": fields.Datetime.to_string(pause.started_at),
            "limit": pause.reason_id.limit_minutes * 60 or None,
        }

    def _countdown(self):
        """Seconds until the client dials by itself, None where the agent decides.

        The server does not dial: the client counts, and the agent can stop it.

        :rtype: int | None
        """
        campaign = self.campaign_id
        dials_itself = (
            self._status() == "preview"
            and self.decision == "dial"
            and campaign.dial_mode == "progressive"
            and campaign.state == "running"
        )
        return campaign.countdown_seconds if dials_itself else None

    def _question(self):
        """What the popup shows while the agent is asked, else None."""
        if self._held_entry().state != "asking":
            return None
        event = self.event_id
        active = event.verdict == "active"
        return {
            "active": active,
            "text": self._question_text(),
            "call_anyway": self.company_id.dialer_call_anyway or not active,
            "conversation": event.conversation or None,
            "reason": event.reason_text,
        }

    def _question_text(self):
        if self.event_id.verdict == "active":
            return self.env._(
                "Customer with an active conversation via WhatsApp. Do you want to "
                "pause the dialer?"
            )
        return self.env._(
            "Plinx did not say whether this customer is in conversation. Do you want "
            "to call?"
        )

    def _message(self):
        """A sentence for the agent when there is nobody on screen, or None."""
        if self.state == "closed" or self._held_entry():
            return None
        if self._is_held():
            return self._hold_sentence()
        if self.decision == "searching":
            return self.env._(
                "Many customers are in conversation or outside their calling hours; "
                "still searching."
            )
        if self.decision != "empty":
            return None
        if self.campaign_id.state != "running":
            return self.env._(
                "The supervisor has stopped the campaign “%(campaign)s”.",
                campaign=self.campaign_id.name,
            )
        if not self._may_work():
            return self.env._(
                "You are no longer among the agents of “%(campaign)s”. End the session "
                "and choose another campaign, or ask your supervisor.",
                campaign=self.campaign_id.name,
            )
        return self._empty_message()

    def _hold_sentence(self):
        """Why nobody is dialed, since when, and what follows."""
        gate = self.env["dialer.gate"]
        return gate._hold_sentence(self.event_id, self.hold_since)

    def _empty_message(self):
        """Why nobody is left to call, with counts and when the next one is due."""
        campaign = self.campaign_id
        counts = campaign._why_not_counts(self.user_id, limit=MOST_COUNTED)
        if not counts:
            return self.env._("The queue of this campaign has no customers.")
        entries = self.env["dialer.queue.entry"]
        message = self.env._(
            "Nobody to call now: %(reasons)s.",
            reasons=", ".join(
                f"{reason['count']}{'+' if reason['more'] else ''} "
                f"{entries._reason_label(reason['code'])}"
                for reason in counts
                if reason["code"] != "callable"
            )
            or self.env._("other agents took them"),
        )
        # of whom the counts stop short, the queue itself says when the next is due
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
