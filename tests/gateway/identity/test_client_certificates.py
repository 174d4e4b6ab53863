"""Keys that count only over TLS with their client certificate: a real proxy that ends real TLS in front of the gateway's socket."""

from __future__ import annotations

import base64
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from socket import create_connection
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.api.proxied import Proxied, at_socket
from gateway.errors import UnavailableError
from gateway.service.serving import listening

from ..api.test_foundation import problem
from ..running import Running
from .test_machines import Machine, bearer, made

ME = "/api/v1/me"
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "api.md"


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate and its key, in files."""

    pem: Path
    key: Path

    @property
    def text(self) -> str:
        return self.pem.read_text()

    @property
    def header(self) -> str:
        der = x509.load_pem_x509_certificate(self.pem.read_bytes()).public_bytes(Encoding.DER)
        return f":{base64.b64encode(der).decode()}:"


def certificate(folder: Path, name: str, *, days: int = 30) -> Certificate:
    key, called = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string(f"CN={name}")
    end = datetime.now(UTC) + timedelta(days=days)
    builder = x509.CertificateBuilder(called, called, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(end - timedelta(days=60)).not_valid_after(end)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = builder.add_extension(names, critical=False).sign(key, SHA256())
    found = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    found.pem.write_bytes(signed.public_bytes(Encoding.PEM))
    found.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return found


@dataclass(frozen=True)
class Front:
    """The gateway behind its proxy: the socket, the port beside it, the proxy's address, and who may come."""

    socket: Path
    port: str
    proxy: str
    certificates: dict[str, Certificate]

    def client(self, name: str) -> httpx.Client:
        """A machine with that certificate, at the proxy."""
        context = ssl.create_default_context(cafile=self.certificates["proxy"].pem)
        mine = self.certificates[name]
        context.load_cert_chain(mine.pem, mine.key)
        return httpx.Client(base_url=self.proxy, verify=context, timeout=20)

    def at_socket(self) -> httpx.Client:
        """The proxy's own place."""
        return httpx.Client(transport=httpx.HTTPTransport(uds=str(self.socket)), base_url="http://localhost")


