"""A private PostgreSQL cluster, or the server that `PGHOST` names; its databases.

A cluster runs as long as a command uses it: every user holds a shared lock, and who
leaves last stops it. What a killed command left running is taken over by the next one.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import tempfile
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
from psycopg2 import sql

from scripts import system
from scripts.console import Failure, call, say
from scripts.layout import POSTGRES, ROOT, ROOTS_POSTGRES, digest, read_setup, rebuild

PORT = "5432"
USER = "dialer"
SOCKET_LIMIT = 107  # sun_path of a unix socket, without the closing zero
COMMON = {
    "listen_addresses": "''",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "jit": "off",
    "max_connections": "100",
    "max_locks_per_transaction": "256",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# Each cluster's own settings. What tests wrote may be lost in a crash of the machine.
SETTINGS = {
    "demo": {},
    "test": {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"},
}


class Cluster:
    """One cluster's folders, and the commands that start and stop it.

    :param name: a key of `SETTINGS`.
    """

    def __init__(self, name: str):
        self.name = name
        self.bin = Path(read_setup()["postgres"])
        self.owner = _owner()
        self.folder = (ROOTS_POSTGRES if self.owner else POSTGRES) / name
        self.data = self.folder / "data"
        self.socket = self._socket()

    def _socket(self) -> Path:
        folder = self.folder / "run"
        if len(os.fsencode(folder / f".s.PGSQL.{PORT}.lock")) <= SOCKET_LIMIT:
            return folder
        return Path(tempfile.gettempdir()) / f"dialer-{digest(str(folder))}"

    def variables(self) -> dict[str, str]:
        """Return the environment with which libpq and Odoo find this cluster."""
        return {"PGHOST": str(self.socket), "PGPORT": PORT, "PGUSER": USER}

    def start(self) -> None:
        """Start the cluster, made anew when it is absent or of another version.

        :raise Failure: with the end of its log.
        """
        self._as_agent(self.folder)
        self._as_agent(self.socket)
        if self.running():
            return
        rebuild(self.data, str(system.postgres_major(self.bin)), self._create)
        settings = {
            **COMMON,
            **SETTINGS[self.name],
            "unix_socket_directories": f"'{self.socket}'",
        }
        lines = (f"{name} = {value}\n" for name, value in settings.items())
        (self.data / "postgresql.auto.conf").write_text("".join(lines))
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        # The server goes on writing into the log of this command.
        self._run("pg_ctl", "start")

    def stop(self) -> None:
        """Stop the cluster and wait for its end; open connections are closed."""
        if self.running():
            self._run("pg_ctl", "stop")

    def running(self) -> bool:
        """Tell whether a server of this very data folder is alive."""
        try:
            pid = (self.data / "postmaster.pid").read_text().split()[0]
            # A number written before a crash may belong to another program by now.
            return os.path.samefile(f"/proc/{pid}/cwd", self.data)
        except (OSError, IndexError):
            return False

    def _create(self) -> None:
        words = ("-U", USER, "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync")
        self._run("initdb", *words)

    def _as_agent(self, folder: Path) -> None:
        """Make the folder, closed to everybody but the owner (and root).

        :raise Failure: when somebody else made it.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.owner:
            os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
        elif folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            raise Failure(f"{folder} belongs to somebody else; remove it.")

    def _run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's programs as the owner, away from the terminal."""
        options = {"cwd": "/", "start_new_session": True}
        if self.owner:
            ids = {"user": self.owner.pw_uid, "group": self.owner.pw_gid}
            options |= {**ids, "extra_groups": []}
        log = "-".join(("postgres", self.name, words[0] if "ctl" in program else "new"))
        command = [self.bin / program, "-D", self.data, *words]
        call(command, log=log, advice="If it stays so: make clean.", **options)


def _owner() -> pwd.struct_passwd | None:
    """Return the user to run PostgreSQL as, None for this one.

    PostgreSQL refuses to run as root.
    """
    if not system.is_root():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Failure("PostgreSQL needs a user other than root; add one named postgres.")


