#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does the watchdog end a job whose rank CULPRIT hangs, name it first, and leave exit code 4?
#
#   hang.sh MPIRUN PROGRAM RANKS CULPRIT
set -u
mpirun=$1 program=$2 ranks=$3 culprit=$4
output=$(timeout 60 "$mpirun" --oversubscribe -n "$ranks" "$program" "$culprit" 2>&1)
code=$?
printf '%s\nexit code %s\n' "$output" "$code"

failed=0
check() {
  if eval "$2"; then echo "ok     $1"; else echo "FAILED $1"; failed=1; fi
}
first=$(grep -m 1 watchdog <<<"$output")
check "exit code is 4" '[ "$code" = 4 ]'
check "the culprit speaks first" '[[ $first == *"rank $culprit on thisnode"* ]]'
check "case and step are named" '[[ $first == *"case mem/saxpy?n=8; step measure"* ]]'
check "the culprit does not blame others" '[[ $first != *waiting* ]]'
check "rank 0 saved the last image" 'grep -q "saved the last image" <<<"$output"'
exit "$failed"
