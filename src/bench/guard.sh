#!/usr/bin/env bash
# Measures every performance bar of Line Server in one run, and prints pass or miss with the ratio. Exits with 1 if one is
# missed.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

MANY_CONNECTIONS=1024
OURS=(ours-embedded-jvm ours-embedded-native ours-aerospike-jvm ours-aerospike-native)

usage() {
  cat <<'USAGE'
usage: src/bench/guard.sh [options]

  --lines N            lines of the text that all contenders serve (200000)
  --database-lines N   lines of the text for loading the databases (12000000, about 1 GB)
  --rounds N           number of rounds (5)
  --seconds N          duration of one measurement (5)
  --contenders A,B,…   only these; bars of other contenders are not measured
  --no-jmh             do not measure the bytes allocated per read
  --quick              small numbers, to check that everything works; the results are meaningless
  --install            install missing Debian packages first
USAGE
}

read_options() {
  DATABASE_LINES=12000000 JMH=yes
  arena_defaults
  # The speed of the machine drifts over minutes, so contenders that are compared are neighbours in this list.
  CONTENDERS='nginx-static vertx-constant ours-embedded-jvm ours-embedded-native django-sqlite django-sqlite-bare
    ours-aerospike-jvm ours-aerospike-native nginx-lua-redis vertx-aerospike'
  while [ $# -gt 0 ]; do
    arena_option "$@"
    if [ "$1" = --quick ]; then DATABASE_LINES=20000; fi
    if [ "$TAKEN" = 0 ]; then
      case $1 in
        --database-lines) need_count "$1" "${2:-}" && DATABASE_LINES=$2 TAKEN=2 ;;
        --no-jmh) JMH='' TAKEN=1 ;;
        --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
      esac
    fi
    [ $# -ge "$TAKEN" ] || { usage >&2; exit 2; }
    shift "$TAKEN"
  done
}

measure_rates() {
  run_throughput uniform "$CONNECTIONS" "$ROUNDS"
  only_among_ready vertx-constant "${OURS[@]}"
  say "throughput, $CONNECTIONS and $MANY_CONNECTIONS connections in turn"
  in_rounds "$ROUNDS" one_throughput_by_connections
  only_among_ready "${OURS[@]}" nginx-lua-redis
  say 'latency at half of the peak of each contender'
  in_rounds "$ROUNDS" one_latency_at_half
}

# one_throughput_by_connections ROUND NAME: with few connections, then with many.
one_throughput_by_connections() {
  measure_throughput "$2" uniform "$CONNECTIONS" "$1" by-connections
  measure_throughput "$2" uniform $MANY_CONNECTIONS "$1" by-connections
}

# many_ratios NAME: throughput with many connections ÷ with few.
many_ratios() {
  ratios throughput by-connections $MANY_CONNECTIONS "$1" "$1" "$RATE" "$CONNECTIONS"
}

# only_among_ready NAME ...: limits READY to those of the names that have started.
only_among_ready() {
  local name
  READY=()
  for name in "$@"; do
    [ ! -f "$RUN/$name/pids" ] || READY+=("$name")
  done
}

# rate_bar TITLE BOUND NAME OTHER
rate_bar() {
  ratios throughput uniform "$CONNECTIONS" "$3" "$4" "$RATE" | bar "$1" at-least "$2"
}

# rate_figure TITLE NAME OTHER
rate_figure() {
  ratios throughput uniform "$CONNECTIONS" "$2" "$3" "$RATE" | figure "$1"
}

