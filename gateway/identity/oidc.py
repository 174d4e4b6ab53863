"""Signing in at an OpenID provider: authorisation code with PKCE, state and nonce; the ID token checked against the provider's keys.

Whose account it is, is decided elsewhere (`gateway.identity.ties`). OpenID Connect Core 1.0, Discovery 1.0; RFC 7636, RFC 9207.
"""

from __future__ import annotations

import hmac
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy.orm import Session

from gateway.db.session import Database
from gateway.errors import NotFoundError, UnauthenticatedError, UnavailableError
from gateway.identity import ceremonies
from gateway.identity.provider import Provider
from gateway.identity.tokens import new_token

__all__ = ["Known", "Providers"]

_SCOPE = "openid email"
_FRESH = 600.0
_ALGORITHMS = ["RS256", "PS256", "ES256", "Ed25519"]
_LEEWAY = 60


@dataclass(frozen=True)
class Known:
    """Whom a provider has signed in: what it calls them, the e-mail address it vouches for, and what was said when it was begun: where to go
    on to, and which account asked to be tied."""

    provider: Provider
    subject: str
    email: str | None
    onward: str
    user_id: str | None


class Providers:
    """The providers of a gateway; what they publish is read when it is needed and kept for ten minutes. Safe for threads."""

    def __init__(self, providers: dict[str, Provider]) -> None:
        self._providers = providers
        self._lock = threading.Lock()
        self._published: dict[str, tuple[float, dict[str, Any], KeySet]] = {}

    def all(self) -> list[Provider]:
        """In the order of their setting."""
        return list(self._providers.values())

    def begin(
        self, session: Session, name: str, redirect: str, onward: str, user_id: str | None = None
    ) -> tuple[str, str]:
        """A ceremony's token for the browser to keep, and the provider's address to send it to."""
        provider = self.named(name)
        metadata, _ = self._metadata(provider)
        said = {"nonce": new_token(), "verifier": new_token() + new_token(), "state": new_token()}
        said["onward"] = onward
        url = prepare_grant_uri(
            metadata["authorization_endpoint"],
            provider.client_id,
            "code",
            redirect_uri=redirect,
            scope=_SCOPE,
            state=said["state"],
            nonce=said["nonce"],
            code_challenge=create_s256_code_challenge(said["verifier"]),
            code_challenge_method="S256",
        )
        return ceremonies.start(session, f"oidc/{name}", said, user_id), str(url)

    def finish(
        self, database: Database, name: str, redirect: str, token: str, answer: dict[str, str]
    ) -> Known:
        """Who it is. UnauthenticatedError where the answer does not hold."""
        provider = self.named(name)
        begun = ceremonies.finish(database, f"oidc/{name}", token)
        said = begun.data
        if not hmac.compare_digest(answer.get("state", ""), said["state"]):
            raise _refuse("the answer belongs to another sign-in")
        if answer.get("iss", provider.issuer).rstrip("/") != provider.issuer:
            raise _refuse("the answer is of another provider")
        if "code" not in answer:
            raise _refuse(f"it said {answer.get('error', 'nothing')[:80]!r}")
        claims = self._claims(provider, redirect, answer["code"], said)
        vouched = claims.get("email_verified") is True and isinstance(claims.get("email"), str)
        email = str(claims["email"]).lower() if vouched else None
        return Known(provider, str(claims["sub"]), email, said["onward"], begun.user_id)

    def _claims(self, provider: Provider, redirect: str, code: str, said: dict[str, str]) -> dict[str, Any]:
        metadata, keys = self._metadata(provider)
        try:
            given = _exchanged(provider, metadata["token_endpoint"], code, redirect, said["verifier"])
            claims = jwt.decode(given["id_token"], keys, algorithms=_ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                leeway=_LEEWAY,
                iss={"essential": True, "value": provider.issuer},
                aud={"essential": True, "value": provider.client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": said["nonce"]},
            ).validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise _refuse("its token does not hold") from error
        except httpx.HTTPError as error:
            raise _unreachable(provider) from error
        if claims.get("azp", provider.client_id) != provider.client_id:
            raise _refuse("its token is for another application")
        return dict(claims)

    def named(self, name: str) -> Provider:
        """NotFoundError for one that is not set up."""
        try:
            return self._providers[name]
        except KeyError:
            raise NotFoundError("PROVIDER", f"no provider {name!r} is set up here") from None

    def _metadata(self, provider: Provider) -> tuple[dict[str, Any], KeySet]:
        with self._lock:
            known = self._published.get(provider.name)
        if known is None or time.monotonic() - known[0] > _FRESH:
            known = (time.monotonic(), *_published(provider))
            with self._lock:
                self._published[provider.name] = known
        return known[1], known[2]


def _published(provider: Provider) -> tuple[dict[str, Any], KeySet]:
    try:
        with httpx.Client(timeout=10.0, follow_redirects=False) as client:
            found = client.get(f"{provider.issuer}/.well-known/openid-configuration").raise_for_status()
            metadata: dict[str, Any] = found.json()
            keys = client.get(metadata["jwks_uri"]).raise_for_status().json()
        if str(metadata["issuer"]).rstrip("/") != provider.issuer:
            raise ValueError("it calls itself otherwise")
        return metadata, KeySet.import_key_set(keys)
    except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
        raise _unreachable(provider) from error


def _exchanged(provider: Provider, endpoint: str, code: str, redirect: str, verifier: str) -> dict[str, Any]:
    """The tokens for a code (RFC 6749, 4.1.3). ValueError where the provider refuses it."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect,
        "client_id": provider.client_id,
        "code_verifier": verifier,
    }
    auth = httpx.Auth()
    if provider.client_secret is not None:
        auth = httpx.BasicAuth(quote(provider.client_id, safe=""), quote(provider.client_secret, safe=""))
    with httpx.Client(timeout=10.0, follow_redirects=False) as client:
        answer = client.post(endpoint, data=form, auth=auth, headers={"Accept": "application/json"})
    if answer.status_code >= 500:
        answer.raise_for_status()
    said = answer.json()
    if answer.status_code != 200 or not isinstance(said, dict):
        raise ValueError(f"the token endpoint answered {answer.status_code}")
    return said


def _refuse(why: str) -> UnauthenticatedError:
    return UnauthenticatedError("OIDC", f"the provider's answer is not accepted: {why}; begin again")


def _unreachable(provider: Provider) -> UnavailableError:
    return UnavailableError(
        "PROVIDER", f"{provider.label} cannot be asked: sign in another way, or try again"
    )
