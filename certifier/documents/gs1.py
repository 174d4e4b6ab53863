"""GS1 keys in one spelling: EPC URNs and GS1 Digital Links as the canonical Digital Link of their finest level.

After the GS1 EPC Tag Data Standard 2.0 (clause 6) and the GS1 Digital Link URI Syntax 1.4; the finest level without
attributes is what the Core Business Vocabulary 2.0 (clause 8.9) asks for in event hashes. Anything else is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["canonical", "class_of", "gln_of"]

_HOST = "https://id.gs1.org/"
_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(.+)\Z")
_ESCAPES = str.maketrans({c: f"%{ord(c):02X}" for c in "!()*+,:"})
_ALIASES = {"gtin": "01", "sscc": "00", "gln": "414", "party": "417", "grai": "8003", "giai": "8004", "gdti": "253", "gsrn": "8018",
            "gsrnp": "8017", "ginc": "401", "gsin": "402", "gcn": "255", "itip": "8006", "cpid": "8010", "cpi": "8010",
            "ser": "21", "lot": "10", "cpv": "22", "glnx": "254", "cpsn": "8011"}  # fmt: skip
_KEYS = {"00": r"\d{18}", "01": r"\d{8}|\d{12,14}", "253": r"\d{13}.{0,51}", "255": r"\d{13,25}", "401": r".{1,90}", "402": r"\d{17}",
         "414": r"\d{13}", "417": r"\d{13}", "8003": r"\d{14}.{0,48}", "8004": r".{1,90}", "8006": r"\d{18}", "8010": r".{1,90}",
         "8017": r"\d{18}", "8018": r"\d{18}"}  # fmt: skip
_FINEST = {"01": ("21", "235", "10"), "8006": ("21", "10"), "414": ("254",), "8010": ("8011",)}


def canonical(uri: str) -> str:
    """The canonical form of a GS1 key's URI; any other text unchanged."""
    if match := _URN.match(uri):
        return _from_urn(match[1], match[2], match[3]) or uri
    if uri.startswith(("http://", "https://")):
        return _from_link(uri) or uri
    return uri


def _check_digit(digits: str) -> str:
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def _gtin(prefix: str, item: str) -> str:
    return _check_digit(item[:1] + prefix + item[1:])


def _from_urn(family: str, scheme: str, rest: str) -> str | None:
    parts = rest.split(".")
    make = _SCHEMES.get(scheme)
    if make is None or len(parts) < 2 or not parts[0].isdecimal():
        return None
    serial: str | None = ".".join(parts[_FIXED.get(scheme, 2) :])
    if family == "idpat":
        if serial != "*":
            return None
        serial = None
    try:
        return _HOST + make(parts, None if serial is None else serial.translate(_ESCAPES))
    except (ValueError, IndexError):
        return None


def _digits(*parts: str) -> str:
    joined = "".join(parts)
    if not joined.isdecimal():
        raise ValueError(joined)
    return joined


def _sgtin(p: list[str], s: str | None) -> str:
    return f"01/{_gtin(_digits(p[0]), _digits(p[1]))}" + (f"/21/{s}" if s else "")


def _sgln(p: list[str], s: str | None) -> str:
    return f"414/{_check_digit(_digits(p[0], p[1]))}" + (f"/254/{s}" if s not in (None, "0", "") else "")


def _itip(p: list[str], s: str | None) -> str:
    return f"8006/{_gtin(_digits(p[0]), _digits(p[1]))}{_digits(p[2])}{_digits(p[3])}" + (
        f"/21/{s}" if s else ""
    )


def _upui(p: list[str], s: str | None) -> str:
    return f"01/{_gtin(_digits(p[0]), _digits(p[1]))}" + (f"/235/{s}" if s else "")


def _lgtin(p: list[str], s: str | None) -> str:
    return f"01/{_gtin(_digits(p[0]), _digits(p[1]))}" + (f"/10/{s}" if s else "")


def _cpi(p: list[str], s: str | None) -> str:
    return f"8010/{p[0]}{p[1].translate(_ESCAPES)}" + (f"/8011/{s}" if s else "")


_SCHEMES: dict[str, Callable[[list[str], str | None], str]] = {
    "sgtin": _sgtin,
    "lgtin": _lgtin,
    "upui": _upui,
    "itip": _itip,
    "sgln": _sgln,
    "cpi": _cpi,
    "pgln": lambda p, _: f"417/{_check_digit(_digits(p[0], p[1]))}",
    "sscc": lambda p, _: f"00/{_check_digit(_digits(p[1][:1], p[0], p[1][1:]))}",
    "grai": lambda p, s: f"8003/0{_check_digit(_digits(p[0], p[1]))}{s or ''}",
    "gdti": lambda p, s: f"253/{_check_digit(_digits(p[0], p[1]))}{s or ''}",
    "sgcn": lambda p, s: f"255/{_check_digit(_digits(p[0], p[1]))}{s or ''}",
    "giai": lambda p, _: f"8004/{p[0]}{'.'.join(p[1:]).translate(_ESCAPES)}",
    "ginc": lambda p, _: f"401/{p[0]}{'.'.join(p[1:]).translate(_ESCAPES)}",
    "gsin": lambda p, _: f"402/{_check_digit(_digits(p[0], p[1]))}",
    "gsrn": lambda p, _: f"8018/{_check_digit(_digits(p[0], p[1]))}",
    "gsrnp": lambda p, _: f"8017/{_check_digit(_digits(p[0], p[1]))}",
}
_FIXED = {"itip": 4}
"""How many dotted parts stand before the serial, where it is not two."""


def _from_link(uri: str) -> str | None:
    path = re.sub(r"\Ahttps?://[^/]*", "", uri).partition("?")[0].partition("#")[0].strip("/")
    segments = path.split("/")
    codes = [_ALIASES.get(segment.lower(), segment) for segment in segments]
    for i in range(len(segments) - 1):
        key, value = codes[i], segments[i + 1]
        if key in _KEYS and re.fullmatch(_KEYS[key], value):
            more = dict(zip(codes[i + 2 :: 2], segments[i + 3 :: 2], strict=False))
            finest = next((ai for ai in _FINEST.get(key, ()) if ai in more), None)
            value = value.zfill(14) if key == "01" else value
            return f"{_HOST}{key}/{value}" + (f"/{finest}/{more[finest]}" if finest else "")
    return None


def class_of(uri: str) -> str:
    """The class of an instance: its Digital Link without serial (`…/01/<GTIN>`), lots kept."""
    link = canonical(uri)
    return re.sub(r"/(?:21|235|8011)/[^/]*\Z", "", link)


def gln_of(uri: str) -> str:
    """The thirteen digits of a location's or party's number, or the text itself."""
    match = re.match(rf"{re.escape(_HOST)}(?:414|417)/(\d{{13}})", canonical(uri))
    return match[1] if match else uri
