#!/usr/bin/env bash
# Measures compressed lines: the space that they take, and how fast they are read.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

HOT_LINES=50000

usage() {
  cat <<'USAGE'
usage: src/bench/compress.sh [options]

  --lines N          lines of the log, which is generated (4000000)
  --rounds N         number of rounds; each measures everything once (5)
  --seconds N        duration of one measurement (5)
  --connections N    number of connections to a server (64)
  --no-databases     measure only the embedded store
  --quick            small numbers, to check that everything works; the results are meaningless

The source code is that of the JDK in JAVA_HOME. Hot lines are the first 50,000 of the log, uniform ones all.
USAGE
}

read_options() {
  LOG_LINES=4000000 ROUNDS=5 SECONDS_EACH=5 CONNECTIONS=64 DATABASES=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --lines) need_count "$1" "${2:-}" && LOG_LINES=$2 && shift ;;
      --rounds) need_count "$1" "${2:-}" && ROUNDS=$2 && shift ;;
      --seconds) need_count "$1" "${2:-}" && SECONDS_EACH=$2 && shift ;;
      --connections) need_count "$1" "${2:-}" && CONNECTIONS=$2 && shift ;;
      --no-databases) DATABASES='' ;;
      --quick) LOG_LINES=200000 ROUNDS=2 SECONDS_EACH=2 ;;
      --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
}

# keep_log: prints the path of a log as web servers write it, and writes it unless an earlier run has kept it.
keep_log() {
  local file=$KEPT/data/access-$LOG_LINES.log
  [ -f "$file" ] || {
    mkdir -p "$(dirname "$file")"
    write_log >"$file.part"
    mv "$file.part" "$file"
  }
  echo "$file"
}

write_log() {
  awk -v lines="$LOG_LINES" -v seed="$SEED" '
    function any(n) { return int(rand() * n) }
    function word(i, text) { for (text = ""; i > 0; i--) text = text substr("bcdfghklmnprstvz", 1 + any(16), 1) substr("aeiou", 1 + any(5), 1); return text }
    BEGIN {
      srand(seed)
      for (i = 0; i < 2000; i++) path[i] = "/" word(2 + any(3)) "/" word(2 + any(4))
      for (i = 0; i < 20000; i++) address[i] = 1 + any(223) "." any(256) "." any(256) "." 1 + any(254)
      for (i = 0; i < 300; i++) agent[i] = "Mozilla/5.0 (" word(4) "; " word(3) " " any(20) "." any(9) ") Gecko/20100101 " word(4) "/" any(150) "." any(9)
      for (i = 0; i < lines; i++) {
        second = int(i / 25)
        status = rand() < 0.9 ? 200 : rand() < 0.5 ? 404 : 304
        printf "%s - - [29/Nov/2026:%02d:%02d:%02d +0000] \"GET %s?id=%d HTTP/1.1\" %d %d \"-\" \"%s\" %.3f\n",
          address[int(20000 * rand() ^ 3)], int(second / 3600) % 24, int(second / 60) % 60, second % 60,
          path[int(2000 * rand() ^ 3)], any(10000000), status, 200 + any(60000), agent[int(300 * rand() ^ 3)], rand() ^ 4
      }
    }'
}

# keep_source: prints the path of the source code of the JDK as one file; fails if the JDK has none.
keep_source() {
  local file=$KEPT/data/jdk-source.txt
  [ -f "$file" ] || {
    [ -f "$JAVA_HOME/lib/src.zip" ] || return 1
    mkdir -p "$RUN/source" "$(dirname "$file")"
    (cd "$RUN/source" && "$JAVA_HOME/bin/jar" xf "$JAVA_HOME/lib/src.zip" java.base)
    find "$RUN/source" -name '*.java' | sort | xargs cat >"$file.part"
    mv "$file.part" "$file"
  }
  echo "$file"
}

# share NAME TEXT FILE: records the size of a file ÷ that of the text.
share() { record load compress - 1 "$1" "$(awk -v f="$(stat -c %s "$3")" -v t="$(stat -c %s "$2")" 'BEGIN { print f / t }')"; }

# store_embedded FORM NAME TEXT OPTION ...: stores a text of which the data directory has a copy.
store_embedded() { server "$1" ingest "$3" --data-dir "$RUN/data-$1" --dataset "$2" "${@:4}" >&2; }

copy_of() { echo "$RUN/data-$1/$2/v1/${3:-lines}"; }

# read_rates FORM SERVER ROUND DATASET ...: records the rates of hot and uniform reads of datasets, in turns.
read_rates() {
  local form=$1 name=$2 round=$3 dataset
  shift 3
  for dataset in "$@"; do
    wrk_ranges "$name" "$round" "$form-hot-$dataset" "/datasets/$dataset/lines/%d" "$HOT_LINES"
    wrk_ranges "$name" "$round" "$form-uniform-$dataset" "/datasets/$dataset/lines/%d" "$LOG_LINES"
  done
}

