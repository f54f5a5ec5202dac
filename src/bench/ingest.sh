#!/usr/bin/env bash
# Measures how fast a file is ingested, how soon it is served after a start, and how much RAM its index takes.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

usage() {
  cat <<'USAGE'
usage: src/bench/ingest.sh [options]

  --size SIZE           size of the text, as for data.sh (1G)
  --database-lines N    lines of the text for Aerospike and Redis (12000000, about 1 GB)
  --rounds N            number of rounds (5)
  --no-databases        measure only the embedded store
  --big SIZE            also serve a text of that size with a heap of 128 MB plus its index; 10G needs 11 GB of disk
  --quick               small numbers, to check that everything works; the results are meaningless
USAGE
}

read_options() {
  SIZE=1G DATABASE_LINES=12000000 ROUNDS=5 DATABASES=yes BIG='' SECONDS_EACH=10 CONNECTIONS=64
  while [ $# -gt 0 ]; do
    case $1 in
      --size) SIZE=${2:?} && shift ;;
      --database-lines) need_count "$1" "${2:-}" && DATABASE_LINES=$2 && shift ;;
      --rounds) need_count "$1" "${2:-}" && ROUNDS=$2 && shift ;;
      --no-databases) DATABASES='' ;;
      --big) BIG=${2:?} && shift ;;
      --quick) SIZE=20M DATABASE_LINES=50000 ROUNDS=2 SECONDS_EACH=2 ;;
      --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
}

use_text() {
  TEXT=$(keep_text "$1")
  LINES_COUNT=$(wc -l <"$TEXT")
}

measure_embedded() {
  local round form
  use_text "$SIZE"
  for ((round = 1; round <= ROUNDS; round++)); do
    say "embedded, round $round of $ROUNDS"
    round_embedded "$round"
    for form in $(forms); do measure_readiness "$form" "$round"; done
  done
}

# measure_readiness FORM ROUND: the time from the start of the process until /q/health/ready returns 200.
measure_readiness() {
  local port name=ready-$1 from
  port=$(free_port)
  from=$(now_ns)
  launch_stored "$1" "$name" "$port" "$RUN/data-$1"
  until is_ready "$port"; do
    alive "$name" || { tail -n 20 "$RUN/$name/log" >&2; die 'serve has ended before it was ready'; }
  done
  record load ready - "$2" "$1" "$(seconds_since "$from")"
  record load memory - "$2" "$1" "$(memory_mb "$name")"
  end_processes "$name"
}

# launch_stored FORM NAME PORT DATA
launch_stored() {
  name=$2 home=$RUN/$2
  mkdir -p "$home"
  launch_server "$1" serve --data-dir "$4" --port "$3"
}

# Prints the bytes of RAM per line. The index has the same form in RAM as in its file, without 48 bytes of header and footer.
index_bytes() {
  local file
  for file in "$1"/*/v*/index; do
    [ ! -f "$file" ] || stat -c %s "$file"
  done | awk -v lines="$LINES_COUNT" '{ print ($1 - 48) / lines }'
}

print_embedded() {
  heading "Embedded store: a text of $SIZE, $LINES_COUNT lines, in the page cache"
  print_loads embedded "$LINES_COUNT" wc='wc -l' jvm='ingest, JVM' native='ingest, native'
  heading "Bars of the embedded store"
  begin_bars
  ratios load embedded - jvm wc "$LOAD_SECONDS" | bar 'ingest, JVM ÷ wc -l' at-most 2.5
  ratios load embedded - native wc "$LOAD_SECONDS" | bar 'ingest, native ÷ wc -l' at-most 2.5
  values load ready - jvm "$LOAD_SECONDS" | bar 'serve is ready, JVM, seconds' at-most 1.5
  values load ready - native "$LOAD_SECONDS" | bar 'serve is ready, native, seconds' at-most 1.5
  index_bytes "$RUN/data-$(forms | head -n 1)" | bar 'index, bytes of RAM per line' at-most 1.5
}

