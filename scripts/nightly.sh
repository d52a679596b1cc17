#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One night of a system: measures it, files the run, and says in one exit code whether anything is worse than before.
set -Eeuo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# A full disk and the like: bash's own 1 would say that a card is slow.
trap 'die "line $LINENO failed"' ERR

usage() {
    cat <<'END'
Usage: scripts/nightly.sh [OPTIONS] [-- LAUNCHER WORD...]

One run of 'cardwise run', filed as RESULTS/SYSTEM/YYYY/STAMP-ID.h5; beside it STAMP-ID.html (the page) and STAMP-ID.log
(all that was said). Then cardwise-report check, health, compare against the earlier runs there (from three on) and
history. Prints health's line of each node on stdout, what else is wrong on stderr. Overwrites nothing; of two started
at once for one system the second measures nothing.

  --results DIR      where runs are filed                  (results)
  --profile P        smoke, quick, standard, full, burn-in (standard)
  --system NAME      the machine   (CARDWISE_SYSTEM, else SLURM_CLUSTER_NAME, else this host)
  --type LIST        as of 'cardwise run'; also counts the ranks of mpirun (gpu,fpga)
  --ranks N          ranks of mpirun                       (as many as there are cards)
  --alike RUN.h5     for health: a run of more such cards; may be repeated
  --arg WORD         one more word for 'cardwise run'; may be repeated: --arg=--filter --arg='gemm|triad'
  --least N          earlier runs that compare needs       (3)
  --cardwise PROGRAM, --report PROGRAM    (build/release/cardwise, build/venv/bin/cardwise-report, else on the PATH)
  --dry-run          says what would be done, does nothing

LAUNCHER: what starts the ranks, each word as it stands, no shell reads it. Without one: srun inside a Slurm allocation
(CARDWISE_SRUN_MPI: its --mpi), else mpirun with a rank a card of this machine.

  scripts/nightly.sh --profile quick --results /srv/cardwise
  scripts/nightly.sh -- srun -N 16 --ntasks-per-node=4 --gpus-per-task=1
  sbatch -A ACCOUNT -N 16 scripts/slurm/nightly.sbatch --results /srv/cardwise
  20 3 * * * /opt/cardwise/scripts/nightly.sh --results /srv/cardwise        the line of a crontab; cron mails what it says

Exit code, the gravest of all steps (in this order):
  5  wrong results, or a card to take out (run, health, compare)
  3  no card, fewer cards than ranks, or a card lost (run)
  1  a slow card, a regression, an open slowdown, a failed case
  2  usage, or a step could not do its work
  4  nobody knows: ended early, a test is missing (health), nothing comparable, another night of the system is running
  0  all well; that there are too few earlier runs to compare is well, too
END
}

results=$root/results profile=standard system='' types='' ranks='' least=3 dry='' report='' cardwise=''
alike=() more=() launcher=() given_launcher=''
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage && exit 0 ;;
    --dry-run) dry=yes && shift && continue ;;
    --) shift && given_launcher=yes launcher=("$@") && break ;;
    --*=*) name=${1%%=*} value=${1#*=} && shift ;;
    --?*)
        name=$1
        [ $# -gt 1 ] || { usage >&2 && die "$name needs a value, or is unknown"; }
        value=$2
        shift 2
        ;;
    *) usage >&2 && die "unknown argument '$1'; a launcher stands behind --" ;;
    esac
    case $name in
    --results) results=$value ;;
    --profile) profile=$value ;;
    --system) system=$value ;;
    --type) types=$value ;;
    --ranks) ranks=$value ;;
    --least) least=$value ;;
    --cardwise) cardwise=$value ;;
    --report) report=$value ;;
    --alike) alike+=(--alike "$value") ;;
    --arg) more+=("$value") ;;
    *) usage >&2 && die "unknown option '$name'" ;;
    esac
done
for number in "$ranks" "$least"; do
    case $number in *[!0-9]* | 0*) usage >&2 && die "--ranks and --least need a number from 1 on, not '$number'" ;; esac
