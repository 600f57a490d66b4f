# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Dialer with WhatsApp Gate: Job Queue",
    "summary": "Fills the dialer's queues as jobs of OCA queue_job",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "dialer_plinx_gate contributors",
    "license": "LGPL-3",
    "depends": ["dialer_plinx_gate", "queue_job"],
    "data": ["data/queue_job_data.xml"],
    "auto_install": True,
}
