"""Every address × every role × another organisation's things: nobody gets what is not theirs.

Driven by the application's own routes, so that one that is added is walked from then on, and fails here until it says who may call it and,
where it takes a body, until a body for it stands below. The things are M2's and L2's; those who try are M1, L1, A1, R1, machines and strangers.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gateway.credit.products import Product, defaults
from gateway.db import credit, signing
from gateway.identity import approvals
from gateway.identity.roles import PEOPLE_ONLY, PERMISSIONS, Action, UserRole
from gateway.service import products

from ..running import Running
from .v1.helping import certified, form, job_papers

USERS = (
    "m1-accountant",
    "m1-signatory",
    "l1-officer",
    "l1-risk",
    "l1-approver",
    "l1-operations",
    "a1-auditor",
    "r1-registrar",
)
FIRST = ("m1-accountant", "l1-officer", "a1-auditor", "r1-registrar")
WALKERS = [user if user in FIRST else pytest.param(user, marks=pytest.mark.long) for user in USERS]
"""One user of each portal in every run, everybody in the long one."""
OWN_SESSION = {
    ("delete", "/api/v1/session"),
    ("delete", "/api/v1/sessions"),
    ("post", "/logout"),
    ("post", "/language"),
}
"""Acts on nothing but one's own session: not made here for those who may, since they would end it."""
OF_ALL_MEMBERS = {"org", "purpose", "proposal", "provider", "root", "call_id"}
"""Parameters that name what every member of the consortium may know."""
SEEN_BY_AUDITORS = {
    ("get", "/api/v1/decisions"),
    ("get", "/queue"),
    ("get", "/exceptions"),
    ("get", "/api/v1/exceptions"),
    ("get", "/api/v1/decisions/{decision_id}"),
    ("post", "/api/v1/decisions/{decision_id}/replay"),
    ("get", "/queue/{decision_id}"),
}
"""What an auditor sees of every lender."""
NOBODY = "0x" + "5e" * 32
UNKNOWN = "0x" + "ab" * 32


@dataclass(frozen=True)
class Others:
    """What belongs to M2 and L2: ids by the name of the parameter that takes them, and words that nobody else may read."""

    ids: dict[str, str]
    words: tuple[str, ...]
    offer: dict[str, Any]
    grant: dict[str, Any]

    def path(self, template: str) -> str:
        """A route's path, filled in."""
        kinds = {"/api/v1/api-keys/{key_id}": "api_key_id"}
        return re.sub(r"{(\w+)}", lambda found: self.ids[kinds.get(template, found[1])], template)

    def leak(self, answer: httpx.Response) -> list[str]:
        """Words of theirs in an answer, but for those that the request itself has said."""
        sent = str(answer.request.url) + _body(answer.request)
        return [word for word in self.words if word in answer.text and word not in sent]


def _body(request: httpx.Request) -> str:
    try:
        return request.content.decode("utf-8", "replace")
    except httpx.RequestNotRead:  # a multipart form: of ours, and names nothing of theirs
        return ""


