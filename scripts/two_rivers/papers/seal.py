"""The seal on an OFD: GB/T 38540's SES_Signature, version 4, SM2 over SM3, by this world's invented tax bureau.

The bureau's key comes from the seed and so do its nonces, so that the same seed gives the same bytes. DER is written by
hand: a dozen values. Nobody should trust that bureau.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache

__all__ = ["seal"]

_UID = b"1234567812345678"
_NAME = "两江税务局（虚构）"
_SIGNED_AT = b"20260101000000Z"
_SM2_WITH_SM3, _EC_KEY, _SM2_CURVE = "1.2.156.10197.1.501", "1.2.840.10045.2.1", "1.2.156.10197.1.301"


def seal(signature_xml: bytes, path: str, seed: int) -> bytes:
    """The signed value over a Signature.xml that lies at `path`."""
    bureau, certificate, made = _made(seed)
    digest = hashlib.new("sm3", signature_xml).digest()
    body = _sequence(_integer(4), made, _tlv(0x18, _SIGNED_AT), _bits(digest), _tlv(0x16, path.encode()))
    return bureau.signed(body, certificate)


@cache
def _made(seed: int) -> tuple[_Bureau, bytes, bytes]:
    """The bureau, its certificate, and its seal: the same on every file."""
    bureau = _Bureau(seed)
    certificate = bureau.certificate()
    header = _sequence(_tlv(0x16, b"ES"), _integer(4), _tlv(0x16, b"two-rivers"))
    owner = _sequence(
        _integer(1), _text(_NAME), _integer(1), _sequence(_tlv(4, certificate)), _tlv(0x18, _SIGNED_AT)
    )
    picture = _sequence(_tlv(0x16, b"png"), _tlv(4, b""), _integer(30), _integer(20))
    made = bureau.signed(_sequence(header, _tlv(0x16, b"two-rivers-1"), owner, picture), certificate)
    return bureau, certificate, made


class _Bureau:
    """An SM2 key, and a certificate that it made for itself."""

    def __init__(self, seed: int) -> None:
        from gmalg import SM2

        self._secret = hashlib.sha256(f"{seed}/tax-bureau".encode()).digest()
        self._point = SM2().generate_pk(self._secret)

    def certificate(self) -> bytes:
        """Self-signed, ten years."""
        name = _sequence(
            *(
                _tlv(0x31, _sequence(_oid(oid), _text(text)))
                for oid, text in (("2.5.4.6", "CN"), ("2.5.4.3", _NAME))
            )
        )
        key = _sequence(_sequence(_oid(_EC_KEY), _oid(_SM2_CURVE)), _bits(self._point))
        years = _sequence(_tlv(0x17, b"250101000000Z"), _tlv(0x17, b"350101000000Z"))
        algorithm = _sequence(_oid(_SM2_WITH_SM3))
        body = _sequence(_tlv(0xA0, _integer(2)), _integer(1), algorithm, name, years, name, key)
        return _sequence(body, algorithm, _bits(self._sign(body)))

    def signed(self, body: bytes, certificate: bytes) -> bytes:
        """A body, who signed it, by which algorithm, and the signature."""
        return _sequence(body, _tlv(4, certificate), _oid(_SM2_WITH_SM3), _bits(self._sign(body)))

    def _sign(self, message: bytes) -> bytes:
        from gmalg import SM2

        pair = SM2(self._secret, _UID, self._point, rnd_fn=self._nonces(message)).sign(message)
        return _sequence(*(_integer(int.from_bytes(number, "big")) for number in pair))

    def _nonces(self, message: bytes) -> Callable[[int], int]:
        """Nonces that depend on key and message alone."""
        count = 0

        def draw(bits: int) -> int:
            nonlocal count
            count += 1
            digest = hashlib.sha512(self._secret + message + bytes([count])).digest()
            return int.from_bytes(digest, "big") >> (512 - bits)

        return draw


def _tlv(tag: int, body: bytes) -> bytes:
    length = len(body)
    if length < 128:
        return bytes([tag, length]) + body
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def _sequence(*members: bytes) -> bytes:
    return _tlv(0x30, b"".join(members))


def _integer(value: int) -> bytes:
    return _tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _text(value: str) -> bytes:
    return _tlv(0x0C, value.encode())


def _bits(data: bytes) -> bytes:
    return _tlv(3, b"\x00" + data)


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    body = bytes([first * 40 + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | (number & 0x7F))
        body += bytes(reversed(groups))
    return _tlv(6, body)
