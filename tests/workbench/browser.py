"""Headless Chromium by the WebDriver protocol: plain HTTP to chromedriver, no other dependency."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from tests.support import ROOT

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-prefers-reduced-motion",
)  # fmt: skip


def missing() -> str:
    """Why there is no browser to test with; empty when there is one."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"no {' and no '.join(absent)}: sh tests/workbench/install_browser.sh" if absent else ""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The workbench at an address, until it is left."""
    app.state.brake.tries = 1000
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.config.port}"
    server.should_exit = True
    thread.join(10)


def until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def picture(window: Browser, name: str) -> None:
    """For the documentation, where ``SKIPTRACE_SCREENSHOTS`` names its folder."""
    folder = os.environ.get("SKIPTRACE_SCREENSHOTS")
    if folder:
        window.screenshot(ROOT / folder / f"workbench-{name}.png")


class Browser:
    """One window. ``folder`` is its profile, new and empty."""

    def __init__(self, folder: Path, *, width: int = 1280, height: int = 860, language: str = "en") -> None:
        port = free_port()
        self._driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
        self._wait_until_up()
        args = [*_FLAGS, f"--user-data-dir={folder}", f"--window-size={width},{height}", f"--lang={language}"]
        options = {"goog:chromeOptions": {"args": args, "binary": shutil.which("chromium")}}
        answer = self._http.post("/session", json={"capabilities": {"alwaysMatch": options}}).json()["value"]
        self._session = f"/session/{answer['sessionId']}"

    def _wait_until_up(self) -> None:
        for _ in range(100):
            try:
                if self._http.get("/status").json()["value"]["ready"]:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError("chromedriver did not start")

    def close(self) -> None:
        self._http.delete(self._session)
        self._driver.terminate()
        self._driver.wait(10)

    def _post(self, path: str, **body: object) -> object:
        answer = self._http.post(self._session + path, json=body).json()["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(f"{answer['error']}: {answer['message'][:300]}")
        return answer

    def _get(self, path: str) -> object:
        return self._http.get(self._session + path).json()["value"]

    def open(self, url: str) -> None:
        self._post("/url", url=url)

    def sign_out(self) -> None:
        """Be nobody."""
        self._http.delete(f"{self._session}/cookie")

    def sign_in(self, address: str, name: str, password: str) -> None:
        """As this account, whoever was here before."""
        self.sign_out()
        self.open(address + "/sign-in")
        self.write("input[name=name]", name)
        self.write("input[name=password]", password)
        self.press("Enter")
        until(lambda: not self.url.endswith("/sign-in"))

    @property
    def url(self) -> str:
        return str(self._get("/url"))

    @property
    def title(self) -> str:
        return str(self._get("/title"))

    def run(self, script: str, *args: object) -> object:
        return self._post("/execute/sync", script=script, args=list(args))

    def wait_for_script(self, script: str, *args: object) -> object:
        """Run a script that calls back its last argument."""
        return self._post("/execute/async", script=script, args=list(args))

    def text(self, css: str = "body") -> str:
        return str(self.run("const e = document.querySelector(arguments[0]); return e ? e.innerText : ''", css))

    def find(self, css: str) -> str:
        found = self._post("/element", using="css selector", value=css)
        return str(found[_ELEMENT])

    def click(self, css: str) -> None:
        self._post(f"/element/{self.find(css)}/click")

    def write(self, css: str, text: str) -> None:
        self._post(f"/element/{self.find(css)}/value", text=text)

    def press(self, key: str) -> None:
        """A key, to whatever has the focus. Named: Enter, Tab."""
        key = {"Enter": "\ue007", "Tab": "\ue004"}.get(key, key)
        steps = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._post("/actions", actions=[{"type": "key", "id": "k", "actions": steps}])

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(str(self._get("/screenshot"))))
