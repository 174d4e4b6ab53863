"""The published vectors of docs/commitment-v1.md: `python scripts/vectors.py` writes docs/vectors/*.json again.

A pure function of this file and of `certifier`: the same bytes each time. What no deterministic code can make again,
the sealed wrap of hpke.json, is kept as it was sealed once. The tests hold every file to other people's code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from vector_sources import RFC_9497, SOURCES

from certifier import content, fingerprint, receipt, signer, voprf
from certifier.canonical import FieldType, base64url, canonicalise, is_canonical
from certifier.commitment import BatchTree, Commitment, Secret
from certifier.errors import NotCanonicalError
from certifier.merkle import StandardTree, leaf_hash
from certifier.schema import KINDS, MUST_DISCLOSE, RELATIONS, REQUIRED, paths_of, schema_of
from ledger.types import hex32, keccak, organisation_id

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "vectors"
SECRET = Secret(bytes(range(32)))
IDENTIFIER = "CN-USCC:91500000MA5U0ABC12"
ORG = organisation_id(IDENTIFIER)
BATCHES = [*range(1, 131), *range(255, 258), *range(1023, 1026)]


def canonical() -> dict[str, Any]:
    """Sources of each type with their canonical form, null where the type refuses."""
    cases = {
        kind.value: [{"source": source, "canonical": _form(kind, source)} for source in sources]
        for kind, sources in SOURCES.items()
    }
    spelled = [
        ("decimal", "1.10"),
        ("decimal", "1.1"),
        ("decimal", "-0"),
        ("text", "a  b"),
        ("currency", "RMB"),
    ]
    spelled += [
        ("instant", "2026-07-12T10:00:00+08:00"),
        ("date", "2026-07-12Z"),
        ("ident", "inv-1"),
        ("ident", "INV1"),
    ]
    checks = [
        {"type": name, "text": text, "is_canonical": is_canonical(FieldType(name), text)}
        for name, text in spelled
    ]
    return {"canonicalise": cases, "is_canonical": checks}


def _form(kind: FieldType, source: str) -> str | None:
    try:
        return canonicalise(kind, source)
    except NotCanonicalError:
        return None


def schemas() -> dict[str, Any]:
    """Every kind's paths with their types, and what may point to what."""
    relations = [
        {"from": source, "relation": relation, "to": target}
        for (source, relation), target in RELATIONS.items()
    ]
    kinds = {kind: {path: type_.value for path, type_ in sorted(paths_of(kind).items())} for kind in KINDS}
    return {
        "kinds": kinds,
        "required": list(REQUIRED),
        "must_disclose": MUST_DISCLOSE,
        "relations": relations,
    }


def keys() -> dict[str, Any]:
    """Organisation ids, and what follows from the secret 00 01 … 1f."""
    identifiers = [IDENTIFIER, "VAT:DE123456789", "LEI:5493001KJTIIGC8Y1R12"]
    paths = ["fingerprint.exact", "asset.version", "fact.line.0001.quantity", "link.bills.0001"]
    return {
        "organisations": {name: hex32(organisation_id(name)) for name in identifiers},
        "secret": SECRET.reveal().hex(),
        "salts": {path: hex32(SECRET.salt(path)) for path in paths},
        "content_key": hex32(SECRET.content_key()),
    }


def _values(count: int) -> dict[str, str]:
    return {f"fact.line.{number:04}.quantity": f"{number} C62" for number in range(1, count + 1)}


def trees() -> dict[str, Any]:
    """Commitments of 1, 2, 3, 5 and 64 fields under that secret, with a proof of every field."""
    made = []
    for count in (1, 2, 3, 5, 64):
        tree = Commitment(_values(count), SECRET)
        fields = [
            {
                "path": field.path,
                "value": field.value,
                "salt": hex32(field.salt),
                "digest": hex32(field.digest),
                "proof": [hex32(node) for node in tree.proof(field.path)],
            }
            for field in tree.fields
        ]
        made.append({"asset_id": hex32(tree.asset_id), "fields": fields})
    return {"secret": SECRET.reveal().hex(), "trees": made}


def vector_id(number: int) -> bytes:
    """An asset id for the batches: keccak-256 of `assetcert/1/vector/` and the number in decimal."""
    return keccak(f"assetcert/1/vector/{number}".encode())


def batches() -> dict[str, Any]:
    """Roots over the ids 0 … n-1; `ids` is keccak-256 of the ids in the order that `register` takes."""
    return {
        "ids": "keccak256('assetcert/1/vector/' + decimal number)",
        "batches": [_batch(n) for n in BATCHES],
    }


