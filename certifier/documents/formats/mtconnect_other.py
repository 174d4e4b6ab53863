"""MTConnect documents beside Streams: Devices and Assets (parts 2 and 4), Error (part 1). Recognised, kind `other`."""

from __future__ import annotations

from certifier.documents.model import Document, Notice
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import parse

_EQUIPMENT = "describes equipment and states no production"
_SAYS = {
    "MTConnectDevices": _EQUIPMENT,
    "MTConnectAssets": _EQUIPMENT,
    "MTConnectError": "says why the agent did not answer and holds no observations",
}


def read(source: Source) -> Document:
    """A document without facts; it must still be well-formed."""
    parse(source.data, "MTConnect", source.limits)
    assert source.root is not None
    what = source.root.name.removeprefix("MTConnect").lower()
    notice = Notice(
        "NO_FACTS", f"an MTConnect {what} document {_SAYS[source.root.name]}: certified by its bytes"
    )
    return Document(
        "other", f"mtconnect-{what}", source.root.namespace or None, "application/xml", {}, (notice,)
    )


register(
    Format(
        "mtconnect-devices",
        "MTConnect Part 1 (Error), Part 2 (Devices), Part 4 (Assets): recognised, no facts",
        lambda source: source.root is not None and source.root.name in _SAYS,
        read,
    )
)
