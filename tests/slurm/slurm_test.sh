#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tests of cardwise under a real Slurm: slurm_test.sh CASE, with the settings that CMakeLists.txt gives.
#
# Every node has two PoCL devices ("basic basic"), which stand for two cards. A case is a function below; 77 means
# skipped (no Slurm, no root), unless CARDWISE_REQUIRE names slurm.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cluster=$here/cluster.sh
templates=$here/../../scripts/slurm
case_name=${1:?which case?}

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
skip() {
    case ,${CARDWISE_REQUIRE:-}, in *,slurm,*) fail "slurm is required (CARDWISE_REQUIRE) but: $*" ;; esac
    echo "SKIPPED: $*" >&2
    exit 77
}

if [ "$case_name" = down ]; then exec "$cluster" down; fi

PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || skip "starting a Slurm needs root"
for tool in slurmd slurmctld munged srun sbatch ip unshare nsenter setpriv; do
    command -v "$tool" >/dev/null || skip "no $tool (apt-get install slurmd slurmctld munge iproute2)"
done
unshare --net --mount true 2>/dev/null || skip "this machine allows no namespaces"
"${CARDWISE_PYTHON:=python3}" -c 'import h5py' 2>/dev/null || skip "$CARDWISE_PYTHON has no h5py (scripts/setup.sh --tests)"

work=${WORK:?}/$case_name # WORK: this build's folder for the tests
rm -rf "$work"
mkdir -p "$work"
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export POCL_DEVICES="basic basic" POCL_MAX_PTHREAD_COUNT=1 POCL_CACHE_DIR=$WORK/pocl-cache
small=(--type cpu --profile quick --filter 'mem/saxpy' --max-bytes 1MiB --progress none)

