# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the pip bootstrap script that ansible-test would download, so that it works behind a package mirror.

ansible-test uses a cached script. An existing one is not changed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

from ansible_test._internal.python_requirements import get_venv_packages

# In subprocesses, because ensurepip disables pip's configuration in its own process.
SCRIPT = """\
import subprocess
import sys

arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
subprocess.run([sys.executable, "-m", "pip", "install", *arguments], check=True)
"""


def main() -> None:
    """Write the script for the pip version that ansible-test uses with this Python."""
    python = SimpleNamespace(version=f"{sys.version_info.major}.{sys.version_info.minor}")
    version = get_venv_packages(python)["pip"].replace(".", "_")
    path = Path.home() / ".ansible" / "test" / "cache" / f"get_pip_{version}.py"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SCRIPT, encoding="utf-8")


if __name__ == "__main__":
    main()
