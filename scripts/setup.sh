#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what building cardwise needs and is not there yet; the one place of the project that installs anything.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/fpga_emulator.sh
. "$(dirname "${BASH_SOURCE[0]}")/fpga_emulator.sh"

usage() {
    cat <<'END'
Usage: scripts/setup.sh [--tests] [--with-fpga-emulator] [--force]

Checks what building and running cardwise needs, and installs only what is missing:
  * packages of the distribution (Debian 12, Ubuntu 24.04; root or sudo only if one is missing);
  * without a CUDA toolkit: cuda.h, nvrtc.h, nvml.h and NVRTC from PyPI into build/cuda;
  * cardwise-report in a virtual environment of its own, build/venv.

  --tests   also what scripts/test.sh needs (GoogleTest, Oclgrind, Slurm, pytest, ptxas)
  --force   check everything again, even if nothing changed since the last time
  --with-fpga-emulator
            also Intel's FPGA emulator from PyPI (300 MB fetched, 400 MB kept) into build/fpga-emulator, for runs and
            tests without a card; prints the line that uses it. Its licence is Intel's End User License Agreement for
            Developer Tools. Linux x86_64

On a cluster load the modules (or Spack environment) for a C++20 compiler, MPI, HDF5, hwloc, CMake and Ninja first:
what is found through them is not installed. Nothing outside build/ is written unless a package is missing.
END
}

tests=''
force=''
emulator=''
for arg; do
    case $arg in
    --tests) tests=yes ;;
    --force) force=yes ;;
    --with-fpga-emulator) emulator=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && die "unknown option '$arg'" ;;
    esac
done

# One line a package: name, kind, and a probe that tells whether it is there by another way than the package.
# need: no build without it.  want: installed if missing, else a warning.  spare: taken along if something else is installed.
requirements() {
    cat <<'END'
g++                    need  tool:c++|tool:g++|tool:clang++
cmake                  need  tool:cmake
ninja-build            need  tool:ninja
git                    want  tool:git
pkg-config             need  tool:pkg-config
libopenmpi-dev         need  tool:mpicxx|header:mpi.h
openmpi-bin            want  tool:mpirun|tool:srun
ocl-icd-opencl-dev     need  header:CL/cl.h&library:OpenCL
opencl-clhpp-headers   need  header:CL/opencl.hpp
pocl-opencl-icd        want  icd:pocl
libbenchmark-dev       need  header:benchmark/benchmark.h
libhdf5-dev            need  module:hdf5|tool:h5cc|header:hdf5.h
libhwloc-dev           need  header:hwloc.h
libcli11-dev           need  header:CLI/CLI.hpp
libfmt-dev             need  header:fmt/format.h
nlohmann-json3-dev     need  header:nlohmann/json.hpp
python3-venv           want  python:venv,ensurepip|python:h5py,numpy,pandas,scipy,pip
ccache                 spare tool:ccache
END
    [ -n "$tests" ] || return 0
    cat <<'END'
libgtest-dev           need  header:gtest/gtest.h
opencl-c-headers       want  header:CL/cl_layer.h
oclgrind               want  tool:oclgrind
slurmd                 want  tool:slurmd
slurmctld              want  tool:slurmctld
munge                  want  tool:munged
iproute2               want  tool:ip
hdf5-tools             want  tool:h5dump
netcdf-bin             want  tool:ncdump
chromium               want  tool:chromium|tool:chromium-browser|tool:google-chrome
clang-format           spare tool:clang-format
END
}

