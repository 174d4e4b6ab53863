"""What the signature of a page says: the gateway's own guard and permissions, and a few shapes that many pages share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from gateway.api.guard import Guarded
from gateway.api.shapes import decoded, encoded
from gateway.db.events import NewEvent, add_events
from gateway.db.paging import WHOLE, Cut
from gateway.errors import UsageError
from gateway.identity.principal import Principal
from gateway.installation import Installation

__all__ = ["As", "Id", "Shown", "Sought", "cursor", "gone", "note", "router_of_pages"]

Id = Annotated[str, Path(pattern="^0x[0-9a-f]{64}$")]
"""An asset's, a pledge's, a grant's id."""
As = Annotated[str, Query(alias="as", pattern="^(csv|xlsx)?$")]
"""A table as a spreadsheet instead of the page."""
Sought = Annotated[str, Query(max_length=100)]
"""Part of a name that is looked for in a list."""


def _asked(after: Annotated[str, Query(max_length=400)] = "", form: As = "") -> Cut:
    """Which part of a long list the address asks for; a spreadsheet holds all of it."""
    if form or not after:
        return WHOLE if form else Cut()
    try:
        seen, *key = json.loads(decoded(after))
        return Cut(seen=min(abs(int(seen)), 2**53), after=tuple(key))
    except (TypeError, ValueError) as error:
        raise UsageError("CURSOR", "this address leads into no list of ours: begin at its top") from error


def cursor(cut: Cut | None) -> str:
    """The same, as an address has it."""
    return encoded(json.dumps([cut.seen, *cut.after])) if cut is not None else ""


Shown = Annotated[Cut, Depends(_asked)]


def router_of_pages() -> APIRouter:
    """A router behind the guard, in no API document."""
    return APIRouter(route_class=Guarded, include_in_schema=False)


class _Onward(Response):
    """Sends a form's browser on by 303, and a script's by the header that it minds: `fetch` follows a redirect by itself."""

    def __init__(self, path: str) -> None:
        super().__init__(status_code=303, headers={"Location": path})
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if Headers(scope=scope).get("hx-request") == "true":
            self.status_code = 200
            del self.headers["location"]
            self.headers["HX-Redirect"] = self._path
        await super().__call__(scope, receive, send)


def gone(path: str) -> Response:
    """Done: the browser goes on to another page, whether a script or a form has asked."""
    return _Onward(path)


def note(home: Installation, who: Principal, what: str, said: Mapping[str, Any]) -> None:
    """Keep in the organisation's own events who decided what, and what they said of it."""
    event = NewEvent(who.org, f"decision.{what}", home.now(), {"by": who.user, **said})
    with home.database.session() as session:
        add_events(session, [event])
