"""How a picture is taken: who looks, in which language, size and colours."""

from __future__ import annotations

import io
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from scripts.console import say
from scripts.layout import ROOT, STATE
from scripts.rpc import Client

GUIDES = ROOT / "docs" / "screenshots"
EVERYTHING = STATE / "screenshots"
GUIDE_SIZE = (1280, 720)
TABLET = (1024, 768)
SIZES = [GUIDE_SIZE, TABLET, (1920, 1080)]
LANGUAGES = {"en": "en_US", "pt_BR": "pt_BR"}
TIME_ZONE = "America/Sao_Paulo"
# Odoo's community edition has no dark colours of its own; OCA has them.
DARK_MODE = "web_dark_mode"
PAGE_MS = 90_000
# Until fonts, charts and transitions have come to rest.
REST_MS = 1_000
COLORS = 256


class Pictures:
    """Shows pages as a user sees them, in each variant, and takes the pictures.

    :param users: by login; `admin` is one of them
    :param everything: also take each state in all variants
    :param only: a part of the names of the pictures that are wanted, or all
    """

    def __init__(
        self, browser: Browser, users: dict[str, Client], everything: bool, only: str
    ):
        self.browser, self.users = browser, users
        self.everything, self.only = everything, only
        # cookies beside the session's, by login
        self.cookies: dict[str, dict[str, str]] = {}
        self.dark = everything and self._install_dark_mode()

    def _install_dark_mode(self) -> bool:
        """Install the dark colours where they are to be had, and tell otherwise."""
        admin = self.users["admin"]
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

    def take(self, name: str, *page) -> None:
        """Take one picture of the guides in both languages, and all its variants.

        :param name: of the picture, without ending
        :param page: the login of who looks; the path of the page, or its whole address;
            the selector of what must be seen; at will a function that is called with
            the page before it is taken, and one for after each showing
        """
        if self.only in name:
            say(f"  {name}")
            for language in LANGUAGES:
                with self._shown("light", language, *page) as shown:
                    _take(shown, GUIDES / language / f"{name}.png")
            self._take_variants(name, page)

    def take_state(self, name: str, *page) -> None:
        """Take one picture that no guide shows, where everything is wanted."""
        if self.everything and self.only in name:
            say(f"  {name}")
            self._take_variants(name, page)

    def _take_variants(self, name: str, page: tuple) -> None:
        """Take a state at all sizes in both schemes, and the narrow ones in Portuguese.

        What is too long in one of the two languages shows where there is least room.
        """
        if not self.everything:
            return
        variants = [("light", "en", SIZES), ("light", "pt_BR", [GUIDE_SIZE, TABLET])]
        # the sandbox's page, given by its address, has dark colours of its own
        if self.dark or not page[1].startswith("/"):
            variants.append(("dark", "en", SIZES))
        for scheme, language, sizes in variants:
            variant = scheme if language == "en" else language
            with self._shown(scheme, language, *page) as shown:
                for width, height in sizes:
                    shown.set_viewport_size({"width": width, "height": height})
                    file = f"{name}-{width}x{height}-{variant}.png"
                    _take(shown, EVERYTHING / file)

    @contextmanager
    def _shown(self, scheme, language, login, path, until, before=None, after=None):
        """Open a page for a user, in a browser context that knows nothing else."""
        self._set_preferences(login, language, scheme)
        user = self.users[login]
        session = {"session_id": user.http.cookies["session_id"]}
        cookies = session | self.cookies.get(login, {})
        with self.browser.new_context(
            base_url=user.url,
            viewport=dict(zip(("width", "height"), GUIDE_SIZE, strict=True)),
            color_scheme=scheme,
            locale=language.replace("_", "-"),
            timezone_id=TIME_ZONE,
            service_workers="block",
        ) as context:
            context.set_default_timeout(PAGE_MS)
            for name, value in cookies.items():
                context.add_cookies([{"name": name, "value": value, "url": user.url}])
            page = context.new_page()
            page.goto(path)
            page.wait_for_selector(until, state="attached")
            if before:
                before(page)
            yield page
            if after:
                after(page)

    def _set_preferences(self, login: str, language: str, scheme: str) -> None:
        """Give a user this language, and these colours where there are any."""
        values = {"lang": LANGUAGES[language]}
        if self.dark:
            values["dark_mode"] = scheme == "dark"
        user = self.users[login]
        self.users["admin"].call("res.users", "write", [user.uid], values)

    def restore_preferences(self) -> None:
        """Leave everybody in English and in light colours."""
        for login in self.users:
            self._set_preferences(login, "en", "light")


def _take(page: Page, path: Path) -> None:
    """Write what is seen as a PNG with a palette, a third of the plain one."""
    page.wait_for_timeout(REST_MS)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