# A header or library counts where the compiler finds it by itself, or below a prefix that a module names.
prefixes() { tr ':' '\n' <<<"${CMAKE_PREFIX_PATH:-}" | tr ';' '\n'; }
header_there() {
    local dir
    while read -r dir; do
        if [ -n "$dir" ] && [ -e "$dir/include/$1" ]; then return 0; fi
    done < <(prefixes)
    printf '#include <%s>\n' "$1" >"$scratch/probe.cpp"
    "${CXX:-c++}" -M "$scratch/probe.cpp" >/dev/null 2>&1
}
library_there() {
    local dir
    while read -r dir; do
        if [ -n "$dir" ] && compgen -G "$dir/lib*/lib$1.so" >/dev/null; then return 0; fi
    done < <(prefixes)
    case $("${CXX:-c++}" "-print-file-name=lib$1.so" 2>/dev/null) in /*) return 0 ;; esac
    return 1
}
icd_there() {
    compgen -G "/etc/OpenCL/vendors/*$1*.icd" >/dev/null && return 0
    case ${OCL_ICD_VENDORS:-} in *"$1"*) return 0 ;; esac
    compgen -G "${OCL_ICD_VENDORS:-/nowhere}/*$1*.icd" >/dev/null
}
probe() { # all of a&b, any of x|y
    local any all one ok
    IFS='|' read -ra any <<<"$1"
    for all in "${any[@]}"; do
        ok=yes
        while read -r one; do
            case $one in
            tool:*) have "${one#*:}" || PATH=$PATH:/usr/sbin:/sbin have "${one#*:}" || ok= ;;
            header:*) header_there "${one#*:}" || ok= ;;
            library:*) library_there "${one#*:}" || ok= ;;
            module:*) pkg-config --exists "${one#*:}" 2>/dev/null || ok= ;;
            python:*) python3 -c "import ${one#*:}" >/dev/null 2>&1 || ok= ;;
            icd:*) icd_there "${one#*:}" || ok= ;;
            esac
        done < <(tr '&' '\n' <<<"$all")
        [ -z "$ok" ] || return 0
    done
    return 1
}

installed_packages() { # of those above, one a line
    have dpkg-query || return 0
    # shellcheck disable=SC2046 # one word a package
    dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' $(requirements | awk '{print $1}') 2>/dev/null |
        sed -n 's/^ii //p' || true
}

find_missing() { # sets need, want, spare: the packages that are not there
    need=() want=() spare=()
    local name kind how installed
    installed=" $(installed_packages | tr '\n' ' ')"
    while read -r name kind how; do
        case $installed in *" $name "*) continue ;; esac
        if probe "$how"; then continue; fi
        case $kind in
        need) need+=("$name") ;;
        want) want+=("$name") ;;
        spare) spare+=("$name") ;;
        esac
    done < <(requirements)
}

install_packages() {
    local sudo=() names=() name policy=/usr/sbin/policy-rc.d
    have apt-get || return 1
    if [ "$(id -u)" != 0 ]; then
        have sudo || return 1
        sudo=(sudo)
    fi
    local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=1
        -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o DPkg::Lock::Timeout=120)
    local missing=("${need[@]}" "${want[@]}")
    say "setup: installing ${missing[*]}"
    "${apt[@]}" -qq update >"$scratch/apt.log" 2>&1 || warn "apt-get update failed; trying with the lists that are there"
    for name in "${need[@]}" "${want[@]}" "${spare[@]}"; do
        if [ -n "$(apt-cache --quiet=0 madison "$name" 2>/dev/null)" ]; then names+=("$name"); fi
    done
    [ ${#names[@]} -gt 0 ] || return 1
    # Slurm and munge are for the tests, which start their own: the packages must not start daemons on this machine.
    if [ -n "$tests" ] && [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee $policy >/dev/null
        "${sudo[@]}" chmod 755 $policy
        # shellcheck disable=SC2064 # the names as they are now
        trap "${sudo[*]} rm -f $policy; rm -rf '$scratch'" EXIT
    fi
    if ! "${apt[@]}" -y -qq --no-install-recommends install "${names[@]}" >>"$scratch/apt.log" 2>&1; then
        tail -n 15 "$scratch/apt.log" >&2
        return 1
    fi
}

packages() {
    find_missing
    if [ $((${#need[@]} + ${#want[@]})) -gt 0 ]; then
        install_packages || true
        find_missing
    fi
    if [ ${#need[@]} -gt 0 ]; then
        die "missing: ${need[*]}
  As root (or with sudo):  apt-get install ${need[*]}
  On a cluster load modules that bring them (a C++20 compiler, MPI, HDF5, hwloc, CMake, Ninja), or install them with
  Spack, so that the compiler or CMAKE_PREFIX_PATH finds them; then start this script again."
    fi
    local name
    for name in "${want[@]}"; do
        case $name in
        git) warn "no git: the program will not know its own revision (apt-get install git)" ;;
        openmpi-bin) warn "no mpirun and no srun: only one rank can be started" ;;
        pocl-opencl-icd) warn "no PoCL: without a GPU or FPGA card there is nothing to measure or test on (apt-get install pocl-opencl-icd)" ;;
        python3-venv) warn "no python3 venv module: cardwise-report will not be installed (apt-get install python3-venv)" ;;
        *) warn "no $name: tests that need it are skipped (apt-get install $name)" ;;
        esac
    done
}

# --- Python: cardwise-report in build/venv ------------------------------------------------------------------------

imports() { # imports PYTHON MODULE...: the modules that it does not have
    local python=$1 all
    shift
    all=$(IFS=,; echo "$*")
    "$python" -c "import $all" >/dev/null 2>&1 && return
    "$python" - "$@" <<'END'
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception:
        print(name)
END
}

# A virtual environment that sees the modules of the python3 in PATH. --system-site-packages would show those of the
# interpreter below it, which are others where that python3 is itself a virtual environment; hence the .pth file.
borrow_modules() {
    rm -rf "$venv"
    python3 -m venv --without-pip "$venv"
    local site
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    python3 -c 'import sys; print("\n".join(p for p in sys.path if p.endswith("-packages")))' >"$site/borrowed.pth"
}

fresh_modules() { # kept and completed if it is there, unless its interpreter is gone or it borrows
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1 || compgen -G "$venv/lib/*/*/borrowed.pth" >/dev/null; then
        rm -rf "$venv"
        python3 -m venv "$venv" >"$scratch/pip.log" 2>&1 || return
    fi
    "$venv/bin/python" -m pip install -q --retries 1 --timeout 20 "$@" >>"$scratch/pip.log" 2>&1
}

