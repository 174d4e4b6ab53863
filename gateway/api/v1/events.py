"""What happened to one's organisation, in order and without a gap: as a stream of server-sent events, as a list, and as webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from joserfc.util import urlsafe_b64encode
from pydantic import BaseModel, Field, StringConstraints
from sse_starlette import EventSourceResponse, JSONServerSentEvent, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from gateway.api.depends import Db, Here, May
from gateway.api.guard import Guarded
from gateway.api.shapes import IfMatch, Page, Paged, Strict, Time, etag
from gateway.api.v1.common import Document, Running, not_found
from gateway.db import events as table
from gateway.db.events import Event, Webhook
from gateway.errors import ConflictError, UsageError
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.identity.sealing import Sealing
from gateway.jobs import feed
from gateway.jobs.ids import new_id
from gateway.jobs.running import Jobs
from gateway.jobs.webhooks import event_json, key_of, require_public

__all__ = ["router"]

router = APIRouter(tags=["events"], route_class=Guarded)
Reader = Annotated[Principal, May(Action.EVENTS_READ)]
Keeper = Annotated[Principal, May(Action.WEBHOOKS_MANAGE)]
_AT_ONCE = 200
_LOOK = 1.0
_PING = 15
_MOST_WEBHOOKS = 50
Number = Annotated[int, Query(ge=0, lt=2**62)]
Kind = Annotated[str, StringConstraints(pattern="^[a-z]{2,20}\\.[a-z]{2,20}$")]


class EventOut(BaseModel):
    """One event: `id` counts from 1 within one's organisation; `data` is of the kind."""

    id: int
    kind: str
    at: Time
    data: Document

    @classmethod
    def of(cls, row: Event) -> EventOut:
        """As it is kept."""
        return cls(id=row.number, kind=row.kind, at=row.at, data=row.data)


