"""An enterprise whose key is in a browser: what it asks for waits until that key has signed it, is relayed, and nothing is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from certifier.verify import Verdict
from gateway.db import listing
from gateway.db.models import Asset
from gateway.errors import RefusedError
from gateway.installation import Installation, Organisation
from gateway.service import consortium, grant_reading, pledging, signing
from gateway.service.own import own_receipt
from gateway.service.pledging import OfferFile
from gateway.signing.browser import InTheBrowser
from gateway.signing.signatory import SignatureNeededError
from ledger import artifacts
from ledger.abi import encode
from ledger.account import Account, account_key_id
from ledger.connection import Ledger
from ledger.contract import Act
from ledger.membership import Role
from ledger.pledges import Status
from ledger.types import keccak, parse_hex32

from ..api.v1.helping import form, job_papers, problem
from ..running import Running
from .browsers import KEY, OTHER, eventually, move, sign, signed, waiting

ADDRESS = Account(KEY).address


def asked(gateway: Running, *contents: bytes) -> str:
    """A certification that was asked for; the job, once it waits for the signature."""
    before = len(waiting(gateway))
    files = form(*((f"paper{at}.xml", content) for at, content in enumerate(contents)))
    answer = gateway.client("m1-accountant").post("/api/v1/assets", files=files)
    assert answer.status_code == 202, answer.text
    eventually(lambda: len(waiting(gateway)) == before + 1)
    job = str(answer.json()["id"])
    eventually(lambda: gateway.client("m1-accountant").get(f"/api/v1/jobs/{job}").json()["waiting_for"])
    return job


def done(gateway: Running, job: str) -> dict[str, Any]:
    """The job's first asset, once it is there."""
    client = gateway.client("m1-accountant")
    eventually(lambda: client.get(f"/api/v1/jobs/{job}").json()["state"] == "done")
    found: dict[str, Any] = client.get(f"/api/v1/jobs/{job}").json()["files"][0]["asset"]
    return found


def needed(gateway: Running) -> list[dict[str, Any]]:
    """What M1 was told of by an event that it has to sign it."""
    events = gateway.client("m1-accountant").get("/api/v1/events/history", params={"limit": 1_000}).json()
    return [event["data"] for event in events if event["kind"] == "signature.needed"]


def invoice() -> bytes:
    return job_papers("M1")["invoice.xml"]


def test_a_batch_waits_is_signed_and_certified(gateway: Running) -> None:
    home, client = gateway.gateway.installation, gateway.client("m1-signatory")
    job = asked(gateway, invoice())
    (one,) = waiting(gateway)
    assert one["act"] == "register" and len(one["assets"]) == 1
    problem(
        client.put(f"/api/v1/signatures/{one['id']}", json={"signature": "0x" + "11" * 65}),
        409,
        "NOT_PREPARED",
    )
    problem(sign(gateway, one, OTHER), 409, "WRONG_SIGNER")
    problem(
        gateway.client("m2-signatory").post(f"/api/v1/signatures/{one['id']}/preparation", json={}),
        404,
        "NOT_FOUND",
    )
    assert (
        gateway.client("m1-accountant")
        .post(f"/api/v1/signatures/{one['id']}/preparation", json={})
        .status_code
        == 403
    )
    assert sign(gateway, one).status_code == 204
    asset = done(gateway, job)
    assert [asset["asset_id"]] == one["assets"]
    batch = home.ledger.read_one(
        home.ledger.assets.batch(gateway.organisation("M1").id, parse_hex32(asset["root"])), home.ledger.pin()
    )
    assert batch.account == ADDRESS
    key = home.ledger.read_one(home.ledger.membership.key(account_key_id(ADDRESS)), home.ledger.pin())
    assert key.org == gateway.organisation("M1").id
    assert not waiting(gateway)


