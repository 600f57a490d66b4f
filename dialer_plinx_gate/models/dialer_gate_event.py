# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class DialerGateEvent(models.Model):
    _name = "dialer.gate.event"
    _description = "Gate Verdict"
    _order = "id desc"
    _log_access = False
    _check_company_auto = True

    date = fields.Datetime(required=True, default=fields.Datetime.now, index=True)
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    campaign_id = fields.Many2one(
        "dialer.campaign", ondelete="cascade", index="btree_not_null"
    )
    entry_id = fields.Many2one(
        "dialer.queue.entry", ondelete="set null", index="btree_not_null"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", ondelete="cascade", index="btree_not_null"
    )
    lead_id = fields.Many2one("crm.lead", ondelete="cascade", index="btree_not_null")
    session_id = fields.Many2one("dialer.session", ondelete="set null")
    user_id = fields.Many2one("res.users", string="Agent", ondelete="set null")
    verdict = fields.Selection(
        [("free", "Free"), ("active", "In conversation"), ("unknown", "Unknown")],
        required=True,
    )
    decision = fields.Selection(
        [
            ("dial", "Dialed"),
            ("skip", "Skipped"),
            ("ask", "Agent asked"),
            ("hold", "Held"),
        ],
        required=True,
    )
    answer = fields.Selection([("yes", "Yes"), ("no", "No"), ("call", "Call anyway")])
    answer_date = fields.Datetime()
    source = fields.Selection(
        [("live", "Asked at the time of dialing"), ("push", "Pushed by Plinx")],
        default="live",
    )
    provider_state = fields.Char(
        string="Plinx's own word",
        help="What Plinx calls the customer, whatever your company counts as active.",
    )
    latency_ms = fields.Integer(string="Time to answer (ms)", aggregator="avg")
    reason = fields.Char(help="Short code of the reason behind the verdict.")
    reason_text = fields.Char(string="Why", compute="_compute_reason_text")
    detail = fields.Json()
    conversation = fields.Json()
    shadow = fields.Boolean(help="Shadow mode was on: dialed whatever Plinx said.")

    _avoided = models.Index("(user_id, date) WHERE verdict = 'active'")

    def _compute_reason_text(self):
        """Say the reason in a sentence that a supervisor understands."""
        gate = self.env["dialer.gate"]
        for event in self:
            event.reason_text = gate._reason_sentence(event.reason, event.detail or {})
