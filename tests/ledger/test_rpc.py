"""How HTTP is read (RFC 9112): every way in which a body may end, and answers that are none; from a server that says exactly these bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from ledger.errors import AnswerTooLargeError, NodeUnreachableError
from ledger.rpc import JsonRpc

BODY = b'{"jsonrpc":"2.0","id":1,"result":"0x1"}'
SIZED = b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


@contextmanager
def saying(answer: bytes, kept: int = 2) -> Iterator[JsonRpc]:
    """A client of a server that answers two requests so, `kept` of them on a connection."""

    def serve() -> None:
        for _ in range(2 // kept):
            with listener.accept()[0] as connection, suppress(OSError):
                for _ in range(kept):
                    connection.recv(2**16)
                    connection.sendall(answer)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        rpc = JsonRpc(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=5)
        yield rpc
        rpc.close()
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + SIZED,
        b"HTTP/1.1 200\r\ncontent-length:%d\r\n\r\n%s" % (len(BODY), BODY),
        b"HTTP/1.1 500 oh\r\n" + SIZED,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n%s\r\n%X\r\n%s\r\n0\r\nTrailer: 1\r\n\r\n"
        % (BODY[:5], len(BODY) - 5, BODY[5:]),
    ],
)
def test_a_connection_is_kept_after_an_answer_that_says_where_it_ends(answer: bytes) -> None:
    with saying(answer) as rpc:
        assert [rpc.call("eth_blockNumber") for _ in range(2)] == ["0x1", "0x1"]


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + SIZED, b"HTTP/1.0 200 OK\r\n\r\n" + BODY]
)
def test_an_answer_that_ends_with_its_connection_is_read_and_none_is_kept(answer: bytes) -> None:
    with saying(answer, kept=1) as rpc:
        assert [rpc.call("eth_blockNumber") for _ in range(2)] == ["0x1", "0x1"]


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + BODY,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + BODY,
    ],
)
def test_what_is_no_answer_is_no_node(answer: bytes) -> None:
    with saying(answer) as rpc, pytest.raises(NodeUnreachableError):
        rpc.call("evm_mine")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + bytes(2**26),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n" + bytes(2**26),
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 2**19,
    ],
    ids=["sized", "chunked", "header"],
)
def test_an_answer_without_measure_is_refused(answer: bytes) -> None:
    with saying(answer) as rpc, pytest.raises(AnswerTooLargeError):
        rpc.call("evm_mine")


def test_an_answer_that_breaks_off_is_none() -> None:
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + BODY, kept=1) as rpc:
        for _ in range(2):
            with pytest.raises(NodeUnreachableError):
                rpc.call("evm_mine")


def test_a_connection_that_comes_back_after_the_end_is_closed() -> None:
    ended = []

    def serve() -> None:
        with listener.accept()[0] as connection:
            connection.settimeout(5)
            connection.recv(2**16)
            rpc.close()
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + SIZED)
            ended.append(connection.recv(1))

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        rpc = JsonRpc(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=5)
        thread = threading.Thread(target=serve)
        thread.start()
        assert rpc.call("eth_blockNumber") == "0x1"
        thread.join()
    assert ended == [b""]