def test_two_signed_under_one_nonce_are_both_certified_in_the_end(gateway: Running) -> None:
    first, second = asked(gateway, invoice()), asked(gateway, invoice())
    client = gateway.client("m1-signatory")
    both = waiting(gateway)
    typed = [client.post(f"/api/v1/signatures/{one['id']}/preparation", json={}).json() for one in both]
    assert typed[0]["message"]["nonce"] == typed[1]["message"]["nonce"]
    for one, data in zip(both, typed, strict=True):
        assert (
            client.put(f"/api/v1/signatures/{one['id']}", json={"signature": signed(data)}).status_code == 204
        )
    eventually(lambda: len(waiting(gateway)) == 1)  # the one that came second
    assert sign(gateway, waiting(gateway)[0]).status_code == 204
    assert done(gateway, first)["root"] != done(gateway, second)["root"]


def test_what_was_signed_too_long_ago_is_signed_again(gateway: Running) -> None:
    home, member = gateway.gateway.installation, gateway.organisation("M1")
    job = asked(gateway, invoice())
    (one,) = waiting(gateway)
    typed = signing.prepare(home, member, one["id"])
    home.node.clock.advance(3_700)
    signing.take(home, member, one["id"], bytes.fromhex(signed(typed)[2:]), "m1-signatory")
    gateway.gateway.jobs.signed()
    eventually(lambda: [again["id"] for again in waiting(gateway)] == [one["id"]])
    assert needed(gateway)[-2:] == [{"signature": one["id"], "act": "register"}] * 2  # told, and told again
    assert sign(gateway, one).status_code == 204
    assert done(gateway, job)["asset_id"] == one["assets"][0]


def test_a_paper_of_two_batches_is_one_asset(gateway: Running) -> None:
    shared = invoice()
    first, second = asked(gateway, shared), asked(gateway, shared, invoice())
    one, other = waiting(gateway)
    assert set(one["assets"]) < set(other["assets"])
    assert sign(gateway, one).status_code == 204
    asset = done(gateway, first)
    assert not waiting(
        gateway
    )  # the other batch holds a paper that stands by now: it is made anew without it
    eventually(lambda: len(waiting(gateway)) == 1)
    (again,) = waiting(gateway)
    assert again["assets"] == [found for found in other["assets"] if found not in one["assets"]]
    assert sign(gateway, again).status_code == 204
    assert (done(gateway, second)["asset_id"], done(gateway, second)["existing"]) == (asset["asset_id"], True)


def offered(gateway: Running, lender: Organisation) -> OfferFile:
    """An offer of M1's, signed."""
    home, member = gateway.gateway.installation, gateway.organisation("M1")
    job = asked(gateway, invoice())
    assert sign(gateway, waiting(gateway)[0]).status_code == 204
    asset, client = done(gateway, job)["asset_id"], gateway.client("m1-signatory")
    before = {one["pledge_id"] for one in client.get("/api/v1/offers").json()["items"]}
    terms = {"lender": lender.hex, "assets": [asset]}
    problem(client.post("/api/v1/offers", json=terms), 409, "SIGNATURE_NEEDED")
    (one,) = waiting(gateway)
    assert one["act"] == "Offer"
    problem(sign(gateway, one, OTHER), 409, "WRONG_SIGNER")
    assert {found["pledge_id"] for found in client.get("/api/v1/offers").json()["items"]} == before
    assert sign(gateway, one).status_code == 204
    (made,) = {found["pledge_id"] for found in client.get("/api/v1/offers").json()["items"]} - before
    with home.database.session() as session:
        row = listing.offer(session, made)
    assert row is not None
    shown = own_receipt(home, member, asset).redact("must-disclose")
    return pledging.offer_file(home, row[0].content, [shown])


def test_an_offer_is_made_by_its_signature_and_can_be_taken(gateway: Running) -> None:
    home, lender = gateway.gateway.installation, gateway.organisation("L1")
    made = offered(gateway, lender)
    pledged = pledging.pledge(home, lender, made, gateway.gateway.verifier)
    found = home.ledger.read_one(home.ledger.pledges.pledge_of(pledged.pledge_id), home.ledger.pin())
    assert found.status is Status.LIVE


