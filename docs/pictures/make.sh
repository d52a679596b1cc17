#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Takes the README's picture of the page anew: docs/pictures/make.sh [cardwise-report], with chromium, no network.
#
# The page is that of a reference run, so that anybody gets the same one; look at the picture before it is committed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
report=${1:-build/venv/bin/cardwise-report}
run=results/reference/nvidia-h100-80gb-hbm3/standard.h5
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$report" html "$run" -o "$folder/page.html"
alone=()
[ "$(id -u)" != 0 ] || alone=(--no-sandbox) # a container
chromium --headless=new --disable-gpu --no-first-run --hide-scrollbars --host-resolver-rules='MAP * ~NOTFOUND' \
    "${alone[@]}" --user-data-dir="$folder/profile" --window-size=1200,1195 --screenshot="$PWD/docs/pictures/page.png" \
    "file://$folder/page.html" 2>/dev/null
ls -l docs/pictures/page.png
