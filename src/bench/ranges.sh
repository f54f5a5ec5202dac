#!/usr/bin/env bash
# Measures everything that reads many lines at once: ranges over HTTP, get, and verify.
set -euo pipefail
# For the versions of all rounds.
AEROSPIKE_FILE_SIZE=${AEROSPIKE_FILE_SIZE:-16G}
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

SLOW_READERS=100
RANGE_LINES=1000

usage() {
  cat <<'USAGE'
usage: src/bench/ranges.sh [options]

  --size SIZE           size of the text for the embedded store, as for data.sh (1G)
  --database-lines N    lines of the text for Aerospike (2000000)
  --rounds N            number of rounds; each measures everything once (5)
  --seconds N           duration of one measurement over Aerospike (5)
  --connections N       number of connections to a server over Aerospike (64)
  --no-databases        measure only the embedded store
  --only-databases      measure only Aerospike
  --quick               small numbers, to check that everything works; the results are meaningless
USAGE
}

read_options() {
  SIZE=1G DATABASE_LINES=2000000 ROUNDS=5 SECONDS_EACH=5 CONNECTIONS=64 DATABASES=yes EMBEDDED=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --size) SIZE=${2:?} && shift ;;
      --database-lines) need_count "$1" "${2:-}" && DATABASE_LINES=$2 && shift ;;
      --rounds) need_count "$1" "${2:-}" && ROUNDS=$2 && shift ;;
      --seconds) need_count "$1" "${2:-}" && SECONDS_EACH=$2 && shift ;;
      --connections) need_count "$1" "${2:-}" && CONNECTIONS=$2 && shift ;;
      --no-databases) DATABASES='' ;;
      --only-databases) EMBEDDED='' ;;
      --quick) SIZE=50M DATABASE_LINES=50000 ROUNDS=2 SECONDS_EACH=2 ;;
      --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
}

# timed ROUND NAME COMMAND ...: records the duration of a command, whose standard output is discarded.
timed() {
  local round=$1 name=$2 from
  shift 2
  from=$(now_ns)
  "$@" >/dev/null 2>>"$RUN/errors" || { tail -n 5 "$RUN/errors" >&2; die "failed: $*"; }
  record load ranges - "$round" "$name" "$(seconds_since "$from")"
}

# start_embedded FORM: stores $TEXT, and serves it.
start_embedded() {
  server "$1" ingest "$TEXT" --data-dir "$RUN/data-$1" >&2
  start_server "$1" "serve-$1" --data-dir "$RUN/data-$1"
}

# nginx with sendfile and the text as its only file.
start_nginx() {
  local port
  home=$RUN/nginx-file
  port=$(free_port)
  mkdir -p "$home/www"
  ln -s "$TEXT" "$home/www/lines"
  echo "$port" >"$home/port"
  nginx_configuration "$home" "$port" "root $home/www; default_type text/plain;"
  launch nginx-file nginx -e stderr -p "$home" -c "$home/nginx.conf"
  await 10 nginx-file curl -s -o /dev/null -m 2 "http://127.0.0.1:$port/" || die 'nginx does not answer'
}

# download URL [CURL_OPTION ...]: reads a whole answer; fails unless it has the size of the text.
download() {
  local size
  size=$(curl -s -f -o /dev/null -w '%{size_download}' "${@:2}" "$1")
  [ "$size" = "$TEXT_BYTES" ] || { say "$1: $size bytes instead of $TEXT_BYTES"; return 1; }
}

# What cat and a pipe take.
# shellcheck disable=SC2002 # the copy through a pipe is what is measured
copy_by_cat() { cat "$TEXT" | cat; }

# round_embedded_ranges ROUND
round_embedded_ranges() {
  local form
  for form in $(forms); do
    timed "$1" "http-$form" download "$(base_url "serve-$form")/lines" -H 'Range: lines=1-'
    [ -z "$NGINX" ] || timed "$1" http-nginx download "$(base_url nginx-file)/lines"
    timed "$1" "get-$form" server "$form" get 1- --data-dir "$RUN/data-$form"
    timed "$1" cat copy_by_cat
    rm -rf "$RUN/again"
    timed "$1" "ingest-$form" server "$form" ingest "$TEXT" --data-dir "$RUN/again"
    timed "$1" "verify-$form" server "$form" verify "$TEXT" --data-dir "$RUN/data-$form"
  done
}

# slow_readers FORM: records by how many MB the memory of a server grows while clients hardly read.
slow_readers() {
  local before i clients=$RUN/clients-$1
  before=$(memory_mb "serve-$1")
  mkdir -p "$clients"
  for ((i = 0; i < SLOW_READERS; i++)); do
    curl -s -o /dev/null --limit-rate 1k -m 60 "$(base_url "serve-$1")/lines" >/dev/null 2>&1 &
    echo $! >>"$clients/pids"
  done
  sleep 8
  record load ranges - 1 "memory-$1" "$(($(memory_mb "serve-$1") - before))"
  end_processes "clients-$1"
}

durations() { ratios load ranges - "$1" "$2" "$LOAD_SECONDS"; }

