"""Keys of machines: shown once, with roles as scope, ended at once; bound to the machine's own key by DPoP."""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from gateway.db.identity import ApiKey

from ..api.test_foundation import problem
from ..running import Running

KEYS = "/api/v1/api-keys"


@pytest.fixture()
def stranger(api: Running) -> Iterator[httpx.Client]:
    with api.stranger() as client:
        yield client


def made(api: Running, administrator: str = "m1-signatory", **more: Any) -> dict[str, Any]:
    said = {"name": "ERP", "roles": ["accountant"], **more}
    answer = api.client(administrator).post(KEYS, json=said)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_key_opens_what_its_roles_do_and_needs_no_csrf_token(api: Running, stranger: httpx.Client) -> None:
    key = made(api)
    said = stranger.get("/api/v1/me", headers=bearer(key["secret"])).json()
    assert (said["kind"], said["id"], said["roles"]) == ("machine", key["key"]["id"], ["accountant"])
    assert said["organisation"]["short"] == "M1"
    assert stranger.get("/api/v1/assets", headers=bearer(key["secret"])).status_code == 200
    problem(stranger.get("/api/v1/audits", headers=bearer(key["secret"])), 403, "FORBIDDEN")
    assert api.client("m1-signatory").get(f"{KEYS}/{key['key']['id']}").json()["used_at"] is not None


def test_a_key_that_ended_or_expired_opens_nothing(api: Running, stranger: httpx.Client) -> None:
    ended, old = made(api), made(api, expires_in_days=1)
    assert api.client("m1-signatory").delete(f"{KEYS}/{ended['key']['id']}").status_code == 204
    with api.gateway.database.session() as session:
        row = session.get_one(ApiKey, old["key"]["id"])
        assert row.expires_at is not None
        row.expires_at -= 86_400
    for key in (ended, old):
        problem(stranger.get("/api/v1/me", headers=bearer(key["secret"])), 401, "KEY")


def test_no_key_makes_keys_or_people(api: Running, stranger: httpx.Client) -> None:
    secret = made(api, roles=["signatory"])["secret"]
    for path, said in (
        (KEYS, {"name": "x", "roles": ["accountant"]}),
        ("/api/v1/users", {"name": "xx", "roles": ["accountant"]}),
    ):
        problem(stranger.post(path, json=said, headers=bearer(secret)), 403, "FORBIDDEN")
    problem(stranger.get("/api/v1/me/passkeys", headers=bearer(secret)), 403, "PEOPLE_ONLY")


def test_its_roles_are_the_organisations(api: Running) -> None:
    said = {"name": "x", "roles": ["officer"]}
    problem(api.client("m1-signatory").post(KEYS, json=said), 422, "ROLES")


def test_secrets_are_in_no_list_and_not_in_the_database(api: Running) -> None:
    secret = made(api)["secret"]
    assert secret not in api.client("m1-signatory").get(KEYS, params={"limit": 200}).text
    assert secret.encode() not in api.database_files()


class Machine:
    """A machine with a key of its own, and the gateway's key that is bound to it."""

    def __init__(self, api: Running, key: ECKey | OKPKey, algorithm: str) -> None:
        self.key, self.algorithm, self.url = key, algorithm, api.url
        self.secret: str = made(api, jwk=key.as_dict(private=False))["secret"]

    def proof(self, method: str = "GET", path: str = "/api/v1/me", **other: Any) -> str:
        """A DPoP proof; `other` members replace the right ones."""
        said = {
            "jti": secrets.token_hex(8),
            "htm": method,
            "htu": self.url + path,
            "iat": int(time.time()),
            "ath": urlsafe_b64encode(sha256(self.secret.encode()).digest()).decode().rstrip("="),
        } | other
        return self.signed({"typ": "dpop+jwt"}, said)

    def signed(self, head: dict[str, Any], said: dict[str, Any]) -> str:
        import json

        head = {"alg": self.algorithm, "jwk": self.key.as_dict(private=False)} | head
        registry = jws.JWSRegistry(algorithms=["ES256", "Ed25519", "HS256"], strict_check_header=False)
        return jws.serialize_compact(head, json.dumps(said).encode(), self.key, registry=registry)

    def headers(self, proof: str | None) -> dict[str, str]:
        return {"Authorization": f"DPoP {self.secret}"} | ({"DPoP": proof} if proof is not None else {})


