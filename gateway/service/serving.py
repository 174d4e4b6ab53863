"""`assetcert up`: found a home where there is none, keep its ledger running, and serve the gateway on 127.0.0.1.

The writers' lock is held per act only: every other verb works on the same home meanwhile.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from gateway.errors import BusyError, UnavailableError
from gateway.home import Home
from gateway.installation import Installation, Organisation
from gateway.keys import Keystore
from gateway.service import consortium, published_keys
from ledger import embedded, host
from ledger.errors import WriterBusyError
from ledger.locks import write_lock

if TYPE_CHECKING:
    import uvicorn

    from gateway.api.state import Settings
    from gateway.demo.stage import Progress

__all__ = ["listening", "only_one", "serve"]

FIRST_REGISTRAR = Organisation("R1", "LOCAL:REGISTRAR1", "Registrar of this home")


def serve(
    home: Home,
    port: int,
    passphrase: Callable[[], str],
    say: Callable[[str], object],
    ready: Callable[[dict[str, Any]], None],
    demo: Progress | None = None,
) -> None:
    """Serve until interrupted, a new home once it is founded. A second `up` of the same home is refused (69).

    With `demo`, which shows progress, a home that has no world yet is filled with the demo's, and every role is given a login.
    """
    secret = (
        passphrase() if demo is None else ""
    )  # before anything is written, never in the middle of a request
    with only_one(home.create()):
        if demo is not None:
            from gateway.demo import load

            load(home, demo)
            secret = passphrase()
        keys = Keystore(home.keys, lambda: secret)
        with (
            _founded(home, keys, say) as node,
            Installation.attached(home, node, keys) as installation,
            listening(port) as listener,
        ):
            from gateway.api.proxied import at_socket
            from gateway.api.state import Settings

            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            settings = Settings.load(installation.home, address)
            server = _server(installation, settings)
            said: dict[str, Any] = {
                "gateway": address,
                "ready": f"{address}/readyz",
                "rpc": node.url,
                "home": str(home.root),
            }
            if demo is not None:
                said["logins"] = _logins(installation)
            for asked in (signal.SIGINT, signal.SIGTERM):  # no exception, which what starts might swallow
                signal.signal(asked, server.handle_exit)
            with at_socket(settings.proxy_socket) as by_proxy:
                ready(said)
                server.run(sockets=[listener, *by_proxy])


def _logins(installation: Installation) -> list[dict[str, str]]:
    """A new login for every role of every organisation of this home."""
    from gateway.identity.logins import for_each_role
    from ledger.replay import MembershipView

    view, pinned = MembershipView(installation.ledger), installation.ledger.pin()
    known = [(one, view.organisation(one.id, pinned)) for one in installation.book.all()]
    admitted = [(one, record.roles) for one, record in known if record is not None]
    made: list[dict[str, str]] = []
    with installation.database.session() as session:
        for_each_role(session, admitted, made.append)
    return made


def _server(installation: Installation, settings: Settings) -> uvicorn.Server:
    import uvicorn

    from gateway.api.proxied import Proxied
    from gateway.api.state import Gateway
    from gateway.web.pages import application

    sys.setswitchinterval(0.001)  # a request waits no longer for its turn behind what works in this process
    app = application(Gateway(installation, settings))
    app.openapi()  # a second's work, in no request's time, and before another thread can make the same schemas
    return uvicorn.Server(
        uvicorn.Config(
            Proxied(app, settings.proxy_socket),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            proxy_headers=False,  # `Proxied` reads them
        )
    )


@contextlib.contextmanager
def _founded(home: Home, keys: Keystore, say: Callable[[str], object]) -> Iterator[host.Host]:
    """The home's ledger, running; what an interrupted founding left undone is done: nothing is done twice."""
    remote = host.NodeSetting.load(home.root)
    if not home.exists:
        say(f"founding a new home in {home.root} (one registrar, quorum 1)")
        if remote is None:
            embedded.create(home.root)
    with host.open(home.root) as node:
        if not home.exists:
            confirmations = 0 if remote is None else remote.confirmations
            consortium.found(home, node, keys, [FIRST_REGISTRAR], 1, confirmations)
        with Installation.attached(home, node, keys) as installation:
            if keys.holds("fingerprint") and not published_keys.has_fingerprint_key(installation.ledger):
                holder = installation.book.find(installation.fingerprint_holder())
                published_keys.set_key(installation, holder, "fingerprint")
        yield node


@contextlib.contextmanager
def only_one(home: Home) -> Iterator[None]:
    """The right to serve a home, or to do what nobody may be served during. BusyError where another process has it."""
    try:
        with write_lock(home.run / "up.lock", 0):
            yield
    except WriterBusyError as error:
        raise BusyError(
            "ALREADY_UP", f"process {error.pid} already serves this home: use it, or stop it first"
        ) from error


@contextlib.contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A socket that listens on 127.0.0.1. UnavailableError for a port that is taken."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise UnavailableError(
                "PORT", f"port {port} of 127.0.0.1 is taken: give --port, 0 takes a free one"
            ) from error
        listener.listen(128)
        yield listener
