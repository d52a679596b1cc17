#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stands in for ssh under mpirun: several "nodes" with names of their own on one machine, without sshd.
#
#   mpirun $(./fakessh.sh --options mpirun) --host nodeA:2,nodeB:2 -n 4 ./program
#
# mpirun calls it as: fakessh.sh HOST COMMAND... A "node" is a set of namespaces: its own host name, /proc and /dev/shm,
# so that MPI sees two machines that share no memory. Root is not needed where user namespaces are allowed.
set -eu
if [ "$1" = --options ]; then # what the mpirun $2 wants to hear, a word a line
    printf '%s\n' --mca plm_rsh_agent "$(realpath "$0")" --mca btl_tcp_if_include lo --bind-to none
    # Open MPI 5 refuses the loopback device for its daemons where there is another one.
    # A container may tell Open MPI by its environment to start nothing elsewhere (plm isolated): these nodes are here.
    case $("$2" --version) in *'(Open MPI) 4.'* | *'(OpenRTE) 4.'*) printf '%s\n' --mca plm rsh --mca oob_tcp_if_include lo ;; esac
    exit
fi
host=$1
shift
user=()
[ "$(id -u)" = 0 ] || user=(--user --map-root-user)
# When mpirun ends or is killed, --kill-child takes the whole node with it.
# shellcheck disable=SC2016 # for the inner shell
exec unshare "${user[@]}" --uts --ipc --mount --pid --fork --kill-child=KILL --mount-proc bash -c '
    hostname "$0"
    mount -t tmpfs tmpfs /dev/shm
    eval "$*"' "$host" "$@"
