"""Chinese and English: which of them a request wants, and the catalogues.

A text's English wording is its key; `locale/<language>/LC_MESSAGES/messages.po` holds what it is in another one. Catalogues are read once, from
the .po files themselves: there is nothing to compile. `python -m gateway.web.language` adds new texts of the code to them.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from babel import negotiate_locale
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

__all__ = ["DEFAULT", "LANGUAGES", "choose", "translations"]

DEFAULT = "zh"
LANGUAGES = {"zh": "中文", "en": "English"}
_HERE = Path(__file__).parent
_METHODS = [("**.py", "python"), ("**.html", "jinja2.ext.babel_extract")]
_KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "say": (2,)}


def choose(asked: str | None, accepted: str | None) -> str:
    """The user's own choice, else the browser's (`Accept-Language`), else Chinese."""
    if asked in LANGUAGES:
        return asked
    wanted = [part.partition(";")[0].strip() for part in (accepted or "").split(",")]
    return negotiate_locale([one.split("-")[0] for one in wanted], list(LANGUAGES)) or DEFAULT


@lru_cache(maxsize=len(LANGUAGES))
def translations(language: str) -> gettext.GNUTranslations:
    """The catalogue of a language."""
    compiled = io.BytesIO()
    write_mo(compiled, read(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def read(language: str) -> Catalog:
    """The .po file of a language."""
    with _path(language).open("rb") as file:
        return read_po(file, locale=language, domain="messages")


def extracted() -> Iterator[tuple[str, str | tuple[str, ...], str | None]]:
    """Every text that code and templates show: where it stands, its key, its context."""
    found = extract_from_dir(_HERE, _METHODS, {"**.html": {"silent": "false"}}, _KEYWORDS)
    for name, line, message, _comments, context in found:
        yield f"{name}:{line}", message, context


def update(language: str) -> None:
    """Add to a .po file what the code shows and it has not; drop what nobody shows any more."""
    template = Catalog(project="assetcert", charset="utf-8")
    for _place, message, context in extracted():
        template.add(message, context=context)
    path = _path(language)
    known = read(language) if path.exists() else Catalog(locale=language, charset="utf-8")
    known.update(template, no_fuzzy_matching=True)
    known.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, known, width=0, sort_output=True, omit_header=False, include_previous=False)


def _path(language: str) -> Path:
    return _HERE / "locale" / language / "LC_MESSAGES" / "messages.po"


if __name__ == "__main__":
    for each in LANGUAGES:
        update(each)
