#!/usr/bin/env bash
# Offers servers more load than they can serve, and measures how much they still serve, and how soon they recover.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

usage() {
  cat <<'USAGE'
usage: src/bench/overload.sh [options]

  --contenders A,B,…   only these (the forms of Line Server with both stores, and nginx-constant as the reference)
  --lines N            lines of the text (200000)
  --rounds N           number of rounds (3)
  --seconds N          duration of one measurement (5)
  --no-slow            do not measure the slow node
  --quick              small numbers, to check that everything works; the results are meaningless

Measures each contender with 64, 128 and 256 connections, of which the best is its peak, and then with 4,096 and 8,192. wrk, with one
thread, shares the cores with the server: what nginx with a constant answer loses, kernel and load generator lose. Then the
load stops, and a light load begins. The slow node of Aerospike answers a quarter of a second later, so that the commands in
flight bound the capacity, and not the cores; it gets four times its capacity.
USAGE
}

PEAK_CONNECTIONS=(64 128 256)
MANY_CONNECTIONS=(4096 8192)
# Below the time of an attempt, a third of --aerospike-timeout.
SLOW_MILLIS=250
# Requests/s, up to more than four event loops can have in flight: two commands of 256 reads each.
SLOW_RATES=(1024 2048 4096 8192 12288)
SLOW_CONNECTIONS=8192
OVERLOAD=4
LIGHT_RATE=200
# Enough for the slow node: each is busy for a quarter of a second.
LIGHT_CONNECTIONS=256
DEADLINE_MICROS=1000000

