# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The browser of the tours, watched: what goes wrong in it, and what it asks for.

It can also do to a page what a page cannot do to itself: take the network away, hold
an answer of the server back, or lose it.
"""

import json
import threading
import time
from concurrent.futures import Future

from odoo.tests.common import ChromeBrowser

# Where a tour asks for what it cannot do itself, see `test_actions.js`.
BINDING = "dialerTestAction"
# The calls whose answers can be held back or lost.
CALLS = "*/web/dataset/call_kw/*"
SETTLED_SECONDS = 0.5
# Nobody is asked, and nothing is saved, when a page is left after its tour.
LEAVE = "addEventListener('beforeunload', (ev) => ev.stopImmediatePropagation(), true)"


class WatchedBrowser(ChromeBrowser):
    """Notes what goes wrong in its pages, and every request that they send."""

    def __init__(self, test_case, **options):
        self._guard = threading.Lock()
        self._forget()
        super().__init__(test_case, **options)
        self._handlers |= {
            "Network.requestWillBeSent": self._on_request,
            "Network.responseReceived": self._on_response,
            "Network.loadingFinished": self._on_finish,
            "Network.loadingFailed": self._on_failure,
            "Log.entryAdded": self._on_log,
            "Runtime.bindingCalled": self._on_binding,
        }
        for domain in ("Network", "Log"):
            self._websocket_request(f"{domain}.enable")
        self._websocket_request("Runtime.addBinding", params={"name": BINDING})
        patterns = [
            {"requestStage": "Request"},
            {"requestStage": "Response", "urlPattern": CALLS},
        ]
        self._websocket_request("Fetch.enable", params={"patterns": patterns})

    def _forget(self):
        self.problems = []
        # each request, as method and address, in their order; calls still waited for
        self.requests = []
        self._waiting = set()
        self._addresses = {}
        # answers to keep back: how many may pass first, by method
        self._held, self._kept, self._lost = {}, [], []
        self._script = None

    # -------------------------------------------------------------------------
    # One browser for many tours
    # -------------------------------------------------------------------------

    @property
    def usable(self):
        """Whether another tour can be walked in this browser."""
        return self.chrome.poll() is None and not self.had_failure

    def begin(self, test_case, success_signal):
        """Be as a new browser for another test."""
        self.test_case, self._logger = test_case, test_case._logger
        self.success_signal = success_signal
        self._result = Future()
        self._forget()

    def watch(self, problems, script=""):
        """Note what goes wrong in a list, and run a script in every page."""
        self.problems = problems
        if script:
            self._script = self._websocket_request(
                "Page.addScriptToEvaluateOnNewDocument", params={"source": script}
            )

    def stop(self):
        """Leave the page, and keep nothing of it but the files of the web client."""
        if not (self.usable and self._result.done()) or self._result.exception():
            self.had_failure = True
            super().stop()
            return
        self._websocket_request("Runtime.evaluate", params={"expression": LEAVE})
        self.take_network(False)
        if self._script:
            self._websocket_request(
                "Page.removeScriptToEvaluateOnNewDocument", params=self._script
            )
            self._script = None
        self.navigate_to("about:blank", wait_stop=True)
        self._websocket_request("Network.clearBrowserCookies")
        self._websocket_request(
            "Storage.clearDataForOrigin",
            params={
                "origin": self.test_case.base_url(),
                "storageTypes": "local_storage,indexeddb,service_workers",
            },
        )

    def quit(self):
        """End the browser itself."""
        if hasattr(self, "ws"):
            ChromeBrowser.stop(self)

    # -------------------------------------------------------------------------
    # What goes wrong
    # -------------------------------------------------------------------------

    def _handle_console(self, type, args=None, stackTrace=None, **kw):  # noqa: A002
        if type in ("warning", "error", "assert"):
            words = [str(self._from_remoteobject(arg)) for arg in args or []]
            self.problems.append(f"console {type}: {' '.join(words)}")
        return super()._handle_console(type, args=args, stackTrace=stackTrace, **kw)

    def _handle_exception(self, exceptionDetails, timestamp):  # noqa: N803
        error = exceptionDetails.get("exception", {}).get("description", "")
        self.problems.append(f"exception: {exceptionDetails['text']} {error}")
        return super()._handle_exception(exceptionDetails, timestamp)

    def _on_request(self, requestId, request, type="", **_event):  # noqa: N803, A002
        address = f"{request['method']} {request['url']}"
        self._addresses[requestId] = address
        self.requests.append(address)
        if type in ("Fetch", "XHR"):
            self._waiting.add(requestId)

    def _on_response(self, requestId, response, **_event):  # noqa: N803
        if response["status"] >= 400:
            address = self._addresses.get(requestId, response["url"])
            self.problems.append(f"HTTP {response['status']}: {address}")

    def _on_finish(self, requestId, **_event):  # noqa: N803
        self._waiting.discard(requestId)

    def _on_failure(self, requestId, errorText, canceled=False, **_event):  # noqa: N803
        self._waiting.discard(requestId)
        # what the page itself gave up, as when it is left, has not failed
        if not canceled:
            address = self._addresses.get(requestId, requestId)
            self.problems.append(f"failed request: {errorText} {address}")

    def settle(self):
        """Wait until no request was sent, or waited for, a moment long."""
        sent, since = len(self.requests), time.monotonic()
        while time.monotonic() < since + SETTLED_SECONDS:
            time.sleep(0.05)
            if self._waiting or sent != len(self.requests):
                sent, since = len(self.requests), time.monotonic()

    def _on_log(self, entry):
        # network: noted above, with more about it
        if entry["level"] in ("warning", "error") and entry["source"] != "network":
            address = entry.get("url", "")
            self.problems.append(f"{entry['source']}: {entry['text']} {address}")

    # -------------------------------------------------------------------------
    # What a tour asks for
    # -------------------------------------------------------------------------

    def _on_binding(self, name, payload, **_event):
        # not in this thread: without it the browser's own requests stand still
        action = json.loads(payload)
        threading.Thread(target=self._answer, kwargs=action, daemon=True).start()

    def _answer(self, number, name, args):
        try:
            reply = {"result": self.test_case.run_action(self, name, args)}
        except Exception as error:  # noqa: BLE001 - the tour fails with it
            reply = {"error": f"{type(error).__name__}: {error}"}
        code = f"window.{BINDING}Done({number}, {json.dumps(reply)})"
        self._websocket_send("Runtime.evaluate", params={"expression": code})

    # -------------------------------------------------------------------------
    # The network
    # -------------------------------------------------------------------------

    def take_network(self, away):
        """Cut the page off from the server, or connect it again."""
        conditions = {
            "offline": away,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": -1,
        }
        self._websocket_request("Network.emulateNetworkConditions", params=conditions)

    def hold(self, method, passing=0):
        """Keep the server's answers to a method from the page until `release`.

        :param int passing: this many answers come through before
        """
        with self._guard:
            self._held[method] = passing

    def release(self, method):
        """Let the page have the answers that were held back."""
        with self._guard:
            del self._held[method]
            free = [kept for kept in self._kept if kept[0] == method]
            self._kept = [kept for kept in self._kept if kept[0] != method]
        for _method, request_id in free:
            self._continue(request_id)

    def lose(self, method):
        """Lose the server's next answer to a method on its way to the page."""
        with self._guard:
            self._lost.append(method)

    def _handle_request_paused(self, **event):
        if "responseStatusCode" not in event and "responseErrorReason" not in event:
            super()._handle_request_paused(**event)
            return
        method = event["request"]["url"].rpartition("/")[2]
        with self._guard:
            if self._held.get(method) == 0:
                self._kept.append((method, event["requestId"]))
                return
            if method in self._held:
                self._held[method] -= 1
            lost = method in self._lost
            if lost:
                self._lost.remove(method)
        if lost:
            params = {"requestId": event["requestId"], "errorReason": "ConnectionReset"}
            self._websocket_send("Fetch.failRequest", params=params)
        else:
            self._continue(event["requestId"])

    def _continue(self, request_id):
        self._websocket_send("Fetch.continueRequest", params={"requestId": request_id})
