# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the REST API of AWX: the part that the modules of awx.awx use to manage objects by name."""

from __future__ import annotations

import threading
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

ENCRYPTED = "$encrypted$"


def _without_secrets(fields: dict[str, Any]) -> dict[str, Any]:
    # The key of a credential is write-only. (The inputs of a credential type contain `fields` instead.)
    inputs = fields.get("inputs", {})
    return {**fields, "inputs": {**inputs, "api_key": ENCRYPTED}} if "api_key" in inputs else dict(fields)


class Awx:
    """A server with objects by kind, such as `job_templates`, with their fields, associations and surveys.

    `journal`: method and path of each writing request.
    """

    def __init__(self, token: str) -> None:
        self.journal: list[tuple[str, str]] = []
        self._token = token
        self._objects: dict[str, list[dict[str, Any]]] = {"organizations": [self._new("organizations", 1, "Default")]}
        app = Flask("awx")
        app.before_request(self._authenticate)
        app.add_url_rule("/api/v2/<kind>/", view_func=self._list)
        app.add_url_rule("/api/v2/<kind>/", view_func=self._create, methods=["POST"])
        app.add_url_rule("/api/v2/<kind>/<int:number>/", view_func=self._update, methods=["PATCH"])
        app.add_url_rule("/api/v2/<kind>/<int:number>/survey_spec/", view_func=self._survey, methods=["GET", "POST"])
        app.add_url_rule("/api/v2/<kind>/<int:number>/", view_func=self._read)
        create_approval = "/api/v2/workflow_job_template_nodes/<int:number>/create_approval_template/"
        app.add_url_rule(create_approval, view_func=self._create_approval, methods=["POST"])
        app.add_url_rule("/api/v2/<kind>/<int:number>/<what>/", view_func=self._associate, methods=["GET", "POST"])
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Awx:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def objects(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the fields of each object of a kind, by name."""
        return {fields["name"]: fields for fields in self._objects.get(kind, [])}

    def add(self, kind: str, name: str) -> None:
        """Add an object, as if a user had created it."""
        self._put(kind, {"name": name})

    def _new(self, kind: str, number: int, name: str) -> dict[str, Any]:
        url = f"/api/v2/{kind}/{number}/"
        links = {"survey_spec": f"{url}survey_spec/"}
        return {"id": number, "name": name, "url": url, "related": links, "summary_fields": {}, "scm_revision": ""}

    def _put(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        known = self._objects.setdefault(kind, [])
        # The nodes of a workflow have identifiers.
        name = fields["name"] if "name" in fields else fields["identifier"]
        known.append({**self._new(kind, len(known) + 1, name), **fields})
        return known[-1]

    def _authenticate(self) -> Response | None:
        if request.method != "GET":
            self.journal.append((request.method, request.path))
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return Response("{}", status=401)
        return None

    def _list(self, kind: str) -> Response:
        known = self._objects.get("job_templates" if kind == "unified_job_templates" else kind, [])
        wanted = request.args.to_dict()
        if "organization__name" in wanted:
            wanted["organization"] = str(self.objects("organizations")[wanted.pop("organization__name")]["id"])
        found = [fields for fields in known if all(str(fields.get(name)) == value for name, value in wanted.items())]
        return jsonify(count=len(found), results=found, next=None)

    def _create(self, kind: str) -> tuple[Response, int]:
        fields = dict(request.get_json())
        # If it is not set, AWX uses the organization of the project.
        fields.setdefault("organization", 1)
        return jsonify(self._put(kind, _without_secrets(fields))), 201

    def _read(self, kind: str, number: int) -> Response:
        return jsonify(self._objects[kind][number - 1])

    def _create_approval(self, number: int) -> tuple[Response, int]:
        """Create the template of an approval node."""
        made = self._put("workflow_approval_templates", dict(request.get_json()))
        node = self._objects["workflow_job_template_nodes"][number - 1]
        node["related"] = {**node["related"], "unified_job_template": made["url"]}
        return jsonify(made), 201

    def _update(self, kind: str, number: int) -> Response:
        # Like any field, the inputs of a credential are replaced as a whole.
        self._objects[kind][number - 1].update(_without_secrets(request.get_json()))
        return jsonify(self._objects[kind][number - 1])

    def _survey(self, kind: str, number: int) -> Response:
        fields = self._objects[kind][number - 1]
        if request.method == "POST":
            fields["survey_spec"] = request.get_json()
        return jsonify(fields.get("survey_spec", {}))

    def _associate(self, kind: str, number: int, what: str) -> tuple[Response, int]:
        associated = self._objects[kind][number - 1].setdefault(f"associated_{what}", [])
        if request.method == "GET":
            return jsonify(count=len(associated), results=associated, next=None), 200
        associated.append({"id": request.get_json()["id"]})
        return jsonify(), 204
