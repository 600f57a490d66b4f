"""A private PostgreSQL cluster, or the server that `PGHOST` names; its databases.

A cluster runs as long as a command uses it: every user holds a shared lock, and who
leaves last stops it. What a killed command left running is taken over by the next one.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql

from scripts import system
from scripts.console import Failure, tail
from scripts.layout import POSTGRES, ROOT, digest, outside_folder, read_setup

PORT = "5432"
USER = "dialer"
SOCKET_LIMIT = 107  # sun_path of a unix socket, without the closing zero
COMMON = {
    "listen_addresses": "''",
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
        self.bin = Path(read_setup().get("postgres") or "")
        self.owner = _owner()
        self.base = self._base()
        self.data = self.base / "data"
        self.log = self.base / "postgres.log"
        self.socket = self._socket()

    def _base(self) -> Path:
        """Return a folder that the owner can reach, in the checkout if possible."""
        inside = POSTGRES / self.name
        inside.mkdir(parents=True, exist_ok=True)
        if self._as_owner(["test", "-x", str(inside)]).returncode == 0:
            return inside
        # Root's own folders are closed to the unprivileged user PostgreSQL runs as.
        return outside_folder(POSTGRES) / self.name

    def _socket(self) -> Path:
        folder = self.base / "run"
        if len(os.fsencode(str(folder / f".s.PGSQL.{PORT}.lock"))) <= SOCKET_LIMIT:
            return folder
        name = f"dialer-{digest(str(self.base))}-{os.geteuid()}"
        return Path(tempfile.gettempdir()) / name

    def variables(self) -> dict[str, str]:
        """Return the environment with which libpq and Odoo find this cluster."""
        return {"PGHOST": str(self.socket), "PGPORT": PORT, "PGUSER": USER}

    def start(self) -> None:
        """Start the cluster, made anew when it is absent or of another version.

        :raise Failure: with the end of its log.
        """
        self._own(self.base)
        self._own(self.socket)
        if self.running():
            return
        if not self._usable():
            self._create()
        self._write_settings()
        self._forget_dead()
        self._control("start", "-l", str(self.log), "-t", "60")

    def stop(self) -> None:
        """Stop the cluster and wait for its end; open connections are closed."""
        if self.running():
            self._control("stop", "-m", "fast", "-t", "60")

    def running(self) -> bool:
        """Tell whether a server of this very data folder is alive."""
        pid = self._pid()
        if not pid:
            return False
        try:
            # A number written before a crash may belong to another program by now.
            return os.path.samefile(f"/proc/{pid}/cwd", self.data)
        except OSError:
            return False

    def _pid(self) -> int:
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return 0

    def _forget_dead(self) -> None:
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _usable(self) -> bool:
        """A folder counts once initdb finished, and for the same major version."""
        version = self.data / "PG_VERSION"
        if not (self.data / "complete").exists() or not version.exists():
            return False
        return version.read_text().strip() == str(system.postgres_major(self.bin))

    def _create(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        command = [str(self.bin / "initdb"), "-D", str(self.data), "-U", USER]
        command += ["-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync"]
        result = self._as_owner(command)
        if result.returncode:
            raise Failure(f"PostgreSQL's initdb: {result.stdout}\nTry make clean.")
        (self.data / "complete").touch()

    def _write_settings(self) -> None:
        settings = {
            **COMMON,
            **SETTINGS[self.name],
            "port": PORT,
            "unix_socket_directories": f"'{self.socket}'",
            "unix_socket_permissions": "0700",
        }
        lines = (f"{name} = {value}\n" for name, value in settings.items())
        (self.data / "postgresql.auto.conf").write_text("".join(lines))

    def _control(self, *words: str) -> None:
        command = [str(self.bin / "pg_ctl"), "-D", str(self.data), "-s", "-w", *words]
        if self._as_owner(command, start_new_session=True).returncode:
            raise Failure(
                f"PostgreSQL did not {words[0]}:\n\n{tail(self.log)}\n\n"
                f"The whole log: {self.log}. If it stays so: make clean."
            )

    def _own(self, folder: Path) -> None:
        """Make the folder, closed to everybody but the owner (and root).

        :raise Failure: when somebody else made it, or the folder above it.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        owners = {0, os.geteuid(), *([self.owner.pw_uid] if self.owner else [])}
        for path in (folder, *self._outside(folder.parent)):
            if path.is_symlink() or path.stat().st_uid not in owners:
                raise Failure(f"{path} belongs to somebody else; remove it.")
        if self.owner:
            os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
        folder.chmod(0o700)

    def _outside(self, folder: Path) -> list[Path]:
        """Return the folder if it is ours in a place where anybody can make one."""
        return [folder] if folder == outside_folder(POSTGRES) else []

    def _as_owner(self, command: list[str], **options) -> subprocess.CompletedProcess:
        """Run a command as the cluster's owner, away from the terminal."""
        if self.owner:
            options |= {
                "user": self.owner.pw_uid,
                "group": self.owner.pw_gid,
                "extra_groups": [],
            }
        # The server keeps the output open; a pipe would be waited for until it ends.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                **options,
            )
            output.seek(0)
            result.stdout = output.read()
        return result


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
    with (POSTGRES / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cluster.start()
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            yield cluster.variables()
        finally:
            _stop_if_last(cluster, lock)


def _stop_if_last(cluster: Cluster, lock) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    cluster.stop()


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
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    if template == "template0":
        statement += sql.SQL(" ENCODING 'unicode' LC_COLLATE 'C'")
    query(variables, statement)
    if template == "template0":
        _add_extension(variables, name)


def _add_extension(variables: dict[str, str], name: str) -> None:
    """Add trigram search; an embedded PostgreSQL lacks it and Odoo goes without."""
    try:
        query(variables, "CREATE EXTENSION IF NOT EXISTS pg_trgm", database=name)
    except psycopg2.Error:
        print("      this PostgreSQL has no pg_trgm; going on without", file=sys.stderr)


def drop(variables: dict[str, str], name: str) -> None:
    """Drop a database if it is there, closing the connections to it."""
    identifier = sql.Identifier(name)
    query(
        variables,
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier),
    )
