# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The local mirror of the conversations that Plinx reported.

A push or the list is a hint, a lookup the truth: a push that is seconds old may
withhold a customer, and nothing here lets one be dialed. The mirror tells when a
skipped customer can be called again, and shows supervisors what goes on.
"""

import logging
from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from ...plinx import skew
from ...plinx.client import PlinxError
from ...plinx.phone import wa_id_key
from ...plinx.verdict import ACTIVE, Conversation, judge_conversation, utcnow
from ...tools.faults import kept_apart

_logger = logging.getLogger(__name__)

# How long a push that came in counts for new.
RECENT = timedelta(seconds=skew.FRESH_SECONDS)
RETENTION_DAYS = 30
CLOSE_BATCH = 1000
MAX_SEQUENCE = 2**63 - 1
_COLUMNS = (
    "company_id",
    "external_id",
    "phone",
    "state",
    "status",
    "attendant",
    "sequence",
    "wa_id",
    "bsuid",
    "opened_at",
    "last_inbound_at",
    "last_outbound_at",
    "url",
    "last_event_at",
    "received_at",
    "seen_at",
)


class BigInteger(fields.Integer):
    """A whole number of 64 bits: a provider may count in milliseconds."""

    _column_type = ("int8", "int8")


class Mirrored(NamedTuple):
    """One conversation of the mirror that is not over.

    ``key`` is the identity key of its phone. ``recent``: a push brought it within a
    minute; ``fresh``: it also happened then, by Plinx's own clock.
    """

    key: str | None
    conversation: Conversation
    recent: bool
    fresh: bool


class PlinxConversation(models.Model):
    _name = "plinx.conversation"
    _description = "Conversation in Plinx"
    _order = "last_event_at desc, id desc"
    _rec_name = "external_id"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    external_id = fields.Char(string="Conversation id", required=True)
    phone = fields.Char(help="Digits of the number in its international form.")
    state = fields.Selection([("open", "Open"), ("closed", "Closed")], required=True)
    status = fields.Char(help="What Plinx calls the state of the conversation.")
    attendant = fields.Char(help="The person in Plinx who handles the conversation.")
    sequence = BigInteger(aggregator=None)
    wa_id = fields.Char(string="WhatsApp id")
    bsuid = fields.Char(string="WhatsApp business user id")
    opened_at = fields.Datetime()
    last_inbound_at = fields.Datetime(string="Last customer message")
    last_outbound_at = fields.Datetime(string="Last company message")
    url = fields.Char(string="Link")
    last_event_at = fields.Datetime(
        string="Last event", help="When it happened in Plinx."
    )
    received_at = fields.Datetime(
        string="Received",
        help="When Plinx pushed it; empty when it came from the list.",
    )
    seen_at = fields.Datetime(help="When Plinx last named it, pushed or listed.")

    _once = models.UniqueIndex("(company_id, external_id)")
    _open_by_phone = models.Index("(company_id, phone) WHERE state = 'open'")
    _open_by_bsuid = models.Index(
        "(company_id, bsuid) WHERE state = 'open' AND bsuid IS NOT NULL"
    )
    _closed_by_time = models.Index("(company_id, seen_at) WHERE state = 'closed'")

    # -------------------------------------------------------------------------
    # Writing
    # -------------------------------------------------------------------------

    @api.model
    def _prepare_row(self, company_id, conversation, event_at, received_at=None):
        """Values of one row, in the order of the columns.

        :param int company_id: id of the company
        :param conversation: odoo.addons.dialer_plinx_gate.plinx.verdict.Conversation
        :param datetime event_at: when it happened in Plinx, naive UTC
        :param datetime received_at: when it was pushed, None when it was listed
        :rtype: tuple
        """
        return (
            company_id,
            conversation.id,
            wa_id_key(conversation.wa_id),
            "closed" if conversation.is_over else "open",
            conversation.status,
            conversation.assignee,
            conversation.sequence,
            conversation.wa_id,
            conversation.bsuid,
            conversation.opened_at,
            conversation.last_inbound_at,
            conversation.last_outbound_at,
            conversation.url,
            event_at,
            received_at,
            utcnow(),
        )

    @api.model
    def _upsert(self, source, newer):
        """Build the statement that brings rows in, unless they are out of date.

        :param SQL source: VALUES or SELECT with the columns of :meth:`_prepare_row`
        :param SQL newer: operator between the new sequence and the stored one
        :rtype: SQL
        """
        names = [SQL.identifier(name) for name in _COLUMNS]
        changes = SQL(", ").join(
            SQL("%s = EXCLUDED.%s", name, name) for name in names[2:]
        )
        # Insert, or update a row whose sequence is older. What comes late or twice
        # finds no row to change, so the order of arrival does not matter.
        return SQL(
            """
            INSERT INTO plinx_conversation AS known (%s) %s
            ON CONFLICT (company_id, external_id) DO UPDATE SET %s
                  WHERE EXCLUDED.sequence %s COALESCE(known.sequence, -1)
              RETURNING known.id
            """,
            SQL(", ").join(names),
            source,
            changes,
            newer,
        )

    @api.model
    def _store_listed(self, company, conversations):
        """Bring one page of the list into the mirror.

        :param res.company company: whose conversations
        :param conversations: conversations as Plinx listed them
        """
        rows = {
            one.id: self._prepare_row(company.id, one, utcnow())
            for one in conversations
            if one.sequence is not None and 0 <= one.sequence <= MAX_SEQUENCE
        }
        if not rows:
            return
        values = SQL(
            "VALUES %s", SQL(", ").join(SQL("%s", row) for row in rows.values())
        )
        # The list is as good as the push that it repeats, hence >=. All of its rows are
        # marked as seen, also those that were newer here.
        self.env.cr.execute(self._upsert(values, SQL(">=")))
        self.env.cr.execute(
            SQL(
                """
                UPDATE plinx_conversation SET seen_at = %s
                 WHERE company_id = %s AND external_id = ANY(%s)
                """,
                utcnow(),
                company.id,
                list(rows),
            )
        )
        self.invalidate_model()

    @api.model
    def _close_unlisted(self, company, since):
        """Close open conversations that Plinx has not named since, a batch of them.

        :param res.company company: whose conversations
        :param datetime since: when the list began, naive UTC
        :return: how many were closed
        :rtype: int
        """
        # A batch of open rows that the finished list did not name. Rows that a push
        # holds now are left alone: it knows better.
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                  WITH batch AS MATERIALIZED (
                    SELECT id FROM plinx_conversation
                     WHERE company_id = %(company)s AND state = 'open'
                       AND seen_at < %(since)s
                     LIMIT %(limit)s
                       FOR NO KEY UPDATE SKIP LOCKED)
                UPDATE plinx_conversation conversation
                   SET state = 'closed', status = 'closed', received_at = NULL,
                       seen_at = %(now)s
                  FROM batch WHERE conversation.id = batch.id
                """,
                now=utcnow(),
                company=company.id,
                since=since,
                limit=CLOSE_BATCH,
            )
        )
        self.invalidate_model()
        return cr.rowcount

    # -------------------------------------------------------------------------
    # Reading
    # -------------------------------------------------------------------------

    @api.model
    def _known(self, company, keys, bsuids, now):
        """What the mirror holds of these customers, in one query.

        Only conversations that go on.

        :param res.company company: whose conversations
        :param keys: phones, the identity keys among them
        :param bsuids: business-scoped user ids
        :param datetime now: the present, naive UTC
        :rtype: list[Mirrored]
        """
        # two short index scans: open ones by phone, and by user id
        rows = self.env.execute_query(
            SQL(
                """
                SELECT external_id, status, attendant, phone, wa_id, bsuid, url,
                       opened_at, last_inbound_at, last_outbound_at, sequence,
                       last_event_at, received_at,
                       (SELECT skew_s FROM plinx_connection
                         WHERE company_id = %(company)s)
                  FROM plinx_conversation
                 WHERE company_id = %(company)s
                   AND ((state = 'open' AND phone = ANY(%(keys)s))
                        OR (state = 'open' AND bsuid = ANY(%(bsuids)s)))
                """,
                company=company.id,
                keys=list(keys),
                bsuids=list(bsuids),
            )
        )
        return [self._mirrored(row, now) for row in rows]

    @api.model
    def _mirrored(self, row, now):
        external_id, status, attendant, phone, wa_id, bsuid, url, *rest = row
        opened_at, inbound, outbound, sequence, event_at, received_at, skew_s = rest
        conversation = Conversation(
            id=external_id,
            status=status,
            assignee=attendant,
            wa_id=wa_id,
            bsuid=bsuid,
            url=url,
            opened_at=opened_at,
            last_inbound_at=inbound,
            last_outbound_at=outbound,
            sequence=sequence,
        )
        recent = bool(received_at) and now - received_at < RECENT
        fresh = recent and skew.is_fresh(event_at, now, skew_s)
        return Mirrored(phone, conversation, recent, fresh)

    # -------------------------------------------------------------------------
    # Reconciliation
    # -------------------------------------------------------------------------

    @api.model
    def _cron_reconcile(self):
        """Bring the mirror of every company in line with what Plinx lists.

        What a lost push left behind: conversations that opened come in, those that
        Plinx no longer lists are closed, and the customers who waited for their end
        can be called again.
        """
        # sudo: which companies have an address is for administrators to know
        companies = self.env["res.company"].sudo().search([("plinx_url", "!=", False)])
        for company in companies:
            with kept_apart(company, "comparing conversations", commits=True):
                adapter = self.env["plinx.connection"]._background_adapter(company)
                if adapter is None:
                    continue
                mirror = self.sudo().with_company(company)
                if not mirror._reconcile(company, adapter):
                    return

    def _reconcile(self, company, adapter):
        """Walk through the list of one company; each page is committed.

        Plinx is asked between the commits, never while a row is locked. Only a list
        that was read to its end closes anything.

        :return: whether there is time left
        :rtype: bool
        """
        commit = self.env["ir.cron"]._commit_progress
        # what is pushed while the list is read is seen after this, and stays open
        started = utcnow()
        connection = self.env["plinx.connection"]._of(company)
        try:
            for page in adapter.list_active():
                self._store_listed(company, page.conversations)
                if not commit(len(page.conversations)):
                    return False
        except PlinxError as error:
            _logger.info("list of conversations not read: %s", error.reason)
            connection._record_outcomes(adapter.outcomes, [error.verdict()])
            return bool(commit())
        # only now: a list that broke off says nothing of those that it did not reach
        while self._close_unlisted(company, started) == CLOSE_BATCH:
            if not commit():
                return False
        self.env["dialer.queue.entry"]._end_unlisted_waits(company, started)
        connection._learn_skew(adapter.skew_s)
        return bool(commit())

    @api.autovacuum
    def _gc_closed(self):
        """Forget conversations that were closed long ago."""
        limit = utcnow() - timedelta(days=RETENTION_DAYS)
        self.env.cr.execute(
            SQL(
                "DELETE FROM plinx_conversation "
                "WHERE state = 'closed' AND seen_at < %s",
                limit,
            )
        )

    @api.model
    def _is_active(self, company, conversation):
        """Whether a conversation counts as active by the company's rules.

        :rtype: bool
        """
        rules = company._plinx_active_rules()
        return judge_conversation(conversation, rules, utcnow()).state == ACTIVE
