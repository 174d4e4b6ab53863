"""DCC, PTB's digital calibration certificate (XML schema dcc 2.x and 3.x, https://ptb.de/dcc): administrative data.

Number, days, laboratory, customer and the instruments that were calibrated. Measuring results are not facts here. An
XML signature is told, and not checked.
"""

from __future__ import annotations

from certifier.documents.facts import Facts
from certifier.documents.model import Document
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import Node, Tree, own_text, parse

NAMESPACE = "https://ptb.de/dcc"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_DCC = Tree(d=NAMESPACE)
_ADMIN = "administrativeData"


def read(source: Source) -> Document:
    """The facts of one certificate."""
    root = parse(source.data, "DCC", source.limits)
    version = root.get("schemaVersion")
    facts = Facts("calibration", "dcc", f"{NAMESPACE} {version}" if version else NAMESPACE)
    core = f"{_ADMIN}/coreData"
    facts.put("number", _DCC.text(root, f"{core}/uniqueIdentifier"))
    facts.put(
        "calibrated_date",
        _DCC.text(root, f"{core}/endPerformanceDate", f"{core}/beginPerformanceDate"),
    )
    facts.put("laboratory_id", _DCC.text(root, f"{_ADMIN}/calibrationLaboratory/calibrationLaboratoryCode"))
    facts.put("laboratory_name", _DCC.text(root, f"{_ADMIN}/calibrationLaboratory/contact/name/content"))
    facts.put("customer_name", _DCC.text(root, f"{_ADMIN}/customer/name/content"))
    names = [name for item in _DCC.all(root, f"{_ADMIN}/items/item") if (name := _identification(item))]
    facts.put("instruments", len(_DCC.all(root, f"{_ADMIN}/items/item")))
    facts.rows("instrument", [{"id": name} for name in names], names)
    if root.find(_SIGNATURE) is not None:
        facts.warn("SIGNATURE_NOT_CHECKED", "the certificate carries an XML signature, which is not checked")
    return facts.document()


def _identification(item: Node) -> str | None:
    """The maker's number of an instrument, else the laboratory's or the customer's."""
    stated = {
        _DCC.text(entry, "issuer") or "": value
        for entry in _DCC.all(item, "identifications/identification")
        if (value := _DCC.text(entry, "value"))
    }
    for issuer in ("manufacturer", "calibrationLaboratory", "customer", "owner"):
        if issuer in stated:
            return stated[issuer]
    return min(stated.values(), default=None) or own_text(item) or None


register(
    Format(
        "dcc",
        "PTB digital calibration certificate (dcc 2.x, 3.x)",
        lambda source: source.tag == f"{{{NAMESPACE}}}digitalCalibrationCertificate",
        read,
    )
)
