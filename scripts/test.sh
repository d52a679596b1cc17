#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sets up, builds and tests everything: CTest for the program, pytest for cardwise-report.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<'END'
Usage: scripts/test.sh [--long] [arguments of ctest]

Installs what is missing (scripts/setup.sh --tests), builds everything in build/release, runs CTest (four tests at a
time, since most of them wait) and then pytest. Exit code 0 only if both passed. A test whose tool or card is not there is skipped and named.

  scripts/test.sh -L unit            only the tests with this label (unit mpi kernels fpga device cuda faults slurm gpu ...)
  scripts/test.sh -R saxpy           only the tests whose name matches; with -L or -R pytest is left out
  scripts/test.sh --long             also the tests labelled 'long'

Environment: CARDWISE_REQUIRE=opencl,cuda,nvrtc,slurm names what must not be skipped. With CI=true all four are
required and compiler warnings are errors; fpga-emulator, which is then installed, only if it is named.
END
}

long='' only='' given=()
for arg; do
    case $arg in
    --long) long=yes && continue ;;
    -h | --help) usage && exit 0 ;;
    -L* | -R* | -I* | --label-regex | --tests-regex | --tests-information) only=yes ;;
    esac
    given+=("$arg")
done

options=(-DCARDWISE_TESTS=ON)
if [ "${CI:-}" = true ]; then
    export CARDWISE_REQUIRE=${CARDWISE_REQUIRE-opencl,cuda,nvrtc,slurm}
    options+=(-DCARDWISE_WERROR=ON)
fi

with=()
case ,${CARDWISE_REQUIRE:-}, in *,fpga-emulator,*) with=(--with-fpga-emulator) ;; esac
"$root/scripts/setup.sh" --tests "${with[@]}"
configure release "${options[@]}"
(cd "$root" && cmake --build --preset release)

mpi_as_root
export OMPI_MCA_mpi_yield_when_idle=1             # more ranks than cores: who waits must let the others run
export POCL_CACHE_DIR=$build/pocl-cache           # not the user's: tests of cold builds may empty it
export CARDWISE_EXE=$build/release/cardwise       # for pytest's tests of a real file
export CARDWISE_BUILD=$build/release
mkdir -p "$POCL_CACHE_DIR"

status=0
selection=()
if [ -n "$long" ]; then export CARDWISE_LONG=1; else selection=(-LE '^long$'); fi
ctest --test-dir "$build/release" --output-on-failure --no-tests=error -j4 "${selection[@]}" "${given[@]}" ||
    status=1

if [ -z "$only" ]; then
    # golden's files are run by CTest, which makes the file they read.
    mapfile -t suites < <(cd "$root/tests" && find . -name 'test_*.py' -not -path './golden/*' -printf '%h\n' | sort -u)
    if [ ${#suites[@]} -eq 0 ]; then
        say "pytest: no test_*.py below tests/"
    elif ! "$venv/bin/python" -c 'import pytest' 2>/dev/null; then
        say "pytest: SKIPPED, it is not installed and could not be (python3 -m pip install pytest)"
        [ "${CI:-}" != true ] || status=1
    else
        at_once=()
        if "$venv/bin/python" -c 'import xdist' 2>/dev/null; then at_once=(-n 2); fi
        # One run a folder: each has a conftest.py of its own.
        for suite in "${suites[@]}"; do
            (cd "$root/tests/$suite" && "$venv/bin/python" -m pytest -q -ra -p no:cacheprovider "${at_once[@]}" .) || status=1
        done
    fi
fi
if [ "$status" = 0 ]; then say "test.sh: all passed"; else say "test.sh: FAILED (see above)"; fi
exit "$status"
