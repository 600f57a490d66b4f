# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Trivial route to measure against",
    "summary": "What a public route costs that does nothing",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "dialer_plinx_gate contributors",
    "license": "LGPL-3",
    "depends": ["web"],
}
