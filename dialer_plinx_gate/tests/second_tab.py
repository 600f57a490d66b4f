# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A second tab of the browser in which a tour is walked in the first."""

import json
import time

import websocket

WAIT_SECONDS = 30
# The tour goes on in its own tab only.
NO_TOUR = """
    const getItem = Storage.prototype.getItem;
    Storage.prototype.getItem = function (key) {
        return key === "current_tour" ? null : getItem.call(this, key);
    };
"""


class SecondTab:
    """Shows a page; closed at the end of the `with` block."""

    def __init__(self, browser, url):
        self.browser, self.url, self.number = browser, url, 0

    def __enter__(self):
        created = self.browser._websocket_request(
            "Target.createTarget", params={"url": "about:blank"}
        )
        self.target = created["targetId"]
        port = self.browser.devtools_port
        self.socket = websocket.create_connection(
            f"ws://127.0.0.1:{port}/devtools/page/{self.target}", suppress_origin=True
        )
        self.send("Page.enable")
        self.send("Page.addScriptToEvaluateOnNewDocument", source=NO_TOUR)
        # what nobody looks at is not drawn
        self.send("Page.bringToFront")
        self.send("Page.navigate", url=self.url)
        return self

    def __exit__(self, *_error):
        self.socket.close()
        self.browser._websocket_request("Page.bringToFront")
        self.browser._websocket_request(
            "Target.closeTarget", params={"targetId": self.target}
        )

    def send(self, method, **params):
        """Send a command and return its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.number:
                return answer["result"]

    def run(self, code):
        """Return the value of an expression of JavaScript."""
        answer = self.send("Runtime.evaluate", expression=code, returnByValue=True)
        return answer["result"].get("value")

    def wait(self, condition):
        """Wait until an expression of JavaScript is true."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.run(f"Boolean({condition})"):
            if time.monotonic() > deadline:
                raise AssertionError(f"{condition} did not come true in {self.url}")
            time.sleep(0.1)
