# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which addresses the connector may talk to.

An address typed by an administrator must not turn the Odoo server into a way
into its own network. The text is checked when it is entered; the peer is checked
again when it is connected, because a name can lead anywhere by then.

A host is written in one way only: a name in plain letters, four decimal numbers, or an
IPv6 address in brackets. What resolvers and browsers read besides (``127.1``,
``0x7f.1``, full-width digits, a dot at the end) says the same in disguise.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from .reasons import _lt

MAX_URL = 1024
PORTS = {"https": 443, "http": 80}

_MESSAGES = {
    "empty": _lt("Enter the address of the Plinx service."),
    "unreadable": _lt("This is not a web address."),
    "not_https": _lt("The address must start with https://."),
    "not_plain": _lt(
        "Write the address in plain letters, a name with accents in its xn-- form."
    ),
    "credentials": _lt("The address must not hold a user name or a password."),
    "query": _lt("The address must end before any ? or #."),
    "private": _lt("The address belongs to a private network, which is not allowed."),
}
# Beside what the standard library calls not global: relays and translators that
# carry an IPv4 address inside, and documentation networks it does not know yet.
_REFUSED = tuple(
    map(
        ipaddress.ip_network,
        ("192.88.99.0/24", "2001::/32", "2002::/16", "3fff::/20"),
    )
)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
# What resolvers read as a number, decimal, octal or hexadecimal.
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
# Names that lead into one's own network, as those of one word do.
_INNER_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "lan")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class AddressError(ValueError):
    """The address cannot be used; ``code`` is stable, the text is for a person."""

    def __init__(self, code: str):
        super().__init__(_MESSAGES[code])
        self.code = code


def check_base_url(url: object, allowed_hosts: Iterable[str] = ()) -> str:
    """The base URL in its one form: no trailing slash, no trailing ``/v1``.

    :param url: as entered
    :param allowed_hosts: ``host:port`` entries of the server's configuration
        that may be plain http and private
    :raises AddressError: it cannot be used
    """
    parts, port = _split(url)
    if "@" in parts.netloc:
        raise AddressError("credentials")
    if re.search(r"[?#]", str(url)):
        raise AddressError("query")
    host = parts.hostname or ""
    allowed = _host_port(host, port) in _entries(allowed_hosts)
    if parts.scheme != "https" and not allowed:
        raise AddressError("not_https")
    if not allowed:
        _check_host(host)
    name = f"[{host}]" if ":" in host else host
    if port != PORTS[parts.scheme]:
        name = f"{name}:{port}"
    path = re.sub(r"(?:/v1)?/*\Z", "", parts.path)
    return f"{parts.scheme}://{name}{path}"


def is_allowed_host(url: str, allowed_hosts: Iterable[str]) -> bool:
    """Whether the configuration names the host and port of a checked URL."""
    parts, port = _split(url)
    return _host_port(parts.hostname or "", port) in _entries(allowed_hosts)


def peer_allowed(ip: str) -> bool:
    """Whether a peer's address is one of the public internet.

    Private, loopback, link-local, shared, reserved, multicast and unspecified
    addresses are not, nor any IPv6 address that carries an IPv4 address inside
    (mapped, 64:ff9b::/96, 2002::/16, Teredo).
    """
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    if any(address in network for network in _REFUSED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _split(url: object) -> tuple[SplitResult, int]:
    if not isinstance(url, str) or not url.strip():
        raise AddressError("empty")
    if len(url) > MAX_URL or re.search(r"[\s\\\x00-\x20\x7f]", url):
        raise AddressError("unreadable")
    if not url.isascii():
        raise AddressError("not_plain")
    try:
        parts = urlsplit(url)
        given = parts.port
    except ValueError as error:
        raise AddressError("unreadable") from error
    if given == 0:
        raise AddressError("unreadable")
    port = given or PORTS.get(parts.scheme, 0)
    if parts.scheme not in PORTS:
        raise AddressError("not_https")
    if not parts.hostname or ".." in parts.path:
        raise AddressError("unreadable")
    return parts, port


def _host_port(host: str, port: int) -> str:
    return f"{host.lower()}:{port}"


def _entries(allowed_hosts: Iterable[str]) -> set[str]:
    return {
        entry.strip().lower().replace("[", "").replace("]", "")
        for entry in allowed_hosts
    }


def _check_host(host: str) -> None:
    """Refuse a host that is written in disguise, or known to be an inner one.

    :raises AddressError: it is one of these
    """
    if ":" in host:
        if "%" in host or not peer_allowed(host):
            raise AddressError("private")
        return
    labels = host.rstrip(".").split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        _check_numeric(host)
    elif len(labels) == 1 or labels[-1] in _INNER_NAMES or host.endswith(".home.arpa"):
        raise AddressError("private")
    elif len(host) > 253 or not all(map(_LABEL.fullmatch, host.split("."))):
        raise AddressError("unreadable")


def _check_numeric(host: str) -> None:
    """Refuse an IPv4 address that is not public, or not four decimal numbers."""
    try:
        plain = str(ipaddress.IPv4Address(host))
    except ValueError:
        plain = _packed_ipv4(host.rstrip("."))
    if plain and not peer_allowed(plain):
        raise AddressError("private")
    if plain != host:
        raise AddressError("unreadable")


def _packed_ipv4(host: str) -> str | None:
    """The address that resolvers read in ``127.1``, ``0x7f.1``, ``2130706433``."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None