python_environment() {
    local modules=(h5py numpy pandas scipy) report=$root/scripts/report missing
    [ -z "$tests" ] || modules+=(pytest xdist xarray h5netcdf netCDF4 hypothesis)
    have python3 || { warn "no python3: cardwise-report is not installed" && return 0; }
    if [ -x "$venv/bin/python" ] && [ -z "$(imports "$venv/bin/python" "${modules[@]}")" ]; then
        : # its modules are there; only the package below is installed again
    elif [ -z "$(imports python3 "${modules[@]}")" ] && python3 -c 'import pip, setuptools' 2>/dev/null; then
        borrow_modules
    else
        local packages=("${modules[@]/#xdist/pytest-xdist}") # the one that is named otherwise there
        say "setup: installing Python modules into build/venv: ${packages[*]}"
        if ! fresh_modules setuptools wheel "${packages[@]}"; then
            if [ -n "$(imports python3 h5py numpy pandas scipy)" ]; then
                tail -n 5 "$scratch/pip.log" >&2
                warn "no h5py, numpy, pandas and scipy for python3, and pip could not fetch them: cardwise-report is not" \
                    "installed (cardwise itself does not need it)"
                rm -rf "$venv"
                return 0
            fi
            borrow_modules
        fi
    fi
    # Its wheel pins a dozen packages that `history --engine otava` has no use for.
    if [ -n "$tests" ] && [ -n "$(imports "$venv/bin/python" otava)" ]; then
        "$venv/bin/python" -m pip install -q --retries 1 --timeout 20 --no-deps apache-otava==0.8.0 \
            >>"$scratch/pip.log" 2>&1 || true
        modules+=(otava)
    fi
    missing=$(imports "$venv/bin/python" "${modules[@]}" | tr '\n' ' ')
    [ -z "$missing" ] || warn "Python has no ${missing}and pip could not fetch it: tests that need it are skipped"
    if [ -e "$report/pyproject.toml" ]; then
        rm -rf "$build/report" # a copy, since setuptools leaves build/ and *.egg-info in the folder that it installs
        cp -r "$report" "$build/report"
        rm -rf "$build/report/build" # of a pip install by hand: setuptools would install what lies in it
        if ! "$venv/bin/python" -m pip install -q --no-deps --no-build-isolation --no-index "$build/report" \
            >"$scratch/pip.log" 2>&1; then
            tail -n 15 "$scratch/pip.log" >&2
            warn "cardwise-report could not be installed into build/venv (its log is above); cardwise itself works"
        fi
    fi
}

# --- CUDA: headers and NVRTC, where there is no toolkit -----------------------------------------------------------

# One CUDA release; a newer one is a change here and a new run of the tests. The driver need not know it: NVRTC makes
# machine code for the card, and at run time the system's own NVRTC is as good.
cuda_release=13.0
cuda_wheels=(nvidia-cuda-runtime==13.0.88 nvidia-cuda-nvrtc==13.0.88 nvidia-nvml-dev==13.0.87)
ptxas_wheel=nvidia-cuda-nvcc==13.0.88

