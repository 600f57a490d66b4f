# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The page in a real browser, used with the keyboard alone."""

import itertools
import json
import shutil
import subprocess
import time
import urllib.request

import pytest
import websocket

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
KEYS = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40}
FOCUS_IDS = "document.activeElement.id || document.activeElement.dataset.key || ''"


class Browser:
    """One tab, driven over the DevTools protocol."""

    def __init__(self, address):
        self._socket = websocket.create_connection(
            address, timeout=20, suppress_origin=True
        )
        self._numbers = itertools.count(1)
        self.problems = []
        self.call("Runtime.enable")
        self.call("Log.enable")
        self.call("Page.enable")

    def call(self, method, **parameters):
        """Send a command and return its result; note errors seen meanwhile."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                return answer["result"]
            if answer["method"] in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self._note(answer["params"])

    def _note(self, problem):
        """Keep a problem, but for requests that failed: the page tells of those."""
        if problem.get("entry", {}).get("source") != "network":
            self.problems.append(problem)

    def run(self, script):
        """Return the value of a piece of JavaScript."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, script):
        """Wait until a piece of JavaScript is true; fails after ten seconds."""
        for _try in range(200):
            if self.run(f"Boolean({script})"):
                return
            time.sleep(0.05)
        pytest.fail(f"never true: {script}\n{self.run('document.body.innerText')}")

    def press(self, key):
        """Press one key."""
        text = {"Enter": "\r", " ": " "}.get(key)
        extra = {"text": text} if text else {}
        code = KEYS[key]
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                **(extra if kind == "keyDown" else {}),
            )

    def tab_to(self, name):
        """Press Tab until the element of that id, or row, has the focus."""
        for _try in range(40):
            if self.run(FOCUS_IDS) == name:
                return
            self.press("Tab")
        pytest.fail(f"Tab never reaches {name}")

    def type(self, text):
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def open(self, address):
        """Go to a page and wait until it shows what the server told."""
        self.call("Page.navigate", url=address)
        self.wait("document.getElementById('fault-now')?.textContent")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """A headless browser; without one the tests fail."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, f"None of {', '.join(BROWSERS)} is installed."
    profile = tmp_path_factory.mktemp("profile")
    command = [
        found,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--remote-debugging-port=0",
        "--lang=en-US",
        f"--user-data-dir={profile}",
        "about:blank",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("DevTools listening on "):
                break
        port = line.split("//")[1].split("/")[0].rpartition(":")[2]
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        process.stderr.read()


@pytest.fixture
def browser(chromium):
    """A tab of its own."""
    request = urllib.request.Request(f"{chromium}/json/new", method="PUT")
    with urllib.request.urlopen(request, timeout=10) as response:
        tab = json.load(response)
    browser = Browser(tab["webSocketDebuggerUrl"])
    yield browser
    assert browser.problems == []


def test_a_person_opens_and_closes_a_conversation_with_the_keyboard(browser, sandbox):
    browser.open(sandbox.url)
    browser.tab_to("phone")
    browser.type("(47) 99988-7766")
    browser.wait(
        "document.getElementById('phone-hint').textContent.endsWith(' 5547999887766')"
    )
    browser.press("Enter")
    browser.wait("document.querySelector('#conversations tbody tr')")
    (record,) = sandbox.conversations()
    assert record["identities"]["wa_id"] == "5547999887766"
    assert record["conversation"]["assignee"] == "Bia"
    browser.tab_to("5547999887766")
    browser.press("Enter")
    browser.wait(
        "document.querySelector('#conversations .badge').textContent === 'Closed'"
    )
    assert sandbox.conversations()[0]["state"] == "inactive"
    assert browser.run(FOCUS_IDS) == "5547999887766"


@pytest.mark.parametrize(
    ("typed", "wa_id"),
    [
        ("+55 47 99988-7766", "5547999887766"),
        ("554799887766", "554799887766"),
        ("47 3322-1100", "554733221100"),
        ("047 3322-1100", "554733221100"),
        ("0 15 47 99988-7766", "5547999887766"),
        ("+1 (415) 555-2671", "14155552671"),
        ("00 351 912 345 678", "351912345678"),
        ("99988-7766", None),
        ("maria@example.com", None),
        ("123", None),
    ],
)
def test_phones_in_the_forms_that_people_type(browser, sandbox, typed, wa_id):
    browser.open(sandbox.url)
    answer = browser.run(f"normalise({json.dumps(typed)})")
    assert answer.get("waId") == wa_id
    assert ("problem" in answer) == (wa_id is None)


def test_a_fault_is_set_and_ended_with_the_keyboard(browser, sandbox):
    browser.open(sandbox.url)
    browser.tab_to("kind")
    browser.press("ArrowDown")
    browser.tab_to("times")
    browser.type("3")
    browser.press("Enter")
    browser.wait("document.getElementById('fault-now').textContent === 'Slow × 3'")
    assert sandbox.faults.get()["seconds"] == 5
    browser.tab_to("normal")
    browser.press(" ")
    browser.wait("document.getElementById('fault-now').textContent === 'Normal'")
    assert sandbox.faults.get()["kind"] == "none"


def test_while_connections_are_refused_the_page_stays_in_reach(browser, sandbox):
    browser.open(sandbox.url)
    browser.run(
        "document.getElementById('kind').value = 'refused'; showParameters(true)"
    )
    browser.run("document.getElementById('fault-form').requestSubmit()")
    browser.wait(f"location.origin === '{sandbox.control_url}'")
    browser.wait("document.getElementById('fault-now')?.textContent")
    browser.tab_to("normal")
    browser.press("Enter")
    browser.wait("document.getElementById('fault-now').textContent === 'Normal'")
    assert sandbox.faults.get()["kind"] == "none"


def test_requests_appear_by_themselves_and_the_page_speaks_portuguese(
    browser, sandbox, api
):
    browser.open(sandbox.url)
    api.lookup("5547999887766", "554799887766")
    browser.wait(
        "document.querySelector('#requests tbody')?.textContent"
        ".includes('5547999887766, 554799887766')"
    )
    browser.run("document.querySelector('[data-language=pt]').click()")
    assert browser.run("document.documentElement.lang") == "pt-BR"
    assert browser.run("document.getElementById('requests-title').textContent") == (
        "Requisições recebidas"
    )
    browser.open(sandbox.url)
    assert browser.run("document.title") == "Sandbox do Plinx"
    browser.run("localStorage.clear()")
