# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The watch over connections in trouble: it tells people, by banner and activity."""

from dataclasses import replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_datetime
from odoo.tools.translate import LazyTranslate

from ...plinx.breaker import REFUSE, allow
from ...plinx.client import BACKGROUND
from ...plinx.reasons import NOT_CONFIGURED
from ...plinx.verdict import utcnow
from ...tools.faults import kept_apart

_lt = LazyTranslate(__name__)

ALARM_MINUTES = 10
ALARM_TYPE = "dialer_plinx_gate.mail_activity_plinx"
# The cron looks once a minute; more tries would only keep other crons waiting.
ONE_PROBE = replace(BACKGROUND, tries=1)
# What a failure means to the room, by the company's failure policy.
EFFECTS = {
    "hold": _lt("Nobody is dialed until it answers."),
    "ask": _lt("Agents are asked before each call."),
    "dial": _lt("Customers are dialed without its answer."),
}


class PlinxConnection(models.Model):
    _inherit = "plinx.connection"

    def _alarming(self):
        """Whether people must be told: only they can mend it, or it lasts too long.

        :rtype: bool
        """
        if self.auth_error or self.last_reason == NOT_CONFIGURED:
            return True
        since = self.opened_at or self.failing_since
        # short troubles end by themselves: whoever is told of each stops reading
        limit = fields.Datetime.now() - timedelta(minutes=ALARM_MINUTES)
        return bool(since) and since <= limit

    def _banner(self):
        """What agents and supervisors are told while there is an alarm.

        :return: sentences in the user's language, or None
        :rtype: str | None
        """
        if not self or not self._alarming():
            return None
        since = self.opened_at or self.failing_since
        return self.env._(
            "No answer from Plinx since %(since)s: %(why)s %(effect)s",
            since=format_datetime(
                self.env, since, tz=self.env.context.get("tz"), dt_format="short"
            ),
            why=self.env["dialer.gate"]._reason_sentence(
                self.last_reason, self.last_detail or {}
            ),
            effect=self._effect(),
        )

    def _effect(self):
        """What the failure means to the room, by the company's settings."""
        company = self.company_id
        if company.plinx_shadow:
            return self.env._("Shadow mode is on: dialing goes on.")
        return self.env._(EFFECTS[company.plinx_failure_policy])

    # -------------------------------------------------------------------------
    # The watch
    # -------------------------------------------------------------------------

    def _wake_watch(self):
        """Let the cron tell people soon."""
        # sudo: agents have no rights on crons; this only brings the next run forward
        self.env.ref("dialer_plinx_gate.ir_cron_watch_plinx").sudo()._trigger()

    @api.model
    def _cron_watch(self):
        """Look after every connection in trouble, or whose alarm is still open."""
        alarms = self.env["mail.activity"].search(
            [("activity_type_id", "=", self.env.ref(ALARM_TYPE).id)]
        )
        # also connections that are well again: their activity is still open
        pages = self.env["dialer.settings"].browse(alarms.mapped("res_id")).exists()
        watched = self.search(
            ["|", ("state", "!=", "ok"), ("company_id", "in", pages.company_id.ids)]
        )
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(watched))
        for connection in watched:
            with kept_apart(connection, "watching the connection", commits=True):
                connection._probe()
                # The outcome is everybody's at once, and no row is held any more.
                cron._commit_progress()
                connection.invalidate_recordset()
                connection._sync_alarm()
            if not cron._commit_progress(1):
                break

    def _probe(self):
        """Ask Plinx once, where it is due: about the customer who would be next.

        A health call would not do: it may answer while lookups fail. Without any
        customer it is all there is.
        """
        adapter = self._adapter(self.company_id)
        state = self._breaker()
        if adapter is None or state.auth_error or self.state == "ok":
            return
        if allow(state, utcnow()) == REFUSE or not self._try_probe():
            return
        subject = self._probe_subject()
        found = (
            adapter.lookup(subject, ONE_PROBE) if subject else adapter.health(ONE_PROBE)
        )
        self._record_outcomes(adapter.outcomes, [found])

    def _probe_subject(self):
        """A customer who waits in the company's queues, as Plinx is asked about one.

        :rtype: odoo.addons.dialer_plinx_gate.plinx.client.Subject | None
        """
        entry = self.env["dialer.queue.entry"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("campaign_id.state", "=", "running"),
                ("state", "=", "pending"),
                ("phone", "!=", False),
            ],
            order="id",
            limit=1,
        )
        if not entry:
            return None
        called = entry._customer_numbers()[entry.id]
        subject = self.env["dialer.gate"]._prepare_subject(entry.id, called)
        return subject if subject.wa_ids or subject.bsuids else None

    def _sync_alarm(self):
        """Make the one activity while there is an alarm, and close it afterwards."""
        # the activity hangs on the page that people open, not on the connection
        settings = self.env["dialer.settings"]._ensure_for(self.company_id)
        settings = settings.with_context(
            lang=self.company_id._dialer_lang(), mail_activity_quick_update=True
        )
        known = settings.activity_search([ALARM_TYPE])
        if self._alarming() and not self._was_told(settings):
            user = self._alarm_user()
            there = self.with_context(lang=user.lang, tz=user.tz)
            settings.activity_schedule(
                ALARM_TYPE,
                summary=there.env._("Plinx does not answer"),
                note=there._banner(),
                user_id=user.id,
            )
        elif known and not self._alarming():
            known.action_feedback(
                feedback=settings.env._("Plinx answers again, or its settings changed.")
            )

    def _was_told(self, settings):
        """Whether there is an activity of this trouble, open or marked as done.

        :param dialer.settings settings: the company's page
        :rtype: bool
        """
        since = self.opened_at or self.failing_since
        told = settings.with_context(active_test=False).activity_search(
            [ALARM_TYPE], additional_domain=[("create_date", ">=", since)]
        )
        return bool(told or settings.activity_search([ALARM_TYPE]))

    def _alarm_user(self):
        """The supervisor who gets the activity; the administrator only if need be.

        :rtype: res.users
        """
        group = self.env.ref("dialer_plinx_gate.group_dialer_supervisor")
        users = group.all_user_ids.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        ).sorted("id")
        named = users.filtered(lambda user: not user.has_group("base.group_system"))
        return (named or users)[:1]
