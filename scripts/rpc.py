"""A user's calls to a running Odoo, as the web client makes them."""

from __future__ import annotations

import os

import requests

from scripts.console import Failure

PATIENCE_SECONDS = 300


class Client:
    """One logged-in user of the database that `DIALER_DATABASE` names.

    :param url: of the server, without a path
    """

    def __init__(self, url: str, login: str, password: str):
        self.url, self.login, self.http = url, login, requests.Session()
        credentials = {"login": login, "password": password}
        database = os.environ["DIALER_DATABASE"]
        found = self._post("/web/session/authenticate", db=database, **credentials)
        self.uid = found["uid"]

    def call(self, model: str, method: str, *args, **kwargs):
        """Call a method of a model.

        :raise Failure: with the server's sentence and its traceback
        """
        path = f"/web/dataset/call_kw/{model}/{method}"
        words = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(path, **words)

    def read(self, model: str, domain: list, *names: str, **kwargs) -> list[dict]:
        """Search and read records."""
        return self.call(model, "search_read", domain, names, **kwargs)

    def _post(self, path: str, **parameters):
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        url = self.url + path
        answer = self.http.post(url, json=body, timeout=PATIENCE_SECONDS).json()
        if "error" in answer:
            data = answer["error"]["data"]
            raise Failure(f"{path}: {data['message']}\n{data['debug']}")
        # a method that returns nothing leaves it out
        return answer.get("result")
