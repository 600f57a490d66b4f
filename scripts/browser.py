"""A headless Chromium that shows pages and takes pictures of them.

Speaks the DevTools protocol, as Odoo's own test browser does.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import websocket
from PIL import Image

from scripts.console import Failure

START_SECONDS = 60
PAGE_SECONDS = 90
# Until fonts, charts and transitions have come to rest.
REST_SECONDS = 1.0
COLORS = 256


class Browser:
    """One tab of a Chromium; every method waits until it is done."""

    def __init__(self, address: str):
        self.socket = websocket.create_connection(address, timeout=PAGE_SECONDS)
        self.number = 0
        self.held: list[str] = []
        self.command("Page.enable")
        self.command("Network.enable")
        # it asks for pages by itself, and is then somebody who is not logged in
        self.command("Network.setBlockedURLs", urls=["*/web/service-worker.js"])

    def command(self, method: str, **parameters) -> dict:
        """Send a command of the protocol and return its result.

        :raise Failure: when Chromium refuses it
        """
        number = self._send(method, **parameters)
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("method") == "Page.javascriptDialogOpening":
                # a form that asks before it is left would stop everything
                self._send("Page.handleJavaScriptDialog", accept=True)
            if answer.get("method") == "Fetch.requestPaused":
                self.held.append(answer["params"]["requestId"])
            if answer.get("id") == number:
                if "error" in answer:
                    raise Failure(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _send(self, method: str, **parameters) -> int:
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        self.socket.send(json.dumps(message))
        return self.number

    def run(self, code: str):
        """Return the JSON-able value of an expression of JavaScript.

        :raise Failure: when the expression fails
        """
        answer = self.command(
            "Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise Failure(f"{code}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def hold_back(self, *patterns: str) -> None:
        """Keep requests from leaving, by patterns of addresses."""
        wanted = [{"urlPattern": pattern} for pattern in patterns]
        self.command("Fetch.enable", patterns=wanted)

    def give_up(self) -> None:
        """Leave the page; what was held back is never sent, and all passes again."""
        self.leave()
        for request in self.held:
            self._send("Fetch.failRequest", requestId=request, errorReason="Aborted")
        self.held.clear()
        self.command("Fetch.disable")

    def offline(self, offline: bool) -> None:
        """Cut this tab off from the network, or connect it again."""
        self.command(
            "Network.emulateNetworkConditions",
            offline=offline,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    def cookies(self, url: str, **values: str) -> None:
        """Have these cookies and no others at an address."""
        self.command("Network.clearBrowserCookies")
        for name, value in values.items():
            self.command("Network.setCookie", name=name, value=value, url=url)

    def scheme(self, name: str) -> None:
        """Prefer `light` or `dark`, as a page without a setting of its own sees it."""
        feature = {"name": "prefers-color-scheme", "value": name}
        self.command("Emulation.setEmulatedMedia", features=[feature])

    def language(self, name: str) -> None:
        """Prefer a language, as a page without a setting of its own sees it."""
        self.command(
            "Emulation.setUserAgentOverride",
            userAgent=self.command("Browser.getVersion")["userAgent"],
            acceptLanguage=name,
        )

    def size(self, width: int, height: int) -> None:
        """Give the page a size in CSS pixels."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def open(self, url: str, until: str) -> None:
        """Load a page and wait for a selector."""
        self.leave()
        self.command("Page.navigate", url=url)
        self.wait(until)

    def leave(self) -> None:
        """Show an empty page; what the one before still wanted is given up."""
        self.command("Page.navigate", url="about:blank")
        deadline = time.monotonic() + PAGE_SECONDS
        while self.run("location.href") != "about:blank":
            if time.monotonic() > deadline:
                raise Failure("The page could not be left.")
            time.sleep(0.1)

    def wait(self, selector: str) -> None:
        """Wait until the page has something that the selector finds.

        :raise Failure: when it does not come
        """
        code = f"Boolean(document.querySelector({json.dumps(selector)}))"
        deadline = time.monotonic() + PAGE_SECONDS
        while time.monotonic() < deadline:
            if self.run(code):
                return
            time.sleep(0.2)
        raise Failure(f"{selector} did not appear at {self.run('location.href')}")

    def click(self, selector: str) -> None:
        """Wait for something and click it."""
        self.wait(selector)
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def picture(self, path: Path) -> None:
        """Write what is seen as a PNG with a palette, a third of the plain one."""
        time.sleep(REST_SECONDS)
        data = self.command("Page.captureScreenshot", format="png")["data"]
        image = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
        path.parent.mkdir(parents=True, exist_ok=True)
        image.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)


@contextmanager
def browser(chromium: str):
    """Run a Chromium of our own, with a profile that is thrown away.

    :param chromium: its program
    :return: (as a context) a :class:`Browser`
    :raise Failure: when it does not start
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            chromium,
            "--headless=new",
            # as Odoo's own test browser: root has no other way
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
            f"--user-data-dir={profile}",
            "--remote-debugging-port=0",
            "--remote-allow-origins=*",
            "about:blank",
        ]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        try:
            yield Browser(_address(Path(profile)))
        finally:
            process.terminate()
            process.wait()


def _address(profile: Path) -> str:
    """Find the first tab by what Chromium writes about itself."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            port = (profile / "DevToolsActivePort").read_text().splitlines()[0]
            with urlopen(f"http://127.0.0.1:{port}/json") as answer:
                tabs = [tab for tab in json.load(answer) if tab["type"] == "page"]
            return tabs[0]["webSocketDebuggerUrl"]
        except (OSError, IndexError, URLError):
            time.sleep(0.2)
    raise Failure("Chromium does not start; try it by hand.")