class PublicKey(BaseModel):
    """An Ed25519 public key as a JWK (RFC 8037); `kid` is the `keyid` of the signatures it verifies."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    alg: Literal["Ed25519"] = "Ed25519"
    use: Literal["sig"] = "sig"
    kid: str
    x: str


class WebhookOut(BaseModel):
    """Where events are posted to, and the key that verifies what is posted (`ed25519` of RFC 9421). `delivered` is the last event that was
    taken; `kinds` empty means all."""

    id: str
    url: str
    kinds: list[str]
    active: bool
    delivered: int
    failures: int
    last_error: str | None
    created_at: Time
    key: PublicKey

    @classmethod
    def of(cls, row: Webhook, sealing: Sealing) -> WebhookOut:
        """With its public key."""
        public = key_of(sealing, row.id).public_key().public_bytes_raw()
        return cls(
            key=PublicKey(kid=row.id, x=urlsafe_b64encode(public).decode()),
            id=row.id,
            url=row.url,
            kinds=row.kinds,
            active=row.active,
            delivered=row.cursor,
            failures=row.failures,
            last_error=row.last_error,
            created_at=row.created_at,
        )


class NewWebhook(Strict):
    """An address that takes POSTs over https; only events after `after`, by default those that come from now on."""

    url: Annotated[str, Field(min_length=8, max_length=2_000)]
    kinds: list[Kind] = Field(default_factory=list, max_length=40)
    after: Annotated[int, Field(ge=0, lt=2**62)] | None = None


class WebhookChange(Strict):
    """What to change; an active webhook goes on where it stood."""

    url: Annotated[str, Field(min_length=8, max_length=2_000)] | None = None
    kinds: Annotated[list[Kind], Field(max_length=40)] | None = None
    active: bool | None = None


@router.get("/events", response_class=EventSourceResponse)
async def stream(
    request: Request,
    caller: Reader,
    jobs: Running,
    last_event_id: Annotated[str | None, Header(max_length=20, description="Go on behind this event")] = None,
    after: Number = 0,
) -> EventSourceResponse:
    """Server-sent events from the first one on, or behind `Last-Event-ID`; the stream stays open for what comes."""
    if last_event_id is not None and not (last_event_id.isascii() and last_event_id.isdecimal()):
        raise UsageError("LAST_EVENT_ID", "Last-Event-ID is the id of an event, a whole number")
    start = int(last_event_id) if last_event_id is not None else after
    request.state.endless = True  # it stays open for hours and costs next to nothing: none of `at_once`
    return EventSourceResponse(_told(jobs, caller.org, start), ping=_PING)


async def _told(jobs: Jobs, org: str, number: int) -> AsyncIterator[ServerSentEvent]:
    while not jobs.closing:
        rows = await run_in_threadpool(_after, jobs, org, number)
        for row in rows:
            yield JSONServerSentEvent(event_json(row), event=row.kind, id=str(row.number))
            number = row.number
        if not rows:
            await jobs.bell.listen(_LOOK)


def _after(jobs: Jobs, org: str, number: int) -> list[Event]:
    with jobs.installation.database.session() as session:
        return table.events_after(session, org, number, _AT_ONCE)


@router.get("/events/history")
def history(
    caller: Reader, db: Db, after: Number = 0, limit: Annotated[int, Query(ge=1, le=1_000)] = 100
) -> list[EventOut]:
    """Events behind `after`, in order: for whoever asks instead of listening."""
    return [EventOut.of(row) for row in table.events_after(db, caller.org, after, limit)]


@router.get("/webhooks")
def list_webhooks(caller: Keeper, gateway: Here, db: Db, at: Paged) -> Page[WebhookOut]:
    """One's own organisation's webhooks."""
    rows = table.webhooks_of(db, caller.org, after=at.after, limit=at.more)
    return at.page(rows, lambda row: WebhookOut.of(row, gateway.sealing), lambda row: row.id)


@router.post("/webhooks", status_code=201)
def create_webhook(caller: Keeper, gateway: Here, db: Db, asked: NewWebhook) -> WebhookOut:
    """Make a webhook. What is posted to it is signed by the key in this answer."""
    require_public(asked.url, loopback=gateway.settings.loopback_webhooks)
    _known(asked.kinds)
    if len(table.webhooks_of(db, caller.org, after=None, limit=_MOST_WEBHOOKS)) == _MOST_WEBHOOKS:
        raise ConflictError(
            "TOO_MANY_WEBHOOKS", f"there are {_MOST_WEBHOOKS} webhooks already: remove one first"
        )
    newest = table.head(db, caller.org)
    row = Webhook(
        id=new_id("hook"),
        org=caller.org,
        url=asked.url,
        kinds=asked.kinds,
        active=True,
        version=1,
        cursor=newest if asked.after is None else min(asked.after, newest),
        failures=0,
        due=0.0,
        created_at=gateway.installation.now(),
    )
    db.add(row)
    return WebhookOut.of(row, gateway.sealing)


def _known(kinds: list[str]) -> None:
    if unheard := sorted(set(kinds) - set(feed.KINDS)):
        raise UsageError("KIND", f"{unheard[0]!r} is no kind of event: {', '.join(feed.KINDS)}")


def _own(db: Any, org: str, webhook_id: str) -> Webhook:
    if (row := table.webhook(db, org, webhook_id)) is None:
        raise not_found("webhook", webhook_id[:80])
    return row


@router.get("/webhooks/{webhook_id}")
def get_webhook(caller: Keeper, gateway: Here, db: Db, webhook_id: str, response: Response) -> WebhookOut:
    """One webhook, with the ETag that its changes ask for."""
    row = _own(db, caller.org, webhook_id)
    response.headers["ETag"] = etag(row.version)
    return WebhookOut.of(row, gateway.sealing)


@router.patch("/webhooks/{webhook_id}")
def change_webhook(
    caller: Keeper,
    gateway: Here,
    db: Db,
    webhook_id: str,
    asked: WebhookChange,
    match: IfMatch,
    response: Response,
) -> WebhookOut:
    """Change a webhook, pause it, or let it go on at once."""
    if asked.url is not None:
        require_public(asked.url, loopback=gateway.settings.loopback_webhooks)
    row = _own(db, caller.org, webhook_id)
    match.check(row.version)
    if asked.kinds is not None:
        _known(asked.kinds)
        row.kinds = asked.kinds
    row.url = asked.url or row.url
    row.active = row.active if asked.active is None else asked.active
    row.failures, row.due = 0, 0.0
    row.version += 1
    response.headers["ETag"] = etag(row.version)
    return WebhookOut.of(row, gateway.sealing)


@router.delete("/webhooks/{webhook_id}", status_code=204)
def delete_webhook(caller: Keeper, db: Db, webhook_id: str, match: IfMatch) -> Response:
    """Remove a webhook: nothing is posted to it any more."""
    row = _own(db, caller.org, webhook_id)
    match.check(row.version)
    db.delete(row)
    return Response(status_code=204)
