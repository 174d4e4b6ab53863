"""RFC 9497: its own vectors, noble's implementation on both sides, and whatever must be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certifier import voprf
from certifier.errors import ProofRefusedError

SECRET, PUBLIC = voprf.derive_key_pair(bytes(32), b"test")
IDENTITY = bytes(32)
NOT_A_POINT = b"\xff" * 32
ORDER = voprf.ORDER.to_bytes(32, "little")


def exchange(messages: list[bytes]) -> tuple[list[bytes], list[bytes], list[bytes], bytes]:
    blinds, blinded = (list(column) for column in zip(*map(voprf.blind, messages), strict=True))
    evaluated = [voprf.multiply(SECRET, element) for element in blinded]
    return blinds, blinded, evaluated, voprf.generate_proof(SECRET, PUBLIC, blinded, evaluated)


def test_rfc_9497_a_1_2(vectors: Any) -> None:
    rfc = vectors("fingerprints")["rfc9497"]
    pair = voprf.derive_key_pair(bytes.fromhex(rfc["seed"]), bytes.fromhex(rfc["info"]))
    assert [one.hex() for one in pair] == [rfc["secret_key"], rfc["public_key"]]
    assert len(rfc["vectors"]) == 3
    for vector in rfc["vectors"]:
        read = {
            name: [bytes.fromhex(one) for one in vector[name]] for name in ("inputs", "blinds", "evaluated")
        }
        blinded = [voprf.blind(*one)[1] for one in zip(read["inputs"], read["blinds"], strict=True)]
        assert [element.hex() for element in blinded] == vector["blinded"]
        evaluated = [voprf.multiply(pair[0], element) for element in blinded]
        assert evaluated == read["evaluated"]
        nonce = bytes.fromhex(vector["nonce"])
        assert voprf.generate_proof(*pair, blinded, evaluated, nonce).hex() == vector["proof"]
        voprf.verify_proof(pair[1], blinded, evaluated, bytes.fromhex(vector["proof"]))
        outputs = voprf.finalize(read["inputs"], read["blinds"], evaluated)
        assert [output.hex() for output in outputs] == vector["outputs"]


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=5))
@settings(max_examples=25)
def test_noble_finalizes_what_we_evaluated(peer: Any, messages: list[bytes]) -> None:
    blinds, _, evaluated, proof = exchange(messages)
    theirs = peer.ask(
        "voprf",
        inputs=[one.hex() for one in messages],
        blinds=[one.hex() for one in blinds],
        evaluated=[one.hex() for one in evaluated],
        publicKey=PUBLIC.hex(),
        proof=proof.hex(),
    )
    assert theirs == [one.hex() for one in voprf.finalize(messages, blinds, evaluated)]


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=5))
@settings(max_examples=15)
def test_we_verify_what_noble_evaluated(peer: Any, messages: list[bytes]) -> None:
    pairs = [voprf.blind(message) for message in messages]
    blinded = [element for _, element in pairs]
    answer = peer.ask(
        "evaluate", seed=bytes(32).hex(), info=b"test".hex(), blinded=[one.hex() for one in blinded]
    )
    evaluated = [bytes.fromhex(one) for one in answer["evaluated"]]
    assert evaluated == [voprf.multiply(SECRET, element) for element in blinded]
    voprf.verify_proof(PUBLIC, blinded, evaluated, bytes.fromhex(answer["proof"]))


def test_noble_refuses_our_proof_when_altered(peer: Any, peer_error: type[Exception]) -> None:
    blinds, _, evaluated, proof = exchange([b"one"])
    request: dict[str, Any] = {"inputs": [b"one".hex()], "publicKey": PUBLIC.hex(), "proof": proof.hex()}
    request |= {"blinds": [blinds[0].hex()], "evaluated": [evaluated[0].hex()]}
    assert peer.ask("voprf", **request)
    with pytest.raises(peer_error):
        peer.ask("voprf", **request | {"proof": (proof[:63] + bytes([proof[63] ^ 1])).hex()})


Parts = tuple[bytes, list[bytes], list[bytes], bytes]


@pytest.mark.parametrize(
    "alter",
    [
        lambda k, c, d, p: (voprf.derive_key_pair(bytes(32), b"other")[1], c, d, p),
        lambda k, c, d, p: (k, c[::-1], d[::-1], p),
        lambda k, c, d, p: (k, c, d[::-1], p),
        lambda k, c, d, p: (k, c[:1], d[:1], p),
        lambda k, c, d, p: (k, c, d[:1], p),
        lambda k, c, d, p: (k, [], [], p),
        lambda k, c, d, p: (k, c, d, bytes([p[0] ^ 1]) + p[1:]),
        lambda k, c, d, p: (k, c, d, p[:32] + ORDER),
        lambda k, c, d, p: (k, c, d, bytes(64)),
        lambda k, c, d, p: (k, c, d, p[:63]),
        lambda k, c, d, p: (k, [c[0], IDENTITY], d, p),
        lambda k, c, d, p: (k, c, [d[0], NOT_A_POINT], p),
        lambda k, c, d, p: (k, c, [d[0], d[1][:31]], p),
        lambda k, c, d, p: (IDENTITY, c, d, p),
        lambda k, c, d, p: (NOT_A_POINT, c, d, p),
    ],
)
def test_a_proof_of_anything_else_is_refused(alter: Callable[..., Parts]) -> None:
    _, blinded, evaluated, proof = exchange([b"one", b"two"])
    voprf.verify_proof(PUBLIC, blinded, evaluated, proof)
    with pytest.raises(ProofRefusedError):
        voprf.verify_proof(*alter(PUBLIC, blinded, evaluated, proof))


@pytest.mark.parametrize("scalar", [bytes(32), ORDER, b"\xff" * 32, b"\x01" + bytes(32), b""])
def test_a_scalar_out_of_range_is_refused(scalar: bytes) -> None:
    with pytest.raises(ProofRefusedError):
        voprf.multiply(scalar, PUBLIC)
    with pytest.raises(ProofRefusedError):
        voprf.blind(b"message", scalar)


@pytest.mark.parametrize("point", [IDENTITY, NOT_A_POINT, b"\x01" + bytes(31), PUBLIC[:31], PUBLIC + b"\0"])
def test_the_service_refuses_what_is_no_element(point: bytes) -> None:
    service = voprf.LocalEvaluation(bytes(32))
    with pytest.raises(ProofRefusedError):
        service.evaluate(bytes(32), [[voprf.blind(b"good")[1], point]])


def test_the_local_service_shows_no_key_and_keeps_order() -> None:
    seed = bytes(range(32))
    service = voprf.LocalEvaluation(seed)
    secret, public = voprf.derive_key_pair(seed, voprf.LocalEvaluation.INFO)
    assert service.public_key() == public
    assert secret.hex() not in repr(service) and seed.hex() not in repr(service)
    batches = [[voprf.blind(b"%d" % number)[1] for _ in range(1 + number % 3)] for number in range(11)]
    for blinded, answer in zip(batches, service.evaluate(bytes(32), batches), strict=True):
        assert answer.evaluated == tuple(voprf.multiply(secret, element) for element in blinded)
        voprf.verify_proof(public, blinded, answer.evaluated, answer.proof)


def test_a_key_needs_a_whole_seed() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        voprf.derive_key_pair(bytes(31), b"")