@pytest.fixture(scope="module")
def others(api: Running) -> Others:
    """One of each kind of thing, made by those whom it belongs to."""
    accountant, signatory = api.client("m2-accountant"), api.client("m2-signatory")
    secret = f"word{secrets.token_hex(6)}"
    papers = job_papers("M2")
    asset = certified(api, papers["invoice.xml"], "m2-accountant", dossier=f"dossier-{secret}")["asset_id"]
    files = form(("paper.txt", f"{secret} in another paper".encode()))
    text = f"{secret} in a paper".encode()
    upload = accountant.post("/api/v1/uploads", params={"name": f"{secret}.txt"}, content=text).json()
    upload_id = upload["id"]
    job = accountant.post("/api/v1/assets", files=files, headers={"Prefer": "wait=20"}).json()["id"]
    lender = api.organisation("L2").hex
    offered = _made(signatory, "offers", {"lender": lender, "assets": [asset]})
    taken = api.client("l2-officer").post("/api/v1/pledges", json={"offer": offered["offer"]})
    assert taken.status_code == 201, taken.text
    asked = {"asset_id": asset, "grantee": lender, "fields": ["content"], "purpose": f"purpose-{secret}"}
    granted = _made(signatory, "grants", asked | {"expires_at": "2030-01-01T00:00:00Z"})
    hook = _made(
        signatory, "webhooks", {"url": f"https://93.184.216.34/{secret}", "kinds": ["organisation.changed"]}
    )
    user = _made(signatory, "users", {"name": f"user-{secret}", "roles": ["accountant"]})["user"]
    key = _made(signatory, "api-keys", {"name": f"key-{secret}", "roles": ["accountant"]})["key"]
    session = accountant.get("/api/v1/sessions").json()["items"][0]["id"]
    ids = {
        "asset_id": asset,
        "sha256": upload["sha256"],
        "upload_id": upload_id,
        "job_id": job,
        "name": f"dossier-{secret}",
        "pledge_id": offered["pledge_id"],
        "grant_id": granted["grant_id"],
        "webhook_id": hook["id"],
        "user_id": user["id"],
        "api_key_id": key["id"],
        "session_id": session,
        "passkey_id": "passkey_of_somebody_else",
        "approval_id": _approval(api, secret),
        "signature_id": _signature(api, secret),
        "draft_id": _draft(api, secret),
        "org": UNKNOWN,
        "key_id": UNKNOWN,
        "call_id": UNKNOWN,
        "proposal": UNKNOWN,
        "purpose": "encryption",
        "provider": "none",
        "root": NOBODY,
        "paper_id": "file_" + "0" * 32,
        "run_id": "job_" + "0" * 32,
        "number": "1",
        "act": "revoke",
        **_credit(api, secret),
    }
    words = (
        secret,
        upload_id,
        job,
        hook["id"],
        user["id"],
        key["id"],
        session,
        granted["grant_id"],
    )
    return Others(ids, words, offered["offer"], granted["grant"])


def _made(client: httpx.Client, kind: str, said: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"/api/v1/{kind}", json=said)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _credit(api: Running, secret: str) -> dict[str, str]:
    """M2's application, its decision and its loan, and a product that L2 has not published, as they lie in the database."""
    home, now = api.gateway.installation, api.gateway.installation.now()
    owner, lender = api.organisation("M2").hex, api.organisation("L2").hex
    body = {
        **defaults()[2].body,
        "product_code": secret,
        "valid_from": "2031-01-01",
        "valid_to": "2031-12-31",
    }
    made = Product.of(body)
    products.propose(home, api.organisation("L2"), made, "l2-risk")
    ids = {"application_id": f"app-{secret}", "decision_id": f"dec-{secret}", "loan_id": f"loan-{secret}"}
    content = {"amount": "1", "days": 30, "purpose": secret}
    loan = {"product": secret, "amount": "1", "rate_bps": 1, "days": 30, "day_count": "ACT/360", "offer": None, "schedule": [], "drawn_on": None}  # fmt: skip
    consent = dict.fromkeys(("grantor", "grantees", "fields", "expires_at", "assets", "count", "signatory", "address", "signature"), secret)  # fmt: skip
    record = {
        "inputs": [], "reasons": [], "hits": [], "findings": [], "features": {}, "points": [], "bases": {}, "offers": [], "products": [],
        "application": content, "off_chain": {"consent": consent}, "as_of": {"number": None}, "amount": "0", "score": 0, "grade": None,
        "automated": True, "scorecard": NOBODY, "rules": NOBODY, "evidence_policy": NOBODY, "engine": "none",
    }  # fmt: skip
    with home.database.session() as session:
        session.add(credit.Application(application_id=ids["application_id"], applicant=owner, key=secret, state="decided", content=content, consent={}, at=now))  # fmt: skip
        session.add(credit.CreditDecision(decision_id=ids["decision_id"], application_id="none", lender=lender, applicant=owner, outcome="refer", record=json.dumps(record), digest=NOBODY, asset_id=None, latency={}, at=now))  # fmt: skip
        session.add(credit.Loan(loan_id=ids["loan_id"], decision_id="none of it", application_id="none", lender=lender, borrower=owner, product_id=made.id, state="accepted", pledge_id=None, content=loan, at=now))  # fmt: skip
    return ids | {"product_id": made.id}


def _approval(api: Running, secret: str) -> str:
    from ..identity.test_approvals import principal

    with api.gateway.database.session() as session:
        maker = principal(api, "l2-officer")
        return approvals.propose(session, maker, "pledge.accept", secret, {"about": secret}).id


