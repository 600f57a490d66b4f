"""Start the demo product and keep it until Ctrl-C, or for the time of a command.

    python -m scripts.run [command ...]

The command gets the addresses as `DIALER_URL` and `DIALER_SANDBOX_URL`.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from urllib.request import Request, urlopen

from scripts import postgres
from scripts.console import Failure, Steps, main, say
from scripts.layout import ADDON, LOGS, ROOT, STATE, addon_digest
from scripts.odoo_process import Child, Place
from scripts.services import SANDBOX_TOKEN, WEBHOOK_SECRET, odoo, sandbox
from scripts.templates import LANGUAGES, make_bundles

# Every company of the demo asks the sandbox, on the port it has this time, and takes
# what it pushes.
POINT_AT_SANDBOX = """
env["res.company"].search([]).write({{
    "plinx_url": {url!r},
    "plinx_token": {token!r},
    "plinx_webhook_secret": {secret!r},
}})
"""
WEBHOOK_KEY = """
SELECT plinx_webhook_key FROM res_company
  JOIN ir_model_data ON model = 'res.company' AND res_id = res_company.id
 WHERE module = %s AND ir_model_data.name = 'company_blumenau'
"""
WELCOME = """
The dialer runs at   {url}
Plinx sandbox page   {sandbox}   (open and close conversations, set faults)

  login       password    who
  admin       admin       administrator
  supervisor  supervisor  supervisor
  ana         ana         agent
  bruno       bruno       agent

Try first
  1. As ana: CRM > Dialer > Console, choose a campaign, press Start. Customers in an
     active WhatsApp conversation are skipped; their page Updates tells why.
  2. As supervisor: CRM > Configuration > Company Settings > Dialer Management, tick
     "Dial customers with an active WhatsApp conversation".
  3. As ana again: the next such customer brings the question "Do you want to pause
     the dialer?". Answer Yes and look at the customer's Attendances.
  4. On the sandbox page open a conversation for the next customer's number, or close
     one: Odoo hears of it at once.

Ctrl-C stops all of it. Logs: {logs}"""


@contextmanager
def demo_product():
    """Yield the place and the process of a running Odoo with demo data.

    :raise Failure: when it runs already in this checkout, or a step fails.
    """
    steps = Steps(3)
    port = int(os.environ.get("PORT") or 0)
    with ExitStack() as stack:
        stack.enter_context(_alone())
        with steps.step("PostgreSQL and the Plinx sandbox"):
            variables = stack.enter_context(postgres.server("demo"))
            place = Place(postgres.named(), variables)
            sandbox_url = stack.enter_context(sandbox(place, seeded=True))
        with steps.step("The demo database"):
            _provide_database(place, sandbox_url)
        with steps.step("Odoo"):
            url, child = stack.enter_context(odoo(place.variables, port=port))
            place.extra["DIALER_URL"] = url
            _register_webhook(place)
        stack.callback(_finish_quietly)
        yield place, child


def _finish_quietly() -> None:
    """Let nothing interrupt the stopping: a second Ctrl-C would leave orphans."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _alone():
    """Refuse a second demo in one checkout: it would share the database."""
    with (STATE / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failure("make run is at work in this checkout already.") from error
        yield


def _provide_database(place: Place, sandbox_url: str) -> None:
    """Install, upgrade or leave alone, by the database's mark.

    The mark tells the state of the addon's files and the sandbox's address that the
    database was last brought in line with; a half-done database has none.
    """
    known = postgres.databases(place.postgres).get(place.database)
    files, _, address = (known or "").partition(" ")
    if (files, address) == (addon_digest(), sandbox_url):
        return
    if not known:
        _install(place)
    elif files != addon_digest():
        say("      the addon changed: upgrading")
        place.install("-u", ADDON, log="upgrade")
    point = POINT_AT_SANDBOX.format(
        url=sandbox_url, token=SANDBOX_TOKEN, secret=WEBHOOK_SECRET
    )
    place.shell(point, log="sandbox-address")
    make_bundles(place)
    postgres.mark(place.postgres, place.database, f"{addon_digest()} {sandbox_url}")


def _install(place: Place) -> None:
    say("      installing Odoo CRM and the addon with demo data (about a minute)")
    place.create()
    words = ["-i", ADDON, "--with-demo", "--load-language", LANGUAGES]
    place.install(*words, log="install-demo")


def _register_webhook(place: Place) -> None:
    """Have the sandbox push what happens to the demo company, which hears it at once.

    The sandbox knows one address; the demo's customers are all of that company.
    """
    rows = postgres.query(place.postgres, WEBHOOK_KEY, [ADDON], place.database)
    if not rows:
        say("      the demo company was removed: the sandbox pushes nothing")
        return
    url = f"{place.extra['DIALER_URL']}/plinx/webhook/{rows[0][0]}"
    body = json.dumps({"url": url, "secret": WEBHOOK_SECRET}).encode()
    address = f"{place.extra['DIALER_SANDBOX_URL']}/sandbox/webhook"
    with urlopen(Request(address, data=body, method="PUT"), timeout=10):
        pass


def run() -> int:
    """Serve until Ctrl-C, or until the command given on the command line ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    command = sys.argv[1:]
    with demo_product() as (place, child):
        if command:
            result = subprocess.run(command, cwd=ROOT, env=place.variables, check=False)
            return result.returncode
        addresses = place.extra
        say(
            WELCOME.format(
                url=addresses["DIALER_URL"],
                sandbox=addresses["DIALER_SANDBOX_URL"],
                logs=LOGS,
            )
        )
        _watch(child)
    say("Stopped.")
    return 0


def _watch(child: Child) -> None:
    """Return on Ctrl-C; fail when Odoo ends by itself."""
    try:
        while True:
            child.check()
            time.sleep(1)
    except KeyboardInterrupt:
        say("\nStopping ...")


if __name__ == "__main__":
    main(run)
