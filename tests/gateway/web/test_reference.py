"""The API's reference page shows all that its description has, to anybody."""

from __future__ import annotations

from ..running import Running


def test_every_operation_is_shown(api: Running) -> None:
    with api.stranger() as client:
        description, page = client.get("/openapi.json").json(), client.get("/docs").text
        for path, methods in description["paths"].items():
            for method in methods:
                assert f"<code>{method.upper()} {path}</code>" in page
        found = client.get("/docs", params={"q": "/api/v1/webhooks"}).text
        assert "POST /api/v1/webhooks" in found and "POST /api/v1/assets<" not in found
        assert "<script>" not in client.get("/docs", params={"q": "<script>"}).text
