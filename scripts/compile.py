"""Compiles the contracts into contracts/artifacts/<Name>.json for the Python packages.

Each file holds `abi`, `bytecode` (creation code, 0x hex) and `immutableReferences` (AST id to the byte
ranges of the runtime code that the constructor fills in). Nothing is written while sources, settings and
compiler are the same as last time. The compiler is npm's, through scripts/solc.js; hardhat.config.js and
foundry.toml state the same settings.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path

import solcx

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / "contracts" / "artifacts"
STAMP = ARTIFACTS / ".stamp"
SHIM = ROOT / "scripts" / "solc.js"

CONTRACTS = {
    "Membership": "contracts/Membership.sol",
    "AssetRegistry": "contracts/AssetRegistry.sol",
    "PledgeRegistry": "contracts/PledgeRegistry.sol",
    "AccessLog": "contracts/AccessLog.sol",
    "ERC2771Forwarder": "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol",
}
SETTINGS = {
    "evmVersion": "paris",
    "optimizer": {"enabled": True, "runs": 1_000_000},
    "metadata": {"bytecodeHash": "none"},
    "outputSelection": {
        "*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.immutableReferences"]}
    },
}
IMPORT = re.compile(r'^import\s[^;]*?"([^"]+)";', re.MULTILINE)


def path_of(unit: str) -> Path:
    return ROOT / unit if unit.startswith("contracts/") else ROOT / "node_modules" / unit


def sources() -> dict[str, str]:
    """Every source unit that the contracts reach, by its name for the compiler."""
    found: dict[str, str] = {}
    waiting = list(CONTRACTS.values())
    while waiting:
        unit = waiting.pop()
        if unit in found:
            continue
        found[unit] = path_of(unit).read_text(encoding="utf-8")
        for target in IMPORT.findall(found[unit]):
            waiting.append(resolve(unit, target) if target.startswith(".") else target)
    return dict(sorted(found.items()))


def resolve(unit: str, target: str) -> str:
    """A relative import as a source unit name."""
    parts = unit.split("/")[:-1]
    for step in target.split("/"):
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def fingerprint(units: dict[str, str]) -> str:
    compiler = (ROOT / "node_modules" / "solc" / "package.json").read_text(encoding="utf-8")
    state = [units, SETTINGS, CONTRACTS, json.loads(compiler)["version"], SHIM.read_text(encoding="utf-8")]
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def is_current(stamp: str) -> bool:
    complete = all((ARTIFACTS / f"{name}.json").is_file() for name in CONTRACTS)
    return complete and STAMP.is_file() and STAMP.read_text(encoding="utf-8") == stamp


def write(path: Path, text: str) -> None:
    """Whole or not at all: somebody may be reading, or compiling at the same time."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def main() -> int:
    units = sources()
    stamp = fingerprint(units)
    if is_current(stamp):
        return 0
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {unit: {"content": text} for unit, text in units.items()},
            "settings": SETTINGS,
        },
        solc_binary=SHIM,
    )
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    STAMP.unlink(missing_ok=True)
    for name, unit in CONTRACTS.items():
        compiled = output["contracts"][unit][name]
        artifact = {
            "abi": compiled["abi"],
            "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
            "immutableReferences": compiled["evm"]["deployedBytecode"]["immutableReferences"],
        }
        write(ARTIFACTS / f"{name}.json", json.dumps(artifact, indent=1) + "\n")
    write(STAMP, stamp)
    print(f"compiled {len(CONTRACTS)} contracts into contracts/artifacts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
