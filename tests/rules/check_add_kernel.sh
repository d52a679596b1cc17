#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shows that a kernel is added by two new files and no edit: check_add_kernel.sh SOURCE BUILD WORK.
#
# Copies what the program is built of into WORK, adds bench/negate.cpp and kernels/negate.cl, builds it with BUILD's
# settings, and runs it on PoCL: the case is listed, measured and verified; with a wrong kernel it is "wrong".
set -euo pipefail
source=${1:?source folder} build=${2:?build folder with a CMakeCache.txt} work=${3:?folder of our own}

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
skip() {
    case ,${CARDWISE_REQUIRE:-}, in *,opencl,*) fail "opencl is required (CARDWISE_REQUIRE) but: $*" ;; esac
    echo "SKIPPED: $*" >&2
    exit 77
}
compgen -G '/etc/OpenCL/vendors/*pocl*.icd' >/dev/null || [ -n "${OCL_ICD_VENDORS:-}" ] ||
    skip "no PoCL (apt-get install pocl-opencl-icd)"

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# As far below the sources as the real one: the compiler's cache knows a file by its relative path, and only what is new
# is compiled.
made=$work/tree/build/release
mkdir -p "$work/tree"
rm -rf "$work/tree/bench" "$work/tree/kernels" "$work/results"
cp -rp "$source"/{CMakeLists.txt,cmake,src,bench,kernels} "$work/tree/"
before=$(cd "$work/tree" && find . -type f -not -path './build/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)

cat >"$work/tree/bench/negate.cpp" <<'END'
// SPDX-License-Identifier: Apache-2.0
// mem/negate: y <- -x.
#include "run/benchmark.hpp"

namespace cardwise {
namespace {

void negate(Case& c) {
  const std::uint64_t n = c.size("n");
  Buffer& x = c.input(n);
  Buffer& y = c.output(n);
  Kernel& kernel = c.kernel("negate", n);
  c.moves(2.0 * double(n * c.element_bytes()));
  c.computes(double(n));
  c.expect(y, [x0 = c.initial(x)](std::uint64_t i) { return -x0(i); });
  c.measure([&](Queue& q, std::uint64_t) { q.launch(kernel, c.cover(n), {n, x, y}); });
}

const Registrar r{{.family = "mem", .name = "negate", .cases = vectors(2), .body = negate}};

}  // namespace
}  // namespace cardwise
END
write_kernel() { # EXPRESSION
    cat >"$work/tree/kernels/negate.cl" <<END
// SPDX-License-Identifier: Apache-2.0
// y[i] = -x[i]
// Range: ceil(n / WIDTH) work-items, rounded up to GROUP; TAIL if WIDTH * GROUP does not divide n.

KERNEL BLOCK(GROUP, 1, 1)
void cw_negate(const index_t n, GLOBAL const PACK* RESTRICT x, GLOBAL PACK* RESTRICT y) {
  const index_t i = GLOBAL_ID(0);
#if TAIL
  if ((i + 1) * WIDTH > n) {
    for (index_t e = i * WIDTH; e < n; ++e) ELEMENTS(y)[e] = $1 CONST_ELEMENTS(x)[e];
    return;
  }
#endif
  const PACK from = x[i];
  PACK to;
#define LANE(l) to.l = $1 from.l;
  LANES(LANE)
#undef LANE
  y[i] = to;
}
END
}
build_it() {
    cmake --build "$made" --target cardwise >"$work/build.log" 2>&1 ||
        { tail -n 40 "$work/build.log" && fail "the copy with two more files does not build"; }
}

setting() { sed -n "s/^$1:[^=]*=//p" "$build/CMakeCache.txt"; }
write_kernel -
cmake -S "$work/tree" -B "$made" -G Ninja -DCMAKE_BUILD_TYPE="$(setting CMAKE_BUILD_TYPE)" \
    -DCMAKE_CXX_COMPILER="$(setting CMAKE_CXX_COMPILER)" -DCMAKE_CXX_FLAGS="$(setting CMAKE_CXX_FLAGS)" \
    -DCARDWISE_WERROR="$(setting CARDWISE_WERROR)" -DCARDWISE_CUDA_ROOT="$(setting CARDWISE_CUDA_ROOT)" \
    >"$work/configure.log" 2>&1 || { cat "$work/configure.log" && fail "configuring"; }
build_it
after=$(cd "$work/tree" && find . -type f -not -name 'negate.*' -not -path './build/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
[ "$before" = "$after" ] || fail "more than the two new files changed"

cardwise=$made/cardwise
"$cardwise" list --type cpu --profile quick >"$work/list.out" 2>&1 || { cat "$work/list.out" && fail "cardwise list"; }
grep -q 'mem/negate' "$work/list.out" || { cat "$work/list.out" && fail "cardwise list does not name mem/negate"; }
run_it() {
    "$cardwise" run --type cpu --profile quick --filter 'mem/negate' --max-bytes 1MiB --progress none \
        --output "$work/results" >"$work/run.out" 2>&1
}
status=0
run_it || status=$?
[ "$status" = 0 ] || { cat "$work/run.out" && fail "cardwise run: exit code $status"; }
grep -q negate "$work/run.out" || { cat "$work/run.out" && fail "the result table does not name negate"; }

# The same with a kernel that is wrong: the new benchmark's expectation must see it.
write_kernel +
build_it
status=0
run_it || status=$?
[ "$status" = 1 ] || { cat "$work/run.out" && fail "a wrong kernel gave exit code $status, expected 1"; }
echo "passed: mem/negate was added by two files, measured and verified; made wrong, it was refused"
