# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The section ``[dialer_plinx_gate]`` of the server's configuration file.

Odoo reads ``[options]`` only, and warns at every start of what it does not know
there.
"""

import logging
from configparser import ConfigParser
from functools import cache

from odoo.tools import config

_logger = logging.getLogger(__name__)

SECTION = "dialer_plinx_gate"


def section():
    """The options of the section, read once a process.

    :rtype: dict[str, str]
    """
    return _read(config.get("config") or None)


def option(name):
    """One option of the section, or of ``[options]`` where it stood before.

    :param str name: the option's name
    :return: empty when it is not set
    :rtype: str
    """
    if name in section():
        return section()[name]
    if former := config.get(name):
        _deprecate(name)
        return former
    return ""


@cache
def _read(path):
    parser = ConfigParser(interpolation=None)
    if path:
        parser.read(path)
    return dict(parser[SECTION]) if parser.has_section(SECTION) else {}


@cache
def _deprecate(name):
    """Say once a process that an option stands in the wrong place."""
    _logger.warning(
        "move %s from [options] to [%s] of the configuration file; the next version "
        "does not look for it in [options]",
        name,
        SECTION,
    )
