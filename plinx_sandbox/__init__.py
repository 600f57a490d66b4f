# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A stand-in for the Plinx server, for demonstrations and tests."""

from .server import SandboxServer
from .webhooks import sign

__all__ = ["SandboxServer", "sign"]
