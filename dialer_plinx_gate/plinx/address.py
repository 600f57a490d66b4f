# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which addresses the connector may talk to.

An address typed by an administrator must not turn the Odoo server into a way
into its own network. The text is checked when it is entered; the peer is checked
again when it is connected, because a name can lead anywhere by then.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from .reasons import _lt

MAX_URL = 1024
PORTS = {"https": 443, "http": 80}

_MESSAGES = {
    "empty": _lt("Enter the address of the Plinx service."),
    "unreadable": _lt("This is not a web address."),
    "not_https": _lt("The address must start with https://."),
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
    if not allowed and _is_private_literal(host):
        raise AddressError("private")
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
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise AddressError("unreadable") from error
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


def _is_private_literal(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return not peer_allowed(host)
