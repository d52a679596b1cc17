#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds tests with the sanitizers and runs them.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'END'
Usage: scripts/sanitize.sh [--long] [asan] [tsan]

Builds tests with the presets asan (addresses and undefined behaviour) and tsan (threads), or the one named, in
build/asan and build/tsan, and runs them. Exit code 0 only if all passed. Needs what scripts/setup.sh --tests installs.

  asan            the unit tests, the OpenCL backend on PoCL, the CUDA backend on its double, and the program with some
                  planted faults
  tsan            what has threads: watchdog, stop signals, sensors, the checks of the run loop
  asan --long     everything that needs no Slurm, and the unit tests again with the search for leaks
  tsan --long     all unit tests

Is it awake? Both builds have a program with a bug of each kind, which must fail (tests/sanitizers). To see a bug of the
program turn this script red, plant one; each of these was seen:
  heap overflow   src/core/stats.cpp: .hi = ordered[ordered.size()]
  shift           src/core/sha256.cpp: rotate() with x << 32
  data race       src/device/telemetry/telemetry.cpp: take() without its lock; src/ranks/stop_signal.cpp: received as a
                  volatile std::sig_atomic_t
END
}

long='' presets=()
for arg; do
    case $arg in
    --long) long=yes ;;
    asan | tsan) presets+=("$arg") ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done
[ ${#presets[@]} -gt 0 ] || presets=(asan tsan)

mpi_as_root
export OMPI_MCA_mpi_yield_when_idle=1
export POCL_CACHE_DIR=$build/pocl-cache
mkdir -p "$POCL_CACHE_DIR"

# gcc 12's thread sanitizer cannot lie where some kernels put a library at random.
still=()
if setarch -R true 2>/dev/null; then still=(setarch -R); fi

# checked PRESET TARGETS ARGUMENTS...: builds the targets ('': all) and runs the chosen tests.
checked() {
    local preset=$1 targets=$2
    shift 2
    say "sanitize.sh: $preset ${targets:+(of the build: $targets)}"
    configure "$preset" || return
    # shellcheck disable=SC2086 # several targets
    (cd "$root" && cmake --build --preset "$preset" ${targets:+--target $targets}) || return
    (cd "$root" && "${still[@]}" ctest --preset "$preset" "$@")
}

unit='core[.].*|console|faults|watchdog|stop_signal|placement.*|results|run|cuda[.]telemetry|sanitizers[.].*'
unit_targets='cardwise_core_tests test_console test_faults test_watchdog test_stop_signal test_placement test_results
    test_run telemetry_test planted_bug'
faults='faults_(error_in_setup|build_failure|wrong_data|lost|error_in_exchange|sigterm)'
threads='watchdog|stop_signal|run|cuda[.]telemetry|sanitizers[.].*'
threads_targets='test_watchdog test_stop_signal test_run telemetry_test planted_bug'

status=0
for preset in "${presets[@]}"; do
    case $preset$long in
    asan)
        checked asan "$unit_targets opencl_test cuda_test cardwise" \
            -R "^($unit|device[.]opencl|cuda[.]backend|$faults)\$" || status=1
        ;;
    tsan) checked tsan "$threads_targets" -R "^($threads)\$" || status=1 ;;
    asanyes)
        checked asan '' -L '^(unit|mpi|device|cuda|faults)$' -LE '^long$' -E '^rules' || status=1
        (cd "$root" && ctest --preset leaks -E '^(rules|sanitizers)') || status=1
        ;;
    tsanyes) checked tsan '' -LE '^long$' -E '^rules' || status=1 ;;
    esac
done
if [ "$status" = 0 ]; then say "sanitize.sh: all passed"; else say "sanitize.sh: FAILED (see above)"; fi
exit "$status"