def test_a_lender_in_the_browser_pledges_what_it_has_verified_twice(gateway: Running) -> None:
    home, lender, key = gateway.gateway.installation, gateway.organisation("L2"), keccak(b"a lender's")
    move(gateway, "L2", "l2-approver", key)
    made = offered(gateway, lender)
    with pytest.raises(SignatureNeededError):
        pledging.pledge(home, lender, made, gateway.gateway.verifier)
    (one,) = waiting(gateway, "l2-approver")
    assert one["act"] == "pledge"
    assert sign(gateway, one, key, "l2-approver").status_code == 204
    assert gateway.client("l2-officer").get("/api/v1/signatures").json()[0]["signed"] is True
    pledged = pledging.pledge(home, lender, made, gateway.gateway.verifier)
    assert pledged.lien is Verdict.VALID
    assert gateway.client("l2-officer").get("/api/v1/signatures").json() == []


def test_what_stands_by_itself_is_done_with_its_signature(gateway: Running) -> None:
    job = asked(gateway, invoice())
    assert sign(gateway, waiting(gateway)[0]).status_code == 204
    asset = done(gateway, job)["asset_id"]
    client = gateway.client("m1-signatory")
    granted = {
        "asset_id": asset,
        "grantee": gateway.organisation("L1").hex,
        "fields": ["content"],
        "purpose": "a look",
        "expires_at": "2040-01-01T00:00:00Z",
    }
    problem(client.post("/api/v1/grants", json=granted), 409, "SIGNATURE_NEEDED")
    (one,) = waiting(gateway)
    assert one["act"] == "grant"
    assert sign(gateway, one).status_code == 204
    (grant,) = client.get("/api/v1/grants").json()["items"]
    home, lender = gateway.gateway.installation, gateway.organisation("L1")
    grant_reading.record_reading(home, lender, parse_hex32(grant["grant_id"]))
    assert grant_reading.release(home, parse_hex32(grant["grant_id"]), lender.id)
    shown = client.get(f"/api/v1/assets/{asset}")
    revoked = {"json": {"standing": "revoked"}, "headers": {"If-Match": shown.headers["ETag"]}}
    problem(client.put(f"/api/v1/assets/{asset}/standing", **revoked), 409, "SIGNATURE_NEEDED")
    assert sign(gateway, waiting(gateway)[0]).status_code == 204
    shown = client.get(f"/api/v1/assets/{asset}")
    assert shown.json()["standing"] == "revoked"
    assert _kept(gateway, asset).live is None  # the same document may become a new asset
    problem(client.post(f"/api/v1/grants/{grant['grant_id']}/ending"), 409, "SIGNATURE_NEEDED")
    assert sign(gateway, waiting(gateway)[0]).status_code == 204
    with pytest.raises(RefusedError, match="ended"):
        grant_reading.release(home, parse_hex32(grant["grant_id"]), lender.id)
    headers = {"If-Match": client.get(f"/api/v1/assets/{asset}").headers["ETag"]}
    problem(client.post(f"/api/v1/assets/{asset}/shredding", headers=headers), 409, "SIGNATURE_NEEDED")
    assert _kept(gateway, asset).sealed_secret is not None
    assert sign(gateway, waiting(gateway)[0]).status_code == 204
    assert (_kept(gateway, asset).sealed_secret, _kept(gateway, asset).fields) == (None, None)
    assert not waiting(gateway)


def _kept(gateway: Running, asset_id: str) -> Asset:
    with gateway.gateway.database.session() as session:
        return session.get_one(Asset, asset_id)


def test_what_the_ledger_refuses_is_told_and_not_shown(gateway: Running) -> None:
    job, registrar = asked(gateway, invoice()), gateway.client("r1-registrar")
    suspension = f"/api/v1/organisations/{gateway.organisation('M1').hex}/suspension"
    assert registrar.put(suspension, json={"suspended": True}).json()["executed"] is True
    assert not waiting(gateway)
    found = f"/api/v1/jobs/{job}"
    eventually(lambda: gateway.client("m1-accountant").get(found).json()["state"] == "failed")
    assert gateway.client("m1-accountant").get(found).json()["error"]["code"] == "NOT_ACTIVE"
    assert registrar.put(suspension, json={"suspended": False}).json()["executed"] is True