started_all() { # RANKS: runs srun as the arguments say; what it printed is in $work/out
    timeout 120 "$cluster" run srun --mpi=pmix "$@" >"$work/out" 2>&1
}
long_run=(--type cpu --profile quick --filter 'mem/(saxpy|triad|copy)' --max-bytes 1MiB --progress plain --rounds 256) # minutes
run_here() { # SRUN_OPTIONS... : cardwise in $work/results, which must end with 0
    local status=0
    started_all "$@" "$CARDWISE" run "${small[@]}" --output "$work/results" || status=$?
    [ "$status" = 0 ] || { cat "$work/out" && fail "srun $*: exit code $status"; }
}
# Prints "complete exit_code" and a line a rank: host local_rank identity rule. Two PoCL devices have no UUID; their
# identity is the one that the binding table shows.
rows_of() {
    "$CARDWISE_PYTHON" - "$1" <<'END'
import glob, sys

import h5py

files = glob.glob(sys.argv[1] + "/**/*.h5", recursive=True)
assert len(files) == 1, f"expected one result file below {sys.argv[1]}: {files}"
with h5py.File(files[0]) as f:
    text = lambda name: [v.decode() for v in f["ranks/" + name][()]]
    print(int(f.attrs["complete"]), int(f.attrs["exit_code"]), int(f.attrs["ranks"]), int(f.attrs["nodes"]))
    for row in zip(text("host"), f["ranks/local_rank"][()], f["ranks/node"][()], text("binding_rule")):
        print(*row)
    bad = [k.decode() for k, s in zip(f["index/case_key"][()], f["index/status"][()]) if s.decode() != "ok"]
    assert len(f["index/case"]) > 0 and not bad, f"cases that are not ok: {bad}"
END
}
expect_rows() { # EXPECTED: the output of rows_of, the order of ranks included
    local found
    found=$(rows_of "$work/results") || { cat "$work/out" && fail "the result file"; }
    [ "$found" = "$1" ] || { cat "$work/out" && fail "expected rows:
$1
found:
$found"; }
}

case_cluster_is_private() {
    local outside inside
    inside=$("$cluster" run sh -c 'ss -Hltn 2>/dev/null | grep -cE ":(6817|6818) "') || true
    [ "$inside" -ge 1 ] || fail "inside the cluster nothing listens on Slurm's ports: the check below would prove nothing"
    outside=$(ss -Hltn | grep -cE ':(6817|6818) ') || true
    [ "$outside" = 0 ] || fail "Slurm's ports are open outside the cluster's namespace"
    [ "$("$cluster" run srun -N2 -n2 --ntasks-per-node=1 --mpi=none hostname | sort | tr '\n' ' ')" = "node1 node2 " ] ||
        fail "two nodes with names of their own"
}

case_two_nodes() {
    run_here -N2 -n4 --ntasks-per-node=2
    expect_rows "1 0 4 2
node1 0 0 local_rank
node1 1 0 local_rank
node2 0 1 local_rank
node2 1 1 local_rank"
    local host
    for host in node1 node2; do
        grep -q "$host" "$work/out" || { cat "$work/out" && fail "the binding table does not name $host"; }
    done
}

case_uneven() { # two ranks on one node and one on the other: srun warns, cardwise names the idle card
    run_here -N2 -n3
    expect_rows "1 0 3 2
node1 0 0 local_rank
node1 1 0 local_rank
node2 0 1 local_rank"
}

case_gpus_per_task() { # CUDA_VISIBLE_DEVICES is one index a task: it must not move OpenCL's view of the cards
    # shellcheck disable=SC2016 # for the task's shell
    started_all -N2 -n4 --ntasks-per-node=2 --gpus-per-task=1 bash -c 'echo "visible=$CUDA_VISIBLE_DEVICES"'
    # Slurm's own remarks (a folder that is gone, say) stand between the tasks' lines.
    [ "$(grep '^visible=' "$work/out" | sort | uniq -c | awk '{print $1 $2}' | tr '\n' ' ')" = "2visible=0 2visible=1 " ] ||
        { cat "$work/out" && fail "Slurm itself gave other cards than this test is about"; }
    run_here -N2 -n4 --ntasks-per-node=2 --gpus-per-task=1
    expect_rows "1 0 4 2
node1 0 0 local_rank
node1 1 0 local_rank
node2 0 1 local_rank
node2 1 1 local_rank"
}

case_too_many_ranks() { # three ranks on two cards: refused on all, before anything is measured
    local status=0
    started_all -N1 -n3 "$CARDWISE" run "${small[@]}" --output "$work/results" || status=$?
    [ "$status" = 3 ] || { cat "$work/out" && fail "exit code $status, expected 3"; }
    [ -z "$(find "$work" -name '*.h5')" ] || fail "a result file was written"
}

case_cyclic() { # task 0 and 2 on the first node, 1 and 3 on the second
    run_here -N2 -n4 --ntasks-per-node=2 --distribution=cyclic
    expect_rows "1 0 4 2
node1 0 0 local_rank
node2 0 1 local_rank
node1 1 0 local_rank
node2 1 1 local_rank"
}

case_mpirun_in_sbatch() { # mpirun's ranks all inherit its daemon's SLURM_LOCALID=0: it must not choose the card
    local status=0
    cat >"$work/job.sh" <<END
#!/bin/bash
mpirun --mca btl_tcp_if_include lo --bind-to none -n 2 bash -c 'echo "localid=\$SLURM_LOCALID"'
exec mpirun --mca btl_tcp_if_include lo --bind-to none -n 2 "$CARDWISE" run ${small[*]@Q} --output "$work/results"
END
    timeout 180 "$cluster" run sbatch --wait -N1 -n2 --output="$work/job.out" "$work/job.sh" >"$work/out" 2>&1 || status=$?
    cat "$work/job.out" >>"$work/out"
    [ "$status" = 0 ] || { cat "$work/out" && fail "sbatch: exit code $status"; }
    [ "$(grep -c '^localid=0$' "$work/out")" = 2 ] || { cat "$work/out" && fail "SLURM_LOCALID is not 0 everywhere: the test would prove nothing"; }
    expect_rows "1 0 2 1
node1 0 0 local_rank
node1 1 0 local_rank"
}

submit() { # TEMPLATE OPTIONS... -- ARGUMENTS: runs a job template to its end; its output is in $work/job.out
    local template=$1 options=()
    shift
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    # The test's nodes have four CPUs and no accounting.
    (cd "$work" && CARDWISE_OUTPUT=$work/results CARDWISE_SRUN_MPI=pmix timeout 180 "$cluster" run sbatch --wait -A any \
        --cpus-per-task=1 --output="$work/job.out" "${options[@]}" "$templates/$template" "$@") >"$work/out" 2>&1 ||
        { cat "$work/out" "$work/job.out" && fail "sbatch $template"; }
    cat "$work/job.out" >>"$work/out"
}
case_gpu_template() { # the template asks for four tasks a node; two PoCL devices are there
    submit gpu.sbatch -N 2 --ntasks-per-node=2 -- "${small[@]}"
    [ "$(rows_of "$work/results" | head -n 1)" = "1 0 4 2" ] || { cat "$work/out" && fail "$(rows_of "$work/results")"; }
}
case_fpga_template() {
    submit fpga.sbatch -- "${small[@]}"
    [ "$(rows_of "$work/results" | head -n 1)" = "1 0 2 1" ] || { cat "$work/out" && fail "$(rows_of "$work/results")"; }
}
case_fpga_node() { # two cards that Slurm gives no variable for, played by the FPGA emulator (tests/fpga/layer)
    if [ -z "${FPGA_NODE:-}" ] || [ ! -e "$FPGA_EMULATOR/fpga-emu.icd" ]; then
        case ,${CARDWISE_REQUIRE:-}, in *,fpga-emulator,*) fail "no FPGA emulator" ;; esac
        echo "SKIPPED: no FPGA emulator (scripts/setup.sh --with-fpga-emulator), or no CL/cl_layer.h" >&2
        exit 77
    fi
    export OCL_ICD_VENDORS=$FPGA_EMULATOR CL_CONFIG_CPU_EMULATE_DEVICES=4 CL_CONFIG_CPU_TARGET_ARCH=core-avx2
    "$CARDWISE" image build --board emulator --output "$work/image" >"$work/out" 2>&1 || { cat "$work/out" && fail "image"; }
    "$CARDWISE_PYTHON" - "$work/image/emulator.aocx.json" <<'END'
import json, sys

about = json.load(open(sys.argv[1]))
about["board"], about["image"]["format"] = "520n-mx", "aocx"
json.dump(about, open(sys.argv[1], "w"))
END
    export OPENCL_LAYERS=$FPGA_NODE CARDWISE_FPGA_NODE=$work/journal,emulator-first
    submit fpga.sbatch -- --image "$work/image/emulator.aocx" --profile quick --filter mem/saxpy --max-bytes 64KiB
    expect_rows "1 0 2 1
node1 0 0 local_rank
node1 1 0 local_rank"
    [ "$(grep programmed "$work/journal" | sort | tr '\n' ,)" = "programmed card 0,programmed card 1," ] ||
        { cat "$work/journal" && fail "each card is programmed once"; }
}
case_scaling_template() {
    (cd "$work" && CARDWISE_OUTPUT=$work/results CARDWISE_SRUN_MPI=pmix timeout 180 "$cluster" run \
        "$templates/scaling.sh" 2 "$templates/gpu.sbatch" --wait --ntasks-per-node=2 --cpus-per-task=1 \
        --output="$work/job-%j.out" -- "${small[@]}") >"$work/out" 2>&1 ||
        { cat "$work/out" "$work"/job-*.out && fail "scaling.sh"; }
    local count
    count=$(find "$work/results" -name '*.h5' | wc -l)
    [ "$count" = 2 ] || { cat "$work/out" "$work"/job-*.out && fail "$count result files, expected one a job"; }
}

