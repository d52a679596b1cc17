# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Intel's FPGA emulation platform in build/fpga-emulator, for setup.sh --with-fpga-emulator; sourced after lib.sh.
#
# Three wheels of PyPI, all at one version (the last one; the emulator's alone is a platform that nobody sees, silently).
# Of their gigabyte the part that an OpenCL program opens is kept, in one flat folder, since the libraries look for each
# other beside themselves. The folder must never be in LD_LIBRARY_PATH: so that it cannot replace the system's, Intel's
# copies of libOpenCL and libhwloc are not kept. Licence of the wheels: Intel End User License Agreement for Developer
# Tools; nothing of them is part of cardwise.

fpga_emulator_release=2025.0.5
fpga_emulator_wheels=(intel-opencl-fpga-emu-rt intel-opencl-rt intel-cmplr-lib-rt)
# What the platform opens (names in the wheels' lib folder).
fpga_emulator_parts=(libintelocl_emu.so cl.fpga_emu.cfg 'libcommon_clang.so.*' libtbb.so.12 'libonnxruntime.*' libimf.so
    libsvml.so libirng.so libintlc.so.5 'libocl_svml_*.so' 'clbltfn*.rtl' 'cllibrary*')

# Fetches the wheels into a virtual environment below $1, which is thrown away, and fills $1/lib.
fpga_emulator_fetch() {
    local to=$1 part file wheels=()
    for part in "${fpga_emulator_wheels[@]}"; do wheels+=("$part==$fpga_emulator_release"); done
    rm -rf "$to"
    mkdir -p "$to/lib"
    say "setup: fetching Intel's FPGA emulator from PyPI (300 MB) into build/fpga-emulator: ${wheels[*]}"
    if ! python3 -m venv "$to/venv" >"$to/log" 2>&1; then
        tail -n 5 "$to/log" >&2
        warn "no virtual environment could be made (package python3-venv)"
        return 1
    fi
    if ! "$to/venv/bin/python" -m pip install -q --retries 1 --timeout 60 --no-cache-dir --no-compile \
        --disable-pip-version-check --only-binary=:all: "${wheels[@]}" >>"$to/log" 2>&1; then
        tail -n 3 "$to/log" >&2
        warn "pip could not fetch the wheels. Is PyPI reachable? Behind a proxy set https_proxy; from a folder of wheels:" \
            "PIP_NO_INDEX=1 PIP_FIND_LINKS=/its/folder scripts/setup.sh --with-fpga-emulator"
        return 1
    fi
    for part in "${fpga_emulator_parts[@]}"; do
        # shellcheck disable=SC2086 # a pattern
        for file in "$to"/venv/lib/$part; do
            if [ ! -e "$file" ]; then warn "the wheels hold no $part" && return 1; fi
            mv "$(readlink -f "$file")" "$to/lib/$(basename "$file")"
        done
    done
    rm -rf "$to/venv" "$to/log"
    say "$fpga_emulator_release" >"$to/release"
}

# Writes FILE only if it says something else; returns 0 if it did.
fpga_emulator_write() {
    [ "$(cat "$1" 2>/dev/null)" != "$2" ] || return 0
    printf '%s\n' "$2" >"$1"
}

fpga_emulator() {
    local dir=${build:?}/fpga-emulator icd
    if [ "$(uname -sm)" != 'Linux x86_64' ]; then warn "Intel's FPGA emulator runs on Linux x86_64 only" && return 1; fi
    if [ "$(cat "$dir/release" 2>/dev/null)" != "$fpga_emulator_release" ] || [ ! -e "$dir/lib/libintelocl_emu.so" ]; then
        if ! fpga_emulator_fetch "$dir.new"; then
            rm -rf "$dir.new"
            return 1
        fi
        rm -rf "$dir"
        mv "$dir.new" "$dir"
    fi
    # The path must be absolute: a name alone is not found, without a word. So it is checked again in each call.
    mkdir -p "$dir/icd"
    fpga_emulator_write "$dir/icd/fpga-emu.icd" "$dir/lib/libintelocl_emu.so"
    for icd in /etc/OpenCL/vendors/*pocl*.icd; do
        [ ! -e "$icd" ] || fpga_emulator_write "$dir/icd/$(basename "$icd")" "$(cat "$icd")"
    done
    # On a CPU that the runtime does not know ("Unknown host CPU": an AMD EPYC with AVX-512) it makes wrong arithmetic of
    # kernels with a range (the data of every case); told an architecture it is right.
    printf '%s\n' "setup: the FPGA emulator is in build/fpga-emulator. Two cards:" \
        "  OCL_ICD_VENDORS=$dir/icd CL_CONFIG_CPU_EMULATE_DEVICES=2 CL_CONFIG_CPU_TARGET_ARCH=core-avx2 \\" \
        "  mpirun -n 2 build/release/cardwise run --type emulated" \
        "Never put build/fpga-emulator/lib into LD_LIBRARY_PATH."
}