def test_a_registrars_key_stays_where_it_can_vote(gateway: Running) -> None:
    home, registrar, new = gateway.gateway.installation, gateway.organisation("R1"), Account(KEY)
    signature = new.sign(signing.key_statement(home, registrar, new.address).data)
    with pytest.raises(RefusedError, match="a registrar's key cannot move to a browser"):
        signing.propose_key(home, registrar, new.address, signature)
    assert home.places.staged("R1") is None


def test_whoever_signs_in_a_browser_is_made_no_registrar(gateway: Running) -> None:
    home, member = gateway.gateway.installation, gateway.organisation("M1")
    roles = home.ledger.membership.organisation(member.id)
    before = home.ledger.read_one(roles, home.ledger.pin())
    with pytest.raises(RefusedError, match="M1 signs in a browser, where no registrar can"):
        consortium.admit(home, member, Role.ENTERPRISE | Role.REGISTRAR, change=True)
    assert home.ledger.read_one(roles, home.ledger.pin()) == before


def heir(home: Installation) -> Ledger:
    """The ledger by a descriptor that names a registry that is to follow the one of now."""
    contracts, artifact = home.ledger.descriptor.contracts, artifacts.load("PledgeRegistry")
    names = ("membership", "asset_registry", "pledge_registry", "forwarder")
    code = artifact.bytecode + encode(artifact.constructor.inputs, [contracts[name] for name in names])
    made = home.writer.send(Account(keccak(b"a deployer")), Act(None, code)).created
    assert made is not None
    (deployed,) = home.ledger.chain.codes([made], home.ledger.pin())
    named = {"contracts": contracts, "code_hashes": home.ledger.descriptor.code_hashes}
    wanted = {"contracts": made, "code_hashes": keccak(deployed)}
    changed = {name: named[name] | {"pledge_registry": wanted[name]} for name in named}
    return Ledger.connect(replace(home.ledger.descriptor, **changed), home.node.url)


def test_a_pledge_of_the_registry_before_can_be_released(gateway: Running) -> None:
    home, lender, key = gateway.gateway.installation, gateway.organisation("L2"), keccak(b"a lender's other")
    move(gateway, "L2", "l2-approver", key)
    made, ledger = offered(gateway, lender), heir(home)
    with pytest.raises(SignatureNeededError):
        pledging.pledge(home, lender, made, gateway.gateway.verifier)
    assert sign(gateway, waiting(gateway, "l2-approver")[0], key, "l2-approver").status_code == 204
    pledged = pledging.pledge(home, lender, made, gateway.gateway.verifier)
    relayed = InTheBrowser(
        lender.hex,
        Account(key).address,
        ledger,
        home.writer,
        home.database,
        home.now,
        lambda: home.relayer(lender),
    )
    act = ledger.registries(ledger.pin())[0].close(made.offer, Status.SATISFIED)
    assert act.to != ledger.pledges.address
    with pytest.raises(SignatureNeededError):
        relayed.send(act)
    assert sign(gateway, waiting(gateway, "l2-approver")[0], key, "l2-approver").status_code == 204
    found = home.ledger.read_one(home.ledger.pledges.pledge_of(pledged.pledge_id), home.ledger.pin())
    assert found.status is Status.SATISFIED
    with pytest.raises(RefusedError, match="this act cannot be sent"):
        relayed.send(home.ledger.membership.revoke_key(account_key_id(ADDRESS)))
    ledger.close()


def test_a_lost_key_is_followed_by_another(gateway: Running) -> None:
    job, home = asked(gateway, invoice()), gateway.gateway.installation
    move(gateway, "M1", "m1-signatory", OTHER)
    lost = home.ledger.read_one(home.ledger.membership.key(account_key_id(ADDRESS)), home.ledger.pin())
    assert lost.valid_until <= home.now()
    assert not waiting(gateway)  # what waited for the lost key waits for the new one
    eventually(lambda: len(waiting(gateway)) == 1)
    assert sign(gateway, waiting(gateway)[0], OTHER).status_code == 204
    assert done(gateway, job)["existing"] is False
