# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at every page of the site in a browser, at phone and desktop width, light and dark: look.py FOLDER SCREENSHOTS

Chromium must be on PATH. Exits with 1 if a page

- is wider than the screen, or breaks a word or a line of code
- has text that is too small or too pale to read, or a code block that looks like the page
- skips a level of headings, or shows a heading as large as the one above it
- writes the name of the collection with capitals
- misses a file, or has an error in a script

or if what is planted into a page is not found. Leaves a screenshot of each look in SCREENSHOTS.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = {"phone": 360, "desktop": 1280}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Chromium's own sandbox does not work for root in a container.
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

# All are put into a page, to see that the examination finds each: the start of what it reports, and the HTML.
PLANTED = {
    "cut off": '<div style="width: 3000px">too wide</div>',
    "code whose lines break": '<pre style="white-space: pre-wrap">a line</pre>',
    "code that does not scroll": f'<pre style="overflow: hidden">{"a long line " * 100}</pre>',
    "broken in mid-word": '<p style="width: 1em; overflow-wrap: anywhere">unbreakable</p>',
    "heading level skipped": "<h6>too deep</h6>",
    "heading not smaller": '<h2 style="font-size: 5em">too large</h2>',
    "name of the collection": "<p>Didww.Voice</p>",
    "code like the page": '<div class="highlight" style="background: transparent !important"></div>',
    "contrast": '<p style="background: #999; color: #888">too pale</p>',
    "8px text": '<p style="font-size: 8px">too small</p>',
    "not loaded": '<img src="missing.png">',
}

EXAMINE = Path(__file__).with_name("look.js").read_text(encoding="utf-8")


@contextmanager
def device(browser: Browser, name: str, scheme: Literal["light", "dark"]) -> Iterator[tuple[Page, list[str]]]:
    """Open a browser as a device shows it; yield its page, and what goes wrong there while it is used."""
    size: Any = {"width": WIDTHS[name], "height": 844}
    context = browser.new_context(viewport=size, color_scheme=scheme, is_mobile=name == "phone")
    page, wrong = context.new_page(), list[str]()
    page.on("requestfailed", lambda request: wrong.append(f"not loaded: {request.url}"))
    page.on("pageerror", lambda error: wrong.append(f"error in a script: {error}"))
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    yield page, wrong
    context.close()


def unnoticed(browser: Browser, path: Path) -> list[str]:
    """Plant what is wrong into a page, on every device, light and dark; return what is not found."""
    not_found = []
    for name in WIDTHS:
        for scheme in SCHEMES:
            with device(browser, name, scheme) as (page, wrong):
                page.goto(path.resolve().as_uri())
                plant = "html => document.querySelector('article').insertAdjacentHTML('beforeend', html)"
                page.evaluate(plant, "".join(PLANTED.values()))
                page.wait_for_load_state("networkidle")
                found = [*page.evaluate(EXAMINE), *wrong]
            for words, html in PLANTED.items():
                if not any(each.startswith(words) for each in found):
                    not_found.append(f"{name}, {scheme}: {html}")
    return not_found


def main() -> int:
    """Look at every page of a folder; return the exit status."""
    folder, screenshots = map(Path, sys.argv[1:])
    chromium = shutil.which("chromium")
    if chromium is None:
        print("The look at the pages needs chromium: apt-get install chromium", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        problems = [f"The examination does not find, {each}" for each in unnoticed(browser, folder / "index.html")]
        for name in WIDTHS:
            for scheme in SCHEMES:
                with device(browser, name, scheme) as (page, wrong):
                    for path in sorted(folder.rglob("*.html")):
                        title = "-".join([*path.relative_to(folder).with_suffix("").parts, name, scheme])
                        page.goto(path.resolve().as_uri())
                        page.screenshot(path=screenshots / f"{title}.png", full_page=True)
                        problems += [f"{title}: {each}" for each in [*page.evaluate(EXAMINE), *wrong]]
                        wrong.clear()
        browser.close()
    print(*problems, sep="\n", end="", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
