"""The one spelling of every value that is committed (COMMITMENT 1): text, numbers, times, ids, bytes.

`canonicalise` takes what a document states and gives its canonical form, or refuses; it never guesses,
rounds or repairs. A verifier re-canonicalises and compares. This is not a parser of any format's notation:
the reader of a format brings its text to XML Schema's lexical form first (decimal point, ISO 8601 extended).
"""

from __future__ import annotations

import base64
import binascii
import enum
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

from certifier.errors import NotCanonicalError

__all__ = ["FieldType", "base64url", "canonicalise", "ident", "is_canonical", "parse_base64url"]


class FieldType(enum.Enum):
    """The types of COMMITMENT 1; the value is the name that published vectors use."""

    TEXT = "text"
    IDENT = "ident"
    DECIMAL = "decimal"
    INTEGER = "integer"
    CURRENCY = "currency"
    DATE = "date"
    INSTANT = "instant"
    LOCAL_TIME = "local time"
    QUANTITY = "quantity"
    ID = "id"
    BYTES = "bytes"
    ENUM = "enum"


MAX_TEXT_BYTES = 1024
MAX_BYTES_CHARACTERS = 4096

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PLAIN = re.compile("[!-~]+(?: [!-~]+)*")  # printable ASCII, single inner spaces: canonical as it stands
_NOT_IDENT_ASCII = re.compile("[\x00-/:-@\\[-`{-\x7f]")
_LOWER_TO_UPPER = {ord(c): ord(c) - 32 for c in "abcdefghijklmnopqrstuvwxyz"}

_IDENT = re.compile("[0-9A-Z\u4e00-\u9fff]{1,64}")
_DECIMAL_SOURCE = re.compile(r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))")
_CURRENCY = re.compile("[A-Z]{3}")
_OFFSET = r"(Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
_DATE_SOURCE = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}){_OFFSET}?")
_TIME_SOURCE = re.compile(
    rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}})(?:\.([0-9]+))?{_OFFSET}?"
)
_UNIT = re.compile("-|[0-9A-Z]{1,3}")
_HEX32 = re.compile("0x[0-9a-f]{64}")
_BASE64URL = re.compile("[A-Za-z0-9_-]+")
_ENUM = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
_XML_SPACE = " \t\r\n"
_XML_SPACES = re.compile("[ \t\r\n]+")


def canonicalise(kind: FieldType, source: str) -> str:
    """The canonical form of `source` as `kind`; raises NotCanonicalError where the type refuses it."""
    return _FORMS[kind](source)


def is_canonical(kind: FieldType, text: str) -> bool:
    """Whether `text` already is the canonical form of itself."""
    try:
        return _FORMS[kind](text) == text
    except NotCanonicalError:
        return False


def ident(source: str) -> str | None:
    """The identifier behind a printed number (`inv-2026/07` → `INV202607`), or None where it has none."""
    try:
        return _ident(source)
    except NotCanonicalError:
        return None


def _refuse(kind: FieldType, reason: str) -> NotCanonicalError:
    return NotCanonicalError(kind.value, reason)


def _text(source: str) -> str:
    if len(source) <= MAX_TEXT_BYTES and _PLAIN.fullmatch(source):
        return source
    text = _SPACES.sub(" ", _INVISIBLE.sub("", source)).strip(" ")
    if bad := _REFUSED.search(text):
        raise _refuse(FieldType.TEXT, f"control character or surrogate U+{ord(bad[0]):04X}")
    text = unicodedata.normalize("NFC", text)
    if not text:
        raise _refuse(FieldType.TEXT, "empty")
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise _refuse(FieldType.TEXT, f"longer than {MAX_TEXT_BYTES} bytes")
    return text


def _ident(source: str) -> str:
    text = unicodedata.normalize("NFKC", _text(source)).translate(_LOWER_TO_UPPER)
    text = _NOT_IDENT_ASCII.sub("", text)
    if not _IDENT.fullmatch(text):
        raise _refuse(
            FieldType.IDENT, "not 1 to 64 letters A-Z, digits or Han characters after normalisation"
        )
    return text


def _decimal(source: str) -> str:
    match = _DECIMAL_SOURCE.fullmatch(source.strip(_XML_SPACE))
    if not match:
        raise _refuse(
            FieldType.DECIMAL, "not a plain decimal number (no exponent, no grouping, decimal point)"
        )
    sign, whole, part, bare = match.groups()
    digits = (whole or "").lstrip("0") or "0"
    fraction = (part or bare or "").rstrip("0")
    if len(digits) > 18 or len(fraction) > 9:
        raise _refuse(FieldType.DECIMAL, "more than 18 digits before or 9 after the decimal point")
    text = f"{digits}.{fraction}" if fraction else digits
    return f"-{text}" if sign == "-" and text != "0" else text


