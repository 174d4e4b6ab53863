"""Passkeys: WebAuthn credentials that a device keeps and unlocks by finger, face or PIN. One is enough to sign in: it is both factors.

The relying party is the host of the gateway's origin. Browsers allow no address of numbers there: at home that is http://localhost:PORT.
Attestation is not asked for: which maker's device it is decides nothing here. Web Authentication Level 2.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import webauthn
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gateway.db import identity as table
from gateway.db.identity import Passkey, User
from gateway.db.session import Database
from gateway.errors import ConflictError, NotFoundError, UnauthenticatedError
from gateway.identity import ceremonies
from gateway.identity.tokens import new_id, now

__all__ = ["Party", "begin_registration", "begin_sign_in", "forget", "register", "sign_in"]

_MOST = 20


@dataclass(frozen=True)
class Party:
    """The relying party: its id, which is a host, and the origin that pages have."""

    id: str
    origin: str


def begin_registration(session: Session, party: Party, user: User) -> tuple[str, dict[str, Any]]:
    """A ceremony's token, and the options that `navigator.credentials.create` takes (as JSON)."""
    known = table.passkeys_of(session, user.id)
    if len(known) >= _MOST:
        raise ConflictError("PASSKEYS", f"you have {_MOST} passkeys already: remove one that you do not use")
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name="assetcert",
        user_name=user.name,
        user_id=user.id.encode(),
        user_display_name=user.display_name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
    )
    token = ceremonies.start(session, "passkey", _said(options.challenge), user.id)
    return token, json.loads(webauthn.options_to_json(options))


def register(
    database: Database,
    session: Session,
    party: Party,
    user: User,
    token: str,
    credential: dict[str, Any],
    name: str,
) -> Passkey:
    """The new passkey. UnauthenticatedError where the device's answer does not hold."""
    remembered = ceremonies.finish(database, "passkey", token)
    if remembered.user_id != user.id:
        raise ConflictError("CEREMONY", "this was begun by somebody else: begin again")
    try:
        verified = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(remembered.data["challenge"]),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _refuse() from error
    transports = credential.get("response", {}).get("transports", [])
    row = Passkey(
        id=new_id("passkey"),
        user_id=user.id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        transports=[str(one)[:16] for one in transports][:8] if isinstance(transports, list) else [],
        name=name,
        created_at=now(),
    )
    session.add(row)
    session.flush()
    return row


def forget(session: Session, user: User, passkey_id: str) -> None:
    """Take one of the user's passkeys away. NotFoundError where they have no such."""
    row = next((one for one in table.passkeys_of(session, user.id) if one.id == passkey_id), None)
    if row is None:
        raise NotFoundError("NOT_FOUND", "you have no such passkey")
    session.delete(row)


def begin_sign_in(session: Session, party: Party) -> tuple[str, dict[str, Any]]:
    """A ceremony's token, and the options that `navigator.credentials.get` takes. Whose passkey it will be is not said."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id, user_verification=UserVerificationRequirement.REQUIRED
    )
    return ceremonies.start(session, "sign-in", _said(options.challenge)), json.loads(
        webauthn.options_to_json(options)
    )


def sign_in(
    database: Database, session: Session, party: Party, token: str, credential: dict[str, Any]
) -> User:
    """Whose passkey has answered. UnauthenticatedError where it has not."""
    remembered = ceremonies.finish(database, "sign-in", token)
    try:
        found = table.passkey_by_credential(session, base64url_to_bytes(str(credential["id"])))
        if found is None:
            raise _refuse()
        passkey, user = found
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(remembered.data["challenge"]),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _refuse() from error
    passkey.sign_count, passkey.used_at = verified.new_sign_count, now()
    return user


def _said(challenge: bytes) -> dict[str, str]:
    return {"challenge": bytes_to_base64url(challenge)}


def _refuse() -> UnauthenticatedError:
    return UnauthenticatedError(
        "PASSKEY", "the passkey was not accepted: try it again, or sign in another way"
    )
