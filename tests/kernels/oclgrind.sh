#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a program under Oclgrind and judges the log, for Oclgrind's exit status says nothing.
#   oclgrind.sh silent LOG PROGRAM [ARGUMENTS]     fails if the log has a line
#   oclgrind.sh TEXT   LOG PROGRAM [ARGUMENTS]     fails if the log has no line with TEXT
set -u
expected=$1
log=$2
shift 2

if ! command -v oclgrind >/dev/null; then
  echo "SKIPPED: oclgrind is missing (package oclgrind)"
  case ",${CARDWISE_REQUIRE:-}," in
    *,oclgrind,* | *,opencl,*) exit 1 ;;
  esac
  exit 77
fi

rm -f "$log"
oclgrind --data-races --uninitialized --check-api --log "$log" "$@"
status=$?
if [ "$status" -ne 0 ]; then
  echo "the program under oclgrind failed: exit status $status"
  exit 1
fi
if [ "$expected" = silent ]; then
  [ ! -s "$log" ] && exit 0
  echo "oclgrind found:"
  head -n 60 "$log"
  exit 1
fi
grep -q "$expected" "$log" && exit 0
echo "oclgrind did not find '$expected'; its log:"
cat "$log"
exit 1
