"""Signing in at an OpenID provider: a real one on this machine, real redirects, real tokens."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from gateway.api.app import create_app
from gateway.api.state import Gateway, Settings
from gateway.identity import accounts, ties
from gateway.identity.provider import Provider
from gateway.identity.roles import UserRole

from ..api.test_foundation import problem
from ..running import Running
from .provider import CLIENT, SECRET, OpenIdProvider, provider

START = "/api/v1/session/oidc/bank"
ORIGIN = "http://127.0.0.1"


@pytest.fixture(scope="module")
def bank() -> Iterator[OpenIdProvider]:
    with provider() as found:
        yield found


@pytest.fixture()
def subject(api: Running, bank: OpenIdProvider) -> Iterator[str]:
    """A new subject at the provider, tied to an account of L1; the provider is honest again afterwards."""
    bank.login, bank.email = f"subject-{secrets.token_hex(4)}", None
    name = f"o{secrets.token_hex(6)}"
    with api.gateway.database.session() as session:
        user = accounts.create(session, api.organisation("L1"), name, {UserRole.OFFICER}, password=None)
        ties.expect(session, user, Provider("bank", "Bank", bank.issuer, CLIENT), bank.login)
    yield name
    bank.spoil, bank.signs_with = dict, bank.key


class Browser:
    """A browser between a gateway that knows the provider and the provider."""

    def __init__(self, api: Running, bank: OpenIdProvider) -> None:
        known = Provider("bank", "Bank", bank.issuer, CLIENT, SECRET)
        settings = Settings(origin=ORIGIN, providers={"bank": known})
        self._app = create_app(Gateway(api.gateway.installation, settings))

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN)

    def run(self, steps: Callable[[httpx.AsyncClient], Any]) -> Any:
        import anyio

        async def whole() -> Any:
            async with self.client() as client:
                return await steps(client)

        return anyio.run(whole)


@pytest.fixture()
def browser(api: Running, bank: OpenIdProvider) -> Browser:
    return Browser(api, bank)


async def to_callback(client: httpx.AsyncClient) -> str:
    """Begin at the gateway, pass the provider: the address that the browser is sent back to."""
    begun = await client.get(START)
    assert begun.status_code == 303, begun.text
    async with httpx.AsyncClient() as outside:
        return (await outside.get(begun.headers["location"])).headers["location"]


async def signed_in(client: httpx.AsyncClient) -> httpx.Response:
    return await client.get(await to_callback(client))


async def by_password(client: httpx.AsyncClient, api: Running, user: str) -> None:
    """A session of a user of the demo in this browser."""
    said = {"name": user, "password": api.passwords[user]}
    answer = await client.post("/api/v1/session", json=said)
    assert answer.status_code == 201, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    api.show_factor(user)


def test_a_subject_that_is_tied_to_an_account_comes_in(browser: Browser, subject: str) -> None:
    async def steps(client: httpx.AsyncClient) -> None:
        listed = (await client.get("/api/v1/session/oidc")).json()["items"]
        assert listed == [{"name": "bank", "label": "Bank", "href": START}]
        answer = await signed_in(client)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "oidc" not in client.cookies
        assert (await client.get("/api/v1/me")).json()["name"] == subject

    browser.run(steps)


def test_a_subject_without_an_account_does_not(browser: Browser, bank: OpenIdProvider) -> None:
    bank.login = "somebody-else"
    problem(browser.run(signed_in), 403, "NO_ACCOUNT")


@pytest.mark.parametrize(
    "other",
    [
        {"iss": "https://evil.example"},
        {"aud": "another application"},
        {"exp": 1},
        {"nonce": "of another sign-in"},
        {"azp": "another application"},
        {"sub": None},
    ],
)
def test_a_token_that_is_not_for_us_is_refused(
    browser: Browser, bank: OpenIdProvider, subject: str, other: dict[str, Any]
) -> None:
    bank.spoil = lambda claims: {name: value for name, value in (claims | other).items() if value is not None}
    problem(browser.run(signed_in), 401, "OIDC")


def test_a_token_signed_by_another_key_is_refused(
    browser: Browser, bank: OpenIdProvider, subject: str
) -> None:
    bank.signs_with = ECKey.generate_key("P-256", {"kid": "1"})
    problem(browser.run(signed_in), 401, "OIDC")


def test_an_answer_counts_once_and_in_the_browser_that_asked(browser: Browser, subject: str) -> None:
    async def steps(client: httpx.AsyncClient) -> None:
        back = await to_callback(client)
        async with browser.client() as other:
            problem(await other.get(back), 409, "CEREMONY")
        assert (await client.get(back)).status_code == 303
        problem(await client.get(back), 409, "CEREMONY")
        back = await to_callback(client)
        problem(await client.get(back.replace("state=", "state=x")), 401, "OIDC")
        back = await to_callback(client)
        problem(
            await client.get(f"{START}/callback?error=access_denied&{back.partition('state')[1]}"),
            401,
            "OIDC",
        )
        back = await to_callback(client)
        foreign = httpx.URL(back).copy_set_param("iss", "https://evil.example")
        problem(await client.get(str(foreign)), 401, "OIDC")

    browser.run(steps)


@pytest.mark.parametrize(
    ("role", "email", "comes_in"),
    [
        ("officer", ("Zhang.San@bank.example", True), True),
        ("officer", ("zhang.san@bank.example", False), False),
        ("officer", ("li.si@bank.example", True), False),
        ("officer", None, False),
    ],
)
def test_an_invited_address_counts_where_the_provider_vouches_for_it_and_once(
    api: Running, browser: Browser, bank: OpenIdProvider, role: str, email: tuple[str, bool] | None, comes_in: bool
) -> None:  # fmt: skip
    async def steps(client: httpx.AsyncClient) -> None:
        async with browser.client() as administrator:
            await by_password(administrator, api, "l1-approver")
            at = {"provider": "bank", "email": "zhang.san@bank.example"}
            said = {"name": f"o{secrets.token_hex(6)}", "roles": [role], "sign_in_at": at}
            made = await administrator.post("/api/v1/users", json=said)
            assert made.json()["one_time_password"] is None
            again = {**said, "name": f"o{secrets.token_hex(6)}"}
            problem(await administrator.post("/api/v1/users", json=again), 409, "EMAIL_TAKEN")
            bank.login, bank.email = f"subject-{secrets.token_hex(4)}", email
            answer = await signed_in(client)
            if comes_in:
                assert answer.status_code == 303, answer.text
                bank.login = "somebody else who got that address later"
                async with browser.client() as other:
                    problem(await signed_in(other), 403, "NO_ACCOUNT")
            else:
                problem(answer, 403, "NO_ACCOUNT")
            assert (await administrator.delete(made.headers["location"])).status_code == 204

    browser.run(steps)


def test_no_address_opens_an_administrators_account(
    api: Running, browser: Browser, bank: OpenIdProvider
) -> None:
    """Neither when it is made nor after its roles were raised."""

    async def steps(client: httpx.AsyncClient) -> None:
        async with browser.client() as administrator:
            await by_password(administrator, api, "l1-approver")
            at = {"provider": "bank", "email": "boss@bank.example"}
            said = {"name": f"o{secrets.token_hex(6)}", "roles": ["approver"], "sign_in_at": at}
            refused = await administrator.post("/api/v1/users", json=said)
            problem(refused, 422, "INVITED_ADMINISTRATOR")
            made = await administrator.post("/api/v1/users", json=said | {"roles": ["officer"]})
            place = made.headers["location"]
            raised = await administrator.patch(place, json={"roles": ["approver"]})
            assert raised.status_code == 200, raised.text
            bank.login, bank.email = f"subject-{secrets.token_hex(4)}", ("boss@bank.example", True)
            problem(await signed_in(client), 403, "NO_ACCOUNT")
            assert (await administrator.delete(place)).status_code == 204

    browser.run(steps)


def test_a_subject_is_of_one_account(
    api: Running, browser: Browser, bank: OpenIdProvider, subject: str
) -> None:
    async def steps(client: httpx.AsyncClient) -> None:
        await by_password(client, api, "m1-signatory")
        at: dict[str, str] = {"provider": "bank", "subject": bank.login}
        said = {"name": f"o{secrets.token_hex(6)}", "roles": ["accountant"], "sign_in_at": at}
        problem(await client.post("/api/v1/users", json=said), 409, "SUBJECT_TAKEN")
        problem(
            await client.post("/api/v1/users", json=said | {"sign_in_at": {"provider": "bank"}}),
            422,
            "SIGN_IN_AT",
        )
        problem(
            await client.post("/api/v1/users", json=said | {"sign_in_at": at | {"provider": "x"}}),
            404,
            "PROVIDER",
        )

    browser.run(steps)


def test_one_goes_on_to_a_path_of_this_site_and_to_nothing_else(browser: Browser, subject: str) -> None:
    async def steps(client: httpx.AsyncClient) -> None:
        wanted = {
            "/queue?as=csv": "/queue?as=csv",
            "//evil.example": "/",
            "https://evil.example/x": "/",
            "/\\evil": "/",
        }
        for asked, onward in wanted.items():
            begun = await client.get(START, params={"next": asked})
            async with httpx.AsyncClient() as outside:
                back = (await outside.get(begun.headers["location"])).headers["location"]
            assert (await client.get(back)).headers["location"] == onward

    browser.run(steps)


def test_a_provider_that_nobody_has_set_up_or_that_is_away(api: Running, browser: Browser) -> None:
    async def unknown(client: httpx.AsyncClient) -> httpx.Response:
        return await client.get("/api/v1/session/oidc/other")

    problem(browser.run(unknown), 404, "PROVIDER")
    away = Browser(api, OpenIdProvider("http://127.0.0.1:9"))
    problem(away.run(lambda client: client.get(START)), 503, "PROVIDER")
