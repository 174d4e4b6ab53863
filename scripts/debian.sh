#!/usr/bin/env bash
# Debian packages that pages need beyond PyPI and npm: text shaping and Chinese fonts for PDF, page images of PDF, and Chromium for the
# tests of pages. Installs what is missing where it may (root, apt); elsewhere says what to install, and goes on without.
set -euo pipefail

missing=()
for pair in chromium:chromium pdftoppm:poppler-utils; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
ldconfig -p | grep -q 'libpangoft2-1\.0\.so' || missing+=(libpango-1.0-0 libpangoft2-1.0-0)
[ -n "$(fc-list :lang=zh 2>/dev/null | head -n 1)" ] || missing+=(fontconfig fonts-noto-cjk)

[ "${#missing[@]}" -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "without ${missing[*]}: tests of pages are skipped, certificates print without Chinese; install them with the system's packages" >&2
    exit 0
fi
echo "installing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
