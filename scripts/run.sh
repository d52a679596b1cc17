#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sets up, builds and runs cardwise on every card of this machine, one MPI rank a card.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'END'
Usage: scripts/run.sh [--ranks N] [arguments of 'cardwise run']

Installs what is missing (scripts/setup.sh), builds build/release/cardwise, measures every GPU and FPGA card of this
machine with one MPI rank a card, shows the tables and says where the result file and its page are. Without such a card
it measures the CPU through PoCL, and says so. Nothing listens on the network.

Defaults, unless given: --profile quick, --output results, as many ranks as there are cards.

  scripts/run.sh                                       every card, quick
  scripts/run.sh --profile standard                    the acceptance set
  scripts/run.sh --filter 'saxpy|triad' --backend cuda only these
  scripts/run.sh --type cpu                            the CPU, also where there is a GPU
  build/release/cardwise run --help                    all arguments

The exit code is cardwise's: 0 all well, 1 a case failed, 2 usage, 3 no card, 4 ended early. On a cluster use srun:
scripts/slurm/ has templates.
END
}

ranks='' types='' cards='' output='' profile='' given=()
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage && exit 0 ;;
    --ranks)
        [ $# -gt 1 ] || { usage >&2 && die "--ranks needs a number"; }
        ranks=$2 && shift 2 && continue
        ;;
    --ranks=*) ranks=${1#*=} && shift && continue ;;
    --type) types=${2:-} ;;
    --type=*) types=${1#*=} ;;
    --card) cards=${2:-} ;;
    --card=*) cards=${1#*=} ;;
    --output) output=${2:-} ;;
    --output=*) output=${1#*=} ;;
    --profile | --profile=*) profile=given ;;
    esac
    given+=("$1")
    shift
done
case $ranks in *[!0-9]* | 0*) usage >&2 && die "--ranks needs a number from 1 on, not '$ranks'" ;; esac

"$root/scripts/setup.sh"
say "run: building build/release/cardwise (the first time some minutes; the log is build/build.log)"
configure release >"$build/configure.log" 2>&1 || { cat "$build/configure.log" >&2 && die "configuring failed (above)"; }
(cd "$root" && cmake --build --preset release --target cardwise) >"$build/build.log" 2>&1 ||
    { tail -n 40 "$build/build.log" >&2 && die "building failed (the whole log: build/build.log)"; }
cardwise=$build/release/cardwise
mpi_environment

if ! found=$(count_cards "$cardwise" "${types:-gpu,fpga}" 2>"$build/devices.log"); then
    cat "$build/devices.log" >&2
    die "could not read this machine's cards: build/release/cardwise devices"
fi
if [ "$found" = 0 ] && [ -z "$types$cards" ]; then
    say "No GPU or FPGA card found. Measuring this machine's CPU through PoCL to show that everything works: these are" \
        "CPU figures, not a GPU's."
    given+=(--type cpu)
    found=1
fi
if [ -z "$ranks" ]; then
    ranks=$found
    [ -z "$cards" ] || ranks=$(tr ',' '\n' <<<"$cards" | grep -c .)
    [ "$ranks" -gt 0 ] || ranks=1 # cardwise itself says what is missing
fi
[ -n "$profile" ] || given+=(--profile quick)
if [ -z "$output" ]; then
    output=$root/results
    mkdir -p "$output"
    given+=(--output "$output")
fi

local_launcher "$ranks"

mark=$build/.run-started
touch "$mark"
status=0
"${launcher[@]}" "$cardwise" run "${given[@]}" || status=$?

case $output in
*.h5) file=$output ;;
*) file=$(find "$output" -name '*.h5' -newer "$mark" -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -n 1 | cut -d' ' -f2-) ;;
esac
if [ -n "$file" ] && [ "$file" -nt "$mark" ]; then
    shown=${file#"$PWD/"} page=${file%.h5}.html
    if [ -x "$venv/bin/cardwise-report" ]; then
        say '' && say "\$ build/venv/bin/cardwise-report show $shown"
        "$venv/bin/cardwise-report" show "$file" || warn "cardwise-report could not show $file"
        "$venv/bin/cardwise-report" html "$file" -o "$page" >/dev/null || page=
    else
        page='' && say '' && say "No tables and no page: cardwise-report is not installed (pip install ./scripts/report)"
    fi
    say '' && say "The result is in $shown"
    [ -z "$page" ] || say "The page of it is   ${page#"$PWD/"}   (for a browser; it needs no network)"
fi
exit "$status"