@contextmanager
def server(name: str):
    """Yield the variables of a running PostgreSQL: `PGHOST`'s, or our own cluster.

    :raise Failure: when neither answers.
    """
    if os.environ.get("PGHOST"):
        yield _given_server()
        return
    cluster = Cluster(name)
    POSTGRES.mkdir(parents=True, exist_ok=True)
    with (POSTGRES / f"{name}.users").open("w") as users:
        with _in_turn(name):
            cluster.start()
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield cluster.variables()
        finally:
            with _in_turn(name), suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                cluster.stop()


@contextmanager
def _in_turn(name: str):
    """Let one command after the other start or stop a cluster."""
    with (POSTGRES / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _given_server() -> dict[str, str]:
    """Check the person's own server: it must answer, and Odoo must accept its user."""
    names = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")
    variables = {name: os.environ[name] for name in names if os.environ.get(name)}
    variables.setdefault("PGPORT", PORT)
    try:
        with closing(connect(variables, "postgres")) as connection:
            user = connection.info.user
            version = connection.server_version
    except psycopg2.Error as error:
        raise Failure(
            f"PGHOST={variables['PGHOST']} does not answer: {error}"
        ) from error
    if user == "postgres":
        raise Failure("Odoo refuses the user postgres; set PGUSER to another role.")
    if version < system.POSTGRES_OLDEST * 10000:
        raise Failure(f"Odoo 19 needs PostgreSQL {system.POSTGRES_OLDEST} or newer.")
    return {**variables, "PGUSER": user}


def named(purpose: str = "") -> str:
    """Return a database's name, `dialer` for the demo.

    On a person's own server the name tells the checkout, so that nothing else there
    (another checkout's, or a database called `dialer`) is ever replaced.
    """
    tag = digest(str(ROOT))[:8] if os.environ.get("PGHOST") else ""
    return "_".join(filter(None, ("dialer", tag, purpose)))


def connect(variables: dict[str, str], database: str):
    """Open a connection in autocommit mode, as CREATE DATABASE needs."""
    connection = psycopg2.connect(
        dbname=database,
        host=variables["PGHOST"],
        port=variables["PGPORT"],
        user=variables.get("PGUSER"),
        password=variables.get("PGPASSWORD"),
    )
    connection.autocommit = True
    return connection


def query(variables: dict[str, str], statement, values=(), database="postgres") -> list:
    """Run one statement and return its rows, an empty list when it gives none."""
    with closing(connect(variables, database)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def databases(variables: dict[str, str]) -> dict[str, str | None]:
    """Return every database's name with its mark, see `mark`."""
    statement = (
        "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
        " WHERE NOT datistemplate"
    )
    return dict(query(variables, statement))


def mark(variables: dict[str, str], name: str, text: str) -> None:
    """Note on a database that it is complete, and for which version of the files.

    A database without a mark is a half-done one.
    """
    statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
    query(variables, statement.format(sql.Identifier(name), sql.Literal(text)))


def create(variables: dict[str, str], name: str, template: str = "template0") -> None:
    """Make a database, empty in the way Odoo makes one, or a copy of a template."""
    statement = sql.SQL(
        "CREATE DATABASE {} TEMPLATE {} ENCODING 'unicode' LC_COLLATE 'C'"
    ).format(sql.Identifier(name), sql.Identifier(template))
    query(variables, statement)
    try:
        query(variables, "CREATE EXTENSION IF NOT EXISTS pg_trgm", database=name)
    except psycopg2.Error:
        # An embedded one lacks trigram search, and Odoo goes without.
        say("      this PostgreSQL has no pg_trgm; going on without")


def drop(variables: dict[str, str], name: str) -> None:
    """Drop a database if it is there, closing the connections to it."""
    identifier = sql.Identifier(name)
    query(
        variables,
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier),
    )
