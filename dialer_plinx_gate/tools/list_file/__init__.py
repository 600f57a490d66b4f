# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What stands in the file of an imported list, without the ORM.

A file becomes a :class:`Table`, its headings a :class:`Mapping` that a person may
change, and both together the rows::

    table = read_table(content)
    mapping = propose_mapping(table, remembered)
    for row in rows(table, mapping):
        ...

Every row below the heading comes out, whatever is wrong with it: what cannot be used is
for the caller to refuse, and to name.
"""

from .cells import day, text
from .columns import MEANINGS, Mapping, column, fingerprint
from .errors import ListFileError
from .rows import Note, Row, propose_mapping, rows
from .table import Line, Table, read_table, tables
from .text_file import encoding