print_rates() {
  rate_bar 'embedded, JVM ÷ nginx static file' 1.0 ours-embedded-jvm nginx-static
  rate_bar 'embedded, native ÷ nginx static file' 0.85 ours-embedded-native nginx-static
  rate_bar 'embedded, JVM ÷ bare Vert.x constant answer' 0.85 ours-embedded-jvm vertx-constant
  rate_bar 'Aerospike, JVM ÷ nginx + Lua + Redis' 1.5 ours-aerospike-jvm nginx-lua-redis
  rate_bar 'Aerospike, native ÷ nginx + Lua + Redis' 1.2 ours-aerospike-native nginx-lua-redis
  rate_bar 'Aerospike, JVM ÷ bare Vert.x + one get per request' 1.4 ours-aerospike-jvm vertx-aerospike
  rate_bar 'embedded, native ÷ JVM' 0.75 ours-embedded-native ours-embedded-jvm
  rate_bar 'Aerospike, native ÷ JVM' 0.75 ours-aerospike-native ours-aerospike-jvm
  rate_bar 'embedded, JVM ÷ Django + SQLite' 25 ours-embedded-jvm django-sqlite
  rate_bar 'Aerospike, JVM ÷ Django + SQLite' 25 ours-aerospike-jvm django-sqlite
  rate_figure 'embedded, JVM ÷ Django + SQLite, stripped to one query' ours-embedded-jvm django-sqlite-bare
  rate_figure 'Aerospike, JVM ÷ Django + SQLite, stripped to one query' ours-aerospike-jvm django-sqlite-bare
  local name
  for name in "${OURS[@]}"; do
    ratios latency half "$CONNECTIONS" "$name" nginx-lua-redis "$P99" |
      bar "p99 at half of the peak, ${name#ours-} ÷ nginx + Lua + Redis" at-most 1.0
  done
  for name in "${OURS[@]}"; do
    many_ratios "$name" | bar "$MANY_CONNECTIONS connections ÷ $CONNECTIONS, ${name#ours-}" at-least 0.85
  done
  many_ratios vertx-constant | figure "$MANY_CONNECTIONS connections ÷ $CONNECTIONS, bare Vert.x constant answer"
}

print_allocation() {
  local store=$1 class=$2 bound=$3
  allocated_per_read "$class" | bar "bytes allocated per read beside the line, $store" at-most "$bound"
}

# Prints the bytes that one lookup allocates, minus the bytes of the line; nothing if that was not measured.
allocated_per_read() {
  [ -n "$JMH" ] || return 0
  if [ -f "$RUN/aerospike/port" ]; then
    LINE_SERVER_BENCH_AEROSPIKE=127.0.0.1:$(service_port aerospike)
    export LINE_SERVER_BENCH_AEROSPIKE
  fi
  "$BENCH/jmh.sh" "$1" -prof gc -f 1 -wi 2 -w 1s -i 2 -r 1s -rf csv -rff "$RUN/jmh.csv" >"$RUN/jmh.log" 2>&1 ||
    { say "$1 was not measured: $(tail -n 1 "$RUN/jmh.log")"; return 0; }
  # The last column is the only parameter of the benchmark, the length of the line.
  awk -F, '/gc.alloc.rate.norm/ { gsub(/"/, ""); print $5 - $NF }' "$RUN/jmh.csv"
}

measure_databases_if_installed() {
  local missing
  missing=$(missing_for_databases | paste -sd ';')
  if [ -n "$missing" ]; then
    say "databases left out, missing: $missing"
    return
  fi
  TEXT=$(keep_text "${DATABASE_LINES}lines")
  # In a subshell, so that a failure does not discard the bars that are already measured.
  (measure_databases "$(secondary_rounds)") || say 'the databases could not be measured'
}

print_databases() {
  local form
  for form in jvm native; do
    ratios load databases - redis-pipe "$form" "$LOAD_SECONDS" |
      bar "Aerospike ingest, $form ÷ Redis --pipe, lines/s" at-least 1.0
    ratios load databases - redis-text "$form" "$LOAD_SECONDS" |
      bar "the same, with the time to make the commands for --pipe" at-least 1.0
  done
}

main() {
  read_options "$@"
  open_arena
  print_environment
  print_data
  start_contenders
  warm_up
  measure_rates
  end_all_processes
  rm -rf "$RUN"/{redis,aerospike}
  measure_databases_if_installed
  print_left_out
  heading Bars
  begin_bars
  print_rates
  print_allocation embedded EmbeddedReadBench.lookup 1024
  print_allocation Aerospike AerospikeReadBench.lookups 3072
  print_databases
  printf '\nRaw results: %s\n' "$RESULTS"
  "$BENCH/ranges.sh" || touch "$RUN/missed"
  "$BENCH/versions.sh" || touch "$RUN/missed"
  "$BENCH/compress.sh" || touch "$RUN/missed"
  "$BENCH/parts.sh" --kills 0 || touch "$RUN/missed"
  ! has asd || "$BENCH/chaos.sh" || touch "$RUN/missed"
  [ ! -e "$RUN/missed" ]
}

main "$@"
