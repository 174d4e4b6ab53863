"""The settings in docs/api.md, loaded as they stand."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.api.state import Settings
from gateway.home import Home

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text("utf-8")


def test_the_settings(tmp_path: Path) -> None:
    (settings,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "gateway.json").write_text(settings)
    (tmp_path / "bank.secret").write_text("secret\n")
    loaded = Settings.load(Home(tmp_path), "http://127.0.0.1:8420")
    assert loaded.secure and loaded.host == "assetcert.example"
    assert loaded.providers["bank"].client_secret == "secret" and "secret" not in repr(loaded)
    bare = Settings.load(Home(tmp_path / "none"), "http://127.0.0.1:8420")
    assert (bare.organisation_limit, bare.address_limit, bare.at_once) == ("1000/second", "200/second", 256)
    assert not bare.secure
