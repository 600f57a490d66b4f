"""Who is shown on the pictures, the Plinx behind them, and how a picture is taken."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from scripts.browser import Browser
from scripts.console import Failure, say
from scripts.layout import ROOT, STATE

GUIDES = ROOT / "docs" / "screenshots"
EVERYTHING = STATE / "screenshots"
GUIDE_SIZE = (1280, 720)
TABLET = (1024, 768)
SIZES = [GUIDE_SIZE, TABLET, (1920, 1080)]
LANGUAGES = {"en": "en_US", "pt_BR": "pt_BR"}
SCHEMES = ("light", "dark")
# Odoo's community edition has no dark colours of its own; OCA has them.
DARK_MODE = "web_dark_mode"
LOGIN = ".oe_login_form"
TRIES = 3


class Person:
    """A user of the demo, who calls the server and whose screen is shown."""

    def __init__(self, login: str):
        self.login = login
        self.url = os.environ["DIALER_URL"]
        self.http = requests.Session()
        self.cookies: dict[str, str] = {}
        found = self._post(
            "/web/session/authenticate",
            db=os.environ["DIALER_DATABASE"],
            login=login,
            password=login,
        )
        self.uid = found["uid"]

    def call(self, model: str, method: str, *args, **kwargs):
        """Call a method of a model.

        :raise Failure: with the server's sentence
        """
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=list(args),
            kwargs=kwargs,
        )

    def read(self, model: str, domain: list, *names: str, **kwargs) -> list[dict]:
        """Search and read records."""
        return self.call(model, "search_read", domain, list(names), **kwargs)

    def _post(self, path: str, **parameters):
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        answer = self.http.post(self.url + path, json=body, timeout=300).json()
        if "error" in answer:
            raise Failure(f"{path}: {answer['error']['data']['message']}")
        # a method that returns nothing leaves it out
        return answer.get("result")


@dataclass
class Sandbox:
    """The Plinx of the demo."""

    url: str = field(default_factory=lambda: os.environ["DIALER_SANDBOX_URL"])
    opened: set[str] = field(default_factory=set)

    def open(self, phone: str) -> None:
        """Put a customer into conversation, by the number in E.164."""
        self.opened.add(phone)
        values = {"assignee": "Bia", "url": "https://plinx.example.com/c/1024"}
        self._put(f"conversations/{phone.lstrip('+')}", values)

    def close(self, phone: str) -> None:
        """End a customer's conversation, if there is one."""
        number = phone.lstrip("+")
        requests.delete(f"{self.url}/sandbox/conversations/{number}", timeout=10)

    def close_all(self) -> None:
        """End the conversations that were opened for the pictures."""
        for phone in self.opened:
            self.close(phone)
        self.opened.clear()

    def fault(self, kind: str) -> None:
        """Make Plinx ill in one way, or well with `none`."""
        self._put("fault", {"kind": kind})

    def report_to(self, url: str, secret: str) -> None:
        """Have Plinx report conversations to this address."""
        self._put("webhook", {"url": url, "secret": secret})

    def report_no_more(self) -> None:
        """Have Plinx report nothing."""
        requests.delete(f"{self.url}/sandbox/webhook", timeout=10).raise_for_status()

    def _put(self, path: str, values: dict) -> None:
        answer = requests.put(f"{self.url}/sandbox/{path}", json=values, timeout=10)
        answer.raise_for_status()


