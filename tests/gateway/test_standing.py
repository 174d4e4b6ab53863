"""`revoke`: an asset suspended and restored, revoked for good; a grant only ends."""

from __future__ import annotations

from pathlib import Path

from .conftest import World, assetcert


def test_a_suspension_is_lifted_and_a_revocation_is_not(own: World) -> None:
    target = own.receipts["M1/machine.xml"]

    def standing(*flags: str) -> int:
        return assetcert("revoke", target, "--as", "M1", *flags, home=own.home).code

    sound = assetcert("verify", target, home=own.home).json["verdict"]
    assert standing("--lift") == 1  # nothing to lift
    assert standing("--suspend") == 0
    assert assetcert("verify", target, home=own.home).json["verdict"] == "INVALID"
    assert standing("--lift") == 0
    assert assetcert("verify", target, home=own.home).json["verdict"] == sound != "INVALID"
    assert standing() == 0
    assert standing("--lift") == 1
    assert assetcert("verify", target, home=own.home).json["verdict"] == "INVALID"


def test_a_grant_is_not_suspended(own: World, tmp_path: Path) -> None:
    call = ("grant", own.asset("M1/invoice.xml"), "--as", "M1", "--to", "L1", "--out", tmp_path)
    given = assetcert(*call, home=own.home).json["grant"]
    called = assetcert("revoke", given, "--as", "M1", "--suspend", home=own.home)
    assert called.code == 64 and called.error["code"] == "GRANT"
    assert assetcert("read", given, "--as", "L1", "--out", tmp_path, home=own.home).code == 0
