"""The session's cookie: out of reach of scripts, not sent by other sites' requests, tied to this host where it is https."""

from __future__ import annotations

from fastapi import Request, Response

from gateway.api.state import Settings
from gateway.identity.sessions import ABSOLUTE, Device, Opened

__all__ = ["clear", "device_of", "keep", "name"]


def name(settings: Settings) -> str:
    """`__Host-` keeps a neighbour's subdomain from planting one (RFC 6265bis)."""
    return "__Host-session" if settings.secure else "session"


def keep(response: Response, settings: Settings, opened: Opened) -> None:
    """Give the browser its session."""
    response.set_cookie(
        name(settings),
        opened.token,
        max_age=ABSOLUTE,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def clear(response: Response, settings: Settings) -> None:
    """Take it away."""
    response.delete_cookie(name(settings), path="/", secure=settings.secure, httponly=True, samesite="lax")


def device_of(request: Request) -> Device:
    """Where a request comes from, for the list of sessions."""
    address = request.client.host if request.client is not None else ""
    return Device(request.headers.get("user-agent", ""), address)
