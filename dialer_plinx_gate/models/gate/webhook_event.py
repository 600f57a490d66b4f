# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What Plinx pushes: each event is proven, taken in once, and acted on."""

import re
import secrets
from base64 import b64encode
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...plinx.phone import wa_id_key
from ...plinx.signature import CONVERSATION_TYPES, IDENTITY_CHANGED, EventError
from ...plinx.verdict import Conversation, utcnow
from .conversation import MAX_SEQUENCE

RETENTION_DAYS = 8
_KEY = re.compile(r"[\w-]{16,64}", re.ASCII)
# Checked in place of a secret that does not exist, so that an unknown address
# takes as long, and is refused in the same way, as a bad signature.
_DECOY = "whsec_" + b64encode(secrets.token_bytes(32)).decode()


class PlinxWebhookEvent(models.Model):
    _name = "plinx.webhook.event"
    _description = "Event pushed by Plinx"
    _order = "id desc"
    _rec_name = "webhook_id"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    webhook_id = fields.Char(required=True)
    received_at = fields.Datetime(required=True, index=True)

    _once = models.UniqueIndex("(company_id, webhook_id)")

    @api.autovacuum
    def _gc_events(self):
        """Forget the ids of events that can no longer come twice."""
        limit = utcnow() - timedelta(days=RETENTION_DAYS)
        self.env.cr.execute(
            SQL("DELETE FROM plinx_webhook_event WHERE received_at < %s", limit)
        )

    @api.model
    def _receive(self, key, headers, raw):
        """Take in what was sent to a company's webhook address.

        Nothing is written unless the signature is good. The same event twice, an
        event older than what is known, and types unknown to us change nothing.

        :param str key: the company's key, as it stands in the address
        :param headers: the request's headers
        :param bytes raw: the body as received
        :raise SignatureError: it is not proven to come from Plinx
        :raise EventError: it does, and cannot be read
        """
        adapter = self.env["plinx.connection"]._new_adapter()
        # what could never be proven does not cost a query
        signed = adapter.read_headers(headers, utcnow())
        company, words = self._company_and_secrets(key)
        event = adapter.verify_event(signed, raw, words)
        if event.type in CONVERSATION_TYPES:
            self._receive_conversation(company, event)
        elif event.type == IDENTITY_CHANGED:
            self._receive_identities(company, event)

    @api.model
    def _company_and_secrets(self, key):
        """The company that a webhook address belongs to, and its secrets.

        :param str key: the company's key, as it stands in the address
        :return: for an unknown key no company, and a secret that proves nothing
        :rtype: tuple[res.company, list[str]]
        """
        rows = []
        if _KEY.fullmatch(key):
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT id, plinx_webhook_secret_value FROM res_company
                     WHERE plinx_webhook_key = %s AND active
                    """,
                    key,
                )
            )
        company_id, text = rows[0] if rows else (False, None)
        company = self.env["res.company"].browse(company_id or ())
        return company, (text or "").split() or [_DECOY]

    def _receive_conversation(self, company, event):
        """Bring a conversation into the mirror, and act on its change."""
        conversation = event.conversation
        if not (
            conversation.sequence is not None
            and 0 <= conversation.sequence <= MAX_SEQUENCE
        ):
            raise EventError("bad_event")
        # what is not newer than the mirror was acted on already
        applied, before = self._store(company, event)
        if not applied:
            return
        entries = self.env["dialer.queue.entry"]
        if conversation.is_over:
            entries._end_wait_for_conversation(company, conversation)
            return
        # agents are warned when it becomes active, not at each message in it
        active = self.env["plinx.conversation"]._is_active
        if active(company, conversation) and not (before and active(company, before)):
            entries._notify_agents(company, conversation)

    def _store(self, company, event):
        """Note the event's id and bring its conversation in, in one statement.

        The commit does not wait for the disk: what a crash of the database loses is
        made up for by the next reconciliation, and Plinx gets its answer sooner.

        :return: whether it was new and later than what was known, and the
            conversation as it was before, None when it was not known
        :rtype: tuple[bool, odoo.addons.dialer_plinx_gate.plinx.verdict.Conversation]
        """
        mirror, now = self.env["plinx.conversation"], utcnow()
        row = mirror._prepare_row(
            company.id, event.conversation, event.occurred_at, now
        )
        # the event's id is the gate: without a new one there is no row to bring in
        source = SQL("SELECT %s FROM fresh", SQL(", ").join(SQL("%s", v) for v in row))
        cr = self.env.cr
        # two events of one conversation may meet; Odoo then runs one of them again
        cr.execute(
            SQL(
                """
                WITH fresh AS (%(fresh)s), applied AS (%(applied)s)
                SELECT (SELECT count(*) FROM applied),
                       known.status, known.attendant, known.last_inbound_at,
                       set_config('synchronous_commit', 'off', TRUE)
                  FROM (SELECT) AS one
             LEFT JOIN plinx_conversation known
                    ON known.company_id = %(company)s AND known.external_id = %(id)s
                """,
                fresh=self._insert_once(company, event),
                applied=mirror._upsert(source, SQL(">")),
                company=company.id,
                id=event.conversation.id,
            ),
            log_exceptions=False,
        )
        applied, status, attendant, inbound, _off = cr.fetchone()
        before = status and Conversation(
            id=event.conversation.id,
            status=status,
            assignee=attendant,
            last_inbound_at=inbound,
        )
        return bool(applied), before

    def _insert_once(self, company, event):
        """Build the statement that notes an event's id, unless it was noted before.

        :rtype: SQL
        """
        return SQL(
            """
            INSERT INTO plinx_webhook_event (company_id, webhook_id, received_at)
            VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
            """,
            company.id,
            event.id,
            utcnow(),
        )

    def _receive_identities(self, company, event):
        """Follow a customer whose WhatsApp number or user id has changed."""
        wa_id, bsuid = event.wa_id, event.bsuid
        # Plinx may send ids that this addon cannot use: no fault, and nothing to do
        key = wa_id_key(wa_id)
        if not (key and bsuid and bsuid.isprintable()):
            return
        cr = self.env.cr
        # as above: the same event may come twice at once
        cr.execute(self._insert_once(company, event), log_exceptions=False)
        if not cr.rowcount:
            return
        # Conversations that are open keep their user id and get the new number, so that
        # the gate finds them by it.
        self.env.cr.execute(
            SQL(
                """
                UPDATE plinx_conversation SET wa_id = %s, phone = %s
                 WHERE company_id = %s AND state = 'open' AND bsuid = %s
                """,
                wa_id,
                key,
                company.id,
                bsuid,
            )
        )
        for name in ("res.partner", "crm.lead"):
            self.env[name]._dialer_change_identities(company, wa_id, bsuid)
