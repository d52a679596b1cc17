#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes every reader with libFuzzer, AddressSanitizer and UBSan: run.sh [SECONDS a target (600)] [TARGET...]
# Needs clang++ (apt-get install clang). Finds are left in build/fuzz/found, new inputs in build/fuzz/corpus.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$root/build/fuzz
seconds=${1:-600}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cd "$here/corpus" && printf '%s\n' *)
clang=$( (command -v clang++ clang++-{20..14} || true) | head -n 1)
[ -n "$clang" ] || { echo "no clang++ (apt-get install clang)" >&2 && exit 77; }

sanitizers=-fsanitize=fuzzer-no-link,address,undefined
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCARDWISE_TESTS=ON -DCARDWISE_FUZZ=ON \
    -DCMAKE_CXX_COMPILER="$clang" -DCMAKE_CXX_FLAGS="$sanitizers -fno-sanitize-recover=undefined -O1 -g" >"$build.log" 2>&1 ||
    { cat "$build.log" && exit 1; }
cmake --build "$build" --target "${targets[@]/#/fuzz_}" >>"$build.log" 2>&1 || { tail -n 40 "$build.log" && exit 1; }

status=0
for target in "${targets[@]}"; do
    mkdir -p "$build/corpus/$target" "$build/found"
    log=$build/$target.log
    if "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=4096 -timeout=20 -rss_limit_mb=2048 \
        -artifact_prefix="$build/found/$target-" "$build/corpus/$target" "$here/corpus/$target" >"$log" 2>&1; then
        echo "$target: $(grep -aoE 'Done [0-9]+ runs in [0-9]+ second' "$log")s, no crash"
    else
        status=1
        echo "$target: FOUND, see $log" >&2
        grep -aE 'ERROR|broken promise|runtime error|SUMMARY|Test unit' "$log" | head -n 8 >&2
    fi
done
exit "$status"