def _batch(count: int) -> dict[str, Any]:
    ids = sorted((vector_id(number) for number in range(count)), key=leaf_hash)
    tree = StandardTree([leaf_hash(one) for one in ids])
    made = {"count": count, "root": hex32(tree.root), "ordered": hex32(keccak(b"".join(ids)))}
    if count <= 1024:
        assert BatchTree(ids).root == tree.root
    return made | {
        "proof_of_0": [hex32(node) for node in tree.proof(leaf_hash(vector_id(0)))],
        "batch": count <= 1024,
    }


SELLER = "91500000MA5U0ABC12"
INVOICE = {
    "number": "INV-2026/0042",
    "issue_date": "2026-07-12",
    "type_code": "380",
    "currency": "CNY",
    "seller_id": SELLER,
    "buyer_id": "91500000000000115B",
    "order_number": "PO 4711",
    "total": "104208.6",
}
ORDER = {
    "number": "po-4711",
    "issue_date": "2026-06-01",
    "currency": "CNY",
    "seller_id": SELLER,
    "buyer_id": "91500000000000115b",
}
SEED = bytes(range(32))


def _scalar(label: str) -> bytes:
    """A fixed scalar in place of a random one."""
    wide = hashlib.sha512(f"assetcert/1/vector/{label}".encode()).digest()
    return (int.from_bytes(wide, "little") % voprf.ORDER).to_bytes(32, "little")


def _prints(kind: str, facts: dict[str, str]) -> tuple[dict[str, Any], dict[str, fingerprint.Fingerprint]]:
    secret, public = voprf.derive_key_pair(SEED, voprf.LocalEvaluation.INFO)
    inputs = fingerprint.components(kind, ORG, facts)
    messages = [fingerprint.encode(parts) for parts in inputs.values()]
    blinds = [_scalar(f"blind/{path}") for path in inputs]
    blinded = [voprf.blind(message, scalar)[1] for message, scalar in zip(messages, blinds, strict=True)]
    evaluated = [voprf.multiply(secret, element) for element in blinded]
    nonce = _scalar(f"nonce/{kind}")
    proof = voprf.generate_proof(secret, public, blinded, evaluated, nonce)
    outputs = voprf.finalize(messages, blinds, evaluated)
    key = fingerprint.key_id(public)
    prints = {
        path: fingerprint.Fingerprint(keccak(output), fingerprint.Prf(key, scalar, element, proof))
        for path, output, scalar, element in zip(inputs, outputs, blinds, evaluated, strict=True)
    }
    documents = [
        {
            "path": path,
            "components": list(parts),
            "input": message.hex(),
            "blind": scalar.hex(),
            "blinded": element.hex(),
            "evaluated": answer.hex(),
            "output": output.hex(),
            "fingerprint": hex32(keccak(output)),
        }
        for (path, parts), message, scalar, element, answer, output in zip(
            inputs.items(), messages, blinds, blinded, evaluated, outputs, strict=True
        )
    ]
    asset = {
        "kind": kind,
        "facts": facts,
        "nonce": nonce.hex(),
        "proof": proof.hex(),
        "fingerprints": documents,
    }
    return asset, prints


def fingerprints() -> dict[str, Any]:
    """RFC 9497's own vectors, and ours: an invoice's four fingerprints and its order's one."""
    secret, public = voprf.derive_key_pair(SEED, voprf.LocalEvaluation.INFO)
    return {
        "rfc9497": RFC_9497,
        "key": {
            "seed": SEED.hex(),
            "info": voprf.LocalEvaluation.INFO.hex(),
            "secret_key": secret.hex(),
            "public_key": public.hex(),
            "id": hex32(fingerprint.key_id(public)),
        },
        "issuer": hex32(ORG),
        "assets": [_prints("invoice", INVOICE)[0], _prints("purchase-order", ORDER)[0]],
    }


def signers() -> dict[str, Any]:
    """A signature of each curve over one statement, and its twin with the high s, which is refused."""
    at, digest = "2026-07-12T10:00:00Z", hashlib.sha256(b"assetcert").digest()
    message = signer.message("inspector", ORG, digest, at)
    made = []
    for curve in signer.CURVES:
        key, signature = signer.multikey(SEED, curve), signer.sign(SEED, curve, message)
        made.append(
            {
                "curve": curve,
                "seed": SEED.hex(),
                "public_key": base64url(key),
                "key": hex32(signer.key_id(key)),
                "signature": base64url(signature),
            }
        )
        if order := signer.order_of(curve):
            high = order - int.from_bytes(signature[32:], "big")
            made[-1]["refused"] = base64url(signature[:32] + high.to_bytes(32, "big"))
    statement = {"role": "inspector", "issuer": hex32(ORG), "sha256": hex32(digest), "signed_at": at}
    return {"statement": statement, "message": message.decode(), "signatures": made}


