# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Waiting for the end of a conversation, and the warning when one begins."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...plinx.phone import wa_id_key
from ...tools.clock import precise_now
from .entry import HELD_STATES

# Type of the bus message to an agent whose customer began a conversation just now.
CONVERSATION_OPENED = "dialer_plinx_gate/conversation_opened"
# What changes when a wait begins.
WAIT_COLUMNS = (
    "next_call_at",
    "wait_reason",
    "wait_conversation",
    "wait_phone",
    "wait_since",
    "write_uid",
    "write_date",
)

# An answer is taken, and its skip committed, within this time.
COMMIT_SECONDS = 10
# How long ago an end may be that was missed; the comparison finds older ones.
MISSED_MINUTES = 10


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    wait_conversation = fields.Char(
        readonly=True,
        help="Id of the conversation whose end makes this customer callable again.",
    )
    wait_phone = fields.Char(
        readonly=True,
        help="Identity key of the number that the conversation is held on.",
    )
    wait_since = fields.Datetime(
        readonly=True, help="When the wait for the end of a conversation began."
    )

    _waiting_for_conversation = models.Index(
        "(wait_conversation) WHERE state = 'pending' AND wait_reason = 'conversation'"
    )
    _waiting_for_phone = models.Index(
        "(wait_phone) WHERE state = 'pending' AND wait_reason = 'conversation'"
    )

    # -------------------------------------------------------------------------
    # Begin and end of the wait
    # -------------------------------------------------------------------------

    def _wait_for_conversations(self, until, conversations):
        """Offer these entries again later, or as soon as their conversation ends.

        A promised call moves as a whole: with its agent's own time and its activity.

        :param datetime until: when to offer them again, naive UTC
        :param dict conversations: the conversation of each, by entry id
        """
        if not self:
            return
        own_times, promised = self._own_times(), self.filtered("activity_id")
        self.flush_model()
        self.env.cr.execute(self._wait_query(until, conversations))
        # only these: two thousand entries would be read again
        self.invalidate_recordset(WAIT_COLUMNS, flush=False)
        self._keep_own_times(own_times)
        promised._move_activities()

    def _wait_query(self, until, conversations):
        """The statement of :meth:`_wait_for_conversations`: one for two thousand.

        :rtype: SQL
        """
        found = [conversations.get(entry_id) for entry_id in self.ids]
        return SQL(
            """
            UPDATE dialer_queue_entry entry
               SET next_call_at = %(until)s, wait_reason = 'conversation',
                   wait_conversation = given.conversation, wait_phone = given.phone,
                   wait_since = %(now)s,
                   write_uid = %(uid)s, write_date = %(now)s
              FROM (SELECT * FROM unnest(%(ids)s, %(conversations)s::varchar[],
                                         %(phones)s::varchar[]))
                AS given(id, conversation, phone)
             WHERE entry.id = given.id
            """,
            until=until,
            uid=self.env.uid,
            now=precise_now(),
            ids=list(self.ids),
            conversations=[one and one.id for one in found],
            phones=[
                one and (wa_id_key(one.wa_id) or wa_id_key(one.matched))
                for one in found
            ],
        )

    @api.model
    def _end_wait_for_conversation(self, company, conversation):
        """Make those callable who wait for the end of this conversation.

        Known by the conversation, or by its number unless the conversation that
        they wait for is known to go on. With them go those whose conversation ended
        while their skip was not committed yet, so that its own push found nobody.
        Entries that others hold are left alone.

        :param res.company company: whose queues
        :param conversation: odoo.addons.dialer_plinx_gate.plinx.verdict.Conversation
        :return: how many were released
        :rtype: int
        """
        named = SQL(
            """
            entry.company_id = %(company)s
            AND (entry.wait_conversation = %(id)s
                 OR (entry.wait_phone = %(phone)s
                     AND NOT EXISTS (
                         SELECT 1 FROM plinx_conversation other
                          WHERE other.company_id = %(company)s
                            AND other.external_id = entry.wait_conversation
                            AND other.state = 'open')))
            """,
            company=company.id,
            id=conversation.id,
            phone=wa_id_key(conversation.wa_id),
        )
        return self._end_waits(named) + self._end_waits(self._missed_sql(company))

    @api.model
    def _missed_sql(self, company):
        """Those whose conversation ended while their skip was not committed yet.

        The few that ended lately lead to the entries, along an index of each.

        :param res.company company: whose queues
        :return: a condition on ``entry``
        :rtype: SQL
        """
        return SQL(
            """
            entry.id = ANY(ARRAY(
                SELECT waiting.id FROM plinx_conversation missed
                 CROSS JOIN LATERAL (
                    SELECT id FROM dialer_queue_entry
                     WHERE state = 'pending' AND wait_reason = 'conversation'
                       AND wait_conversation = missed.external_id
                       AND company_id = missed.company_id
                       AND missed.received_at >= wait_since - %(commit)s
                    OFFSET 0) waiting
                 WHERE missed.company_id = %(company)s AND missed.state = 'closed'
                   AND missed.seen_at >= %(lately)s))
            """,
            company=company.id,
            commit=timedelta(seconds=COMMIT_SECONDS),
            lately=precise_now() - timedelta(minutes=MISSED_MINUTES),
        )

    @api.model
    def _end_unlisted_waits(self, company, started):
        """Make those callable whose conversation a complete list does not name.

        The mirror is in line with the list: what it holds open goes on. An answer
        younger than the list knows better.

        :param res.company company: whose queues
        :param datetime started: when the list began, naive UTC
        :return: how many were released
        :rtype: int
        """
        return self._end_waits(
            SQL(
                """
                entry.company_id = %(company)s
                AND (entry.wait_since IS NULL OR entry.wait_since < %(started)s)
                AND NOT EXISTS (
                    SELECT 1 FROM plinx_conversation listed
                     WHERE listed.company_id = %(company)s AND listed.state = 'open'
                       AND listed.external_id = entry.wait_conversation)
                AND NOT EXISTS (
                    SELECT 1 FROM plinx_conversation listed
                     WHERE listed.company_id = %(company)s AND listed.state = 'open'
                       AND listed.phone = entry.wait_phone)
                """,
                company=company.id,
                started=started,
            )
        )

    @api.model
    def _end_waits(self, condition):
        """Make those due now who wait for a conversation and fulfil a condition.

        Whom another transaction has is left alone: it is being called, or moved.

        :param SQL condition: on ``entry``
        :return: how many
        :rtype: int
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE dialer_queue_entry
                   SET next_call_at = %(now)s, wait_reason = NULL,
                       wait_conversation = NULL, wait_phone = NULL, wait_since = NULL,
                       write_date = %(now)s
                 WHERE id = ANY(ARRAY(
                       SELECT entry.id FROM dialer_queue_entry entry
                        WHERE entry.state = 'pending'
                          AND entry.wait_reason = 'conversation'
                          AND entry.next_call_at > %(now)s
                          AND %(condition)s
                          FOR NO KEY UPDATE SKIP LOCKED))
                """,
                now=precise_now(),
                condition=condition,
            )
        )
        count = self.env.cr.rowcount
        self.invalidate_model()
        return count

    # -------------------------------------------------------------------------
    # Warning
    # -------------------------------------------------------------------------

    @api.model
    def _notify_agents(self, company, conversation):
        """Warn the agents who have this customer on screen or in call.

        :param res.company company: whose agents
        :param conversation: odoo.addons.dialer_plinx_gate.plinx.verdict.Conversation
        """
        held = self._held(company)
        if not held:
            return
        numbers = held._identities()
        for entry in held:
            if entry._is_about(conversation, numbers[entry.id]):
                entry._warn_agent(conversation)

    def _warn_agent(self, conversation):
        """Tell the agent who has this customer of a conversation that began."""
        gate = self.env["dialer.gate"]
        self.agent_id._bus_send(
            CONVERSATION_OPENED,
            {
                "entry_id": self.id,
                "session_id": self.session_id.id or None,
                "entry_state": self.state,
                "name": self.customer_name,
                "conversation": gate._conversation_values(conversation),
            },
        )

    @api.model
    def _held(self, company):
        """What the agents of a company have on screen or in call.

        :rtype: dialer.queue.entry
        """
        # around the ORM: a webhook waits for the answer, and few are held
        self.flush_model(["state", "company_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM dialer_queue_entry
                 WHERE state IN %s AND company_id = %s
                """,
                HELD_STATES,
                company.id,
            )
        )
        return self.browse(row[0] for row in rows)

    def _is_about(self, conversation, numbers):
        """Whether a conversation is with this entry's customer.

        :param list numbers: the identities of the customer's numbers
        :rtype: bool
        """
        customer = self._customer()
        # who hides the number on WhatsApp is known by the other id alone
        if conversation.bsuid and conversation.bsuid == customer.plinx_bsuid:
            return True
        key = wa_id_key(conversation.wa_id)
        if key and key == wa_id_key(customer.plinx_wa_id):
            return True
        return any(key in number.mirror_keys for number in numbers)
