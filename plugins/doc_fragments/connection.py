# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options that say how to reach DIDWW."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The API key of the DIDWW account.
      - Keys of the production panel and of the sandbox differ. A key may be limited to source IP addresses.
      - If the option is not set, the value of the environment variable E(DIDWW_API_KEY) is used.
    type: str
    required: true
  api_url:
    description:
      - The base URL of the API. The sandbox is V(https://sandbox-api.didww.com/v3).
      - Redirects are refused, since they would carry the API key to another host.
      - If the option is not set, the value of the environment variable E(DIDWW_API_URL) is used.
    type: str
    default: https://api.didww.com/v3
  api_timeout:
    description:
      - Seconds to wait for the connection, and for each next byte of the answer, in every attempt. More than V(0), at
        most V(3600).
      - If the option is not set, the value of the environment variable E(DIDWW_API_TIMEOUT) is used.
    type: float
    default: 30
  api_retries:
    description:
      - How often to try again after the first attempt, from V(0) to V(10).
      - Tried again are broken connections, timeouts, and the HTTP statuses 502, 503 and 504, after a growing delay
        with jitter, or after what the server asks for in C(Retry-After), at most 60 seconds.
      - After the HTTP status 429 (too many requests of the key, from whichever client) a request waits for its turn
        for as long as 15 seconds for each retry, which makes a minute if the option is not set. That uses up no retry.
      - An update states values, so that it does no harm to send it twice.
      - If the option is not set, the value of the environment variable E(DIDWW_API_RETRIES) is used.
    type: int
    default: 4
  validate_certs:
    description:
      - Whether to check the certificate of the server. Set this to V(false) for tests only.
      - If the option is not set, the value of the environment variable E(DIDWW_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - Path of a bundle of CA certificates to check the server's certificate with, on the host where the task runs.
      - If the option is not set, the value of the environment variable E(DIDWW_CA_PATH) is used.
    type: path
  max_requests_per_second:
    description:
      - The most requests to send in a second, from V(1) to V(20).
      - DIDWW allows 20 for each API key, whoever sends them. One of its sources says 10. Set a lower value to leave
        room for other programs that use the key.
      - All tasks of a playbook that run in Ansible's own process share this rate.
      - If the option is not set, the value of the environment variable E(DIDWW_MAX_REQUESTS_PER_SECOND) is used.
    type: int
    default: 20
requirements:
  - python >= 3.10
  - requests >= 2.28
notes:
  - This collection speaks version 2026-04-16 of the API and asks for it in every request.
  - Proxies are taken from the environment (E(HTTPS_PROXY), E(NO_PROXY)). A C(.netrc) file is not consulted.
  - An environment variable that is empty counts as not set.
  - A task runs on the host of its connection, usually the controller. Use C(hosts=localhost), or
    C(delegate_to=localhost).
  - On a local connection a task runs in Ansible's own process, without starting another Python.
  - It runs as a module, with the same results, if the task uses C(become), C(async) or C(environment), if
    C(ansible_python_interpreter) names another Python than Ansible's own, if Ansible's own Python cannot import
    C(requests), and on macOS.
  - Set the variable C(didww_in_process) to V(false) to always run the module.
"""
