#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real Slurm (munged, slurmctld, N x slurmd) with several nodes on this one machine, for the tests.
#
#   cluster.sh up              starts it (does nothing if it is up)
#   cluster.sh run COMMAND...  runs COMMAND inside it:  cluster.sh run srun -N2 -n4 --mpi=pmix ./program
#   cluster.sh status          0: up, 1: down
#   cluster.sh down            stops it (does nothing if it is down) and leaves its logs
#
# Settings (environment): CLUSTER_DIR (at most 40 characters, x for all on the way to it), CLUSTER_NODES,
#                         CLUSTER_CPUS, CLUSTER_GPUS, CLUSTER_FPGAS (each a node)
#
# Needs root and slurmd slurmctld munge iproute2 util-linux; writes nothing outside CLUSTER_DIR. Everything lives in one
# private set of namespaces (processes, network, mounts, host name), and each node in another one below it, with its own
# host name, address (a veth pair to a bridge), /proc and /dev/shm. The cluster dies with one process, whose pid and
# start time are in CLUSTER_DIR/pid; bridges, mounts and stray ranks go with it, and nothing listens outside.
set -eu
dir=${CLUSTER_DIR:-/tmp/cardwise-cluster}
nodes=${CLUSTER_NODES:-2} cpus=${CLUSTER_CPUS:-4} gpus=${CLUSTER_GPUS:-4} fpgas=${CLUSTER_FPGAS:-2}
self=$(readlink -f "$0")
net=10.77.0 # exists only inside the private network namespace
needed=(munged slurmctld slurmd srun sinfo ip unshare nsenter setpriv)
PATH=$PATH:/usr/sbin:/sbin

die() {
    echo "cluster.sh: $*" >&2
    exit 1
}

