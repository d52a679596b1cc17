#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs an MPI test with four ranks on two "nodes" of this machine (fakessh.sh).
#
#   two_nodes.sh MPIRUN PROGRAM [ARGUMENT...]
set -u
mpirun=$1
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if ! "$here/fakessh.sh" probe true 2>/dev/null; then
  echo "SKIPPED: this machine does not let us make namespaces (unshare)"
  [[ ",${CARDWISE_REQUIRE:-}," == *,nodes,* ]] && exit 1
  exit 77
fi
mapfile -t on_nodes < <("$here/fakessh.sh" --options "$mpirun")
export OMPI_MCA_rmaps_base_mapping_policy=slot # by NUMA node, the default, finds no place where a machine tells of none
exec timeout 100 "$mpirun" "${on_nodes[@]}" --host nodeA:2,nodeB:2 -n 4 -x CARDWISE_TEST_NODES=2 "$@"