measure_embedded() {
  local form round
  TEXT=$(keep_text "$SIZE")
  TEXT_BYTES=$(stat -c %s "$TEXT")
  cat "$TEXT" >/dev/null
  NGINX=''
  if has nginx; then start_nginx && NGINX=yes; else say 'nginx is left out: it is not installed'; fi
  for form in $(forms); do
    start_embedded "$form"
    # A JVM compiles what it runs often.
    for ((round = 0; round < 10; round++)); do download "$(base_url "serve-$form")/lines"; done
  done
  for ((round = 0; round <= ROUNDS; round++)); do
    say "embedded, round $round of $ROUNDS"
    round_embedded_ranges "$round"
    # Round 0 warms up.
    [ "$round" != 0 ] || : >"$RESULTS"
  done
  for form in $(forms); do slow_readers "$form"; done
  heading "Embedded store: a text of $SIZE in the page cache"
  begin_bars
  for form in $(forms); do
    durations http-nginx "http-$form" | bar "$form, HTTP range ÷ nginx, bytes/s" at-least 0.8
    durations cat "get-$form" | if [ "$form" = native ]; then
      bar "$form, get 1- ÷ cat FILE | cat, bytes/s" at-least 0.5
    else
      figure "$form, get 1- ÷ cat FILE | cat, bytes/s"
    fi
    durations "verify-$form" "ingest-$form" | if [ "$form" = native ]; then
      bar "$form, verify ÷ ingest, time" at-most 1.5
    else
      figure "$form, verify ÷ ingest, time"
    fi
    values load ranges - "memory-$form" "$LOAD_SECONDS" | bar "$form, $SLOW_READERS slow readers, MB more" at-most 100
  done
  end_all_processes
}

# index_bytes PORT: the RAM that the node's index takes.
index_bytes() { aerospike_info "$1" namespace/lines | tr ';' '\n' | sed -n 's/^index_used_bytes=//p'; }

measure_aerospike() {
  local form round store again port before single
  TEXT=$(keep_text "${DATABASE_LINES}lines")
  cat "$TEXT" >/dev/null
  service aerospike || die 'Aerospike did not start'
  port=$(service_port aerospike)
  store=127.0.0.1:$port
  : >"$RESULTS"
  for form in $(forms); do
    before=$(index_bytes "$port")
    server "$form" ingest "$TEXT" --aerospike "$store" --dataset "$form" >&2
    single=$(index_bytes "$port")
    server "$form" ingest "$TEXT" --aerospike "$store" --dataset "$form-packed" --lines-per-record auto >&2
    INDEX_RATIO=$(awk -v a="$before" -v b="$single" -v c="$(index_bytes "$port")" 'BEGIN { print (b - a) / (c - b) }')
    start_server "$form" "aerospike-$form" --aerospike "$store" --dataset "$form"
  done
  for ((round = 0; round <= ROUNDS; round++)); do
    say "Aerospike, round $round of $ROUNDS"
    for form in $(forms); do
      wrk_ranges "aerospike-$form" "$round" "single-$form" '/lines/%d' "$DATABASE_LINES"
      wrk_ranges "aerospike-$form" "$round" "range-$form" "/lines?start=%d&count=$RANGE_LINES" \
        $((DATABASE_LINES - RANGE_LINES))
      wrk_ranges "aerospike-$form" "$round" "packed-single-$form" "/datasets/$form-packed/lines/%d" "$DATABASE_LINES"
      wrk_ranges "aerospike-$form" "$round" "packed-range-$form" \
        "/datasets/$form-packed/lines?start=%d&count=$RANGE_LINES" $((DATABASE_LINES - RANGE_LINES))
      # A dataset of its own for each round: an ingest that replaces a version waits until its lines are deleted.
      again=again-$round-$form
      timed "$round" "ingest-$form" server "$form" ingest "$TEXT" --aerospike "$store" --dataset "$again"
      timed "$round" "verify-$form" server "$form" verify "$TEXT" --aerospike "$store" --dataset "$again"
      timed "$round" "packed-ingest-$form" server "$form" ingest "$TEXT" --aerospike "$store" --dataset "$again-packed" \
        --lines-per-record auto
      timed "$round" "packed-verify-$form" server "$form" verify "$TEXT" --aerospike "$store" --dataset "$again-packed"
    done
    # Round 0 warms up.
    [ "$round" != 0 ] || : >"$RESULTS"
  done
  heading "Aerospike: $DATABASE_LINES lines, $CONNECTIONS connections"
  begin_bars
  for form in $(forms); do
    durations "range-$form" "single-$form" | awk -v lines=$RANGE_LINES '{ print $1 * lines }' |
      bar "$form, ranges of $RANGE_LINES lines ÷ single lines, lines/s" at-least 8
    durations "verify-$form" "ingest-$form" | bar "$form, verify ÷ ingest, time" at-most 1.5
    durations "packed-range-$form" "packed-single-$form" | awk -v lines=$RANGE_LINES '{ print $1 * lines }' |
      bar "$form, packed, ranges of $RANGE_LINES lines ÷ single lines, lines/s" at-least 8
    durations "packed-single-$form" "single-$form" | bar "$form, packed ÷ one per record, single lines/s" at-least 0.85
    durations "ingest-$form" "packed-ingest-$form" | bar "$form, packed ÷ one per record, ingest, lines/s" at-least 5
    echo "$INDEX_RATIO" | bar "$form, one per record ÷ packed, RAM of the index" at-least 64
    durations "packed-verify-$form" "packed-ingest-$form" | figure "$form, packed, verify ÷ ingest, time"
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
  [ -z "$EMBEDDED" ] || measure_embedded
  if [ -n "$DATABASES" ] && has asd; then
    measure_aerospike
  else
    say 'Aerospike is left out'
  fi
  [ ! -e "$RUN/missed" ]
}

main "$@"