# Field 22 of /proc/PID/stat; nothing if the process is gone or a zombie (pid 1 of a container may reap late).
start_time() { sed -n '/) [ZX] /!s/.*) //p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
alive() { # is the recorded process still the one that was started? Sets pid
    [ -r "$dir/pid" ] || return 1
    read -r pid started <"$dir/pid" && [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ]
}
namespace_init() { cut -d' ' -f1 "/proc/$pid/task/$pid/children" 2>/dev/null; }

reap() { # be pid 1: reap orphans, end when every daemon has ended
    trap 'exit 0' TERM
    while :; do
        wait -n || true
        [ -n "$(jobs -r)" ] || exit 1
        sleep 0.2
    done
}

write_gres() { # NAME TYPE COUNT: a line of gres.conf. Only character devices make Slurm set CUDA_VISIBLE_DEVICES
    local i
    [ "$3" -gt 0 ] || return 0
    for i in $(seq 0 $(($3 - 1))); do mknod "$dir/dev/$1$i" c 1 3; done
    echo "Name=$1 ${2:+Type=$2 }File=$dir/dev/$1[0-$(($3 - 1))]" >>"$dir/etc/gres.conf"
    gres+=,$1:${2:+$2:}$3
}

write_config() {
    [ ! -e "$dir" ] || [ -e "$dir/.cardwise-cluster" ] || die "$dir exists and is not a cluster of ours"
    [ ${#dir} -le 40 ] || die "CLUSTER_DIR is too long for the Unix sockets below it: $dir"
    rm -rf "$dir"
    mkdir -p "$dir"/{etc,log,run,state,dev}
    touch "$dir/.cardwise-cluster"
    local i gres=
    # A folder a node: PMIx makes its own there and refuses one that another node has made.
    for i in $(seq "$nodes"); do mkdir "$dir/run/tmp.node$i"; done
    chmod 755 "$dir" "$dir"/*
    (umask 077 && dd if=/dev/urandom of="$dir/etc/munge.key" bs=1024 count=1 2>/dev/null)
    {
        echo "127.0.0.1 localhost"
        echo "$net.254 ctl"
        for i in $(seq "$nodes"); do echo "$net.$i node$i"; done
    } >"$dir/etc/hosts"
    : >"$dir/etc/gres.conf"
    write_gres gpu a100 "$gpus"
    write_gres fpga '' "$fpgas"
    # Without this Slurm 23.11 and later wants a cgroup file system; 22.05 does not know it.
    if [ "$(slurmd -V | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge 23 ]; then
        echo CgroupPlugin=disabled >"$dir/etc/cgroup.conf"
    fi
    # More CPUs than the machine has, no cgroups: config_overrides, task/none, linuxproc, jobacct_gather/none.
    cat >"$dir/etc/slurm.conf" <<END
ClusterName=cardwise-test
SlurmctldHost=ctl($net.254)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/run/munge.socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/run/spool.%n
TmpFS=$dir/run/tmp.%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=pmix
ReturnToService=2
MailProg=/bin/true
KillWait=30
GresTypes=gpu,fpga
NodeName=node[1-$nodes] NodeAddr=$net.[1-$nodes] CPUs=$cpus ${gres:+Gres=${gres#,}} State=UNKNOWN
PartitionName=gpu Nodes=ALL Default=YES MaxTime=60 State=UP
PartitionName=fpga Nodes=ALL MaxTime=60 State=UP
END
}

up() {
    local tool
    [ "$(id -u)" = 0 ] || die "needs root"
    for tool in "${needed[@]}"; do
        command -v "$tool" >/dev/null || die "no $tool (apt-get install slurmd slurmctld munge iproute2 util-linux)"
    done
    exec 9>"$dir.lock"
    flock 9 # two "up" at once: the second finds it up
    if alive; then
        echo "already up (pid $pid)"
        return
    fi
    down
    write_config
    # unshare forks pid 1 of the namespaces; if unshare is killed, --kill-child kills that, and the kernel the rest.
    setsid unshare --net --uts --ipc --mount --pid --fork --kill-child=KILL \
        "$self" __controller </dev/null >"$dir/log/controller.out" 2>&1 9>&- &
    echo "$! $(start_time $!)" >"$dir/pid"
    for _ in $(seq 150); do
        sleep 0.2
        alive || break
        [ "$("$self" run sinfo -h -N -p gpu -t idle -o %N 2>/dev/null | wc -l)" != "$nodes" ] || return 0
    done
    "$self" run sinfo -N -l >&2 || true
    tail -n 8 "$dir"/log/*.out >&2
    down
    die "did not come up; its logs are in $dir/log"
}

down() {
    if alive; then
        local init
        init=$(namespace_init)
        [ -z "$init" ] || kill -KILL "$init" 2>/dev/null || true
        kill -KILL "$pid" 2>/dev/null || true
        for _ in $(seq 50); do
            alive || break
            sleep 0.1
        done
    fi
    rm -f "$dir/pid"
}

run() {
    alive || die "not up ($self up)"
    local init
    init=$(namespace_init)
    [ -n "$init" ] || die "no process below $pid"
    # nsenter passes no signals on: when it is killed (timeout, Ctrl-C, even -9), its child gets SIGTERM.
    SLURM_CONF=$dir/etc/slurm.conf exec nsenter -t "$init" -m -u -i -n -p --wd="$PWD" -- \
        setpriv --pdeathsig TERM "$@"
}

controller() { # pid 1 of the cluster's namespaces
    local i
    mount --make-rprivate /
    mount -t proc proc /proc
    mount --bind "$dir/etc/hosts" /etc/hosts
    hostname ctl
    ip link set lo up
    ip link add br0 type bridge
    ip addr add $net.254/24 dev br0
    ip link set br0 up
    export SLURM_CONF=$dir/etc/slurm.conf
    munged --foreground --key-file="$dir/etc/munge.key" --socket="$dir/run/munge.socket" \
        --pid-file="$dir/run/munged.pid" --log-file="$dir/log/munged.log" --seed-file="$dir/run/munged.seed" \
        >"$dir/log/munged.out" 2>&1 &
    for _ in $(seq 100); do
        [ ! -S "$dir/run/munge.socket" ] || break
        sleep 0.05
    done
    slurmctld -D >"$dir/log/slurmctld.out" 2>&1 &
    for i in $(seq "$nodes"); do
        unshare --net --mount "$self" __network "$i" >"$dir/log/node$i.out" 2>&1 &
    done
    reap
}

network() { # still in the cluster's process namespace, so that "netns 1" names the cluster's network
    ip link add eth0 type veth peer name "v$1" netns 1
    ip link set lo up
    ip addr add "$net.$1/24" dev eth0
    ip link set eth0 up
    nsenter -t 1 -n ip link set "v$1" master br0 up
    exec unshare --uts --ipc --pid --fork --kill-child=KILL "$self" __node "$1"
}

node() { # pid 1 of a node
    mount -t proc proc /proc
    hostname "node$1"
    mount -t tmpfs tmpfs /dev/shm
    slurmd -D -N "node$1" &
    reap
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
up | down) "$command" ;;
run) run "$@" ;;
status) alive && "$self" run sinfo -N ;;
__controller) controller ;;
__network) network "$1" ;;
__node) node "$1" ;;
*)
    sed -n '3,17s/^# \{0,1\}//p' "$self" >&2
    exit 2
    ;;
esac
