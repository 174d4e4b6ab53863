"""Keys of an organisation's machines."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from gateway.api.depends import Db, Here, Installed, May
from gateway.api.guard import Guarded
from gateway.api.shapes import Page, Paged, Strict, Time
from gateway.api.v1.me import Label
from gateway.api.v1.users import Roles
from gateway.db import identity as table
from gateway.db.identity import ApiKey
from gateway.errors import NotFoundError
from gateway.identity import keys
from gateway.identity.logins import admitted
from gateway.identity.principal import Principal
from gateway.identity.roles import Action, UserRole

__all__ = ["router"]

router = APIRouter(tags=["api-keys"], route_class=Guarded)
Administrator = Annotated[Principal, May(Action.API_KEYS_MANAGE)]


class ApiKeyIn(Strict):
    """A new key. With `jwk`, the machine's public key, each request needs a DPoP proof (RFC 9449) beside it; with `certificate`, in PEM, it
    counts only over TLS with that client certificate (RFC 8705)."""

    name: Label
    roles: Roles
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    jwk: dict[str, Any] | None = None
    certificate: Annotated[str, Field(max_length=16_384)] | None = None


class ApiKeyOut(BaseModel):
    """A key, without its secret; `jkt` is the thumbprint (RFC 7638) of the key whose proofs it needs, `x5t_s256` that of its certificate."""

    id: str
    name: str
    roles: list[UserRole]
    jkt: str | None
    x5t_s256: str | None
    created_by: str
    created_at: Time
    expires_at: Time | None
    ended_at: Time | None
    used_at: Time | None

    @classmethod
    def of(cls, row: ApiKey) -> ApiKeyOut:
        """Of a row."""
        return cls(
            id=row.id,
            name=row.name,
            roles=[UserRole(role) for role in row.roles],
            jkt=row.thumbprint,
            x5t_s256=row.certificate,
            created_by=row.created_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            ended_at=row.ended_at,
            used_at=row.used_at,
        )


class ApiKeyCreated(BaseModel):
    """The key; `secret` is shown this once and goes into the header Authorization."""

    key: ApiKeyOut
    secret: str


@router.get("/api-keys")
def list_api_keys(caller: Administrator, db: Db, at: Paged) -> Page[ApiKeyOut]:
    """The keys of one's organisation, ended ones too."""
    rows = table.api_keys_of(db, caller.org, after=at.after, limit=at.more)
    return at.page(rows, ApiKeyOut.of, lambda row: row.id)


@router.post("/api-keys", status_code=201)
def create_api_key(
    said: ApiKeyIn, caller: Administrator, db: Db, installation: Installed, response: Response
) -> ApiKeyCreated:
    """A new key for a machine of one's organisation."""
    allowed = admitted(installation, caller.organisation)
    row, secret = keys.create(
        db,
        caller,
        said.name,
        said.roles,
        allowed,
        days=said.expires_in_days,
        jwk=said.jwk,
        certificate=said.certificate,
    )
    response.headers["Location"] = f"/api/v1/api-keys/{row.id}"
    return ApiKeyCreated(key=ApiKeyOut.of(row), secret=secret)


@router.get("/api-keys/{key_id}")
def get_api_key(key_id: str, caller: Administrator, db: Db) -> ApiKeyOut:
    """A key."""
    row = table.api_key(db, caller.org, key_id)
    if row is None:
        raise NotFoundError("NOT_FOUND", "your organisation has no such key")
    return ApiKeyOut.of(row)


@router.delete("/api-keys/{key_id}", status_code=204)
def end_api_key(key_id: str, caller: Administrator, gateway: Here, db: Db) -> None:
    """End a key now."""
    row = table.api_key(db, caller.org, key_id)
    if row is None:
        raise NotFoundError("NOT_FOUND", "your organisation has no such key")
    keys.end(row)
    gateway.recent.end(row.id)
