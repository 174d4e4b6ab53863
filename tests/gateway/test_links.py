"""Stated links: what they lead to stands on the ledger, or nothing is certified."""

from __future__ import annotations

from pathlib import Path

from .conftest import World, assetcert


def fresh(world: World, folder: Path) -> Path:
    """A machine log that was never certified."""
    path = folder / "log.xml"
    path.write_bytes(world.paper("M1/machine.xml").read_bytes() + b"\n<!-- linked -->")
    return path


def test_a_link_to_what_is_not_on_the_ledger_is_refused_before_anything_is_certified(
    own: World, tmp_path: Path
) -> None:
    paper, target = fresh(own, tmp_path), own.asset("M1/work-order.xml")
    typo = target[:-1] + ("0" if target[-1] != "0" else "1")
    call = ["certify", "--as", "M1", paper, "--out", tmp_path / "out", "--link"]
    missing = assetcert(*call, f"measures={typo}", home=own.home)
    assert missing.code == 64 and missing.error["code"] == "LINK"
    assert typo in missing.err and "certify that paper first" in missing.err
    assert assetcert("revoke", target, "--as", "M1", home=own.home).code == 0
    revoked = assetcert(*call, f"measures={target}", home=own.home)
    assert revoked.code == 64 and "revoked" in revoked.err
    assert not (tmp_path / "out").exists()
    ours = assetcert(*call[:-1], home=own.home)
    assert ours.json["assets"][0]["existing"] is False
