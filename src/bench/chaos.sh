#!/usr/bin/env bash
# Attacks three Aerospike nodes while clients read and files are stored, and compares every answer with the text.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

FAULTS='kill stop cold erased slow50 slow500 two full'

usage() {
  cat <<'USAGE'
usage: src/bench/chaos.sh [options]

  --faults A,B,…    only these of the faults below (all)
  --lines N         lines of the text (200000)
  --rounds N        number of rounds (3)
  --connections N   connections that read all the time (32)
  --quick           a small text, one round and short faults

  kill      SIGKILL of a node, which starts again with its file after ten seconds
  stop      SIGSTOP of a node for ten seconds
  cold      SIGKILL of a node, which starts again with its file at once
  erased    SIGKILL of a node, which starts again without its file at once
  slow50    a node answers 50 ms later for ten seconds
  slow500   a node answers 500 ms later for ten seconds
  two       SIGKILL of two nodes, which start again with their files after ten seconds
  full      an ingest fills the files of all nodes

There are two copies of each line. Except for full, another dataset is stored over and over again during the fault. Prints for each
fault, from its beginning until five seconds after the cluster is whole again: how many answers were checked, how many were wrong, how
many were 413, the share that was refused, missing or wrong, the longest time of an answer, the time of the last failed one
after the cluster was whole, published versions that were lost, and ingests.
USAGE
}

FAULT_SECOND=5
# Largest bytes that the nodes can hold are NODES * NODE_FILE_SIZE / 2 copies.
FULL_TEXT=960M

read_options() {
  LINES_COUNT=200000 ROUNDS=3 CONNECTIONS=32 AWAY_SECONDS=10 CALM_SECONDS=5
  while [ $# -gt 0 ]; do
    case $1 in
      --faults) FAULTS=${2//,/ } && shift ;;
      --lines) need_count "$1" "${2:-}" && LINES_COUNT=$2 && shift ;;
      --rounds) need_count "$1" "${2:-}" && ROUNDS=$2 && shift ;;
      --connections) need_count "$1" "${2:-}" && CONNECTIONS=$2 && shift ;;
      --quick) LINES_COUNT=20000 ROUNDS=1 AWAY_SECONDS=4 CALM_SECONDS=3 ;;
      --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  local fault
  for fault in $FAULTS; do
    [ "$(type -t "fault_$fault")" = function ] || die "there is no fault '$fault'; see --help"
  done
}

# Each fault ends when the cluster may become whole again. NODE is a node without a proxy.
fault_kill() { send KILL "$NODE" && sleep "$AWAY_SECONDS" && start_node "$NODE"; }
fault_stop() { send STOP "$NODE" && sleep "$AWAY_SECONDS" && send CONT "$NODE"; }
fault_cold() { send KILL "$NODE" && start_node "$NODE"; }
fault_erased() { send KILL "$NODE" && rm "$RUN/node-$NODE/data/lines.dat" && start_node "$NODE"; }
fault_slow50() { delay_answers 50 && sleep "$AWAY_SECONDS" && delay_answers 0; }
fault_slow500() { delay_answers 500 && sleep "$AWAY_SECONDS" && delay_answers 0; }

# Another pair in each round: some pairs hold the only copies of the registry.
fault_two() {
  local one=$((ROUND % NODES)) other=$(((ROUND + 1) % NODES))
  send KILL "$one"
  send KILL "$other"
  sleep "$AWAY_SECONDS"
  start_node "$one"
  start_node "$other"
}

# The dataset has a version already, which must survive.
fault_full() {
  ingest "$FORM" "$FULL" busy --force
  [ "$(tail -n 1 "$RUN/ingests")" != published ] || die 'the ingest has not filled the nodes'
}

now_ms() { echo $(($(now_ns) / 1000000)); }

# ingest FORM FILE DATASET OPTION ...: records the exit code, and the last line of the messages.
ingest() {
  local code=0 form=$1 file=$2 dataset=$3
  shift 3
  server "$form" ingest "$file" --dataset "$dataset" "${STORE[@]}" "$@" >"$RUN/ingest.out" 2>"$RUN/ingest.err" || code=$?
  say "ingest: $code $(cat "$RUN/ingest.err" "$RUN/ingest.out" | tail -n 1)"
  if [ "$code" = 0 ]; then
    echo published >>"$RUN/ingests"
    sed -n 's/.* version \([0-9]*\):.*/\1/p' "$RUN/ingest.out" >"$RUN/published"
  elif [ "$code" = 1 ] && grep -q '^line-server: ' "$RUN/ingest.err"; then
    echo refused >>"$RUN/ingests"
  else
    echo unclear >>"$RUN/ingests"
  fi
}

ingest_all_the_time() {
  until [ -e "$RUN/enough" ]; do ingest "$FORM" "$TEXT" busy --resume; done
}

# lost DATASET: prints 1 unless the dataset equals the text, and 0 otherwise.
lost() {
  if server "$FORM" verify "$TEXT" --dataset "$1" "${STORE[@]}" >"$RUN/verify" 2>&1; then
    echo 0
  else
    cat "$RUN/verify" >&2
    echo 1
  fi
}

# Prints 1 if the newest version that an ingest has reported is not the current one, and 0 otherwise.
forgotten() {
  if server "$FORM" versions busy "${STORE[@]}" | awk -v n="$(cat "$RUN/published")" '
    $2 == "current" && $1 >= n { found = 1 }
    END { exit !found }'; then echo 0; else echo 1; fi
}

