# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What setup.sh, run.sh and test.sh share: messages, folders, the CUDA headers' place, MPI's environment.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
# shellcheck disable=SC2034 # used by the scripts that source this file
venv=$build/venv

say() { printf '%s\n' "$*"; }
warn() { printf '%s: warning: %s\n' "$(basename "$0")" "$*" >&2; }
die() {
    printf '%s: error: %s\n' "$(basename "$0")" "$*" >&2
    exit "${code:-2}"
}
have() { command -v "$1" >/dev/null 2>&1; }

# Is there a CUDA root with everything that a build and NVRTC's tests want? cuda_has ROOT FILE...
cuda_has() {
    local top=$1 file dir found
    shift
    for file; do
        found=
        for dir in "$top"/include "$top"/lib64 "$top"/lib "$top"/targets/*/include "$top"/targets/*/lib; do
            [ ! -e "$dir/$file" ] || found=yes
        done
        [ -n "$found" ] || return 1
    done
}

# Candidates in the order in which CMakeLists.txt looks, and the places that modules and nvcc name.
cuda_candidates() {
    local dir
    for dir in "${CARDWISE_CUDA_ROOT:-}" "${CUDA_HOME:-}" "${CUDA_PATH:-}" /usr/local/cuda; do
        [ -z "$dir" ] || printf '%s\n' "$dir"
    done
    if have nvcc; then dirname "$(dirname "$(readlink -f "$(command -v nvcc)")")"; fi
    tr ':' '\n' <<<"${CPATH:-}" | sed -n 's:/include/*$::p'
}

# Prints the CUDA root to build with: a whole toolkit, else the wheels in build/cuda, else headers only; else nothing.
cuda_root() {
    local dir
    while read -r dir; do
        if cuda_has "$dir" cuda.h nvrtc.h nvml.h libnvrtc.so; then say "$dir" && return; fi
    done < <(cuda_candidates)
    if cuda_has "$build/cuda" cuda.h nvrtc.h; then say "$build/cuda" && return; fi
    while read -r dir; do
        if cuda_has "$dir" cuda.h nvrtc.h; then say "$dir" && return; fi
    done < <(cuda_candidates)
}

# Configures a preset when it never was, was with other arguments, or for another folder; then ninja decides.
configure() {
    local preset=$1 dir=$build/$1 cuda args
    shift
    cuda=$(cuda_root)
    args=("$@" -U 'CARDWISE_*_INCLUDE' -U CARDWISE_NVRTC_LIB_DIR) # what was found under another root is looked for again
    [ -z "$cuda" ] || args+=("-DCARDWISE_CUDA_ROOT=$cuda")
    if [ -e "$dir/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$dir/CMakeCache.txt"; then
        args+=(--fresh) # the folder was copied from elsewhere: its cache names paths that are not here
    fi
    if [ -e "$dir/build.ninja" ] && [ "${args[*]}" = "$(cat "$dir/.configured" 2>/dev/null)" ]; then return 0; fi
    (cd "$root" && cmake --preset "$preset" "${args[@]}") || return
    printf '%s\n' "${args[*]}" >"$dir/.configured"
}

# Open MPI on this machine alone: no rank listens, nothing is started elsewhere, and root (a container) is no error.
# Another MPI ignores the variables. What mpirun itself opens: see private_network.
mpi_environment() {
    local version
    version=$(mpirun --version 2>/dev/null | sed -n 's/.*(Open MPI) \([0-9]*\).*/\1/p' || true)
    export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader # ranks talk through shared memory
    export OMPI_MCA_ess_singleton_isolated=1        # a single rank without mpirun starts no daemon
    # No ssh, and no nodes of a job that this shell may be in.
    export OMPI_MCA_plm=isolated OMPI_MCA_ras=^slurm,tm,lsf,gridengine,alps,loadleveler
    export OMPI_MCA_oob_tcp_if_include=lo
    [ "${version:-4}" -lt 5 ] || open_mpi_5
    mpi_as_root
}

# From 5 on mpirun is PRRTE's, with settings of its own. It does not know "isolated", and takes the loopback device only
# where there is no other: told to use it alone, it ends with "No network interfaces were found".
open_mpi_5() {
    export OMPI_MCA_btl=self,sm
    export PRTE_MCA_plm=^slurm,tm,lsf,pals PRTE_MCA_ras=^slurm,pbs,lsf,gridengine
    unset OMPI_MCA_plm OMPI_MCA_ras OMPI_MCA_oob_tcp_if_include
}

mpi_as_root() {
    if [ "$(id -u)" = 0 ]; then export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1; fi
}

# Open MPI 4's mpirun listens on all interfaces for daemons of other nodes, whatever its settings say. In a network
# namespace that has nothing but its loopback device nobody outside can reach it. Sets private_network to the command
# prefix, or to nothing where the system allows no namespaces.
# shellcheck disable=SC2034 # used by the scripts that source this file
private_network() {
    # shellcheck disable=SC2016 # for the inner shell
    local up='ip link set lo up 2>/dev/null || python3 -c "$0"; exec "$@"' way
    local python='import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS: IFF_UP'
    private_network=()
    for way in '--net' '--user --map-current-user --keep-caps --net'; do
        # shellcheck disable=SC2206 # several words
        local prefix=(unshare $way -- bash -c "$up" "$python")
        if "${prefix[@]}" true 2>/dev/null; then private_network=("${prefix[@]}") && return; fi
    done
}

# How many different cards of the types (a list as of --type) does the program see? One seen through two APIs is one.
# count_cards PROGRAM TYPES; the program's messages are on stderr.
count_cards() {
    local python=$venv/bin/python
    [ -x "$python" ] || python=python3
    "$1" devices --json | "$python" -c '
import json, sys

wanted = set(sys.argv[1].split(","))
found = json.load(sys.stdin)
cards = found["cards"] if isinstance(found, dict) else found
print(len({c.get("identity") or str(i) for i, c in enumerate(cards) if c["class"] in wanted}))
' "$2"
}

# Sets launcher to the words that start so many ranks on this machine alone: none for one rank.
# shellcheck disable=SC2034 # used by the scripts that source this file
local_launcher() {
    local ranks=$1 cores
    launcher=()
    mpi_environment
    [ "$ranks" -gt 1 ] || return 0
    have mpirun || die "$ranks cards, but no mpirun to start $ranks ranks: scripts/setup.sh installs it, or --ranks 1"
    private_network
    [ ${#private_network[@]} -gt 0 ] || warn "no network namespaces here: while it runs, mpirun itself listens on a port"
    launcher=("${private_network[@]}" mpirun -n "$ranks")
    if mpirun --version 2>/dev/null | grep -qE 'Open MPI|OpenRTE|PRRTE|prte'; then
        launcher+=(--bind-to none) # each rank pins itself near its card
        # mpirun must not load OpenCL: ocl-icd cuts OCL_ICD_FILENAMES in the ranks' environment then.
        export HWLOC_COMPONENTS=${HWLOC_COMPONENTS:--opencl}
        cores=$(lscpu -p=CORE,SOCKET | grep -v '^#' | sort -u | wc -l)
        if [ "$ranks" -gt "$cores" ]; then
            launcher+=(--oversubscribe)
            export OMPI_MCA_mpi_yield_when_idle=1 # ranks that share a core must let each other run
        fi
    fi
}