rates() { ratios load compress - "$1" "$2" "$LOAD_SECONDS"; }

measure_embedded() {
  local form round
  for form in $(forms); do
    store_embedded "$form" plain "$TEXT" --copy
    store_embedded "$form" zstd "$TEXT" --compress zstd
    share "$form-log" "$TEXT" "$(copy_of "$form" zstd lines.zst)"
    if [ -n "$SOURCE" ]; then
      store_embedded "$form" source "$SOURCE" --compress zstd
      share "$form-source" "$SOURCE" "$(copy_of "$form" source lines.zst)"
    fi
    start_server "$form" "embedded-$form" --data-dir "$RUN/data-$form" --dataset plain
  done
  for ((round = 0; round <= ROUNDS; round++)); do
    say "embedded, round $round of $ROUNDS"
    for form in $(forms); do read_rates "$form" "embedded-$form" "$round" plain zstd; done
    # Round 0 warms up.
    [ "$round" != 0 ] || drop_round_0
  done
  heading "Embedded store: $LOG_LINES lines, $CONNECTIONS connections"
  begin_bars
  for form in $(forms); do
    values load compress - "$form-log" "$LOAD_SECONDS" | bar "$form, copy ÷ text, log" at-most 0.35
    values load compress - "$form-source" "$LOAD_SECONDS" | bar "$form, copy ÷ text, source code" at-most 0.35
    rates "$form-hot-zstd" "$form-hot-plain" | bar "$form, hot single lines/s ÷ uncompressed" at-least 0.7
    rates "$form-uniform-zstd" "$form-uniform-plain" | figure "$form, uniform single lines/s ÷ uncompressed"
  done
  end_all_processes
}

drop_round_0() {
  awk -F '\t' '$4 != 0' "$RESULTS" >"$RUN/results"
  cp "$RUN/results" "$RESULTS"
}

# node_bytes PORT: prints how many bytes of the device the lines take.
node_bytes() { aerospike_info "$1" namespace/lines | tr ';' '\n' | sed -n 's/^data_used_bytes=//p'; }

# stored_on_node FORM PORT DATASET OPTION ...: records the bytes on the node ÷ those of the text.
stored_on_node() {
  local before after
  before=$(node_bytes "$2")
  server "$1" ingest "$TEXT" --aerospike "127.0.0.1:$2" --dataset "$3" "${@:4}" >&2
  # The node reports its figures with a delay.
  sleep 3
  after=$(node_bytes "$2")
  record load compress - 1 "$1-node-$3" \
    "$(awk -v b=$((after - before)) -v t="$(stat -c %s "$TEXT")" 'BEGIN { print b / t }')"
}

measure_aerospike() {
  local form round port
  service aerospike || die 'Aerospike did not start'
  port=$(service_port aerospike)
  : >"$RESULTS"
  for form in $(forms); do
    stored_on_node "$form" "$port" "$form-packed" --lines-per-record auto
    stored_on_node "$form" "$port" "$form-zstd" --lines-per-record auto --compress zstd
    start_server "$form" "aerospike-$form" --aerospike "127.0.0.1:$port" --dataset "$form-packed"
  done
  for ((round = 0; round <= ROUNDS; round++)); do
    say "Aerospike, round $round of $ROUNDS"
    for form in $(forms); do read_rates "$form" "aerospike-$form" "$round" "$form-packed" "$form-zstd"; done
    [ "$round" != 0 ] || drop_round_0
  done
  heading "Aerospike, --lines-per-record auto: $LOG_LINES lines, $CONNECTIONS connections"
  begin_bars
  for form in $(forms); do
    values load compress - "$form-node-$form-packed" "$LOAD_SECONDS" | figure "$form, bytes on the node ÷ text, packed"
    values load compress - "$form-node-$form-zstd" "$LOAD_SECONDS" | figure "$form, bytes on the node ÷ text, compressed"
    rates "$form-uniform-$form-zstd" "$form-uniform-$form-packed" | figure "$form, single lines/s, compressed ÷ packed"
  done
}

main() {
  read_options "$@"
  open_run
  has curl || die 'curl is missing (Debian: curl)'
  has wrk || die 'wrk is missing (Debian: wrk)'
  [ -n "$(forms)" ] || die "nothing to measure: $(server_missing jvm)"
  open_results
  print_environment
  TEXT=$(keep_log)
  cat "$TEXT" >/dev/null
  SOURCE=$(keep_source) || say 'source code is left out: the JDK has no lib/src.zip'
  measure_embedded
  if [ -n "$DATABASES" ] && has asd; then measure_aerospike; else say 'Aerospike is left out'; fi
  [ ! -e "$RUN/missed" ]
}

main "$@"
