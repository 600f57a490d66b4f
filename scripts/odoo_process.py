"""Odoo as a child process: its configuration, its environment, its log."""

from __future__ import annotations

import configparser
import ctypes
import os
import re
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from scripts import postgres
from scripts.console import Failure, call, tail
from scripts.layout import ADDON, CONF, DATA, LOGS, PYTHON, ROOT, digest, read_setup

TROUBLE = re.compile(r"^\S+ \S+ \d+ (ERROR|CRITICAL) ", re.MULTILINE)
PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>


def filestores(variables: dict[str, str]) -> Path:
    """Return where the databases of a server have their attachments.

    One folder a server, for two may have databases of one name.
    """
    server = digest(variables["PGHOST"], variables["PGPORT"])
    return DATA / server / "filestore"


@dataclass
class Place:
    """Where Odoo works: a database on a server, and the words to start things there.

    :param database: its name; it may not exist yet.
    :param postgres: the variables of `postgres.server`.
    :param options: more lines for the configuration's `[options]`.
    :param section: the lines of its `[dialer_plinx_gate]`.
    :param extra: more variables for the environment.
    """

    database: str
    postgres: dict[str, str]
    options: dict[str, str] = field(default_factory=dict)
    section: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.conf = CONF / f"{self.database}.conf"
        self.write_conf()

    @property
    def variables(self) -> dict[str, str]:
        """The environment for Odoo, pytest, a benchmark or any script of ours."""
        setup = read_setup()
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ODOO_", "PGDATABASE", "PYTHON", "MAKE"))
        }
        return {
            **kept,
            **self.postgres,
            "ODOO_RC": str(self.conf),
            "PYTHONPATH": os.pathsep.join([str(ROOT), setup["odoo"]]),
            "PYTHONUNBUFFERED": "1",
            "PATH": os.pathsep.join([str(PYTHON.parent), os.environ["PATH"]]),
            "DIALER_DATABASE": self.database,
            **self.extra,
        }

    @property
    def filestore(self) -> Path:
        """The folder of this database's attachments."""
        return filestores(self.postgres) / self.database

    def write_conf(self) -> None:
        """Write the configuration, readable by this user only.

        The manager of databases is off and its password is random: the logins that
        the demo prints are the only ones.
        """
        options = {
            "addons_path": ",".join([*read_setup()["addons"], str(ROOT)]),
            "data_dir": str(filestores(self.postgres).parent),
            "db_name": self.database,
            "dbfilter": f"^{self.database}$",
            "db_host": self.postgres["PGHOST"],
            "db_port": self.postgres["PGPORT"],
            "db_user": self.postgres["PGUSER"],
            "list_db": "False",
            "admin_passwd": secrets.token_urlsafe(24),
            "http_interface": "127.0.0.1",
            "workers": "0",
            # A limit on the address space would also hold for a test's own browser.
            "limit_memory_hard": "0",
            "screenshots": str(LOGS),
            **self.options,
        }
        if password := self.postgres.get("PGPASSWORD"):
            options["db_password"] = password
        parser = configparser.RawConfigParser()
        parser["options"] = options
        parser[ADDON] = self.section
        CONF.mkdir(parents=True, exist_ok=True)
        self.conf.touch(mode=0o600)
        with self.conf.open("w") as file:
            parser.write(file)

    def odoo(self, *words: str) -> list[str]:
        """Return the command line of Odoo with this configuration."""
        return [str(PYTHON), "-m", "odoo", *words]

    def install(self, *words: str, log: str) -> None:
        """Run Odoo to install or upgrade, and fail on any error it logs.

        Odoo itself ends with code 0 although it logged an error.

        :raise Failure: with the errors.
        """
        command = self.odoo("server", "--stop-after-init", "--no-http", *words)
        advice = "Correct what the log says, then try again."
        call(command, log=log, advice=advice, env=self.variables, cwd=ROOT)
        path = LOGS / f"{log}.log"
        text = path.read_text(errors="replace")
        if TROUBLE.search(text):
            raise Failure(f"Odoo logged an error:\n\n{_errors(text)}\n\nLog: {path}")

    def shell(self, code: str, log: str) -> None:
        """Run Python code with `env` of this database, committed at the end.

        :raise Failure: when it raises.
        """
        advice = "Try make clean, then the same command again."
        options = {"input": f"{code}\nenv.cr.commit()\n".encode(), "cwd": ROOT}
        command = self.odoo("shell", "--no-http")
        call(command, log=log, advice=advice, env=self.variables, **options)

    def create(self, template: str = "template0") -> None:
        """Make the database anew, empty or as a copy of a template and its files."""
        self.drop()
        postgres.create(self.postgres, self.database, template)
        source = self.filestore.with_name(template)
        if source.exists():
            # Linked, not copied: an attachment's file is never changed in place.
            shutil.copytree(source, self.filestore, copy_function=os.link)

    def drop(self) -> None:
        """Drop the database and remove its attachments, if they are there."""
        postgres.drop(self.postgres, self.database)
        shutil.rmtree(self.filestore, ignore_errors=True)


def _errors(text: str) -> str:
    """Return the first entries of a log that tell an error, with their tracebacks."""
    entries = re.split(r"^(?=\d{4}-\d\d-\d\d )", text, flags=re.MULTILINE)
    return "".join([entry for entry in entries if TROUBLE.match(entry)][:3])


def die_with_parent() -> None:
    """Ask the kernel to end this child should its parent be killed outright."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """A background program with a log, in a process group of its own.

    Ctrl-C in the terminal so reaches only the command that started it, which then
    stops its children in the right order.
    """

    def __init__(self, name: str, command: list[str], variables: dict[str, str]):
        self.name = name
        self.log = LOGS / f"{name}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def check(self) -> None:
        """Raise a failure with the end of the log if the program has ended."""
        code = self.process.poll()
        if code is not None:
            raise Failure(
                f"{self.name} ended with code {code}:\n\n{tail(self.log)}\n\n"
                f"The whole log: {self.log}"
            )

    def stop(self, seconds: int = 20) -> None:
        """End the program and all it started; by force when it does not go."""
        for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(patience)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue
