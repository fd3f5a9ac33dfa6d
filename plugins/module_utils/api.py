# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DIDWW as a task reaches it: options in, the trunk meant, one way to end, errors in option names."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleFallbackNotFound, AnsibleModule, missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import DEFAULT_TYPE_VALIDATORS
from ansible.module_utils.common.validation import check_type_dict
from ansible_collections.didww.voice.plugins.module_utils import jsonapi
from ansible_collections.didww.voice.plugins.module_utils.trunk import (
    DID_TYPE,
    IDENTIFIERS,
    RESOURCE_TYPE,
    Desired,
    Problem,
    Refusal,
    credentials,
    label,
    numbers_in,
    refused,
    show,
)

VERSION = "1.0.0"
API_VERSION = "2026-04-16"
# The most resources of a type that DIDWW puts on a page (DIDWW API 3, "Pagination").
PAGE_SIZES = {RESOURCE_TYPE: 1000, DID_TYPE: 100}
NUMBERS_AT_ONCE = PAGE_SIZES[DID_TYPE]  # in one filter: a URL of well under 2,000 characters

# What to do about an HTTP status, in words (reference, Errors).
ADVICE = {
    400: "This collection and the API disagree: check api_url, and please report it.",
    401: (
        "Check api_key and api_url: keys of production (https://api.didww.com/v3) and of the sandbox "
        "(https://sandbox-api.didww.com/v3) differ, and a key may be limited to source addresses."
    ),
    403: "The Outbound API is not enabled for this account, or the account is in read-only mode: ask DIDWW.",
    404: "The account of this api_key has no such trunk: check the id, and that api_url ends in /v3.",
    409: "The update conflicts with the trunk's state: look at the trunk and run the task again.",
    429: "Other clients use up the 20 requests per second of this key: run fewer at once, or raise api_retries.",
}
FAULT = "DIDWW, or a gateway before it, has a fault: run the task again later."
# What else to do where no answer came, by what the reason says.
HINTS = {
    r"unable to get local issuer|self.signed": "If the authority is your own, name its bundle in ca_path.",
    r"timed out": "If the server is slow, raise api_timeout.",
    r"NO_CERTIFICATE": "The file that ca_path names holds no certificate.",
}
UNSETTLED = "The update was sent and may have been applied: run the task again, which settles it."


# --- Connection options ---------------------------------------------------------------------------


def connection_spec() -> dict[str, Any]:
    """Return the Ansible argument spec of the options that say how to reach DIDWW."""
    options: dict[str, dict[str, Any]] = {
        "api_key": {"type": "str", "required": True, "no_log": True},
        "api_url": {"type": "str", "default": "https://api.didww.com/v3"},
        "api_timeout": {"type": "float", "default": 30},
        "api_retries": {"type": "int", "default": 4},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
    }
    for name, option in options.items():
        option["fallback"] = (_environment, [_variable(name)])
    return options


def _variable(option: str) -> str:
    return "DIDWW_" + option.upper()


def _environment(variable: str) -> str:
    """Return an environment variable; one that is empty, as AWX leaves an empty field, counts as unset."""
    value = os.environ.get(variable)
    if not value:
        raise AnsibleFallbackNotFound
    return value


def connection_problems(options: Mapping[str, Any], named: Collection[str]) -> list[Problem]:
    """Return what is wrong with the values of connection options; `named`: those that the task itself names.

    A key is a header's value, a URL the base that paths are added to; times and counts are this
    collection's own limits.
    """
    problems = []
    for option, accepts, expected in (
        ("api_key", _is_header_value, "a key: not empty, no white space, only characters that a header carries"),
        ("api_url", _is_base_url, "the base URL of the API, such as https://api.didww.com/v3"),
        ("api_timeout", _is_timeout, "seconds, more than 0 and at most 3600"),
        ("api_retries", _is_count, "a whole number from 0 to 10"),
        ("validate_certs", lambda value: isinstance(value, bool), "true or false"),
        ("ca_path", _is_file, "a CA bundle that exists where the module runs"),
    ):
        if option not in options:
            continue
        value = options[option]
        variable = f"the environment variable {_variable(option)}"
        source = "" if option in named else f" of {variable}"
        if option == "api_key" and value is None and option not in named:
            problems.append(Problem(option, f"required; {variable} can hold it too"))
        elif not accepts(value):
            words = refused(value, expected, source)
            if value is not None and (option == "api_key" or re.search(r"[@?]", str(value))):
                # Neither the key is shown, nor a URL that may hold a password.
                words = f"the value{source} is not accepted; expected {expected}"
            if option == "api_key" and isinstance(value, str) and value != value.strip():
                words += "; it begins or ends with a space or a line break, as a vault or echo may add"
            problems.append(Problem(option, words))
    return problems


