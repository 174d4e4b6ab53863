"""The API's reference as a page: what `/openapi.json` says, by subject, for whoever writes against it. Nothing here is written a second time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from gateway.api.depends import Anybody
from gateway.web.depends import Sought, router_of_pages
from gateway.web.render import render

__all__ = ["router"]

router = router_of_pages()
_JSON = "application/json"


@dataclass(frozen=True)
class Member:
    """A parameter, or a member of a document."""

    name: str
    kind: str
    required: bool
    said: str


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    said: str
    permission: str
    parameters: tuple[Member, ...]
    takes: str
    body: tuple[Member, ...]
    answers: tuple[tuple[str, str], ...]


@router.get("/docs")
def reference(request: Request, _: Anybody, q: Sought = "") -> HTMLResponse:
    """Every operation whose address or words have the text, by subject."""
    subjects: dict[str, list[Operation]] = {}
    for subject, one in _operations(request.app.openapi()):
        if q.lower() in f"{one.path} {one.said} {one.permission}".lower():
            subjects.setdefault(subject, []).append(one)
    return render(request, "reference.html", subjects=subjects, q=q)


def _operations(description: Mapping[str, Any]) -> Iterator[tuple[str, Operation]]:
    schemas = description["components"]["schemas"]
    for path, methods in description["paths"].items():
        for method, said in methods.items():
            yield (said.get("tags") or ["others"])[0], _operation(method.upper(), path, said, schemas)


def _operation(method: str, path: str, said: Mapping[str, Any], schemas: Mapping[str, Any]) -> Operation:
    contents: Mapping[str, Any] = said.get("requestBody", {}).get("content", {})
    media, content = next(iter(contents.items()), ("", {"schema": {}}))
    parameters = (
        Member(one["name"], f"{one['in']}, {_kind(one.get('schema', {}))}", one.get("required", False), one.get("description", ""))
        for one in said.get("parameters", ())
    )  # fmt: skip
    answers = (
        (code, ", ".join(_kind(one.get("schema", {})) if kind == _JSON else kind for kind, one in answer.get("content", {}).items()))
        for code, answer in said["responses"].items()
    )  # fmt: skip
    return Operation(
        method, path, said.get("description") or said.get("summary", ""), said.get("x-permission", ""), tuple(parameters), media,
        tuple(_members(content["schema"], schemas)), tuple(answers),
    )  # fmt: skip


def _members(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Member]:
    """Of the document that a schema describes, as far as it is one."""
    options = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    whole: Mapping[str, Any] = schemas.get(_named(options[0]), options[0])
    for name, one in whole.get("properties", {}).items():
        yield Member(name, _kind(one), name in whole.get("required", ()), one.get("description", ""))


def _named(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in few words."""
    if options := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return " | ".join(_kind(one) for one in options)
    if schema.get("type") == "array":
        return f"{_kind(schema.get('items', {}))}[]"
    return (
        _named(schema)
        or " ".join(str(schema[name]) for name in ("type", "format", "const") if name in schema)
        or "any"
    )