@pytest.fixture(scope="module")
def machine(api: Running) -> Machine:
    return Machine(api, ECKey.generate_key("P-256"), "ES256")


def test_a_bound_key_counts_beside_a_proof(api: Running, machine: Machine, stranger: httpx.Client) -> None:
    edwards = Machine(api, OKPKey.generate_key("Ed25519"), "Ed25519")
    for one in (machine, edwards):
        answer = stranger.get("/api/v1/me?query=is-not-named", headers=one.headers(one.proof()))
        assert answer.status_code == 200, answer.text
    listed = api.client("m1-signatory").get(KEYS, params={"limit": 200}).json()["items"]
    assert {str(one.key.thumbprint()) for one in (machine, edwards)} <= {key["jkt"] for key in listed}


def test_a_proof_counts_once(machine: Machine, stranger: httpx.Client) -> None:
    headers = machine.headers(machine.proof())
    assert stranger.get("/api/v1/me", headers=headers).status_code == 200
    assert "used before" in problem(stranger.get("/api/v1/me", headers=headers), 401, "DPOP")["detail"]


def test_a_stolen_key_is_worth_nothing(api: Running, machine: Machine, stranger: httpx.Client) -> None:
    problem(stranger.get("/api/v1/me", headers=bearer(machine.secret)), 401, "KEY_SCHEME")
    thief = Machine(api, ECKey.generate_key("P-256"), "ES256")
    thief.secret = machine.secret
    problem(stranger.get("/api/v1/me", headers=thief.headers(thief.proof())), 401, "DPOP")
    problem(stranger.get("/api/v1/me", headers=machine.headers(None)), 401, "DPOP")
    unbound = made(api)["secret"]
    headers = {"Authorization": f"DPoP {unbound}", "DPoP": machine.proof()}
    problem(stranger.get("/api/v1/me", headers=headers), 401, "KEY_SCHEME")


@pytest.mark.parametrize(
    "other",
    [
        {"htm": "POST"},
        {"htu": "https://evil.example/api/v1/me"},
        {"htu": "x"},
        {"iat": 0},
        {"iat": 2**40},
        {"iat": "now"},
        {"ath": "x"},
        {"jti": ""},
        {"jti": None, "ath": None},
    ],
)
def test_a_proof_of_something_else_is_none(
    machine: Machine, stranger: httpx.Client, other: dict[str, Any]
) -> None:
    problem(stranger.get("/api/v1/me", headers=machine.headers(machine.proof(**other))), 401, "DPOP")


def test_a_forged_proof_is_none(machine: Machine, stranger: httpx.Client) -> None:
    head, body, signature = machine.proof().split(".")
    turned = ("A" if signature[0] != "A" else "B") + signature[1:]
    private = machine.signed({"typ": "dpop+jwt", "jwk": machine.key.as_dict(private=True)}, {})
    untyped = machine.signed({"typ": "JWT"}, {})
    for proof in (f"{head}.{body}.{turned}", f"{head}.{body}.", "..", "x", private, untyped, "a" * 5000):
        problem(stranger.get("/api/v1/me", headers=machine.headers(proof)), 401, "DPOP")


@pytest.mark.parametrize(
    "jwk", [{}, {"kty": "oct", "k": "AAAA"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]
)
def test_a_key_is_bound_to_a_public_key_only(api: Running, jwk: dict[str, Any]) -> None:
    said = {"name": "x", "roles": ["accountant"], "jwk": jwk}
    problem(api.client("m1-signatory").post(KEYS, json=said), 422, "JWK")
    private = ECKey.generate_key("P-256").as_dict(private=True)
    problem(api.client("m1-signatory").post(KEYS, json={**said, "jwk": private}), 422, "JWK")