def _integer(source: str) -> str:
    text = _decimal(source)
    if "." in text:
        raise _refuse(FieldType.INTEGER, "a fraction where a whole number is due")
    return text


def _currency(source: str) -> str:
    text = source.strip(_XML_SPACE)
    if not _CURRENCY.fullmatch(text):
        raise _refuse(FieldType.CURRENCY, "not three letters of ISO 4217")
    return "CNY" if text == "RMB" else text


def _date(source: str) -> str:
    match = _DATE_SOURCE.fullmatch(source.strip(_XML_SPACE))
    if not match:
        raise _refuse(FieldType.DATE, "not YYYY-MM-DD, with or without an offset")
    try:
        return date.fromisoformat(match[1]).isoformat()
    except ValueError:
        raise _refuse(FieldType.DATE, "no such day") from None


def _moment(kind: FieldType, source: str) -> tuple[datetime, str, str | None]:
    """Second without a zone, fraction without trailing zeros, offset."""
    match = _TIME_SOURCE.fullmatch(source.strip(_XML_SPACE))
    if not match:
        raise _refuse(kind, "not YYYY-MM-DDThh:mm:ss with an optional fraction and offset")
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > 9:
        raise _refuse(kind, "finer than a nanosecond")
    if match[1][11:13] == "24":
        raise _refuse(kind, "hour 24")
    try:
        return datetime.fromisoformat(match[1]), fraction, match[3]
    except ValueError:
        raise _refuse(kind, "no such time") from None


def _instant(source: str) -> str:
    moment, fraction, offset = _moment(FieldType.INSTANT, source)
    if offset is None:
        raise _refuse(FieldType.INSTANT, "no offset from UTC")
    if offset != "Z":
        distance = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
        zone = timezone(-distance if offset[0] == "-" else distance)
        try:
            moment = moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            raise _refuse(FieldType.INSTANT, "outside the years 0001 to 9999") from None
    return _joined(moment, fraction) + "Z"


def _local_time(source: str) -> str:
    moment, fraction, offset = _moment(FieldType.LOCAL_TIME, source)
    if offset is not None:
        raise _refuse(FieldType.LOCAL_TIME, "an offset where local time is due")
    return _joined(moment, fraction)


def _joined(moment: datetime, fraction: str) -> str:
    second = moment.isoformat(timespec="seconds")
    return f"{second}.{fraction}" if fraction else second


def _quantity(source: str) -> str:
    number, _, unit = _XML_SPACES.sub(" ", source).strip(" ").partition(" ")
    unit = unit or "-"
    if not _UNIT.fullmatch(unit):
        raise _refuse(FieldType.QUANTITY, "unit is not a code of UN/ECE Recommendation 20")
    return f"{_decimal(number)} {unit}"


def _id(source: str) -> str:
    if not _HEX32.fullmatch(source):
        raise _refuse(FieldType.ID, "not 0x and 64 lower-case hexadecimal digits")
    return source


def base64url(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def parse_base64url(text: str) -> bytes:
    """The bytes of the one spelling that `base64url` gives; raises NotCanonicalError for any other."""
    if len(text) > MAX_BYTES_CHARACTERS or not _BASE64URL.fullmatch(text):
        raise _refuse(FieldType.BYTES, f"not 1 to {MAX_BYTES_CHARACTERS} characters of unpadded base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise _refuse(FieldType.BYTES, "not base64url: one character is left over") from None
    if base64url(data) != text:
        raise _refuse(FieldType.BYTES, "another spelling of the same bytes")
    return data


def _bytes(source: str) -> str:
    return base64url(parse_base64url(source))


def _enum(source: str) -> str:
    if len(source) > 64 or not _ENUM.fullmatch(source):
        raise _refuse(FieldType.ENUM, "not a lower-case ASCII word")
    return source


_FORMS: dict[FieldType, Callable[[str], str]] = {
    FieldType.TEXT: _text,
    FieldType.IDENT: _ident,
    FieldType.DECIMAL: _decimal,
    FieldType.INTEGER: _integer,
    FieldType.CURRENCY: _currency,
    FieldType.DATE: _date,
    FieldType.INSTANT: _instant,
    FieldType.LOCAL_TIME: _local_time,
    FieldType.QUANTITY: _quantity,
    FieldType.ID: _id,
    FieldType.BYTES: _bytes,
    FieldType.ENUM: _enum,
}
