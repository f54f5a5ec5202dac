# shellcheck shell=bash
# Storing a whole file, timed from the start of the program to its end. Results are lines in $RESULTS:
#
#   load WHAT - ROUND NAME SECONDS

LOAD_SECONDS=6

# time_load WHAT ROUND NAME COMMAND ...
time_load() {
  local what=$1 round=$2 name=$3 from
  shift 3
  from=$(now_ns)
  "$@" >>"$RUN/load.log" 2>&1 || { tail -n 5 "$RUN/load.log" >&2; die "$name could not store the file"; }
  record load "$what" - "$round" "$name" "$(seconds_since "$from")"
}

# Forms of the program that are there: jvm, native.
forms() {
  local form
  for form in jvm native; do
    [ -n "$(server_missing "$form")" ] || echo "$form"
  done
}

# One round of storing $TEXT with the embedded store, beside counting its lines.
round_embedded() {
  local form
  time_load embedded "$1" wc wc -l "$TEXT"
  for form in $(forms); do
    rm -rf "$RUN/data-$form"
    time_load embedded "$1" "$form" server "$form" ingest "$TEXT" --data-dir "$RUN/data-$form"
  done
}

# One round of storing $TEXT in Aerospike and in Redis, each time in a database that was just started: one that has had
# lines and lost them again is slower.
round_databases() {
  local form
  for form in $(forms); do
    fresh aerospike
    time_load databases "$1" "$form" server "$form" ingest "$TEXT" --aerospike "127.0.0.1:$(service_port aerospike)"
  done
  fresh aerospike
  time_load databases "$1" bare-client raw_writer "$TEXT" "$(service_port aerospike)" raw
  fresh redis
  time_load databases "$1" redis-pipe redis_pipe "$(service_port redis)"
  fresh redis
  time_load databases "$1" redis-text redis_text "$(service_port redis)"
}

fresh() {
  end_processes "$1"
  rm -rf "${RUN:?}/$1"
  service "$1" || die "$1 did not start"
}

# Commands made beforehand: the least that loading into Redis can take.
redis_pipe() { redis-cli -p "$1" --pipe <"$RUN/redis.commands"; }

# From the text, as a user would.
redis_text() { redis_commands "$TEXT" | redis-cli -p "$1" --pipe; }

# What is lacking to measure the databases, one per line.
databases_lack() {
  local entry
  for entry in $(service_programs ' redis aerospike '); do
    has "${entry%%=*}" || echo "${entry%%=*} (Debian: ${entry#*=})"
  done
  needs_libraries
}

# measure_databases ROUNDS: of $TEXT.
measure_databases() {
  local round
  redis_commands "$TEXT" >"$RUN/redis.commands"
  compile_raw RawWriter >/dev/null
  for ((round = 1; round <= $1; round++)); do
    say "databases, round $round of $1"
    round_databases "$round"
  done
  rm -f "$RUN/redis.commands"
}

# print_loads WHAT LINES NAME=TITLE ...: seconds and lines per second.
print_loads() {
  local what=$1 lines=$2 entry name
  shift 2
  echo '| | s | lines/s |'
  echo '|---|---:|---:|'
  for entry in "$@"; do
    name=${entry%%=*}
    [ -n "$(values load "$what" - "$name" "$LOAD_SECONDS")" ] || continue
    printf '| %s | %s | %s |\n' "${entry#*=}" "$(values load "$what" - "$name" "$LOAD_SECONDS" | spread 3)" \
      "$(values load "$what" - "$name" "$LOAD_SECONDS" | awk -v lines="$lines" '{ print lines / $1 }' | spread 0)"
  done
}