cuda_headers() {
    local wheels=() dir=$build/cuda pip=(python3 -m pip) top
    top=$(cuda_root)
    if [ -z "$top" ] || ! cuda_has "$top" cuda.h nvrtc.h nvml.h libnvrtc.so; then
        if ! cuda_has "$dir" cuda.h nvrtc.h nvml.h libnvrtc.so; then wheels+=("${cuda_wheels[@]}"); fi
    fi
    if [ -n "$tests" ] && ! have ptxas && [ ! -x "$dir/bin/ptxas" ] && [ ! -x "${top:-/nowhere}/bin/ptxas" ]; then
        wheels+=("$ptxas_wheel")
    fi
    [ ${#wheels[@]} -gt 0 ] || return 0
    [ ! -x "$venv/bin/pip" ] || pip=("$venv/bin/python" -m pip)
    say "setup: no CUDA toolkit (or not all of it): fetching CUDA $cuda_release from PyPI into build/cuda: ${wheels[*]}"
    rm -rf "$dir.new"
    if ! "${pip[@]}" install -q --no-deps --only-binary=:all: --retries 1 --timeout 60 --no-compile --target "$dir.new" \
        "${wheels[@]}" >"$scratch/cuda.log" 2>&1; then
        tail -n 5 "$scratch/cuda.log" >&2
        if [ -n "$top" ]; then
            warn "pip could not fetch ${wheels[*]}: building with what $top has"
        else
            warn "no CUDA headers, and pip could not fetch them: cardwise is built without its CUDA backend." \
                "With a toolkit elsewhere: CUDA_HOME=/its/folder $0"
        fi
        return 0
    fi
    # nvidia/cu13/{include,lib,bin} becomes build/cuda/{include,lib,bin}; the second copy of NVRTC (".alt") and the
    # runtime library are not used here.
    rm -f "$dir.new"/nvidia/cu*/lib/*.alt.so* "$dir.new"/nvidia/cu*/lib/libcudart* "$dir.new"/nvidia/cu*/bin/{nvcc,cudafe++}
    mkdir -p "$dir"
    cp -r "$dir.new"/nvidia/cu*/. "$dir/"
    rm -rf "$dir.new"
    local so
    for so in "$dir"/lib/libnvrtc.so.*; do [ ! -e "$so" ] || ln -sf "$(basename "$so")" "$dir/lib/libnvrtc.so"; done
    [ -e "$dir/lib64" ] || ln -s lib "$dir/lib64"
}

# --- The order of things, and nothing at all if nothing changed ---------------------------------------------------

fingerprint() { # what a finished set-up depends on and what it made: if any of it changes, everything is checked again
    {
        cat "$root/scripts/setup.sh" "$root/scripts/lib.sh" "$root/scripts/fpga_emulator.sh"
        if [ -d "$root/scripts/report" ]; then
            find "$root/scripts/report" -type f -not -name '*.pyc' -not -path '*.egg-info/*' \
                -not -path "$root/scripts/report/build/*" -print0 |
                LC_ALL=C sort -z | xargs -0 cat
        fi
        say "$root" "${CUDA_HOME:-}" "${CMAKE_PREFIX_PATH:-}" "${CXX:-}" "$(command -v python3 || true)"
        installed_packages
        for made in "$venv/bin/python" "$build/cuda/include/cuda.h"; do [ ! -e "$made" ] || say "$made"; done
    } | sha256sum | cut -d' ' -f1
}
stamped() { # stamped FILE: was this very set-up finished before?
    [ -e "$1" ] && [ "$(fingerprint)" = "$(cat "$1")" ]
}

umask 022
mkdir -p "$build"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
stamp=$build/.setup${tests:+-tests}
finish() { # the emulator has a release of its own to tell whether it is there
    if [ -n "$emulator" ] && ! fpga_emulator; then die "the FPGA emulator is not installed"; fi
    exit 0
}
if [ -z "$force" ]; then
    if stamped "$stamp"; then finish; fi
    # a set-up for the tests serves for less
    if [ -z "$tests" ] && tests=yes stamped "$stamp-tests"; then finish; fi
fi
packages
python_environment
cuda_headers
fingerprint >"$stamp"
say "setup: done${tests:+ (with what the tests need)}"
finish
