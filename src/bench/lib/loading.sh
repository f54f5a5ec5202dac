# shellcheck shell=bash
# Measures storing a whole file, from the start of the program to its end. The results are lines in $RESULTS:
#
#   load WHAT - ROUND NAME SECONDS

LOAD_SECONDS=6

# time_load WHAT ROUND NAME COMMAND ...: records the duration of the command.
time_load() {
  local what=$1 round=$2 name=$3 from
  shift 3
  from=$(now_ns)
  "$@" >>"$RUN/load.log" 2>&1 || { tail -n 5 "$RUN/load.log" >&2; die "$name could not store the file"; }
  record load "$what" - "$round" "$name" "$(seconds_since "$from")"
}

# Prints the forms of the program that were built: jvm, native.
forms() {
  local form
  for form in jvm native; do
    [ -n "$(server_missing "$form")" ] || echo "$form"
  done
}

# round_embedded ROUND: counts the lines of $TEXT with wc, and stores it in the embedded store.
round_embedded() {
  local form
  time_load embedded "$1" wc wc -l "$TEXT"
  for form in $(forms); do
    rm -rf "$RUN/data-$form"
    time_load embedded "$1" "$form" server "$form" ingest "$TEXT" --data-dir "$RUN/data-$form"
  done
}

# round_databases ROUND: stores $TEXT in Aerospike and in Redis. Each measurement starts a new database, because a
# database is slower after deletions.
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

# Loads prepared commands: a lower bound for loading into Redis.
redis_pipe() { redis-cli -p "$1" --pipe <"$RUN/redis.commands"; }

# Creates the commands from the text while Redis loads them, as a user does.
redis_text() { redis_commands "$TEXT" | redis-cli -p "$1" --pipe; }

# Prints the missing requirements of the database measurements, one per line.
missing_for_databases() {
  local entry
  for entry in $(service_programs ' redis aerospike '); do
    has "${entry%%=*}" || echo "${entry%%=*} (Debian: ${entry#*=})"
  done
  needs_libraries
}

# measure_databases ROUNDS: loads $TEXT in each round.
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

# print_loads WHAT LINES NAME=TITLE ...: prints seconds and lines per second.
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
