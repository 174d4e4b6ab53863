"""What the routers of assets, liens, grants and audits share: ids, documents of other schemas, the running jobs."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel, Field, StringConstraints

from gateway.api.depends import gateway_of
from gateway.errors import NotFoundError, UsageError
from gateway.jobs.running import Jobs

__all__ = [
    "HEX32",
    "Days",
    "Document",
    "Hex32",
    "Money",
    "Running",
    "inlined",
    "not_found",
    "placed",
    "version_of",
]

HEX32 = r"^0x[0-9a-f]{64}$"
Hex32 = Annotated[str, StringConstraints(pattern=HEX32)]
"""32 bytes as `0x` and 64 lower-case digits."""
Document = dict[str, Any]
"""A document of a schema of its own, such as a receipt: COMMITMENT says what is in it."""
Money = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,13}(\.[0-9]{1,2})?$")]
"""An amount in yuan, as text: no driver rounds it."""
Days = Annotated[int, Field(ge=1, le=3650)]


def placed(after: str | None) -> tuple[int, str] | None:
    """The key of a list that is ordered by a number and a text, out of a cursor that `number:text` made."""
    if after is None:
        return None
    number, _, text = after.partition(":")
    if not number.isascii() or not number.isdecimal() or len(number) > 19:
        raise UsageError("CURSOR", "this cursor is of another list: take `next` of the part before")
    return int(number), text


def version_of(*parts: object) -> str:
    """The version of what is shown, for its ETag."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def inlined(model: type[BaseModel]) -> Any:
    """The JSON Schema of a body that an endpoint reads by itself, each part of it where it is used."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def resolved(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return resolved(parts[node["$ref"].rsplit("/", 1)[-1]])
            return {name: resolved(one) for name, one in node.items()}
        return [resolved(one) for one in node] if isinstance(node, list) else node

    return resolved(schema)


def not_found(what: str, name: str) -> NotFoundError:
    """There is none, or it is another organisation's."""
    return NotFoundError("NOT_FOUND", f"there is no {what} {name}")


async def _running(request: Request) -> Jobs:
    return gateway_of(request).jobs


Running = Annotated[Jobs, Depends(_running)]
"""The gateway's spool, intake and queue."""
