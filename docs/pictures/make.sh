#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Takes the pictures of README and docs anew: docs/pictures/make.sh, with chromium and build/venv, no network.
#
# The pages are those of reference runs and of made-up ones, so that anybody gets the same; look at the pictures before they
# are committed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=$PWD/build/venv/bin/python
export PYTHONPATH=$PWD/scripts/report
h100=results/reference/nvidia-h100-80gb-hbm3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XDG_CACHE_HOME=$folder/cache

report() { "$python" -m cardwise_report "$@" >/dev/null || [ $? = 1 ] || [ $? = 5 ]; } # found something: no failure

take() { # NAME SIZE: the picture of a page, its upper part
    local alone=()
    [ "$(id -u)" != 0 ] || alone=(--no-sandbox) # a container
    chromium --headless=new --disable-gpu --no-first-run --hide-scrollbars --host-resolver-rules='MAP * ~NOTFOUND' \
        "${alone[@]}" --user-data-dir="$folder/profile" --window-size="$2" \
        --screenshot="$PWD/docs/pictures/$1.png" "file://$folder/$1.html" 2>/dev/null
}

"$python" docs/pictures/made_up.py "$folder"
report html "$h100/standard.h5" -o "$folder/page.html"
report html "$folder/run.h5" -o "$folder/cards.html"
report compare "$h100/quick.h5" "$h100/standard.h5" --html "$folder/compare.html"
(cd "$folder" && report history runs -o history.html) # no path of this machine in the picture
take page 1200,1195
take cards 1200,1100
take compare 1200,1000
take history 1200,1000
ls -l docs/pictures