def _signature(api: Running, secret: str) -> str:
    asked = {
        "id": f"sig_{secrets.token_hex(16)}",
        "org": api.organisation("M2").hex,
        "account": "0x" + "22" * 20,
    }
    said = {"subject": NOBODY, "kind": "Offer", "content": {"message": {"lender": secret}}, "asked_at": 1}
    with api.gateway.database.session() as session:
        return signing.wanted(session, asked | said).id


def _draft(api: Running, secret: str) -> str:
    from ..identity.test_approvals import principal

    terms = {"assets": [], "reader": NOBODY, "purpose": secret, "until": 0}
    with api.gateway.database.session() as session:
        maker = principal(api, "m2-accountant")
        return approvals.propose(session, maker, "grants:give", f"subject-{secret}", terms).id


def bodies(others: Others) -> dict[tuple[str, str], Any]:
    """A body for every operation that takes one: valid, and naming what is another's wherever it can name something."""
    asset, lender = others.ids["asset_id"], UNKNOWN
    wrong = {"code": "000000"}
    return {
        ("post", "/api/v1/session"): {"name": "nobody-here", "password": "wrong"},
        ("post", "/api/v1/session/passkey"): {"ceremony": "x", "credential": {}},
        ("patch", "/api/v1/me"): {"display_name": "me"},
        ("put", "/api/v1/me/password"): {"current": "wrong", "new": "quite another one"},
        ("put", "/api/v1/me/totp"): wrong,
        ("post", "/api/v1/me/totp/removal"): wrong,
        ("post", "/api/v1/me/recovery-codes"): wrong,
        ("post", "/api/v1/me/passkeys"): {"ceremony": "x", "credential": {}},
        ("post", "/api/v1/users"): {"name": "x", "roles": ["accountant"]},
        ("patch", "/api/v1/users/{user_id}"): {"display_name": "taken over"},
        ("post", "/api/v1/api-keys"): {"name": "x", "roles": []},
        ("post", "/api/v1/approvals/{approval_id}/decision"): {"approve": True},
        ("post", "/api/v1/drafts"): {"act": "offer", "asset_id": asset, "lender": lender},
        ("post", "/api/v1/organisations"): {
            "short": "X1",
            "identifier": "none",
            "name": "x",
            "roles": ["lender"],
        },
        ("put", "/api/v1/organisations/{org}/suspension"): {"suspended": True},
        ("post", "/api/v1/organisations/{org}/keys/{purpose}"): {"schema": "assetcert/key-request/1"},
        ("post", "/api/v1/assets"): {"documents": [{"sha256": others.ids["sha256"]}]},
        ("put", "/api/v1/assets/{asset_id}/standing"): {"standing": "revoked"},
        ("post", "/api/v1/assets/{asset_id}/correction"): {"sha256": NOBODY},
        ("post", "/api/v1/dossiers"): {"name": "a dossier of my own"},
        ("post", "/api/v1/dossiers/{name}/assets"): {"assets": [asset]},
        ("post", "/api/v1/verifications"): {"receipts": []},
        ("post", "/api/v1/verifications/stream"): {"receipt": {}},
        ("post", "/api/v1/offers"): {"lender": lender, "assets": [asset]},
        ("post", "/api/v1/pledges"): {"offer": others.offer},
        ("post", "/api/v1/pledges/{pledge_id}/closing"): {"status": "cancelled"},
        ("post", "/api/v1/liens"): {"receipt": {}},
        ("post", "/api/v1/signatures/{signature_id}/preparation"): {},
        ("put", "/api/v1/signatures/{signature_id}"): {"signature": "0x" + "11" * 65},
        ("post", "/api/v1/signing-key/statement"): {"account": "0x" + "11" * 20},
        ("put", "/api/v1/signing-key"): {"account": "0x" + "11" * 20, "signature": "0x" + "11" * 65},
        ("post", "/api/v1/grants"): {
            "asset_id": asset,
            "grantee": lender,
            "fields": ["content"],
            "purpose": "theft",
            "expires_at": "2030-01-01T00:00:00Z",
        },
        ("post", "/api/v1/reads"): {"grant": others.grant},
        ("post", "/api/v1/evaluation"): {"org": UNKNOWN, "batches": [["A" * 43]]},
        ("post", "/api/v1/webhooks"): {"url": "x" * 8},
        ("patch", "/api/v1/webhooks/{webhook_id}"): {"active": False},
        ("post", "/api/v1/products"): {"content": {"schema": "x"}},
        ("post", "/api/v1/product-simulations"): {"content": {"schema": "x"}},
        ("post", "/api/v1/applications"): {"amount": "1", "days": 1, "products": ["none"]},
        ("post", "/api/v1/applications/{application_id}/acceptance"): {"product": "L2-FA"},
        ("post", "/api/v1/decisions/{decision_id}/review"): {
            "outcome": "decline",
            "code": "D1",
            "reason": "theft",
        },
        ("post", "/api/v1/decisions/{decision_id}/grants"): {"auditor": UNKNOWN, "purpose": "theft"},
        ("post", "/api/v1/loans/{loan_id}/drawdown"): {"reference": "x"},
        ("post", "/api/v1/loans/{loan_id}/receipts"): {"reference": "x", "date": "2026-07-01", "amount": "1"},
        ("post", "/verify"): {"receipts": []},
        ("post", "/verify/stream"): {"receipt": {}},
    }


