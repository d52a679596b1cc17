#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Submits the same measurement on 1, 2, 4 ... nodes, one job after the other, for 'cardwise-report scaling'.
#
#   scripts/slurm/scaling.sh 16 scripts/slurm/gpu.sbatch -A ACCOUNT -- --profile quick
#
# The first argument is the largest number of nodes, the second the template; up to "--" come sbatch's own options,
# after it those of 'cardwise run'. Jobs wait for each other, so that they do not disturb each other's network.
set -euo pipefail
if [ $# -lt 2 ] || ! [ "$1" -gt 0 ] 2>/dev/null || [ ! -r "$2" ]; then
    sed -n '3,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
largest=$1 template=$2
shift 2
options=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options+=("$1")
    shift
done
[ $# -eq 0 ] || shift

previous=''
for ((nodes = 1; nodes <= largest; nodes *= 2)); do
    previous=$(sbatch --parsable --nodes="$nodes" ${previous:+--dependency="afterany:$previous"} \
        "${options[@]}" "$template" --tag "scaling $nodes nodes" "$@")
    previous=${previous%%;*} # "id;cluster" on federated systems
    echo "job $previous: $nodes nodes"
done
