#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A node's cards in some seconds, for slurm.conf's Prolog or HealthCheckProgram: drains the node where a card computes
# wrong results or is gone (exit code 1). Whatever else is odd, an unknown as well, drains nothing: exit code 0.
#
#   Prolog=/opt/cardwise/scripts/slurm/prolog.sh
#
# Settings (environment; slurmd's is nearly empty):
#   CARDWISE, CARDWISE_REPORT   the programs  (build/release/cardwise, build/venv/bin/cardwise-report of this folder)
#   CARDWISE_TYPE               types of card (gpu,fpga)
#   CARDWISE_SECONDS            then SIGTERM: what is finished is judged (45; Slurm ends a HealthCheckProgram after 60)
set -u
# shellcheck source=scripts/lib.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../lib.sh"
cardwise=${CARDWISE:-$build/release/cardwise}
report=${CARDWISE_REPORT:-$venv/bin/cardwise-report}
types=${CARDWISE_TYPE:-gpu,fpga}
node=${SLURMD_NODENAME:-$(hostname -s)}

drain() { # REASON: printable ASCII without quotes, as health gives it
    say "$node: $1"
    scontrol update NodeName="$node" State=DRAIN Reason="cardwise: $1"
    exit 1
}

folder=$(mktemp -d) || exit 0 # no disk is no broken card
trap 'rm -rf "$folder"' EXIT
found=$(count_cards "$cardwise" "$types" 2>"$folder/log") || exit 0
[ "$found" -gt 0 ] || drain "no card found"
# The job's variables would make mpirun ask Slurm for its nodes.
for variable in $(compgen -e SLURM_); do unset "$variable"; done
local_launcher "$found" 2>>"$folder/log"
timeout "${CARDWISE_SECONDS:-45}" "${launcher[@]}" "$cardwise" run --profile smoke --type "$types" \
    --output "$folder/run.h5" >>"$folder/log" 2>&1
status=$?
[ "$status" != 3 ] || drain "a card is missing or was lost (cardwise run: 3)"
[ -e "$folder/run.h5" ] || exit 0
line=$("$report" health "$folder/run.h5" 2>>"$folder/log")
[ $? != 5 ] || drain "${line#* }"
say "$line"
