#!/usr/bin/env bash
# Stores a text by one process and by two parts in turn, then kills parts at random moments and compares every byte.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

usage() {
  cat <<'USAGE'
usage: src/bench/parts.sh [options]

  --size SIZE   size of the text, as for data.sh (1G)
  --rounds N    number of rounds in which one process and two parts are compared (5)
  --kills N     number of parts that are killed (10); 0 for none

Prints the lines per second of two parts divided by those of one process, and how many bytes were wrong after the kills.
USAGE
}

read_options() {
  SIZE=1G ROUNDS=5 KILLS=10
  while [ $# -gt 0 ]; do
    case $1 in
      --size) SIZE=${2:?} && shift ;;
      --rounds) need_count "$1" "${2:-}" && ROUNDS=$2 && shift ;;
      --kills) KILLS=${2:?} && shift ;;
      --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
}

# Every ingest has a dataset of its own, and drops it afterwards, so that all begin alike.
drop() { server "$1" drop "$2" "${STORE[@]}" >&2; }

# measure_one FORM ROUND
measure_one() {
  local from
  from=$(now_ns)
  server "$1" ingest "$TEXT" --dataset "one-$2" "${STORE[@]}" >&2
  record load parts - "$2" "$1-one" "$(seconds_since "$from")"
  drop "$1" "one-$2"
}

# measure_two FORM ROUND
measure_two() {
  local from first
  from=$(now_ns)
  server "$1" ingest "$TEXT" --dataset "two-$2" --part 1/2 "${STORE[@]}" >&2 &
  first=$!
  server "$1" ingest "$TEXT" --dataset "two-$2" --part 2/2 "${STORE[@]}" >&2
  wait "$first"
  record load parts - "$2" "$1-two" "$(seconds_since "$from")"
  drop "$1" "two-$2"
}

# part FORM I: starts a part in the background, and leaves its process number in PID.
part() {
  server "$1" ingest "$TEXT" --dataset "killed-$1" --part "$2/2" --resume "${STORE[@]}" >>"$RUN/part$2" 2>&1 &
  PID=$!
}

# kill_parts FORM SECONDS: SECONDS is the time in which both parts store the text.
kill_parts() {
  local i one pids=() wrong=0
  part "$1" 1 && pids[1]=$PID
  part "$1" 2 && pids[2]=$PID
  for ((i = 1; i <= KILLS; i++)); do
    sleep "$(awk -v seed="$((SEED * 1000 + i))" -v d="$2" 'BEGIN { srand(seed); printf "%.2f", d * rand() / 2 }')"
    one=$((i % 2 + 1))
    pkill -KILL -P "${pids[$one]}" 2>/dev/null || kill -KILL "${pids[$one]}" 2>/dev/null || true
    wait "${pids[$one]}" 2>/dev/null || true
    part "$1" "$one" && pids[one]=$PID
  done
  wait "${pids[1]}" && wait "${pids[2]}" || die 'a part failed'
  cmp -s <(server "$1" get 1- --dataset "killed-$1" "${STORE[@]}") "$TEXT" || wrong=1
  say "$1: $KILLS parts killed, $wrong wrong"
  [ "$wrong" = 0 ] || die 'the published lines are not those of the text'
  drop "$1" "killed-$1"
}

main() {
  read_options "$@"
  SEED=${SEED:-1}
  open_run
  open_results
  TEXT=$(keep_text "$SIZE")
  cat "$TEXT" >/dev/null
  service aerospike || die 'Aerospike did not start'
  STORE=(--aerospike "127.0.0.1:$(service_port aerospike)")
  local form round
  for form in $(forms); do
    for ((round = 1; round <= ROUNDS; round++)); do
      say "$form, round $round of $ROUNDS"
      # In both orders, because the node is slower while it deletes the lines of the ingest before.
      if [ $((round % 2)) = 1 ]; then measure_one "$form" "$round" && measure_two "$form" "$round"
      else measure_two "$form" "$round" && measure_one "$form" "$round"; fi
    done
  done
  heading "Parts: a text of $SIZE into Aerospike"
  begin_bars
  for form in $(forms); do
    ratios load parts - "$form-one" "$form-two" "$LOAD_SECONDS" | bar "two parts ÷ one process, $form, lines/s" at-least 1.0
  done
  [ "$KILLS" = 0 ] || for form in $(forms); do kill_parts "$form" 20; done
  [ ! -e "$RUN/missed" ]
}

main "$@"