def _is_timeout(seconds: Any) -> bool:
    return isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds <= 3600


def _is_count(retries: Any) -> bool:
    return isinstance(retries, int) and not isinstance(retries, bool) and 0 <= retries <= 10


def _is_file(path: Any) -> bool:
    # For os.path a number, and so true and false, is an open file.
    return path is None or (isinstance(path, str) and os.path.exists(path))


def _is_header_value(key: Any) -> bool:
    return isinstance(key, str) and re.fullmatch(r"[!-~]+", key) is not None


def _is_base_url(url: Any) -> bool:
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        # Refuses empty and overlong labels, at which urllib3 would stumble.
        (parts.hostname or "").encode("idna")
        more = parts.username or parts.password or parts.query or parts.fragment or re.search(r"[\s%]", url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not more
    except ValueError:
        return False


# --- The module -----------------------------------------------------------------------------------


class TaskModule(AnsibleModule):
    """A module of this collection: connection options and `options`, check mode, one way to end.

    `check` takes the options that the task names, makes of them what the module works with, and
    raises Refusal with everything that is wrong with them.
    """

    argument_spec: dict[str, Any]

    def __init__(self, options: Mapping[str, Any], check: Callable[[Mapping[str, Any]], Any]) -> None:
        self._options = options
        self._check = check
        self._secrets: set[str] = set()
        self._raw: dict[str, Any] = {}
        super().__init__(argument_spec={**connection_spec(), **options}, supports_check_mode=True)

    def run(self, work: Callable[[TaskModule, Any], dict[str, Any]]) -> None:
        """End with the result of `work(module, checked options)`, or with the failure that it raises."""
        if jsonapi.REQUESTS_IMPORT_ERROR:
            self.fail_json(msg=missing_required_lib("requests"), exception=jsonapi.REQUESTS_IMPORT_ERROR)
        try:
            with _ends_with_ansible():
                result = work(self, self._checked())
            end = self.fail_json if result.get("failed") else self.exit_json
        except (Refusal, jsonapi.Failure) as error:
            end, result = self.fail_json, self.explain(error)
        # Outside of the handler, so that an expected error shows no traceback.
        end(**result)

    def _load_params(self) -> None:
        """Load what the task says, and leave to the rules here what ansible-core could not convert.

        The environment counts where the task says nothing.
        """
        super()._load_params()
        self._raw = dict(self.params)
        environment = {name: os.environ.get(_variable(name)) for name in connection_spec()}
        said = {**{name: value for name, value in environment.items() if value}, **self._raw}
        self.argument_spec = _convertible(self.argument_spec, said)
        # Before Ansible logs the invocation, which a result shows too.
        self.no_log_values.update(_misplaced_secrets(said))

    def _checked(self) -> Any:
        """Return the checked options that the task names; raise Refusal with every problem.

        None is an explicit null: Ansible fills in None for an option left out too, and only the raw
        arguments tell the two apart.
        """
        connection = _named(connection_spec(), self.params, self._raw)
        problems = connection_problems({**self.params, **connection}, connection)
        given = _named(self._options, self.params, self._raw)
        for name, spec in self._options.items():
            if spec.get("elements") == "dict" and isinstance(given.get(name), list):
                given[name] = [
                    _entry(problems, f"{name}[{i}]", spec["options"], each) for i, each in enumerate(given[name])
                ]
        checked = None
        try:
            checked = self._check(given)
        except Refusal as refusal:
            problems += refusal.problems
        if problems:
            raise Refusal(problems)
        return checked

    def fail_json(self, msg: str, **kwargs: Any) -> None:
        """Fail. Ansible names the first option that it does not know, and then no rule is checked: tell all."""
        # No secret, and some versions would blank out every true and false of the result.
        self.no_log_values -= {"True", "False"}
        result = getattr(self, "validation_result", None)
        if result is not None and result.error_messages:
            messages = _unsupported(result)
            try:
                self._checked()
            except Refusal as refusal:
                messages += refusal.messages()
            msg = joined(messages)
        super().fail_json(msg=msg, **kwargs)

    def keep_secret(self, resources: Iterable[Mapping[str, Any]]) -> None:
        """Let no error show the SIP credentials of these trunks, should DIDWW quote them in one.

        Not left to Ansible's no_log: that would also blank out every setting that has the same value.
        """
        for resource in resources:
            self._secrets.update(str(value) for value in credentials(resource).values() if value)

    def explain(self, error: Refusal | jsonapi.Failure) -> dict[str, Any]:
        """Return what a result says of an error, without secrets."""
        return explain(error, self.params["api_url"], self._secrets)

    def connect(self, pace: jsonapi.Pace | None = None) -> jsonapi.Client:
        """Return a client for the API that the connection options name, keeping the rate of `pace`."""
        options = self.params
        return jsonapi.Client(
            url=options["api_url"].rstrip("/"),
            authenticate=_api_key(options["api_key"]),
            headers={
                "X-DIDWW-API-Version": API_VERSION,
                "User-Agent": f"ansible-collection/didww.voice/{VERSION} ansible-core/{self.ansible_version}",
            },
            timeout=options["api_timeout"],
            retries=options["api_retries"],
            verify=options["validate_certs"] and (options["ca_path"] or True),
            page_sizes=PAGE_SIZES,
            pace=pace,
        )

    def warn_of_version(self, meta: Mapping[str, Any]) -> None:
        """Warn if another version of the API answered than the one that this collection speaks."""
        version = meta.get("api_version")
        if version and version != API_VERSION:
            self.warn(
                f"DIDWW answered with API version {version} where this collection speaks {API_VERSION}: "
                "settings may be missing or mean something else"
            )


@contextlib.contextmanager
def _ends_with_ansible() -> Iterator[None]:
    """End this process at once when Ansible no longer waits for its result.

    Otherwise the updates of a run that was interrupted (^C), or that ran into `timeout`, would go on.
    The only sign of `timeout` is that nobody reads standard output any more.
    """
    finished = threading.Event()
    output = select.poll()
    output.register(1, 0)  # errors and hang-ups are always reported

    def watch() -> None:
        while not finished.wait(0.2):
            if any(event & (select.POLLERR | select.POLLHUP) for _descriptor, event in output.poll(0)):
                os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    # Python's own handler would wait for every update that has begun, and for its retries.
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        finished.set()
        signal.signal(signal.SIGINT, handler)


def _misplaced_secrets(said: Mapping[str, Any]) -> set[str]:
    """Return what may be a secret among what a task says, where no option for a secret is.

    That is part of a URL, a key that is no text, and what is called a secret: all of it is refused,
    but only once it was logged. Less than four characters are no secret, as in `without`.
    """
    key, url = said.get("api_key"), str(said.get("api_url"))
    found = re.findall(r"(?s)(?:^|//?)([^/].*)@", url) + re.findall(r"(?s)[?](.+)", url)
    found += [str(key)] if isinstance(key, (list, dict)) else []
    found += _called_secret({name: value for name, value in said.items() if name != "api_key"})
    return {each for each in found if len(each) >= 4}


def _called_secret(value: Any, called: bool = False) -> list[str]:
    """Return the texts and numbers in `value`, of plain JSON, whose key says that they are secret: no option's does."""
    if isinstance(value, Mapping):
        words = r"(?i)user|pass|secret|token|key$"
        pairs = [(each, called or re.search(words, str(name)) is not None) for name, each in value.items()]
    elif isinstance(value, list):
        pairs = [(each, called) for each in value]
    else:
        return [str(value)] if called and value is not None else []
    return [text for each, secret in pairs for text in _called_secret(each, secret)]


def _convertible(options: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the argument spec by which ansible-core converts what it can of `raw`, and passes on the rest as it is.

    Its own errors name neither what is accepted nor, for a sub-option, always the option, and some
    values it does not survive. So the rules of this collection are to refuse what is wrong.
    """
    return {
        name: _lenient(spec, raw[name]) if name in raw else {**spec, "required": False}
        for name, spec in options.items()
    }


def _lenient(spec: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """Return the spec of one option by which ansible-core converts `value`, if it can, and checks nothing."""
    lenient = {name: each for name, each in spec.items() if name not in ("choices", "elements", "options", "required")}
    if not _converts(spec["type"], value):
        return {**lenient, "type": "raw"}
    if spec["type"] == "dict":
        lenient["options"] = _convertible(spec["options"], _dictionary(value))
    return lenient


# In words that every ansible-core reads alike, and none takes minutes for.
_NUMBERS = {"int": r"\s*[-+]?\d{1,18}\s*", "float": r"\s*[-+]?\d{1,18}(\.\d{0,18})?(e[-+]?\d{1,2})?\s*"}


def _converts(kind: str, value: Any) -> bool:
    """Return whether ansible-core converts `value` to a type, without an error and as people mean it."""
    if kind == "list":
        return isinstance(value, (list, str, int)) and not isinstance(value, bool)
    if kind in _NUMBERS:
        if isinstance(value, str):
            return re.fullmatch(_NUMBERS[kind], value, re.IGNORECASE) is not None
        return isinstance(value, int if kind == "int" else (int, float)) and not isinstance(value, bool)
    try:
        _dictionary(value) if kind == "dict" else DEFAULT_TYPE_VALIDATORS[kind](value)
    except (TypeError, ValueError):
        return False
    return value is not None


def _dictionary(value: Any) -> dict[str, Any]:
    """Return the dictionary that a task means: itself, JSON, or `key=value`. Raises TypeError for anything else."""
    dictionary = check_type_dict(value)
    if not isinstance(dictionary, dict) or not all(isinstance(key, str) for key in dictionary):
        raise TypeError
    return dictionary


def _entry(problems: list[Problem], where: str, options: Mapping[str, Any], raw: Any) -> dict[str, Any] | None:
    """Return the options that an entry of a list names, converted; None if it is no dictionary.

    `where`: the entry, in messages. `raw`: the entry as the task says it. What is wrong is added to `problems`.
    """
    try:
        raw = _dictionary(raw)
    except (TypeError, ValueError):
        problems.append(Problem(where, refused(raw, "a dictionary of options")))
        return None
    result = ArgumentSpecValidator(_convertible(options, raw)).validate(raw)
    # Ansible does not say which entry of a list is wrong.
    problems += [Problem(f"{where} ({label(raw)})", words) for words in _unsupported(result)]
    return _named(options, result.validated_parameters, raw)


def _unsupported(result: Any) -> list[str]:
    """Return what is left to ansible-core's argument validation: options that there are not, and how to spell them."""
    return [f"unsupported options: {error}" for error in result.errors]


def _named(options: Mapping[str, Any], values: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of `values`, which ansible-core converted, that `raw` names."""
    named: dict[str, Any] = {}
    for name, spec in options.items():
        if name in raw:
            value, said = values[name], raw[name]
            if spec["type"] in ("str", "path"):
                value = _text(value, said)
            elif spec.get("elements") == "str" and isinstance(value, list):
                value = [_text(str(each), each) for each in value]
            elif spec.get("elements") == "dict":
                value = said
            elif spec["type"] == "dict" and isinstance(value, Mapping):
                value = _named(spec["options"], value, _dictionary(said))
            named[name] = value
    return named


def _text(value: Any, said: Any) -> Any:
    """Return a text as ansible-core converted it from a text or a whole number, and else what was said.

    ansible-core makes a text of anything: `['EU', 'SBC']` of a list, `True` of a flag, `1.1` of 1.10.
    """
    return value if isinstance(said, (str, int)) and not isinstance(said, bool) else said


def _api_key(key: str) -> Callable[[Any], Any]:
    """Return what puts the API key on a request. Other credentials of a newer version go here."""

    def authenticate(request: Any) -> Any:
        request.headers["Api-Key"] = key
        return request

    return authenticate


# --- The trunk that a task means ------------------------------------------------------------------


class One(NamedTuple):
    """The one trunk that a task means, and every trunk that was `read` to find it.

    `meta` and `included` as in jsonapi.Answers.
    """

    resource: dict[str, Any]
    meta: dict[str, Any]
    included: list[dict[str, Any]]
    read: list[dict[str, Any]]


def find(client: jsonapi.Client, desired: Desired) -> One:
    """Return the one trunk that `desired` means, with the linkage that it names.

    Raises Refusal if none or several match, and jsonapi.Failure.
    """
    if desired.by == "id":
        answer = client.get(RESOURCE_TYPE, desired.identifier, sparse(desired.linkage), desired.linkage)
        return One(*answer, [answer.resource])
    matches, answers = search(client, {desired.by: desired.identifier}, desired.linkage)
    if len(matches) == 1:
        return One(matches[0], answers.meta, answers.included, answers.resources)
    raise Refusal([Problem(desired.by, not_one(desired.identifier, matches))])


def search(
    client: jsonapi.Client, filters: Mapping[str, str], linkage: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], jsonapi.Answers]:
    """Return the trunks that `filters` (`{filter: value}`, the API's names) select, and all that was read for that.

    Raises jsonapi.Failure.
    """
    params = sparse(linkage)
    # Servers of this family split a filter's value at commas: such a filter is not sent.
    params.update({f"filter[{name}]": value for name, value in filters.items() if not re.search(r'[,"]', value)})
    answers = client.get_all(RESOURCE_TYPE, params, linkage)
    # For identifiers the API's filter is only a help: what matches is decided here, to the letter.
    exact = {name: value for name, value in filters.items() if name in IDENTIFIERS}
    matches = [each for each in answers.resources if exact.items() <= identifiers_of(each["attributes"]).items()]
    return matches, answers


def names_of(resources: Iterable[Mapping[str, Any]], besides: Collection[str]) -> dict[str, str]:
    """Return the id of each trunk among `resources` by its name, `besides` the trunks with these ids."""
    return {
        name: each["id"]
        for each in resources
        if each["id"] not in besides and isinstance(name := each["attributes"].get("name"), str)
    }


def identifiers_of(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Return what a trunk with these attributes can be selected by, beside its id."""
    return {name: attributes[name] for name in IDENTIFIERS if isinstance(attributes.get(name), str)}


def not_one(identifier: str, matches: Sequence[Mapping[str, Any]]) -> str:
    """Return why `matches`, the trunks with an identifier, are not the one trunk that a task means."""
    if not matches:
        return f"no trunk of this account has {show(identifier)}; upper and lower case and spaces count"
    found = ", ".join(f"{show(each['attributes'].get('name'))} ({each['id']})" for each in matches)
    return f"{len(matches)} trunks have {show(identifier)}: {found}; give the id of the one that is meant"


def sparse(linkage: Sequence[str]) -> dict[str, str]:
    """Return the parameters that keep the DIDs of `linkage` small."""
    return {"fields[dids]": "number"} if linkage else {}


# --- DIDs by number -------------------------------------------------------------------------------


def numbers_of(dids: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the number of each DID among JSON:API resources, by id."""
    return {
        each["id"].lower(): each["attributes"]["number"]
        for each in dids
        if each["type"] == DID_TYPE and isinstance(each.get("attributes", {}).get("number"), str)
    }


def ids_of(numbers: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the ids of the DIDs that have each number, of `numbers` by id."""
    ids: dict[str, list[str]] = {}
    for each, number in numbers.items():
        ids.setdefault(number, []).append(each)
    return ids


def resolve(
    client: jsonapi.Client,
    tasks: Iterable[tuple[Desired, Mapping[str, Any] | None]],
    included: Iterable[Mapping[str, Any]],
) -> dict[str, str]:
    """Return the number of each DID id that `included` holds or that the tasks name by number.

    `tasks`: what each task asks for, and the trunk that it means, if that was found. Asks the API only
    for numbers that are not linked to that trunk already, for each once. Raises jsonapi.Failure.
    """
    numbers = numbers_of(included)
    unknown: set[str] = set()
    for desired, resource in tasks:
        for name, named in numbers_in(desired).items():
            linked = resource["relationships"][name]["data"] if resource else []
            unknown |= named - {numbers.get(each["id"].lower()) for each in linked}
    wanted = sorted(unknown)
    while wanted:
        together, wanted = wanted[:NUMBERS_AT_ONCE], wanted[NUMBERS_AT_ONCE:]
        numbers.update(_dids(client, together))
    return numbers


def _dids(client: jsonapi.Client, wanted: Sequence[str]) -> dict[str, str]:
    """Look up DIDs by number: together, and those that this does not find one by one.

    The reference names no list of numbers in one filter; servers of this family take one.
    """
    params = {"filter[number]": ",".join(wanted), "fields[dids]": "number"}
    try:
        numbers = numbers_of(client.get_all(DID_TYPE, params).resources)
    except jsonapi.Refused as error:
        if error.status != 400 or len(wanted) == 1:
            raise
        numbers = {}
    if len(wanted) > 1:
        for number in sorted(set(wanted) - set(numbers.values())):
            numbers.update(_dids(client, [number]))
    return numbers


# --- Errors ---------------------------------------------------------------------------------------


def explain(error: Refusal | jsonapi.Failure, url: str, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """Return what `fail_json` takes for an error: `msg`, and `status` and `errors` where the API answered.

    `secrets` are blanked out where an answer quotes them.
    """
    if isinstance(error, Refusal):
        return {"msg": joined(error.messages())}
    result: dict[str, Any] = {}
    said = without(secrets, str(error))
    if isinstance(error, jsonapi.Refused):
        errors = [without(secrets, _in_option_names(each)) for each in error.errors]
        result = {"status": error.status, "errors": errors}
        details = joined([_detail(each) for each in errors]) if errors else "no explanation was given"
        advice = ADVICE.get(error.status, "" if error.status < 500 else FAULT)
        words = f"DIDWW ({url}) answered {said}: {details.rstrip('.')}. {advice}"
    elif isinstance(error, jsonapi.Unreachable):
        words = f"DIDWW ({url}) gave no usable answer: {said}. Check api_url, the network, and any proxy in between."
        words += "".join(f" {more}" for reason, more in HINTS.items() if re.search(reason, said))
    elif isinstance(error, jsonapi.Restless):
        words = f"Somebody else works on the account ({url}): {said}. Run the task again."
    else:
        words = f"{url} did not answer as DIDWW's API does: {said}. Check api_url, and any proxy in between."
    result["msg"] = f"{words.rstrip()} {UNSETTLED}" if error.unsettled else words.rstrip()
    return result


def without(secrets: Iterable[str], value: Any) -> Any:
    """Return `value`, of plain JSON, with each of `secrets` blanked out in its texts.

    Less than four characters are no secret, and would be found in other words.
    """
    if isinstance(value, dict):
        return {name: without(secrets, each) for name, each in value.items()}
    if isinstance(value, list):
        return [without(secrets, each) for each in value]
    if isinstance(value, str):
        # The longest first, lest a part of it remains.
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= 4:
                value = value.replace(secret, "********")
    return value


def joined(messages: list[str]) -> str:
    """Return one message that holds all of `messages`, numbered where there are several."""
    if len(messages) == 1:
        return messages[0]
    return f"{len(messages)} problems: " + "; ".join(f"({n}) {each}" for n, each in enumerate(messages, 1))


def option_of(pointer: Any) -> str | None:
    """Return the option that a JSON:API error pointer is about: `/data/attributes/name` is `name`.

    None for a pointer that is about no part of the resource (reference, Errors).
    """
    parts = pointer.split("/") if isinstance(pointer, str) else []
    frame = {"", "data", "attributes", "relationships"}
    return ".".join(part for part in parts if part not in frame and not part.isdigit()) or None


def _in_option_names(error: Mapping[str, Any]) -> dict[str, Any]:
    source = error.get("source")
    pointer = source.get("pointer") if isinstance(source, Mapping) else None
    kept = {name: error[name] for name in ("title", "detail", "code", "status") if name in error}
    return {"option": option_of(pointer), "pointer": pointer, **kept}


def _detail(error: Mapping[str, Any]) -> str:
    words = str(error.get("detail") or error.get("title") or "no explanation was given")
    option = error["option"]
    return words if option is None or words.startswith(option.rpartition(".")[2]) else f"{option}: {words}"