measure_and_print_databases() {
  local missing
  missing=$(missing_for_databases | paste -sd ';')
  if [ -n "$missing" ]; then
    heading "Databases: left out, missing: $missing"
    return
  fi
  use_text "${DATABASE_LINES}lines"
  # In a subshell, so that a failure does not discard the earlier measurements.
  (measure_databases "$ROUNDS") || say 'the databases could not be measured'
  heading "Databases: $LINES_COUNT lines, $(stat -c %s "$TEXT") bytes"
  print_loads databases "$LINES_COUNT" jvm='ingest into Aerospike, JVM' native='ingest into Aerospike, native' \
    bare-client='bare client, batches of 5,000' redis-pipe='redis-cli --pipe, prepared commands' \
    redis-text='redis-cli --pipe, with the time to make the commands'
  heading 'Bars of the Aerospike store'
  begin_bars
  ratios load databases - bare-client jvm "$LOAD_SECONDS" | bar 'ingest, JVM ÷ bare client, lines/s' at-least 0.9
  local form
  for form in jvm native; do
    ratios load databases - redis-pipe "$form" "$LOAD_SECONDS" | bar "ingest, $form ÷ Redis --pipe, lines/s" at-least 1.0
    ratios load databases - redis-text "$form" "$LOAD_SECONDS" | bar 'the same, with the time to make the commands' at-least 1.0
  done
}

# The heap must not grow with the file: 128 MB plus the index must suffice for random lines under load.
serve_big() {
  local bytes lines heap port
  TEXT=$(keep_text "$BIG")
  LINES_COUNT=$(wc -l <"$TEXT")
  heading "Heap: a text of $BIG, $LINES_COUNT lines"
  server jvm ingest "$TEXT" --data-dir "$RUN/big" >&2
  bytes=$(stat -c %s "$RUN"/big/*/v*/index)
  heap=$((128 + (bytes >> 20) + 1))
  port=$(free_port)
  SERVER_JAVA_OPTIONS+=("-Xmx${heap}m")
  launch_stored jvm big "$port" "$RUN/big"
  await 120 big is_ready "$port" || die "the server of the big text is not ready after 120 s"
  load_big "$port"
  row_of 'Maximum heap' "$heap MB, $(((bytes >> 20) + 1)) MB of them for the index"
  row_of 'Memory of the process' "$(memory_mb big) MB"
  end_processes big
}

load_big() {
  local requests micros errors
  read -r requests micros errors < <(BENCH_PATH='/lines/%d' BENCH_LINES=$LINES_COUNT BENCH_DISTRIBUTION=uniform \
    BENCH_SEED=$SEED wrk -t 2 -c "$CONNECTIONS" -d "${SECONDS_EACH}s" --timeout 5s -s "$BENCH/lines.lua" \
    "http://127.0.0.1:$1" | awk '$1 == "RESULT" { print $2, $3, $4 }')
  row_of 'Answered' "$requests random lines in $((micros / 1000)) ms, $errors errors"
  same_sample "$1"
}

# Compares a few lines from all over the text with the output of sed, because the text is too big for the heap.
same_sample() {
  local n numbers=()
  for ((n = 1; n <= 5; n++)); do numbers+=($((LINES_COUNT * n / 5))); done
  if cmp -s <(sed -n "$(printf '%dp;' "${numbers[@]}")${numbers[4]}q" "$TEXT") \
    <(for n in "${numbers[@]}"; do curl -s "http://127.0.0.1:$1/lines/$n" && echo; done); then
    row_of 'Lines' "${numbers[*]} are as in the file"
  else
    row_of 'Lines' 'DIFFER from the file'
  fi
}

main() {
  read_options "$@"
  open_run
  has curl || die 'curl is missing (Debian: curl)'
  [ -n "$(forms)" ] || die "nothing to measure: $(server_missing jvm)"
  open_results
  print_environment
  measure_embedded
  print_embedded
  [ -z "$DATABASES" ] || measure_and_print_databases
  [ -z "$BIG" ] || serve_big
  printf '\nRaw results: %s\n' "$RESULTS"
}

main "$@"
