# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


class ModuleDocFragment:
    """The connection options, and what all modules require and have in common."""

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The API key of the DIDWW account.
      - Production and the sandbox have different keys. A key may be limited to source IP addresses.
      - With O(api_version=2026-11-19), it is sent to the token service only.
      - If the option is not set, the value of the environment variable E(DIDWW_API_KEY) is used.
    type: str
    required: true
  api_url:
    description:
      - The base URL of the API. The URL of the sandbox is V(https://sandbox-api.didww.com/v3).
      - Redirects are rejected, because they would carry the API key or a token to another host.
      - If the option is not set, the value of the environment variable E(DIDWW_API_URL) is used.
    type: str
    default: https://api.didww.com/v3
  api_version:
    description:
      - The version of the API. DIDWW fixes the version of an account at its first request, so new accounts have the
        latest one. You can raise the version of an account in the DIDWW panel, but not lower it.
      - With V(2026-04-16), requests carry the API key. With V(2026-11-19), they carry short-lived tokens, which the
        token service generates for the key.
      - If another version answers, nothing is changed. The task fails if something differs, in check mode too.
        Otherwise it warns.
      - Some settings accept other values with V(2026-11-19). See their descriptions.
      - The date may be written with or without quotes.
      - If the option is not set, the value of the environment variable E(DIDWW_API_VERSION) is used.
    type: str
    choices: ["2026-04-16", "2026-11-19"]
    default: "2026-04-16"
  api_token_url:
    description:
      - The URL of the token service, for O(api_version=2026-11-19). By default, it is the service that belongs to
        O(api_url), V(https://auth.didww.com/token) for production and V(https://auth-sandbox.didww.com/token) for the
        sandbox. For any other O(api_url) it is required.
      - The timeouts, retries, certificates and proxies of the API apply to it too. Its requests do not count for
        O(max_requests_per_second).
      - If the option is not set, the value of the environment variable E(DIDWW_API_TOKEN_URL) is used.
    type: str
  api_timeout:
    description:
      - The number of seconds to wait for the connection, and for each further part of the answer, in every attempt. It
        must be greater than V(0) and at most V(3600).
      - If the option is not set, the value of the environment variable E(DIDWW_API_TIMEOUT) is used.
    type: float
    default: 30
  api_retries:
    description:
      - The maximum number of retries after the first attempt, from V(0) to V(10).
      - A request is retried after a broken connection, a timeout, or the HTTP status 502, 503 or 504. The delay grows
        with each retry and has jitter. If the server sends C(Retry-After), its delay is used, up to 60 seconds.
      - These retries do not apply to a request that creates a trunk or generates credentials, if its answer was lost.
        The module then first reads whether it was applied.
      - After the HTTP status 429 (too many requests with this key, from all clients together), a request waits up to 15
        seconds for each retry allowed, which is one minute by default. This does not consume a retry.
      - An update sets absolute values, so sending it twice is harmless.
      - If the option is not set, the value of the environment variable E(DIDWW_API_RETRIES) is used.
    type: int
    default: 4
  validate_certs:
    description:
      - Whether to verify the certificate of the server. Set this to V(false) only for tests.
      - If the option is not set, the value of the environment variable E(DIDWW_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - The path of a bundle of CA certificates to verify the server with, on the host where the task runs.
      - If the option is not set, the value of the environment variable E(DIDWW_CA_PATH) is used.
    type: path
  max_requests_per_second:
    description:
      - The maximum number of requests per second, from V(1) to V(20).
      - DIDWW allows 20 requests per second for each API key, from all clients together. Its Postman collection says 10.
        Set a lower value to leave capacity for other programs that use the key.
      - All tasks of a playbook that run in Ansible's own process share this rate.
      - If the option is not set, the value of the environment variable E(DIDWW_MAX_REQUESTS_PER_SECOND) is used.
    type: int
    default: 20
requirements:
  - python >= 3.10
  - requests >= 2.28
notes:
  - "Run tasks on the controller, with C(hosts: localhost) or C(delegate_to: localhost). A task runs on the host of its
    connection. That host needs the requirements and access to the API."
  - On a local connection, a task runs in Ansible's own process, without starting another Python.
  - The task runs as a module instead, with the same results, if it uses C(become), C(async) or C(environment), if
    C(ansible_python_interpreter) is a Python other than Ansible's own, if Ansible's own Python cannot import
    C(requests), or on macOS. Set the variable C(didww_in_process) to V(false) to always run the module.
  - One token serves a fleet, or a loop in Ansible's own process. Other tasks each request one. Tokens are never written
    or shown.
  - Proxies are read from the environment (E(HTTPS_PROXY), E(NO_PROXY)). A C(.netrc) file is ignored.
  - An environment variable that is empty counts as not set.
"""
