# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How many examples a property is tried with.

The same ones in every run, so that no run fails by chance; ``EXPLORE=20000`` in the
environment tries so many new ones.
"""

import os

from hypothesis import settings

_EXPLORE = int(os.environ.get("EXPLORE", "0"))
EXAMPLES = settings(
    max_examples=_EXPLORE or 300,
    derandomize=not _EXPLORE,
    deadline=None,
    database=None,
)
