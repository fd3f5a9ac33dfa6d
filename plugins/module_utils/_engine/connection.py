# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection: its options, the versions of the API, and the servers of DIDWW."""

from __future__ import annotations

from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import (
    BOOL,
    CA_BUNDLE,
    SECONDS,
    choice,
    matching,
    server,
    whole,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting, specs

# The versions of DIDWW's API. The tables describe the default one. `versions` of a row lists what differs in another.
DEFAULT_VERSION = "2026-04-16"
NEWEST = "2026-11-19"
API_VERSIONS = (DEFAULT_VERSION, NEWEST)

# Requests per second and key: DIDWW API 3 (2026-04-16), "Rate Limit". DIDWW's Postman collection says 10.
MOST_REQUESTS = 20

# The versions whose requests carry a token instead of the API key, and the token services by the host of the API:
# DIDWW API 3 (2026-11-19), "Authentication".
WITH_TOKENS = (NEWEST,)
TOKEN_URLS = {
    "api.didww.com": "https://auth.didww.com/token",
    "sandbox-api.didww.com": "https://auth-sandbox.didww.com/token",
}
AUDIENCE = "api.didww.com"

BASE_URL = server("the base URL of the API, such as https://api.didww.com/v3", domain="didww.com", strip="/")
TOKEN_URL = server("the URL of a token service, such as https://auth.didww.com/token", domain="didww.com")

# Connection options default to their environment variables.
CONNECTION = (
    Setting(
        "api_key",
        matching(r"[!-~]+", "a key of printable ASCII characters without spaces"),
        required=True,
        secret=True,
    ),
    Setting("api_url", BASE_URL, default="https://api.didww.com/v3"),
    Setting("api_version", choice(*API_VERSIONS), default=DEFAULT_VERSION),
    Setting("api_token_url", TOKEN_URL, nullable=True),
    Setting("api_timeout", SECONDS, default=30),
    Setting("api_retries", whole(0, 10), default=4),
    Setting("validate_certs", BOOL, default=True),
    Setting("ca_path", CA_BUNDLE, nullable=True),
    Setting("max_requests_per_second", whole(1, MOST_REQUESTS), default=MOST_REQUESTS),
)


def variable(option: str) -> str:
    """Return the environment variable of a connection option."""
    return f"DIDWW_{option.upper()}"


def connection_spec() -> dict[str, Any]:
    """Return the argument spec of the connection options."""
    spec = specs(CONNECTION)
    spec["api_key"]["required"] = True
    # Its name sounds like a secret to Ansible.
    spec["api_token_url"]["no_log"] = False
    return spec
