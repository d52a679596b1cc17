#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a program that has a bug: it must fail, and the sanitizer must have named the bug.
#   planted.sh TEXT PROGRAM [ARGUMENTS]
set -u
expected=$1
shift
said=$("$@" 2>&1)
status=$?
echo "$said"
echo "exit status $status; expected: not 0, and '$expected'"
[ "$status" -ne 0 ] && echo "$said" | grep -q "$expected"
