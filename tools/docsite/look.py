# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at every page of the site in chromium, at phone and desktop width, light and dark: look.py FOLDER SCREENSHOTS

Exits with 1 if look.js finds something wrong with a page, or if the page links to a page of the site that does not
exist, misses a file, or has an error in a script; or if such a mistake in a page of its own is not found.
Leaves a screenshot of each look in SCREENSHOTS.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from playwright.sync_api import Browser, sync_playwright

WIDTHS = {"phone": 390, "desktop": 1280}
# Chromium's own sandbox does not work for root in a container.
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
HERE = Path(__file__).parent
EXAMINE = HERE.joinpath("look.js").read_text(encoding="utf-8")
LINKS = "[...document.links].map((link) => link.href.split(/[?#]/)[0])"
# The start of each problem, and HTML that has it, on every screen and on a desktop: the examination must find them all.
PLANTED: Mapping[str, Mapping[str, str]] = yaml.safe_load(HERE.joinpath("planted.yml").read_text(encoding="utf-8"))


def look(browser: Browser, pages: list[Path], screenshots: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each look at a page, and what is wrong there."""
    for name, width in WIDTHS.items():
        for scheme in ("light", "dark"):
            options: Any = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
            context = browser.new_context(**options, is_mobile=name == "phone")
            page, wrong = context.new_page(), list[str]()
            page.on("requestfailed", lambda request, wrong=wrong: wrong.append(f"not loaded: {request.url}"))
            page.on("pageerror", lambda error, wrong=wrong: wrong.append(f"error in a script: {error}"))
            for path in pages:
                page.goto(path.resolve().as_uri())
                page.screenshot(path=screenshots / f"{path.stem}-{name}-{scheme}.png", full_page=True)
                files = {unquote(link[len("file://") :]) for link in page.evaluate(LINKS) if link.startswith("file:")}
                missing = [f"no such page: {file}" for file in sorted(files) if not Path(file).exists()]
                yield f"{path.stem}, {name}, {scheme}", [*page.evaluate(EXAMINE), *missing, *wrong]
                wrong.clear()
            context.close()


def main() -> int:
    """Look at every page of a folder; return the exit status."""
    folder, screenshots = map(Path, sys.argv[1:])
    screenshots.mkdir(exist_ok=True)
    planted = screenshots / "planted.html"
    head = '<!doctype html><meta name="viewport" content="width=device-width">'
    every, desktop = ("".join(PLANTED[screen].values()) for screen in ("every", "desktop"))
    planted.write_text(f"{head}<article>{every}</article>{desktop}", encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        problems = [
            f"{where}: does not find {words}"
            for where, found in look(browser, [planted], screenshots)
            for words in [*PLANTED["every"], *(PLANTED["desktop"] if "desktop" in where else ())]
            if not any(problem.startswith(words) for problem in found)
        ]
        for where, found in look(browser, sorted(folder.rglob("*.html")), screenshots):
            problems += [f"{where}: {problem}" for problem in found]
        browser.close()
    print(*problems, sep="\n", end="", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