def plain(size: int) -> bytes:
    """Bytes for content: the numbers 0, 1, 2, … as 4-byte big-endian words, cut to size."""
    words = b"".join(number.to_bytes(4, "big") for number in range(-(-size // 4)))
    return words[:size]


def contents() -> dict[str, Any]:
    """Content of 0 bytes, and just below, at and just above one chunk."""
    return {
        "secret": SECRET.reveal().hex(),
        "plain": "0, 1, 2, … as 4-byte big-endian words, cut to size",
        "contents": [_content(size) for size in (0, content.CHUNK - 1, content.CHUNK, content.CHUNK + 1)],
    }


def _content(size: int) -> dict[str, Any]:
    made = content.encrypt(plain(size), SECRET)
    return {
        "size": size,
        "sha256": hex32(hashlib.sha256(plain(size)).digest()),
        "chunks": [block.cid for block in made.blocks[:-1]],
        "root": made.blocks[-1].data.hex(),
        "cid": made.cid,
    }


class _Ledger:
    chain_id = 20260928
    genesis = keccak(b"assetcert/1/vector/genesis")
    contracts = {"asset_registry": "0x" + keccak(b"assetcert/1/vector/asset_registry")[-20:].hex()}  # noqa: RUF012


def receipts() -> dict[str, Any]:
    """A whole receipt of an invoice in a batch of five, its redactions, and members that make it refused."""
    prints = _prints("invoice", INVOICE)[1]
    body = plain(100)
    values = {
        "asset.version": "1",
        "asset.kind": "invoice",
        "asset.schema": schema_of("invoice"),
        "asset.format": "ubl",
        "asset.issuer": hex32(ORG),
        "asset.issued_at": "2026-07-12T10:00:00Z",
        "content.sha256": hex32(hashlib.sha256(body).digest()),
        "content.bytes": str(len(body)),
        "content.media_type": "application/xml",
        "content.cid": content.encrypt(body, SECRET).cid,
    }
    values |= {f"fact.{name}": value for name, value in INVOICE.items()}
    values |= {path: hex32(found.value) for path, found in prints.items()}
    tree = Commitment(values, SECRET)
    batch = BatchTree([tree.asset_id, *map(vector_id, range(4))])
    prf = {path: found.prf for path, found in prints.items()}
    hint = receipt.Hint(42, keccak(b"assetcert/1/vector/tx"))
    whole = receipt.build(_Ledger(), ORG, tree, batch, prf, hint)
    return {
        "asset_id": hex32(tree.asset_id),
        "receipt": whole.to_document(),
        "shown": {name: sorted(whole.redact(name).values) for name in receipt.PRESETS},
        "refused": _refused(),
    }


def _refused() -> list[dict[str, Any]]:
    """Edits, each by JSON Pointer, that turn the receipt into one that is refused (`null` removes)."""
    edits: list[tuple[str, str, Any]] = [
        ("unknown member", "/extra", 1),
        ("unknown member of a field", "/fields/0/note", "x"),
        ("doubled path", "/fields/1/path", "asset.format"),
        ("descending paths", "/fields/0/path", "fact.number"),
        ("value without salt", "/fields/12/salt", None),
        ("salt without value", "/fields/12/value", None),
        ("upper-case digest", "/fields/0/digest", "0x" + "AB" * 32),
        ("organisation of somebody else", "/org", "0x" + "11" * 32),
        ("a fingerprint without its prf", "/prf/fingerprint.exact", None),
        ("padding in a prf", "/prf/fingerprint.exact/blind", base64url(bytes(32)) + "="),
        ("upper-case address", "/ledger/asset_registry", "0x" + "AB" * 20),
        ("no root", "/root", None),
        ("eleven nodes in the batch proof", "/batch_proof", ["0x" + "00" * 32] * 11),
        ("a path that no schema lists", "/fields/0/path", "asset.aardvark"),
        ("block of the hint as text", "/hint/block", "42"),
    ]
    return [{"what": what, "at": at, "to": to} for what, at, to in edits]


FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "canonical": canonical,
    "schemas": schemas,
    "keys": keys,
    "trees": trees,
    "batches": batches,
    "fingerprints": fingerprints,
    "signers": signers,
    "contents": contents,
    "receipts": receipts,
}


def text(name: str) -> str:
    """The bytes of one file, as text."""
    return json.dumps(FILES[name](), indent=1, ensure_ascii=True) + "\n"


def main(names: Iterable[str] = tuple(FILES)) -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names:
        (FOLDER / f"{name}.json").write_text(text(name))


if __name__ == "__main__":
    main()
