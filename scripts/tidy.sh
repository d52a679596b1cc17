#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy with .clang-tidy over all C++ sources, or over those given.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'END'
Usage: scripts/tidy.sh [FILE.cpp...]

Runs clang-tidy with the checks of .clang-tidy (and tests/.clang-tidy) over src/, bench/ and tests/, or over the given
files; headers are read with the sources that include them. Exit code 0 only if it finds nothing.

  scripts/tidy.sh src/core/*.cpp     only these

Environment: CLANG_TIDY names the program (clang-tidy; written for 14), JOBS how many run at a time (one a CPU).
END
}

case "${1:-}" in -h | --help) usage && exit 0 ;; esac
tidy=${CLANG_TIDY:-clang-tidy}
have "$tidy" || die "there is no $tidy (apt-get install clang-tidy)"

# A build folder of its own: clang cannot read g++'s precompiled headers, nor the flags that ccache wants.
dir=$build/tidy
(cd "$root" && cmake --preset release -B "$dir" -DCARDWISE_TESTS=ON -DCARDWISE_CCACHE=OFF \
    -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON "-DCARDWISE_CUDA_ROOT=$(cuda_root)") >/dev/null

if [ $# -gt 0 ]; then
    files=()
    for file; do files+=("$(realpath "$file")"); done
else
    # What is compiled here, without what the build writes.
    mapfile -t files < <(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$dir/compile_commands.json" |
        grep -E "^$root/(src|bench|tests)/" | sort -u)
fi
say "tidy.sh: ${#files[@]} files"
# g++'s warnings that clang does not know are no findings.
if printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "${JOBS:-$(nproc)}" \
    "$tidy" -p "$dir" --quiet --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option \
    2> >(grep -vE '^([0-9]+ warnings? (generated|treated as errors)|Suppressed|Use -header-filter)' >&2); then
    say "tidy.sh: nothing found"
else
    say "tidy.sh: FAILED (see above)"
    exit 1
fi