done
[ -z "$given_launcher" ] || [ ${#launcher[@]} -gt 0 ] || die "no launcher behind --"

program() { # GIVEN OURS NAME: which program? One that is missing is said before anything is measured
    local found=$1
    [ -n "$found" ] || { [ ! -x "$2" ] || found=$2; }
    found=$(command -v -- "${found:-$3}") || die "no $3 at ${1:-$2} nor on the PATH: scripts/run.sh builds it"
    say "$found"
}
cardwise=$(program "$cardwise" "$build/release/cardwise" cardwise)
report=$(program "$report" "$venv/bin/cardwise-report" cardwise-report)
have flock || die "no flock (package util-linux)"
# The references that came with cardwise: health looks beneath the folder it is called in, which is cron's.
export CARDWISE_REFERENCE=${CARDWISE_REFERENCE:-$root/results/reference}

system=${system:-${CARDWISE_SYSTEM:-${SLURM_CLUSTER_NAME:-$(hostname -s)}}}
name=$(LC_ALL=C tr -c 'A-Za-z0-9._-' '_' <<<"$system" | head -c -1)
name=${name:0:100}
# cardwise refuses the same; a history leaves out folders named reference.
case $system in '' | .* | */* | reference) die "--system: '$system' cannot be the name of a folder" ;; esac
folder=$results/$name
case $folder in /*) ;; *) folder=./$folder ;; esac # what begins with '-' would be an option to the commands below

if [ -z "$given_launcher" ]; then
    if [ -n "${SLURM_JOB_ID:-}" ] && have srun; then
        # srun does not take --cpus-per-task from the job (Slurm 22.05 and later): say it again.
        launcher=(srun ${CARDWISE_SRUN_MPI:+--mpi="$CARDWISE_SRUN_MPI"} --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}")
    else
        [ -n "$ranks" ] || ranks=$(count_cards "$cardwise" "${types:-gpu,fpga}") ||
            die "could not read this machine's cards: $cardwise devices"
        [ "$ranks" -gt 0 ] || ranks=1 # cardwise itself says what is missing
        local_launcher "$ranks"
    fi
fi

stamp=$(date -u +%Y%m%dT%H%M%SZ)
base=$folder/${stamp:0:4}/$stamp-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
run=("${launcher[@]}" "$cardwise" run --profile "$profile" --system "$system" --output "$base.h5"
    ${types:+--type "$types"} "${more[@]}")
judge_all() { # the page comes before the verdicts: who is woken by them wants to look at it
    judge check "$base.h5"
    judge html "$base.h5" -o "$base.html"
    judge health "$base.h5" "${alike[@]}"
    judge compare --baseline "$folder" --least "$least" "$base.h5"
    judge history "$folder"
}
if [ -n "$dry" ]; then
    say "would file $base.h5, with .html and .log beside it"
    say "would run:" "${run[@]@Q}"
    judge() { say "would run: ${report@Q} ${*@Q}"; }
    judge_all
    exit 0
fi

mkdir -p "$folder/${stamp:0:4}" || die "$folder cannot be made"
# The lock is the kernel's: it goes with this process, also with one that was killed.
exec 9>>"$folder/.nightly.lock" || die "$folder cannot be written to"
if ! flock -n 9; then
    code=4 die "another night of $system is running ($folder/.nightly.lock): nothing measured"
fi

# worse CODE: keeps the gravest, in the order that --help gives.
worst=0
worse() {
    local grave
    for grave in 5 3 1 2 4 0; do
        case $grave in "$1" | "$worst") worst=$grave && return ;; esac
    done
}

# A job's end or Ctrl-C ends the measurement, not the night: what was measured is filed and judged. In the background,
# so that the shell can pass the signal on; without the lock, which a daemon left behind would hold.
"${run[@]}" >"$base.log" 2>&1 9>&- &
pid=$!
passed='' # a trapped signal ends the waiting, not the run: wait once more
trap 'passed=yes; kill -TERM "$pid" 2>/dev/null || true' TERM INT HUP
trap 'passed=yes; kill -USR1 "$pid" 2>/dev/null || true' USR1
while :; do
    passed='' status=0
    wait "$pid" || status=$?
    [ -n "$passed" ] || break
done
trap - TERM INT HUP USR1
if [ "$status" != 0 ]; then
    warn "cardwise run ended with $status: $base.log"
    grep -aE '^(cardwise|warning|error|srun|slurmstepd)' "$base.log" | tail -n 8 |
        LC_ALL=C tr -c '[:print:]\n' '?' >&2 || true
fi
case $status in [0-4]) worse "$status" ;; *) worse 4 ;; esac # a launcher's own codes: it did not end as planned
if [ ! -e "$base.h5" ]; then
    [ "$worst" != 0 ] || worst=2
    warn "no result file: nothing to report of"
    exit "$worst"
fi

# judge COMMAND WORD...: one command of the report into the log; its code into the gravest. A code that the command's
# page does not name (a signal) is a step that could not do its work.
judge() {
    local status=0
    printf '\n$ cardwise-report %s\n' "$*" >>"$base.log"
    : >"$base.log.part" # a failing redirection of the next line would look like the command's 1
    "$report" "$@" >"$base.log.part" 2>&1 9>&- || status=$?
    cat "$base.log.part" >>"$base.log"
    case $1,$status in
    compare,3) status=4 ;; # not comparable; a 3 of the run is a card that is missing
    *,[0-5]) ;;
    *) status=2 ;;
    esac
    worse "$status"
    if [ "$1" = health ]; then
        cat "$base.log.part"
    elif [ "$status" != 0 ]; then
        warn "$1 ended with $status: $base.log"
        # what is slower, by case or since when
        grep -aE ' (BROKEN|SLOWER|CONFIRMED)( |$)' "$base.log.part" | head -n 8 >&2 || true
    fi
}
export NO_COLOR=1
judge_all
rm -f "$base.log.part"
exit "$worst"
