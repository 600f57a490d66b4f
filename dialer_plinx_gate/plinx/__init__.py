# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The Plinx connector: plain Python, without the ORM.

Phone identity, verdicts, the HTTP client behind one adapter, the circuit
breaker and the signature of pushed events. Nothing here imports Odoo.
"""