case_nightly_template() { # a night on two nodes: a line a node, and 4, for nobody knows of a CPU whether it is well
    local status=0
    printf '#!/bin/sh\nPYTHONPATH=%s exec %s -m cardwise_report "$@"\n' "$templates/../report" "$CARDWISE_PYTHON" \
        >"$work/report"
    chmod +x "$work/report"
    (cd "$templates/../.." && CARDWISE_SRUN_MPI=pmix timeout 200 "$cluster" run sbatch --wait -A any --cpus-per-task=1 \
        -N 2 --ntasks-per-node=2 --output="$work/job.out" "$templates/nightly.sbatch" --results "$work/results" \
        --system test --cardwise "$CARDWISE" --report "$work/report" --type cpu --profile quick \
        --arg=--filter --arg=mem/saxpy --arg=--max-bytes=1MiB) >"$work/out" 2>&1 || status=$?
    cat "$work/job.out" "$work"/results/test/*/*.log >>"$work/out"
    [ "$status" = 4 ] || { cat "$work/out" && fail "the job ended with $status, expected 4"; }
    [ "$(grep -cE '^node[12] CW4' "$work/job.out")" = 2 ] || { cat "$work/out" && fail "no line for each node"; }
    [ "$(rows_of "$work/results" | head -n 1)" = "1 0 4 2" ] || { cat "$work/out" && fail "$(rows_of "$work/results")"; }
}

in_the_background() { # SRUN_OPTIONS... : a long run on both nodes that measures when this returns; sets runner and step
    step=
    timeout 200 "$cluster" run srun --mpi=pmix -N2 -n4 --ntasks-per-node=2 "$@" "$CARDWISE" run "${long_run[@]}" \
        --output "$work/results" >"$work/out" 2>&1 &
    runner=$!
    for _ in $(seq 100); do
        sleep 0.3
        step=$("$cluster" run squeue -h -s -o %i 2>/dev/null | grep -vE 'batch|extern' | head -n 1) || true
        # In the second round no kernel is compiled: a signal to the whole step would end PoCL's linker, and PoCL with it.
        if [ -n "$step" ] && grep -qE '^round ([2-9]|[1-9][0-9]+) of' "$work/out"; then break; fi
    done
    [ -n "$step" ] || { cat "$work/out" && fail "no step was running"; }
}
ends_with_a_file() { # REASONS: the run in the background does, whatever srun's exit code: a whole file that says why
    status=0
    wait "$runner" || status=$?
    "$CARDWISE_PYTHON" - "$work/results" "$@" <<'END' || { cat "$work/out" && fail "the file"; }
import glob, sys

import h5py

(name,) = glob.glob(sys.argv[1] + "/**/*.h5", recursive=True)
with h5py.File(name) as f:
    assert f.attrs["exit_reason"] in sys.argv[2:] and f.attrs["complete"] == 0, dict(f.attrs)
    assert f.attrs["exit_code"] == (4 if f.attrs["exit_reason"] == "signal" else -1), dict(f.attrs)
    f.visititems(lambda _, o: o[()] if hasattr(o, "shape") else None)
END
}
case_stop_signal() { # what --signal=USR1@120 does before the time limit: a whole file and exit code 4
    export POCL_CACHE_DIR=$work/pocl-cache # cold: the compiler inside PoCL takes signals when it is first used
    in_the_background
    "$cluster" run scancel --signal=USR1 "$step"
    ends_with_a_file signal
    [ "$status" = 4 ] || { cat "$work/out" && fail "exit code $status, expected 4"; }
}
case_scancel() { # SIGTERM, and KillWait seconds later SIGKILL; the exit code is srun's
    in_the_background
    "$cluster" run scancel "${step%%.*}"
    ends_with_a_file signal
    [ "$status" != 0 ] || { cat "$work/out" && fail "exit code 0 of a run that was cancelled"; }
}
case_time_limit() { # the same signals, from Slurm itself
    in_the_background --time=1
    ends_with_a_file signal
    grep -q 'DUE TO TIME LIMIT' "$work/out" || { cat "$work/out" && fail "it was not the time limit that ended it"; }
    [ "$status" != 0 ] || { cat "$work/out" && fail "exit code 0 of a run that was cut off"; }
}
case_hangup() { # the terminal of srun is closed: Slurm 22.05 sends SIGKILL at once, and the last checkpoint stands
    in_the_background
    local pid
    pid=$("$cluster" run pgrep -o -x srun)
    "$cluster" run kill -HUP "$pid"
    ends_with_a_file signal killed
}

declare -F "case_$case_name" >/dev/null || fail "no case $case_name"
"$cluster" up >/dev/null
# A step that still ends takes Open MPI's folder of its node away, and with it the next step's files.
export OMPI_MCA_orte_tmpdir_base=$CLUSTER_DIR/of-$case_name
export OMPI_MCA_btl_vader_backing_directory=$OMPI_MCA_orte_tmpdir_base
mkdir -p -m 1777 "$OMPI_MCA_orte_tmpdir_base"
"case_$case_name"
echo "passed: $case_name"
