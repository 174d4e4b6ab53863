#!/bin/sh
# Slither over contracts/, from an environment of its own (.build/slither-venv, pinned by hash). It reads what Hardhat
# compiled with npm's solc and needs no other compiler. Exit 0: nothing found that is not explained where it stands.
set -eu
cd "$(dirname "$0")/../.."

venv=.build/slither-venv
lock=scripts/slither/requirements.txt
if ! cmp -s "$lock" "$venv/installed.txt"; then
    rm -rf "$venv"
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    cp "$lock" "$venv/installed.txt"
fi

# Slither wants one build of everything; Hardhat splits it when only some files changed.
rm -rf .build/slither
HARDHAT_OUT=.build/slither npx hardhat compile --force --quiet
exec "$venv/bin/slither" . --config-file scripts/slither/config.json "$@"
