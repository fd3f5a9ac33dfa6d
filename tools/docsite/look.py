# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at every page of the site in a browser, at phone and desktop width, light and dark: look.py FOLDER SCREENSHOTS

Chromium must be on PATH. Exits with 1 if a page is wider than the screen, has text that is too small or too pale to
read, misses a file, or has an error in a script; or if what is planted into a page is not found. A screenshot of each
look is left in SCREENSHOTS.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WIDTHS = {"phone": 390, "desktop": 1280}
SCHEMES = ("light", "dark")
# Of a screenshot; the longest page is longer.
HEIGHT = 4000

# Each is put into a page, to see that the examination finds it: the start of what it says, and the HTML.
PLANTED = {
    "cut off": '<div style="width: 3000px">too wide</div>',
    "contrast": '<p style="background: #999; color: #888">too pale</p>',
    "8px text": '<p style="font-size: 8px">too small</p>',
}

EXAMINE = Path(__file__).with_name("look.js").read_text(encoding="utf-8")


class Browser:
    """A page of a headless Chromium, spoken to in the DevTools protocol over pipes."""

    def __init__(self, send: int, receive: int) -> None:
        self._send, self._receive, self._rest = send, receive, b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result; events that come meanwhile go to `events`."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def wait(self, event: str) -> None:
        """Wait for an event."""
        while not any(each.get("method") == event for each in self.events):
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._receive, 1 << 20)
            if not read:
                raise RuntimeError("chromium ended")
            self._rest += read
        message, self._rest = self._rest.split(b"\0", 1)
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextmanager
def browser(chromium: str) -> Iterator[Browser]:
    """Start Chromium, and end it."""
    to_read, to_send = os.pipe()
    to_receive, to_write = os.pipe()
    # Children of Chromium may still write into its profile while it is removed.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # Chromium reads its file descriptor 3 and writes 4; its own sandbox does not work for root in a container.
        start = f'exec "$0" "$@" 3<&{to_read} 4>&{to_write}'
        options = ["--headless", "--no-sandbox", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        command = ["bash", "-c", start, chromium, *options]
        with subprocess.Popen(command, pass_fds=(to_read, to_write), stderr=subprocess.DEVNULL) as process:
            os.close(to_read)
            os.close(to_write)
            try:
                yield Browser(to_send, to_receive)
            finally:
                process.terminate()
                os.close(to_send)
                os.close(to_receive)


def evaluate(page: Browser, script: str) -> Any:
    """Run a script in the page; return its value."""
    answer = page.call("Runtime.evaluate", expression=script, returnByValue=True)
    if "exceptionDetails" in answer:
        raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
    return answer["result"].get("value")


def visit(page: Browser, path: Path, device: str, scheme: str) -> None:
    """Open a page as a device shows it."""
    page.events.clear()
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=WIDTHS[device],
        height=844,
        deviceScaleFactor=1,
        mobile=device == "phone",
    )
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    page.call("Page.navigate", url=path.resolve().as_uri())
    page.wait("Page.loadEventFired")


def unnoticed(page: Browser, path: Path) -> list[str]:
    """Plant what is wrong into a page, on every device; return what the examination does not find."""
    found = []
    for device in WIDTHS:
        for words, html in PLANTED.items():
            visit(page, path, device, "light")
            evaluate(page, f"document.querySelector('article').insertAdjacentHTML('beforeend', {json.dumps(html)})")
            if not any(each.startswith(words) for each in evaluate(page, EXAMINE)):
                found.append(f"{device}: {html}")
    return found


def look(page: Browser, path: Path, device: str, scheme: str, screenshot: Path) -> list[str]:
    """Look at one page; return what is wrong with it."""
    visit(page, path, device, scheme)
    wrong: list[str] = evaluate(page, EXAMINE)
    wrong += [
        json.dumps(each["params"])[:300]
        for each in page.events
        if each.get("method") in ("Runtime.exceptionThrown", "Network.loadingFailed", "Log.entryAdded")
    ]
    clip = {"x": 0, "y": 0, "width": WIDTHS[device], "height": HEIGHT, "scale": 1}
    height = page.call("Page.getLayoutMetrics")["cssContentSize"]["height"]
    clip["height"] = min(HEIGHT, height)
    data = page.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]
    screenshot.write_bytes(base64.b64decode(data))
    return wrong


def main() -> int:
    """Look at every page of a folder; return the exit status."""
    folder, screenshots = map(Path, sys.argv[1:])
    chromium = shutil.which("chromium")
    if chromium is None:
        print("The look at the pages needs chromium: apt-get install chromium", file=sys.stderr)
        return 1
    screenshots.mkdir(parents=True, exist_ok=True)
    status = 0
    with browser(chromium) as page:
        for each in unnoticed(page, folder / "index.html"):
            print(f"The examination of pages does not find, {each}", file=sys.stderr)
            status = 1
        for path in sorted(folder.rglob("*.html")):
            name = str(path.relative_to(folder)).replace("/", "-").removesuffix(".html")
            for device in WIDTHS:
                for scheme in SCHEMES:
                    for each in look(page, path, device, scheme, screenshots / f"{name}-{device}-{scheme}.png"):
                        print(f"{name}, {device}, {scheme}: {each}", file=sys.stderr)
                        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
