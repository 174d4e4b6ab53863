"""What an owner may do with its papers, and what it cannot undo: take one back, let one be read, destroy what opens one."""

from __future__ import annotations

from certifier.verify import Code, Verdict
from gateway.demo.stage import Seen, Stage
from gateway.demo.world import dossier_of
from gateway.service import certifying, grant_reading, granting, pledging, revoking
from gateway.service.own import own_asset
from gateway.service.times import DAY
from ledger.refusals import NotGoodError

__all__ = ["read_by_grant", "revoked", "revoked_under_lien", "shredded"]


def revoked(stage: Stage) -> Seen:
    """M4 takes an order back that it has offered: it is refused from then on. Certified again, the file is a new asset."""
    path, owner, lender = stage.last("M4", "purchase-order"), stage.org("M4"), stage.org("L2")
    made = stage.offer("M4", "L2", [path])
    before = stage.certified[path].asset_id
    block = revoking.revoke(stage.installation, owner, own_asset(stage.installation, owner, before))
    standing = stage.verify(path).check(Code.STANDING).verdict
    refused = ""
    try:
        pledging.send(stage.installation, lender, made)
    except NotGoodError as error:
        refused = type(error).__name__
    again = certifying.certify(stage.installation, owner, [stage.file(path)], dossier=dossier_of("M4"))
    stage.certified[path] = again.assets[0]
    figures = {
        "block": block,
        "standing": standing.value,
        "refused_by_contract": refused,
        "certified_again_as_new": again.assets[0].asset_id != before,
    }
    return standing is Verdict.INVALID and bool(refused) and figures[
        "certified_again_as_new"
    ] is True, figures


def revoked_under_lien(stage: Stage) -> Seen:
    """M4 takes back the altered copy of its pledged invoice: the lien on what both state stays where it is."""
    act = next(act for act in stage.world.acts if act.name == "offer")
    altered, original, owner = act.files[2], act.says["over"], stage.org("M4")
    row = own_asset(stage.installation, owner, stage.certified[altered].asset_id)
    block = revoking.revoke(stage.installation, owner, row)
    checks = [stage.verify(path, "L2") for path in (altered, original)]
    standing, lien = checks[0].check(Code.STANDING).verdict, checks[1].check(Code.LIEN).verdict
    figures = {"block": block, "standing": standing.value, "lien_on_the_original": lien.value}
    return standing is lien is Verdict.INVALID, figures


def read_by_grant(stage: Stage) -> Seen:
    """M1 grants L2 an invoice; the read stands on the ledger before the key is handed over."""
    path, installation = stage.last("M1", "invoice"), stage.installation
    receipt, until = stage.own(path), installation.now() + 30 * DAY
    fields, purpose = ["content", "fact.total"], "credit decision"
    given = granting.make_grant(
        installation, stage.org("M1"), stage.org("L2").id, receipt, fields, purpose, until
    )
    reading = grant_reading.read_grant(installation, stage.org("L2"), given)
    figures = {
        "fields": len(reading.fields),
        "bytes": len(reading.document or b""),
        "read_in_block": reading.block,
    }
    same = reading.document == stage.file(path).read_bytes()
    return same and reading.fields["fact.total"] == receipt.values["fact.total"], figures


def shredded(stage: Stage) -> Seen:
    """M4 destroys the secret of the picture that it had shown; whoever has the receipt still finds it anchored."""
    path, owner = stage.last("M4", "other"), stage.org("M4")
    given = stage.given(path)
    row = own_asset(stage.installation, owner, stage.certified[path].asset_id)
    block = revoking.shred(stage.installation, owner, row)
    certifying.write_dossier(stage.installation, owner, dossier_of("M4"))  # the old one went with it
    (report,) = stage.verify_all([given])
    figures = {
        "block": block,
        "disclosable": not stage.is_shredded(path),
        "registration": report.check(Code.REGISTRATION).verdict.value,
    }
    return stage.is_shredded(path) and report.check(Code.REGISTRATION).verdict is Verdict.VALID, figures
