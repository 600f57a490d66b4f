"""What a program of ours needs running around it: PostgreSQL, Odoo, the sandbox.

A benchmark or a script that works on a database of its own does:

    with services("bench") as place:
        subprocess.run([...], env=place.variables)

and finds in the environment `ODOO_RC`, `PYTHONPATH`, `PG*`, `DIALER_DATABASE`,
`DIALER_SANDBOX_URL` and `DIALER_SANDBOX_TOKEN`.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

from scripts import postgres
from scripts.console import Failure
from scripts.layout import PYTHON, ROOT, SANDBOX
from scripts.odoo_process import Child, Place
from scripts.templates import copy_of_installed

HOST = "127.0.0.1"
ODOO_PORT = 8069
# Where Odoo with several workers has its websockets.
EVENTS_PORT = 8572
SANDBOX_PORT = 8099
SANDBOX_TOKEN = "demo-token"
# Signs what the sandbox pushes: whsec_ and base64.
WEBHOOK_SECRET = "whsec_ZGlhbGVyLXBsaW54LWdhdGUtZGVtbw=="
SEED = ROOT / SANDBOX / "demo.json"
START_SECONDS = 120


def free_port(first: int) -> int:
    """Return the first free port of this machine from the given one on."""
    for port in range(first, min(first + 500, 65536)):
        if is_free(port):
            return port
    raise Failure(f"no free port from {first} on; choose one with PORT=")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def wait_for(url: str, child: Child) -> None:
    """Wait until the address answers.

    :raise Failure: when the child ends before, or after two minutes.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        child.check()
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise Failure(f"{url} does not answer; see {child.log}")


@contextmanager
def running(child: Child):
    """Stop the child at the end, however the end comes."""
    try:
        yield child
    finally:
        child.stop()


@contextmanager
def sandbox(place: Place, seeded: bool = False):
    """Run a Plinx sandbox on a free port that this place's Odoo may speak to.

    :param seeded: open the conversations of the demo customers.
    :return: (as a context) the sandbox's address.
    """
    port = free_port(SANDBOX_PORT)
    url = f"http://{HOST}:{port}"
    command = [str(PYTHON), "-m", SANDBOX, "--port", str(port)]
    command += ["--token", SANDBOX_TOKEN]
    if seeded and SEED.exists():
        command += ["--seed", str(SEED)]
    with running(Child(f"sandbox-{port}", command, place.variables)) as child:
        wait_for(f"{url}/", child)
        place.section["plinx_allowed_hosts"] = f"{HOST}:{port}"
        place.write_conf()
        place.extra |= {
            "DIALER_SANDBOX_URL": url,
            "DIALER_SANDBOX_TOKEN": SANDBOX_TOKEN,
        }
        yield url


@contextmanager
def odoo(variables: dict[str, str], *words: str, port: int = 0):
    """Run an Odoo server on the given port, or on the first that is free.

    :param variables: of a place, with whose configuration it runs.
    :param words: more options of `odoo server`.
    :return: (as a context) its address and its process.
    :raise Failure: when the given port is taken or Odoo ends.
    """
    if port and not is_free(port):
        raise Failure(f"port {port} is taken; choose another with PORT=")
    chosen = port or free_port(ODOO_PORT)
    ports = ["--http-port", str(chosen), "--gevent-port", str(free_port(EVENTS_PORT))]
    command = [str(PYTHON), "-m", "odoo", "server", *ports, *words]
    url = f"http://{HOST}:{chosen}"
    with running(Child(f"odoo-{chosen}", command, variables)) as child:
        try:
            wait_for(f"{url}/web/health", child)
        except Failure:
            if port or is_free(chosen):
                raise
        else:
            yield url, child
            return
    # Another checkout has taken the port since we looked.
    with odoo(variables, *words) as found:
        yield found


@contextmanager
def services(purpose: str):
    """Yield a place: a fresh database with the addon, and a sandbox to ask.

    :param purpose: a word for the database's name.
    :raise Failure: when a part does not come up.
    """
    with postgres.server("demo") as variables:
        name = f"test_{purpose}_{os.getpid()}"
        with copy_of_installed(variables, name) as place, sandbox(place):
            yield place
