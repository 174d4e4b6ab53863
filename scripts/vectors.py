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

SOURCES: dict[FieldType, list[str]] = {
    FieldType.TEXT: [
        *(
            "plain",
            "  two  words \t\n",
            "a\u00a0b",
            "\ufeffBOM",
            "zero\u200bwidth",
            "e\u0301",
            "\u212b",
            "\u3000全角\u3000",
        ),
        *(
            "right\u202eleft",
            "tab\tinside",
            "",
            "\u200b",
            "nul\u0000",
            "bell\u0007",
            "del\u007f",
            "c1\u0086",
            "next\u0085line",
        ),
        *(
            "x" * 1024,
            "x" * 1025,
            "é" * 512,
            "é" * 513,
            "李\u2028明",
            "ﬁ ligature stays",
            "١٢٣",
            "a \u200b b",
            "lone\ud800surrogate",
        ),
    ],
    FieldType.IDENT: [
        *(
            "inv-2026/07",
            "INV 0042",
            "００１２",
            "Ａｂ－１",
            "发票12",
            "①",
            "А1",
            "a\u00a0b",
            "\ufeff7",
            "ß",
            "ı",
            "---",
            "",
        ),
        *("1" * 64, "1" * 65, "K\u212a", "é", "ー1", "豈", "26502000000000000001"),
    ],
    FieldType.DECIMAL: [
        *(
            "0",
            "113000.00",
            "1.10",
            "-0",
            "-0.00",
            "+5",
            "007",
            ".5",
            "5.",
            "-12.050",
            "1e3",
            "1E3",
            "1,000",
            "1.000,5",
        ),
        *(
            "1 000",
            "1\u00a0000",
            "\ufeff1",
            "１２",
            "٣",
            "А1",
            "NaN",
            "Infinity",
            "",
            "-",
            ".",
            "0x10",
            " 7 ",
            "--1",
        ),
        *(
            "999999999999999999",
            "1000000000000000000",
            "0.000000001",
            "0.0000000001",
            "0.10000000000",
            "0000000000000000000.5",
        ),
    ],
    FieldType.INTEGER: [
        "0",
        "42",
        "-7",
        "5.0",
        "5.5",
        "-0",
        "007",
        "1e3",
        "1,000",
        "",
        "１２",
        "999999999999999999",
        "1.",
        "+3",
    ],
    FieldType.CURRENCY: ["CNY", "RMB", "EUR", " USD ", "cny", "CN", "CNYY", "C1Y", "", "ＣＮＹ", "СNY", "元"],
    FieldType.DATE: [
        *(
            "2026-07-12",
            "2026-07-12+08:00",
            "2026-07-12Z",
            "2026-07-12-05:00",
            "2024-02-29",
            "2026-02-29",
            "2026-13-01",
        ),
        *(
            "20260712",
            "2026-7-12",
            "12.07.2026",
            "0000-01-01",
            "-0044-03-15",
            "2026-07-12T00:00:00",
            "",
            "２０２６-07-12",
        ),
        *("2026-07-12+8", "2026-07-12+15:00", "\ufeff2026-07-12"),
    ],
    FieldType.INSTANT: [
        *(
            "2026-07-12T10:00:00Z",
            "2026-07-12T10:00:00+08:00",
            "2026-07-12T01:30:00+08:00",
            "2026-07-12T10:00:00.500Z",
        ),
        *("2026-07-12T10:00:00.000Z", "2026-07-12T10:00:00.123456789Z", "2026-07-12T10:00:00.1234567891Z"),
        *(
            "2026-07-12T10:00:00.1234567890Z",
            "2026-07-12T23:59:60Z",
            "2026-07-12T24:00:00Z",
            "2026-07-12T10:00:00",
        ),
        *("2026-07-12T10:00Z", "2026-07-12 10:00:00Z", "2026-07-12t10:00:00z", "2026-07-12T10:00:00+0800"),
        *(
            "2026-12-31T23:59:59-00:30",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "2026-07-12T10:00:00.Z",
        ),
        *("2026-02-30T10:00:00Z", "", "2026-07-12T10:00:00-00:00", "2026-07-12T10:60:00Z"),
    ],
    FieldType.LOCAL_TIME: [
        *("2026-07-12T10:00:00", "2026-07-12T10:00:00.250", "2026-07-12T10:00:00.0", "2026-07-12T10:00:00Z"),
        *(
            "2026-07-12T10:00:00+08:00",
            "2026-07-12T24:00:00",
            "2026-07-12T23:59:60",
            "2026-07-12",
            "10:00:00",
            "",
        ),
        *("2026-02-29T00:00:00", "2024-02-29T00:00:00"),
    ],
    FieldType.QUANTITY: [
        *(
            "12.50 KGM",
            "5 C62",
            "5",
            "5 -",
            "5  EA",
            "5\tH87",
            "5 kg",
            "5 KGMM",
            "5KGM",
            "5\u00a0KGM",
            "1e3 KGM",
            "1,000 KGM",
        ),
        *("-0 KGM", "-3.10 XPK", "KGM", "", "5 KGM EA", "\ufeff5 KGM", "５ KGM"),
    ],
    FieldType.ID: [
        *(
            "0x" + "ab" * 32,
            "0x" + "AB" * 32,
            "ab" * 32,
            "0x" + "ab" * 31,
            "0x" + "ab" * 33,
            "0X" + "ab" * 32,
            "",
            "0x",
        ),
        *(" 0x" + "ab" * 32, "0x" + "ag" * 32, "0x" + "00" * 32),
    ],
    FieldType.BYTES: [
        *(
            "AA",
            "AQID",
            "_-8",
            "-_-_",
            "A",
            "AB",
            "AA==",
            "+/8",
            "A A",
            "",
            "\ufeffAA",
            "AAE",
            "AAF",
            "A" * 4096,
            "A" * 4097,
        ),
    ],
    FieldType.ENUM: [
        "invoice",
        "credit-note",
        "Invoice",
        "in voice",
        "",
        "-x",
        "x-",
        "x--y",
        "qif3",
        "ｘ",
        "İ",
        "x" * 64,
        "x" * 65,
    ],
}


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


RFC_9497 = {
    "source": "RFC 9497, A.1.2 (ristretto255-SHA512, VOPRF)",
    "seed": "a3" * 32,
    "info": "74657374206b6579",
    "secret_key": "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909",
    "public_key": "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e",
    "vectors": [
        {
            "inputs": ["00"],
            "blinds": ["64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"],
            "blinded": ["863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"],
            "evaluated": ["aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"],
            "nonce": "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
            "proof": "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
            "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
            "outputs": [
                "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
                "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c"
            ],
        },
        {
            "inputs": ["5a" * 17],
            "blinds": ["64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"],
            "blinded": ["cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c"],
            "evaluated": ["60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468"],
            "nonce": "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
            "proof": "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
            "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
            "outputs": [
                "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
                "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6"
            ],
        },
        {
            "inputs": ["00", "5a" * 17],
            "blinds": [
                "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
                "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
            ],
            "blinded": [
                "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
                "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
            ],
            "evaluated": [
                "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
                "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a",
            ],
            "nonce": "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c",
            "proof": "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
            "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
            "outputs": [
                "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
                "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
                "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
                "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
            ],
        },
    ],
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