class Studio:
    """Shows pages as a person sees them, in each variant, and takes the pictures.

    :param everything: also take each state in all variants
    :param only: a part of the names of the pictures that are wanted, or all
    """

    def __init__(self, tab: Browser, people: dict, everything: bool, only: str = ""):
        self.tab = tab
        self.people = people
        self.everything = everything
        self.only = only
        self.dark = everything and self._have_dark_mode()

    def _have_dark_mode(self) -> bool:
        """Install the dark colours where they are to be had, and tell otherwise."""
        admin = self.people["admin"]
        admin.call("ir.module.module", "update_list")
        domain = [("name", "=", DARK_MODE)]
        found = admin.read("ir.module.module", domain, "state")
        if not found or found[0]["state"] == "uninstallable":
            say(f"  in light colours only: {DARK_MODE} is not on the addons path")
            return False
        if found[0]["state"] != "installed":
            say(f"  installing {DARK_MODE}")
            admin.call("ir.module.module", "button_immediate_install", [found[0]["id"]])
        return True

    def take(self, name: str, login: str, path: str, until: str, **steps) -> None:
        """Take one picture of the guides in both languages, and all its variants.

        :param name: of the picture, without ending
        :param path: of the page, or its whole address
        :param until: selector of what must be seen
        :param steps: `before` and `after`, called with the browser around each
            showing of the page
        """
        if self.only in name:
            say(f"  {name}")
            for language in LANGUAGES:
                with self._shown(login, path, until, "light", language, **steps):
                    self.tab.picture(GUIDES / language / f"{name}.png")
            self._take_variants(name, login, path, until, **steps)

    def take_state(self, name: str, login: str, path: str, until: str, **steps) -> None:
        """Take one picture that no guide shows, where everything is wanted."""
        if self.everything and self.only in name:
            say(f"  {name}")
            self._take_variants(name, login, path, until, **steps)

    def _take_variants(self, name, login, path, until, **steps) -> None:
        """Take a state at all sizes in both schemes, and the narrow ones in Portuguese.

        What is too long in one of the two languages shows where there is least room.
        """
        if not self.everything:
            return
        page = (login, path, until)
        # the sandbox's page has dark colours of its own
        dark = self.dark or not path.startswith("/")
        for scheme in SCHEMES if dark else SCHEMES[:1]:
            with self._shown(*page, scheme, "en", **steps):
                self._at_sizes(f"{name}-{{}}-{scheme}", SIZES)
        with self._shown(*page, "light", "pt_BR", **steps):
            self._at_sizes(f"{name}-{{}}-pt_BR", [GUIDE_SIZE, TABLET])

    def _at_sizes(self, name: str, sizes: list[tuple[int, int]]) -> None:
        for width, height in sizes:
            self.tab.size(width, height)
            file = f"{name.format(f'{width}x{height}')}.png"
            self.tab.picture(EVERYTHING / file)

    @contextmanager
    def _shown(self, login, path, until, scheme, language, before=None, after=None):
        self._dress(login, language, scheme)
        person = self.people[login]
        url = person.url + path if path.startswith("/") else path
        self.tab.scheme(scheme)
        self.tab.language(language.replace("_", "-"))
        self.tab.size(*GUIDE_SIZE)
        self._open(person, url, until)
        if before:
            before(self.tab)
        yield
        if after:
            after(self.tab)

    def _open(self, person, url: str, until: str) -> None:
        """Open a page as a person.

        A late answer to the page before may bring the cookie of nobody: then once more.
        """
        session_id = person.http.cookies["session_id"]
        for _ in range(TRIES):
            self.tab.leave()
            self.tab.cookies(url, session_id=session_id, **person.cookies)
            self.tab.open(url, f"{until}, {LOGIN}")
            if not self.tab.run(f"Boolean(document.querySelector('{LOGIN}'))"):
                return
        raise Failure(f"{url} asks for a login, although {person.login} has one.")

    def _dress(self, login: str, language: str, scheme: str = "light") -> None:
        """Give a person this language, and these colours where there are any."""
        values = {"lang": LANGUAGES[language]}
        if self.dark:
            values["dark_mode"] = scheme == "dark"
        person = self.people[login]
        self.people["admin"].call("res.users", "write", [person.uid], values)

    def undress(self) -> None:
        """Leave everybody in English and in light colours."""
        for login in self.people:
            self._dress(login, "en")