@pytest.fixture(scope="module", params=["ours", pytest.param("haproxy", marks=pytest.mark.long)])
def front(
    request: pytest.FixtureRequest, api: Running, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    if request.param == "haproxy" and shutil.which("haproxy") is None:
        pytest.skip("there is no haproxy here")
    between = {"ours": proxy, "haproxy": haproxy}[request.param]
    folder = tmp_path_factory.mktemp("proxy")
    made = {name: certificate(folder, name) for name in ("proxy", "erp", "thief")}
    with at_socket(folder / "gateway.socket") as sockets, listening(0) as port:
        config = uvicorn.Config(
            Proxied(api.app, folder / "gateway.socket"),
            lifespan="off",
            log_level="warning",
            proxy_headers=False,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [*sockets, port]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        with between(made, folder / "gateway.socket") as address:
            yield Front(folder / "gateway.socket", f"http://127.0.0.1:{port.getsockname()[1]}", address, made)
        server.should_exit = True
        thread.join(20)


@contextmanager
def proxy(made: dict[str, Certificate], socket: Path) -> Iterator[str]:
    """Ends TLS, asks for a certificate, and passes on what it saw: as HAProxy does with `ssl_c_der`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown = self.connection.getpeercert(binary_form=True)  # type: ignore[attr-defined]
            names = ("Authorization", "DPoP", "Host")
            headers = {name: self.headers[name] for name in names if name in self.headers}
            headers |= {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
            headers["Client-Cert"] = f":{base64.b64encode(shown).decode()}:"
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket))) as client:
                answer = client.get(f"http://localhost{self.path}", headers=headers)
            self.send_response(answer.status_code)
            for name in ("Content-Type", "Content-Length", "X-Request-ID"):
                self.send_header(name, answer.headers[name])
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made["proxy"].pem, made["proxy"].key)
    context.verify_mode = ssl.CERT_REQUIRED
    for name in ("erp", "thief"):
        context.load_verify_locations(made[name].pem)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def haproxy(made: dict[str, Certificate], socket: Path) -> Iterator[str]:
    """The lines of docs/api.md, at places of ours."""
    site, machines, lines = (socket.with_name(name) for name in ("site.pem", "machines.pem", "haproxy.cfg"))
    site.write_text(made["proxy"].text + made["proxy"].key.read_text())
    machines.write_text(made["erp"].text + made["thief"].text)
    with listening(0) as free:
        port = free.getsockname()[1]
    text = DOCUMENT.read_text("utf-8").partition("```haproxy\n")[2].partition("```")[0]
    for said, here in (
        (" :443 ", f" 127.0.0.1:{port} "),
        ("/etc/assetcert/site.pem", str(site)),
        ("/etc/assetcert/machines.pem", str(machines)),
        ("/run/assetcert/gateway.socket", str(socket)),
    ):
        assert said in text
        text = text.replace(said, here)
    lines.write_text(text)
    with subprocess.Popen(["haproxy", "-db", "-f", str(lines)]) as process:
        try:
            while not answers(port):
                assert process.poll() is None
                time.sleep(0.05)
            yield f"https://127.0.0.1:{port}"
        finally:
            process.terminate()


def answers(port: int) -> bool:
    with suppress(OSError), create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.fixture(scope="module")
def secret(api: Running, front: Front) -> str:
    key = made(api, certificate=front.certificates["erp"].text)
    assert len(key["key"]["x5t_s256"]) == 43
    found: str = key["secret"]
    return found


def test_a_bound_key_counts_over_its_own_certificate_alone(front: Front, secret: str) -> None:
    with front.client("erp") as erp, front.client("thief") as thief:
        assert erp.get(ME, headers=bearer(secret)).json()["kind"] == "machine"
        problem(thief.get(ME, headers=bearer(secret)), 401, "CERTIFICATE")
        forged = bearer(secret) | {"Client-Cert": front.certificates["erp"].header}
        problem(thief.get(ME, headers=forged), 401, "CERTIFICATE")


def test_nobody_but_the_proxy_says_what_certificate_it_was(api: Running, front: Front, secret: str) -> None:
    """Not whoever reaches the port, and not who makes the proxy pass two on."""
    right = front.certificates["erp"].header
    forged = bearer(secret) | {"Client-Cert": right}
    with httpx.Client(base_url=front.port) as here, api.stranger() as there:
        for client in (here, there):
            problem(client.get(ME, headers=forged), 401, "CERTIFICATE")
    with front.at_socket() as client:
        assert client.get(ME, headers=forged).status_code == 200
        for wrong in ("", "::", ":AAAA:", right[1:], right.strip(":"), ":!:", f"{right}, {right}"):
            problem(client.get(ME, headers=bearer(secret) | {"Client-Cert": wrong}), 401, "CERTIFICATE")
        twice = [*bearer(secret).items(), ("Client-Cert", right), ("Client-Cert", right)]
        problem(client.get(ME, headers=twice), 401, "CERTIFICATE")
        problem(client.get(ME, headers=bearer(secret)), 401, "CERTIFICATE")


def test_a_key_of_no_certificate_comes_either_way(api: Running, front: Front) -> None:
    unbound = made(api)["secret"]
    with front.client("thief") as client:
        assert client.get(ME, headers=bearer(unbound)).status_code == 200


def test_a_proof_names_the_address_that_the_machine_sees(api: Running, front: Front) -> None:
    from joserfc.jwk import ECKey

    machine = Machine(api, ECKey.generate_key("P-256"), "ES256")
    machine.url = front.proxy
    with front.client("erp") as client:
        answer = client.get(ME, headers=machine.headers(machine.proof()))
        assert answer.status_code == 200, answer.text


def test_only_a_certificate_that_is_one_and_holds_is_taken(api: Running, tmp_path: Path) -> None:
    said = {"name": "x", "roles": ["accountant"]}
    old = certificate(tmp_path, "old", days=-1)
    for pem in ("", "no certificate", old.text, old.key.read_text()):
        answer = api.client("m1-signatory").post("/api/v1/api-keys", json={**said, "certificate": pem})
        problem(answer, 422, "CERTIFICATE")


def test_the_socket_is_its_owners_and_groups_and_is_gone_afterwards(tmp_path: Path) -> None:
    place = tmp_path / "s"
    place.write_text("left by a gateway that was killed")
    with at_socket(place) as (listener,):
        assert listener.getsockname() == str(place)
        assert place.stat().st_mode & 0o777 == 0o660
    assert not place.exists()
    with pytest.raises(UnavailableError), at_socket(tmp_path / ("x" * 120)):
        pass
    with at_socket(None) as none:
        assert none == []
