"""Webhooks: an organisation's events posted to its addresses, in order, each signed, tried again until they are taken.

The body is the event as the stream shows it. RFC 9530 Content-Digest and RFC 9421 HTTP Message Signatures: `ed25519` over method, target,
content type, digest and the event's number. Each webhook has a key of its own, named by the webhook's id and shown with it: with one for all,
another organisation could name the same address and its events would pass for one's own. Private keys are derived, nothing of them is kept.
Each address has a task of its own, so that one that hangs keeps nobody waiting. Where a webhook may point to: `require_public`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gateway.db import events as table
from gateway.db.events import Event, Webhook
from gateway.db.session import Database
from gateway.errors import UsageError
from gateway.identity.sealing import Sealing
from gateway.jobs.bell import Bell
from gateway.service.times import instant

if TYPE_CHECKING:
    import httpx
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["COVERED", "Dispatcher", "event_json", "key_of", "require_public"]

COVERED = ("@method", "@target-uri", "content-type", "content-digest", "assetcert-event")
_TIMEOUT = 10.0
_LONGEST_WAIT = 3_600.0
_LOOK = 1.0
_AT_ONCE = 100
_log = logging.getLogger(__name__)


def event_json(event: Event) -> dict[str, Any]:
    """An event as stream, list and webhook show it."""
    return {"id": event.number, "kind": event.kind, "at": instant(event.at), "data": event.data}


def require_public(url: str, *, loopback: bool) -> str:
    """The address to connect to. UsageError for one that a webhook may not point to: only https to public hosts, and this machine where `loopback` is set.

    Looked at when a webhook is made and again before each post, since names change what they mean.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or parts.username is not None or parts.fragment:
        raise UsageError("WEBHOOK_URL", f"{url!r} is no address of a webhook: https://host/path is expected")
    addresses = _addresses(host, parts.port or (443 if parts.scheme == "https" else 80))
    if loopback and parts.scheme in ("http", "https") and all(one.is_loopback for one in addresses):
        return str(addresses[0])
    if parts.scheme != "https":
        raise UsageError("WEBHOOK_URL", f"{url!r} is not https: events are not sent in the open")
    if not all(one.is_global and not one.is_multicast for one in addresses):
        raise UsageError(
            "WEBHOOK_URL", f"{host} is an address inside a network: a webhook needs a public one"
        )
    return str(addresses[0])


def _addresses(host: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise UsageError("WEBHOOK_URL", f"{host} cannot be found: check the address") from error
    return [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]


class Dispatcher(threading.Thread):
    """A thread with an event loop that posts what is due, a task for each webhook."""

    def __init__(self, database: Database, sealing: Sealing, bell: Bell, *, loopback: bool) -> None:
        super().__init__(name="webhooks", daemon=True)
        self._database = database
        self._sealing = sealing
        self._bell = bell
        self._loopback = loopback
        self._ended = threading.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def run(self) -> None:
        """Until closed."""
        asyncio.run(self._serve())

    def close(self) -> None:
        """End; what was not taken is posted again after the next start."""
        self._ended.set()
        self._bell.ring()
        self.join()

    async def _serve(self) -> None:
        import httpx

        trusted = await asyncio.to_thread(ssl.create_default_context)
        async with httpx.AsyncClient(
            timeout=_TIMEOUT, follow_redirects=False, trust_env=False, verify=trusted
        ) as client:
            while not self._ended.is_set():
                try:
                    for row in await asyncio.to_thread(self._due):
                        if row.id not in self._tasks:
                            self._tasks[row.id] = asyncio.create_task(self._deliver(client, row))
                except Exception:  # noqa: BLE001 - said, and looked at again
                    _log.exception("webhooks go on after an error")
                await self._bell.listen(_LOOK)
            for task in list(self._tasks.values()):
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _due(self) -> list[Webhook]:
        with self._database.session() as session:
            return table.due_webhooks(session)

    async def _deliver(self, client: httpx.AsyncClient, row: Webhook) -> None:
        """Post what this webhook has not taken yet, until it refuses."""
        try:
            for event in await asyncio.to_thread(self._events, row):
                fault = None if not _wanted(row, event) else await self._post(client, row, event)
                if (
                    not await asyncio.to_thread(self._record, row.id, event.number, fault)
                    or fault is not None
                ):
                    return
        except Exception:  # noqa: BLE001 - of this webhook alone
            _log.exception("webhook %s", row.id)
        finally:
            del self._tasks[row.id]
            if not self._ended.is_set():
                self._bell.ring()

    def _events(self, row: Webhook) -> list[Event]:
        with self._database.session() as session:
            return table.events_after(session, row.org, row.cursor, _AT_ONCE)

    async def _post(self, client: httpx.AsyncClient, row: Webhook, event: Event) -> str | None:
        """None once it was taken, else why not, in a sentence."""
        import httpx

        try:
            address = await asyncio.to_thread(require_public, row.url, loopback=self._loopback)
            request = signed(row.id, key_of(self._sealing, row.id), row.url, event)
            request.extensions["sni_hostname"] = request.url.host
            request.url = request.url.copy_with(
                host=address
            )  # the one that was looked at, whatever the name means next
            answer = await client.send(request)
        except UsageError as error:
            return str(error)
        except httpx.HTTPError as error:
            return f"no answer: {type(error).__name__}"
        return None if answer.is_success else f"answered {answer.status_code}"

    def _record(self, webhook_id: str, number: int, fault: str | None) -> bool:
        """Move on, or wait longer each time; False where the webhook was removed or changed meanwhile."""
        with self._database.session() as session:
            row = session.get(Webhook, webhook_id)
            if row is None or not row.active or row.cursor >= number:
                return False
            if fault is None:
                row.cursor, row.failures, row.due, row.last_error = number, 0, 0.0, None
            else:
                row.failures += 1
                row.due = time.time() + min(_LONGEST_WAIT, 0.5 * 2 ** min(row.failures, 12))
                row.last_error = fault
            return True


def _wanted(row: Webhook, event: Event) -> bool:
    return not row.kinds or event.kind in row.kinds


def key_of(sealing: Sealing, webhook_id: str) -> Ed25519PrivateKey:
    """What a webhook's posts are signed with."""
    return sealing.signing_key(f"webhook/{webhook_id}")


def signed(key_id: str, key: Ed25519PrivateKey, url: str, event: Event) -> httpx.Request:
    """The signed request that posts an event."""
    import httpx
    from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

    body = json.dumps(event_json(event), ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"content-type": "application/json", "assetcert-event": str(event.number)}
    request = httpx.Request("POST", url, content=body, headers=headers)
    resolver = MappingKeyResolver(public_keys={}, private_keys={key_id: key})
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=resolver).sign(
        request,
        key_id=key_id,
        label="assetcert",
        tag="assetcert-webhook",
        covered_component_ids=COVERED,
        body=body,
    )
    return request