read_options() {
  arena_defaults
  local form
  for form in $(forms); do CONTENDERS+=" ours-embedded-$form ours-aerospike-$form"; done
  CONTENDERS+=' nginx-constant'
  ROUNDS=3 SLOW=yes
  while [ $# -gt 0 ]; do
    arena_option "$@"
    if [ "$TAKEN" = 0 ]; then
      case $1 in
        --no-slow) SLOW='' TAKEN=1 ;;
        --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
      esac
    fi
    [ $# -ge "$TAKEN" ] || { usage >&2; exit 2; }
    shift "$TAKEN"
  done
}

# closed_loop NAME CONNECTIONS ROUND: records the rate of answers with 200, those with another status, requests without an answer, and
# the p99 of all answers.
closed_loop() {
  local figures
  figures=$(BENCH_PATH=$(path_of "$1") BENCH_LINES=$LINES_COUNT BENCH_DISTRIBUTION=uniform BENCH_SEED=$((SEED + $3)) \
    wrk -t1 -c "$2" -d "${SECONDS_EACH}s" --timeout 5s -s "$BENCH/lines.lua" "$(base_url "$1")" |
    awk '$1 == "RESULT" { printf "%.0f %d %d %d", ($2 - $5) / $3 * 1e6, $5, $4 - $5, $6 }')
  [ -n "$figures" ] || { say "$1: wrk failed"; return 0; }
  read -ra figures <<<"$figures"
  record closed uniform "$2" "$3" "$1" "${figures[@]}"
}

# open_loop NAME VARIANT RATE CONNECTIONS WARM_SECONDS SECONDS ROUND: records the figures of OpenLoop.
open_loop() {
  local figures
  figures=$("$JAVA" -Xmx512m -XX:+UseSerialGC -cp "$(compile OpenLoop "$BENCH/OpenLoop.java")" OpenLoop "$(port_of "$1")" \
    "$(path_of "$1")" "$LINES_COUNT" "$3" "$4" "$5" "$6" $((SEED + $7))) || { say "$1: OpenLoop failed"; return 0; }
  read -ra figures <<<"${figures#LATENCY }"
  record open "$2" "$4" "$7" "$1" "${figures[@]}"
}

light() { open_loop "$2" "$3" "$LIGHT_RATE" $LIGHT_CONNECTIONS 0 1 "$1"; }

GOOD=6 REFUSED=7 MISSING=8 CLOSED_P99=9 OPEN_P99=10 OPEN_GOOD=13 OPEN_GOOD_P99=14

# overload ROUND NAME
overload() {
  local connections
  light "$1" "$2" before
  for connections in "${PEAK_CONNECTIONS[@]}" "${MANY_CONNECTIONS[@]}"; do closed_loop "$2" "$connections" "$1"; done
  light "$1" "$2" after
}

# peaks NAME CONNECTIONS ...: prints the best rate of each round, with its number.
peaks() {
  awk -F '\t' -v name="$1" -v list="${*:2}" -v good="$GOOD" '
    BEGIN { n = split(list, c, " "); for (i = 1; i <= n; i++) wanted[c[i]] = 1 }
    $1 == "closed" && $5 == name && $3 in wanted && $good > peak[$4] { peak[$4] = $good }
    END { for (round in peak) print round, peak[round] }' "$RESULTS" | sort -n
}

# kept NAME CONNECTIONS: prints the rate with many connections divided by the peak, for each round.
kept() {
  paste -d ' ' <(values closed uniform "$2" "$1" "$GOOD") <(peaks "$1" "${PEAK_CONNECTIONS[@]}") | awk 'NF == 3 { print $1 / $3 }'
}

print_overload() {
  local name connections
  heading 'Many connections'
  begin_bars
  for name in "${READY[@]}"; do
    peaks "$name" "${PEAK_CONNECTIONS[@]}" | cut -d ' ' -f 2 | figure "$name: peak, right answers/s"
    for connections in "${MANY_CONNECTIONS[@]}"; do
      kept "$name" "$connections" | figure "… $connections connections: right answers/s ÷ peak"
      [ "$name" = nginx-constant ] ||
        paste <(kept "$name" "$connections") <(kept nginx-constant "$connections") | awk 'NF == 2 { print $1 / $2 }' |
        bar '… … ÷ that of nginx with a constant answer' at-least 0.9
      values closed uniform "$connections" "$name" "$REFUSED" | figure '… … other answers'
      values closed uniform "$connections" "$name" "$MISSING" | figure '… … requests without an answer'
      values closed uniform "$connections" "$name" "$CLOSED_P99" | bar '… … p99, µs' at-most $DEADLINE_MICROS
    done
    values open before $LIGHT_CONNECTIONS "$name" "$OPEN_P99" | figure '… light load before, p99, µs'
    values open after $LIGHT_CONNECTIONS "$name" "$OPEN_P99" | bar '… light load in the second after, p99, µs' at-most 100000
    values open after $LIGHT_CONNECTIONS "$name" "$LATENCY_ERRORS" | bar '… … errors' at-most 0
  done
}

# Starts a node whose answers come late, and its proxy.
start_slow_node() {
  local port proxy
  port=$(free_port)
  proxy=$(free_port)
  mkdir -p "$RUN"/slow/aerospike/{work/smd,lua,data}
  RUN=$RUN/slow aerospike_configuration "$port" "$(free_port)" "$(free_port)" |
    sed "s/^        port $port\$/&\n        access-address 127.0.0.1\n        access-port $proxy/" >"$RUN/slow/asd.conf"
  launch slow-node asd --foreground --config-file "$RUN/slow/asd.conf"
  await 60 slow-node aerospike_answers "$port" || die 'Aerospike did not start'
  echo 0 >"$RUN/slow/delay"
  launch slow-proxy "$JAVA" -Xmx256m -XX:+UseSerialGC -cp "$(compile DelayProxy "$BENCH/DelayProxy.java")" DelayProxy \
    "$proxy" "$port" "$RUN/slow/delay"
  await 60 slow-proxy aerospike_answers "$proxy" || die 'the proxy did not start'
  SLOW_STORE=(--aerospike "127.0.0.1:$proxy")
}

# slow FORM: measures the peak of the slow node, and offers four times as much.
slow() {
  local rate round name=slow-$1
  say "slow-$1"
  server "$1" ingest "$TEXT" --dataset "$1" "${SLOW_STORE[@]}" >&2
  start_server "$1" "slow-$1" --dataset "$1" "${SLOW_STORE[@]}"
  echo $((SLOW_MILLIS / 2)) >"$RUN/slow/delay"
  for ((round = 1; round <= ROUNDS; round++)); do
    # With a warm-up, because a queue that was empty admits a burst.
    for rate in "${SLOW_RATES[@]}"; do open_loop "$name" capacity "$rate" $SLOW_CONNECTIONS 2 "$SECONDS_EACH" "$round"; done
    rate=$(slow_peaks "$name" | awk -v round="$round" -v n=$OVERLOAD '$1 == round { print n * $2 }')
    open_loop "$name" overload "$rate" $SLOW_CONNECTIONS 3 "$SECONDS_EACH" "$round"
    open_loop "$name" after "$LIGHT_RATE" $LIGHT_CONNECTIONS 0 1 "$round"
  done
  echo 0 >"$RUN/slow/delay"
  end_processes "$name"
}

# slow_peaks NAME: prints the best rate of right answers of each round, with its number.
slow_peaks() {
  awk -F '\t' -v name="$1" -v good="$OPEN_GOOD" '
    $1 == "open" && $2 == "capacity" && $5 == name && $good > peak[$4] { peak[$4] = $good }
    END { for (round in peak) print round, peak[round] }' "$RESULTS" | sort -n
}

print_slow() {
  local form name
  heading "A node that answers $SLOW_MILLIS ms later, at $OVERLOAD times its capacity"
  begin_bars
  for form in $(forms); do
    name=slow-$form
    slow_peaks "$name" | cut -d ' ' -f 2 | figure "$name: peak, right answers/s"
    values open overload $SLOW_CONNECTIONS "$name" "$ANSWERED" | figure '… overload: answers/s of any status'
    paste -d ' ' <(values open overload $SLOW_CONNECTIONS "$name" "$OPEN_GOOD") <(slow_peaks "$name") |
      awk '{ print $1 / $3 }' | bar '… … right answers/s ÷ peak' at-least 0.9
    values open overload $SLOW_CONNECTIONS "$name" "$OPEN_GOOD_P99" | bar '… … p99 of right answers, µs' at-most $DEADLINE_MICROS
    values open after $LIGHT_CONNECTIONS "$name" "$OPEN_P99" | bar '… light load in the second after, p99, µs' at-most $DEADLINE_MICROS
    values open after $LIGHT_CONNECTIONS "$name" "$LATENCY_ERRORS" | bar '… … errors' at-most 0
  done
}

# Replaces the function of lib/contender.sh: the paths of contenders are in their files; those of this script's own servers are not.
path_of() {
  if [ -f "$BENCH/contenders/$1.sh" ]; then in_contender "$1" eval 'echo "$path"'; else echo /lines/%d; fi
}

main() {
  read_options "$@"
  open_arena
  print_environment
  print_data
  start_contenders
  warm_up
  in_rounds "$ROUNDS" overload
  print_overload
  if [ -n "$SLOW" ] && has asd; then
    local name form
    for name in "${READY[@]}"; do end_processes "$name"; done
    start_slow_node
    for form in $(forms); do slow "$form"; done
    print_slow
  fi
  printf '\nRaw results: %s\n' "$RESULTS"
  [ ! -e "$RUN/missed" ]
}

main "$@"
