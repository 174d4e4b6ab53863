"""What every request meets, whatever it asks for."""

from __future__ import annotations

from ..running import Running


def test_who_i_am(api: Running) -> None:
    said = api.client("m1-accountant").get("/api/v1/me").json()
    assert (said["name"], said["kind"], said["organisation"]["short"]) == ("m1-accountant", "person", "M1")
    assert said["roles"] == ["accountant"] and "assets:certify" in said["permissions"]
    assert "pledges:accept" not in said["permissions"]
