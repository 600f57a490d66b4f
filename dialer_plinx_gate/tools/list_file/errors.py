# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What can be wrong with a list as a whole."""


class ListFileError(ValueError):
    """The list, or what its columns are said to mean, cannot be used.

    The sentence is the model's. Codes and their ``values``:

    - ``empty``: there is nothing in the file
    - ``too_large``: unpacked, it is over ``limit`` bytes
    - ``encrypted``: it is protected by a password
    - ``unreadable``: it is a damaged file of the named ``kind``
    - ``no_sheet``: there is no sheet of this ``name``
    - ``no_phone``: no column holds phone numbers; ``found`` are the headings
    - ``twice``: two columns have the ``meaning`` that only one can have
    - ``unknown_meaning``: no column can have this ``meaning``
    - ``other_columns``: the mapping was made for other columns
    """

    def __init__(self, code: str, **values: object):
        super().__init__(code)
        self.code = code
        self.values = values