MULTIPART = {
    ("post", "/api/v1/uploads"),
    ("post", "/api/v1/verifications/document"),
    ("post", "/verify/document"),
}
NAMES_ANOTHERS = {
    ("post", "/api/v1/offers"),
    ("post", "/api/v1/pledges"),
    ("post", "/api/v1/grants"),
    ("post", "/api/v1/reads"),
    ("post", "/api/v1/evaluation"),
}
"""Operations whose body names another's thing: refused, whatever the role."""


def operations(api: Running) -> dict[tuple[str, str], dict[str, Any]]:
    """Method and path of every documented operation; at one path PUT before POST, so that nothing is confirmed that the walk itself began."""
    described = api.app.openapi()["paths"]
    return {
        (method, path): methods[method]
        for path, methods in described.items()
        for method in sorted(methods, reverse=True)
    }


def pages(api: Running) -> Iterator[tuple[str, str, str]]:
    """Method, path and permission of every page."""
    for route in api.app.routes:
        for context in getattr(route, "effective_route_contexts", lambda: [])():
            if not context.include_in_schema:
                for method in context.methods:
                    yield method.lower(), context.path, context.original_route.openapi_extra["x-permission"]


def roles_of(user: str) -> set[UserRole]:
    return {UserRole(user.partition("-")[2])}


def allowed(user: str, permission: str) -> bool:
    return permission == "anybody" or not roles_of(user).isdisjoint(PERMISSIONS[Action(permission)])


def send(client: httpx.Client, others: Others, method: str, template: str, said: Any) -> httpx.Response:
    """One request for another's thing; of a stream no more than its head is read."""
    path = others.path(template)
    if (method, template) == ("post", "/api/v1/uploads"):
        return client.post(path, params={"name": "a.txt"}, content=b"a")
    if (method, template) in MULTIPART:
        return client.request(method, path, files=form(("a.txt", b"a")))
    if (method, template) == ("get", "/api/v1/events"):
        with client.stream(method, path) as answer:
            answer._content = b""
            return answer
    return client.request(method, path, json=said)


def test_every_operation_says_who_may_call_it_and_has_a_body_here(api: Running, others: Others) -> None:
    known = bodies(others)
    for (method, path), said in operations(api).items():
        assert said["x-permission"] == "anybody" or Action(said["x-permission"])
        if "requestBody" in said:
            assert (method, path) in known or (method, path) in MULTIPART, f"no body for {method} {path}"


def test_a_stranger_gets_nothing(api: Running, others: Others) -> None:
    known = bodies(others)
    with api.stranger() as client:
        for (method, path), said in operations(api).items():
            answer = send(client, others, method, path, known.get((method, path)))
            assert not others.leak(answer) and answer.status_code < 500, f"{method} {path}: {answer.text}"
            if said["x-permission"] != "anybody":
                assert answer.status_code == 401, f"{method} {path}: {answer.status_code} {answer.text}"


@pytest.mark.parametrize("user", WALKERS)
def test_nobody_gets_what_is_anothers(api: Running, others: Others, user: str) -> None:
    known, client = bodies(others), api.client(user)
    for (method, path), said in operations(api).items():
        mine = allowed(user, said["x-permission"])
        if mine and (method, path) in OWN_SESSION:
            continue
        answer = send(client, others, method, path, known.get((method, path)))
        where = f"{user}: {method} {path}: {answer.status_code} {answer.text[:300]}"
        if mine and user == "a1-auditor" and (method, path) in SEEN_BY_AUDITORS:
            assert answer.status_code in (200, 409), where
            continue
        assert not others.leak(answer), where
        if not mine:
            assert answer.status_code == 403, where
        elif _names_anothers(method, path):
            assert answer.status_code in (404, 409, 422), where
            assert "{" not in path or answer.status_code == 404, where
        else:
            assert answer.status_code < 500, where
            assert answer.status_code != 401 or said["x-permission"] == "anybody", where


