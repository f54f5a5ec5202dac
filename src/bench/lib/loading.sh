# shellcheck shell=bash
# Storing a whole file, timed from the start of the program to its end. Results are lines in $RESULTS:
#
#   load WHAT - ROUND NAME SECONDS

LOAD_SECONDS=6
# Registry and lease may remain when all lines are gone.
FEW_RECORDS=100

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

# One round of storing $TEXT in Aerospike and in Redis. Everything is forgotten again after each.
round_databases() {
  local form port redis
  port=$(service_port aerospike)
  redis=$(service_port redis)
  for form in $(forms); do
    time_load databases "$1" "$form" server "$form" ingest "$TEXT" --aerospike "127.0.0.1:$port"
    server "$form" drop default --aerospike "127.0.0.1:$port" >>"$RUN/load.log" 2>&1 || die 'the dataset could not be dropped'
    await_few_records
  done
  time_load databases "$1" bare-client raw_writer "$TEXT" "$port" raw
  raw_writer --truncate "$port" raw
  await_few_records
  time_load databases "$1" redis-pipe redis_pipe "$redis"
  redis-cli -p "$redis" flushall >/dev/null
  time_load databases "$1" redis-text redis_text "$redis"
  redis-cli -p "$redis" flushall >/dev/null
}

# Commands made beforehand: the least that loading into Redis can take.
redis_pipe() { redis-cli -p "$1" --pipe <"$RUN/redis.commands"; }

# From the text, as a user would.
redis_text() { redis_commands "$TEXT" | redis-cli -p "$1" --pipe; }

await_few_records() {
  local deadline=$((SECONDS + 120))
  until [ "$(aerospike_records)" -lt $FEW_RECORDS ]; do
    [ $SECONDS -lt $deadline ] || die 'the records do not go away'
    sleep 0.2
  done
}

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
  service redis || die 'Redis did not start'
  service aerospike || die 'Aerospike did not start'
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
