"""docs/openapi.yaml as a judge: every answer and event that a test gets must be one that the description allows, and
so must every request that was accepted."""

import datetime
import pathlib
import re

import jsonschema
import yaml

PATH = pathlib.Path(__file__).parents[2] / "docs" / "openapi.yaml"

EVENTS = {"snapshot": "Snapshot", "stream": "Stream", "source": "Source", "deleted": "Deleted", "refused": "Refused", "log": "LogEntry"}

FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_utc_with_milliseconds(value):
    """The contract's times are stricter than RFC 3339. Other types are the schema's business."""
    if not isinstance(value, str):
        return True
    datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
    return re.fullmatch(r"[-\d]{10}T[:\d]{8}\.\d{3}Z", value) is not None


class Description:
    def __init__(self):
        self.document = yaml.safe_load(PATH.read_text())
        self.paths = [
            (re.compile("^" + re.sub(r"\\?\{[^}]+\\?\}", "[^/]+", path) + "$"), path, item)
            for path, item in self.document["paths"].items()
        ]

    def operation(self, method, path):
        for pattern, _, item in self.paths:
            if pattern.match(path) and method.lower() in item:
                return item[method.lower()]
        return None

    def operations(self):
        """operationId, method, path of all that is described."""
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if isinstance(operation, dict):
                    yield operation["operationId"], method.upper(), path

    def _resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def check(self, method, path, status, content_type, body):
        """`body` is the decoded JSON, the text, or None. Paths that are not described are not judged, so that
        wrong ones can be tried."""
        operation = self.operation(method, path)
        if operation is None:
            return
        responses = operation["responses"]
        response = responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default")
        assert response is not None, f"{method} {path} answered {status}, which docs/openapi.yaml does not know"
        content = self._resolve(response).get("content", {})
        if not content:
            assert body in (None, ""), f"{method} {path} {status} must have no body, but had {body!r}"
            return
        plain_type = content_type.split(";")[0].strip()
        assert plain_type in content, f"{method} {path} {status} answered {plain_type}, described: {list(content)}"
        schema = content[plain_type].get("schema")
        if schema is not None and plain_type.endswith("json"):
            self.check_schema(schema, body, f"{method} {path} {status}")

    def check_request(self, method, path, body):
        """`body` was accepted. A wrong one may be sent, but not be accepted."""
        operation = self.operation(method, path)
        if operation is None or "requestBody" not in operation:
            return
        if body is None and not operation["requestBody"].get("required"):
            return
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        self.check_schema(schema, body, f"the accepted body of {method} {path}")

    def check_event(self, name, data):
        assert name in EVENTS, f"GET /api/events told a {name}, which docs/openapi.yaml does not know"
        self.check_component(EVENTS[name], data, f"the event {name}")

    def check_schema(self, schema, value, where):
        resolver = jsonschema.RefResolver("", self.document)
        validator = jsonschema.Draft202012Validator(
            schema, resolver=resolver, format_checker=FORMATS
        )
        problems = [f"{'/'.join(map(str, e.absolute_path)) or '(whole)'}: {e.message}" for e in validator.iter_errors(value)]
        assert not problems, f"{where} is not as described: {'; '.join(problems[:5])}"

    def check_component(self, name, value, where):
        self.check_schema({"$ref": f"#/components/schemas/{name}"}, value, where)