def _names_anothers(method: str, path: str) -> bool:
    parameters = set(re.findall(r"{(\w+)}", path)) - OF_ALL_MEMBERS
    if path == "/api/v1/keys/{key_id}":  # the ledger's keys are known to all members
        return False
    return bool(parameters) or (method, path) in NAMES_ANOTHERS


@pytest.mark.parametrize("role", [pytest.param("accountant", marks=pytest.mark.long), "signatory"])
def test_a_machine_has_its_roles_and_no_more(api: Running, others: Others, role: str) -> None:
    said = {"name": "machine", "roles": [role]}
    secret = api.client("m1-signatory").post("/api/v1/api-keys", json=said).json()["secret"]
    known = bodies(others)
    with api.stranger() as client:
        client.headers["Authorization"] = f"Bearer {secret}"
        for (method, path), one in operations(api).items():
            permission = one["x-permission"]
            answer = send(client, others, method, path, known.get((method, path)))
            where = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
            assert (
                not others.leak(answer) and answer.status_code not in (401, 500)
            ) or permission == "anybody", where
            if permission != "anybody" and (
                not allowed(f"m1-{role}", permission) or permission in PEOPLE_ONLY
            ):
                assert answer.status_code == 403, where


def test_every_page_is_for_its_roles_alone(api: Running, others: Others) -> None:
    walked = list(pages(api))
    assert len(walked) > 40
    with api.stranger() as client:
        for method, path, permission in walked:
            answer = client.request(method, others.path(path), headers={"Accept": "text/html"})
            assert not others.leak(answer), f"{method} {path}"
            if permission != "anybody":
                assert (answer.status_code, answer.headers["location"][:12]) == (303, "/login?next="), (
                    f"{method} {path}"
                )


@pytest.mark.parametrize("user", WALKERS)
def test_no_page_shows_what_is_anothers(api: Running, others: Others, user: str) -> None:
    client = api.client(user)
    for method, path, permission in pages(api):
        mine = allowed(user, permission)
        if mine and ((method, path) in OWN_SESSION or (method == "post" and "{" not in path)):
            continue
        answer = client.request(method, others.path(path), headers={"Accept": "text/html"})
        where = f"{user}: {method} {path}: {answer.status_code}"
        if mine and user == "a1-auditor" and (method, path) in SEEN_BY_AUDITORS:
            continue
        assert answer.status_code < 500, where
        if not mine:
            assert answer.status_code == 403, where
        if set(re.findall(r"{(\w+)}", path)) - OF_ALL_MEMBERS and mine and path != "/verify/{asset_id}":
            assert answer.status_code in (404, 409, 422), where
        assert not others.leak(answer), where


def test_what_was_tried_has_changed_nothing(api: Running, others: Others) -> None:
    """After all of it (tests of a module run in order), everything of M2 and L2 is as it was."""
    signatory = api.client("m2-signatory")
    assert signatory.get(f"/api/v1/assets/{others.ids['asset_id']}").json()["standing"] == "good"
    grant = signatory.get(f"/api/v1/grants/{others.ids['grant_id']}")
    assert grant.json().get("open") is True, grant.text
    assert signatory.get(f"/api/v1/pledges/{others.ids['pledge_id']}").json()["status"] == "live"
    assert signatory.get(f"/api/v1/webhooks/{others.ids['webhook_id']}").json()["active"] is True
    assert signatory.get(f"/api/v1/users/{others.ids['user_id']}").json()["ended_at"] is None
    assert signatory.get(f"/api/v1/api-keys/{others.ids['api_key_id']}").json()["ended_at"] is None
    assert signatory.get(f"/api/v1/uploads/{others.ids['upload_id']}").status_code == 200
    assert (
        api.client("l2-officer").get(f"/api/v1/approvals/{others.ids['approval_id']}").json()["state"]
        == "pending"
    )
    assert api.client("m2-accountant").get("/api/v1/me").status_code == 200