# observe FAULT ROUND: reads all the time, and injects the fault in the middle.
observe() {
  local fault=$1 out=$RUN/oracle from whole ingests='' oracle
  ROUND=$2 NODE=$(($2 % 2))
  rm -f "$RUN/enough" "$RUN/ingests"
  ingest "$FORM" "$TEXT" busy
  : >"$out"
  "$JAVA" -Xmx256m -XX:+UseSerialGC -cp "$(compile Oracle "$BENCH/Oracle.java")" Oracle "$TEXT" "$(cat "$RUN/server-$FORM/port")" \
    "$CONNECTIONS" 3600 "$2" >"$out" &
  oracle=$!
  if [ "$fault" != full ]; then
    ingest_all_the_time &
    ingests=$!
  fi
  until [ "$(grep -c SECOND "$out" || true)" -ge "$FAULT_SECOND" ]; do sleep 0.05; done
  from=$(now_ns)
  "fault_$fault"
  await_whole || {
    kill "$oracle"
    touch "$RUN/enough"
    die 'the cluster did not become whole'
  }
  whole=$(now_ms)
  say "whole $(seconds_since "$from") s after the beginning of the fault"
  sleep "$CALM_SECONDS"
  sleep 1 # for the second that has begun
  kill "$oracle"
  wait "$oracle" || true
  touch "$RUN/enough"
  [ -z "$ingests" ] || wait "$ingests"
  local lost=$(($(lost "$FORM") + $(lost busy) + $(forgotten)))
  # The space that a failed ingest has taken must be free again.
  ingest "$FORM" "$TEXT" busy --restart
  [ "$(tail -n 1 "$RUN/ingests")" = published ] || lost=$((lost + 1))
  awk -v at=$((FAULT_SECOND - 1)) -v whole="$whole" -v lost="$lost" -v ingests="$(ingest_figures)" '
    $2 >= at - 3 && $2 < at { before += $3 / 3 }
    # The fault begins a little after the beginning of the second at + 1.
    $2 == at + 1 { after = $3 }
    $2 > at {
      checked += $3 + $4 + $5 + $6; failed += $4 + $5 + $6; wrong += $6; past += $8
      if ($7 > longest) longest = $7
      if ($9 > last) last = $9
    }
    END {
      recovery = last > whole ? (last - whole) / 1000 : 0
      print checked, wrong, past, checked ? failed / checked : 1, longest, recovery, lost, before ? after / before : 0, ingests
    }' "$out" | tee -a "$RUN/result-$FORM-$fault" >&2
}

# Prints the number of ingests that were published, that were refused with a message, and that failed otherwise.
ingest_figures() {
  awk '{ n[$1]++ } END { print n["published"] + 0, n["refused"] + 0, n["unclear"] + 0 }' "$RUN/ingests"
}

# The default of --aerospike-timeout, and a tenth for the way of the answer on the cores that all processes share.
TIMEOUT_MILLIS=1100

print_faults() {
  local form fault share
  heading "Three nodes, two copies, $CONNECTIONS connections, $LINES_COUNT lines, $ROUNDS rounds"
  cat <<'HEAD'
| | fault | checked | wrong | 413 | failed, % | longest, ms | recovery, s | versions lost | second after ÷ before | ingests: published, refused, unclear |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
HEAD
  for form in $(forms); do
    for fault in $FAULTS; do
      share=0.001
      # The only copies of a third of the lines are away.
      [ "$fault" != two ] || share=1
      awk -v form="$form" -v fault="$fault" -v share="$share" -v timeout="$TIMEOUT_MILLIS" '
        {
          checked += $1; wrong += $2; past += $3; failed += $1 * $4; lost += $7; after += $8 / '"$ROUNDS"'
          published += $9; refused += $10; unclear += $11
          if ($5 > longest) longest = $5
          if ($6 > recovery) recovery = $6
        }
        END {
          pass = checked && !wrong && !past && !lost && !unclear && failed <= share * checked && longest <= timeout && recovery <= 5
          printf "| %s | %s, %s | %d | %d | %d | %.3f | %d | %.1f | %d | %.2f | %d, %d, %d |\n", pass ? "pass" : "miss", form, fault,
            checked, wrong, past, checked ? 100 * failed / checked : 0, longest, recovery, lost, after, published, refused, unclear
          exit !pass
        }' "$RUN/result-$form-$fault" || touch "$RUN/missed"
    done
  done
  printf '| | at most | | 0 | 0 | 0.1, two: – | %s | 5 | 0 | | unclear: 0 |\n' "$TIMEOUT_MILLIS"
}

main() {
  read_options "$@"
  open_run
  has asd || die 'asd is missing'
  local fault r
  TEXT=$(keep_text "${LINES_COUNT}lines")
  [[ " $FAULTS " != *' full '* ]] || FULL=$(keep_text "$FULL_TEXT")
  open_nodes
  STORE=(--aerospike "127.0.0.1:$(node_port 0),127.0.0.1:$(node_port 1),127.0.0.1:$PROXY_PORT")
  for FORM in $(forms); do
    server "$FORM" ingest "$TEXT" --dataset "$FORM" "${STORE[@]}" >&2
    start_server "$FORM" "server-$FORM" --dataset "$FORM" "${STORE[@]}"
    for ((r = 1; r <= ROUNDS; r++)); do
      for fault in $FAULTS; do
        say "$FORM, $fault, round $r of $ROUNDS"
        observe "$fault" "$r"
      done
    done
    end_processes "server-$FORM"
  done
  print_faults
  [ ! -e "$RUN/missed" ]
}

main "$@"
