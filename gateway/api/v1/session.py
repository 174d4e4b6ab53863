"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from gateway.api import cookies
from gateway.api.depends import Anybody, Db, Here, May
from gateway.api.guard import Guarded
from gateway.api.v1.me import Me, me_of
from gateway.db import identity as table
from gateway.identity import accounts, sessions
from gateway.identity.principal import Principal
from gateway.identity.roles import Action

__all__ = ["router"]

router = APIRouter(tags=["session"], route_class=Guarded)


class SignIn(BaseModel):
    """A name and a password."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=512)]


class SignedIn(BaseModel):
    """Who is signed in, and what each write of this session shows in the header `X-CSRF-Token`."""

    me: Me
    csrf: str


@router.post("/session", status_code=201)
def sign_in(
    said: SignIn, _: Anybody, gateway: Here, db: Db, request: Request, response: Response
) -> SignedIn:
    """Sign in; the session is in the cookie."""
    user = accounts.sign_in(gateway.database, said.name, said.password.get_secret_value())
    accounts.succeeded(db, user.name)
    opened = sessions.begin(db, user, "password", cookies.device_of(request))
    cookies.keep(response, gateway.settings, opened)
    return SignedIn(me=me_of(user, gateway.organisation(user.org)), csrf=opened.csrf)


@router.delete("/session", status_code=204)
def sign_out(caller: Annotated[Principal, May(Action.ME)], gateway: Here, db: Db, response: Response) -> None:
    """End this session."""
    if caller.session is not None:
        table.end_sessions(db, caller.id, only=caller.session)
    cookies.clear(response, gateway.settings)
