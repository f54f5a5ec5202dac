# shellcheck shell=bash
# Single measurements. The results are tab-separated lines in $RESULTS, from which the tables are printed.
#
#   throughput VARIANT      CONNECTIONS ROUND NAME RATE ERRORS CPU_MICROS MEMORY_MB
#   latency    AT           CONNECTIONS ROUND NAME SENT ANSWERED ERRORS P50 P99 P99.9 MAX
#   once       WHAT         -           -     NAME VALUE

open_results() {
  RESULTS=$KEPT/results/$(basename "$0" .sh)-$(date -u +%Y%m%d-%H%M%S).tsv
  mkdir -p "$(dirname "$RESULTS")"
  : >"$RESULTS"
}

record() { (IFS=$'\t'; printf '%s\n' "$*" >>"$RESULTS"); }

record_once() { record once "$2" - - "$1" "$3"; }

# Prints the median of the numbers on standard input, one per line.
median() {
  sort -g | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# same_lines NAME COUNT: succeeds if the contender returns COUNT random lines exactly as in the file.
same_lines() {
  "$JAVA" -cp "$(compile SameLines "$BENCH/SameLines.java")" SameLines \
    "$TEXT" "$(base_url "$1")" "$(path_of "$1")" "$2" "$SEED"
}

# wrk_run NAME DISTRIBUTION CONNECTIONS SECONDS SEED [PATH]: prints requests, microseconds, errors.
wrk_run() {
  local threads=2
  if [ "$3" -lt 2 ]; then threads=1; fi
  BENCH_PATH=${6:-$(path_of "$1")} BENCH_LINES=$LINES_COUNT BENCH_DISTRIBUTION=$2 BENCH_SEED=$5 \
    wrk -t "$threads" -c "$3" -d "${4}s" --timeout 5s -s "$BENCH/lines.lua" "$(base_url "$1")" |
    awk '$1 == "RESULT" { print $2, $3, $4; found = 1 } END { exit !found }'
}

# measure_throughput NAME DISTRIBUTION CONNECTIONS ROUND [VARIANT]: records the rate under VARIANT, by default DISTRIBUTION.
measure_throughput() {
  local names before after result
  read -ra names < <(names_of "$1")
  before=$(cpu_ticks "${names[@]}")
  result=$(wrk_run "$1" "$2" "$3" "$SECONDS_EACH" $((SEED + $4))) || { say "$1: wrk failed"; return 0; }
  after=$(cpu_ticks "${names[@]}")
  throughput_line "$result" $((after - before)) "$(memory_mb "${names[@]}")" |
    while IFS=$'\t' read -ra figures; do record throughput "${5:-$2}" "$3" "$4" "$1" "${figures[@]}"; done
}

throughput_line() {
  awk -v ticks="$2" -v memory="$3" -v hertz="$TICKS_PER_SECOND" -v OFS='\t' '{
    print sprintf("%.0f", $1 / $2 * 1e6), $3, sprintf("%.2f", $1 ? ticks / hertz * 1e6 / $1 : 0), memory
  }' <<<"$1"
}

# wrk_ranges NAME ROUND LABEL PATH LAST: records requests/s for paths with a random line number from 1 to LAST.
wrk_ranges() {
  local requests micros errors
  read -r requests micros errors < <(BENCH_PATH=$4 BENCH_LINES=$5 BENCH_DISTRIBUTION=uniform BENCH_SEED=$((SEED + $2)) \
    wrk -t 2 -c "$CONNECTIONS" -d "${SECONDS_EACH}s" --timeout 5s -s "$BENCH/lines.lua" "$(base_url "$1")" |
    awk '$1 == "RESULT" { print $2, $3, $4 }')
  record load "$(basename "$0" .sh)" - "$2" "$3" "$(awk -v n="$requests" -v micros="$micros" 'BEGIN { printf "%.1f", n / micros * 1e6 }')"
  [ "$errors" = 0 ] || die "$1: $errors errors for $4"
}

# Prints a command prefix that gives the load generator a higher priority than the servers, if this user may. Otherwise
# its time in the run queue would count as latency of the server.
priority_prefix() {
  [ "$(nice -n -20 nice 2>/dev/null)" != -20 ] || echo nice -n -20
}

# measure_latency NAME AT RATE ROUND: measures at a fixed rate; AT is half or same.
measure_latency() {
  local result prefix
  read -ra prefix < <(priority_prefix) || true
  result=$("${prefix[@]}" "$JAVA" -Xmx256m -XX:+UseSerialGC -cp "$(compile OpenLoop "$BENCH/OpenLoop.java")" OpenLoop \
    "$(port_of "$1")" "$(path_of "$1")" "$LINES_COUNT" "$3" "$CONNECTIONS" 4 "$SECONDS_EACH" $((SEED + $4))) ||
    { say "$1: the latency could not be measured"; return 0; }
  read -ra result <<<"${result#LATENCY }"
  record latency "$2" "$CONNECTIONS" "$4" "$1" "${result[@]}"
}

# values KIND VARIANT CONNECTIONS NAME COLUMN: prints one value per round.
values() {
  awk -F '\t' -v kind="$1" -v variant="$2" -v connections="$3" -v name="$4" -v column="$5" '
    $1 == kind && $2 == variant && $3 == connections && $5 == name { print $column }' "$RESULTS"
}

# Columns of the results of kind throughput and latency.
RATE=6 ERRORS=7 CPU=8 MEMORY=9 SENT=6 ANSWERED=7 LATENCY_ERRORS=8 P50=9 P99=10 P999=11

# Prints the median over the rounds.
middle() { values "$@" | median; }

# once NAME WHAT: prints a value that was measured once.
once() { values once "$2" - "$1" 6 | tail -n 1; }

# ratios KIND VARIANT CONNECTIONS NAME OTHER COLUMN [OTHER_CONNECTIONS]: prints NAME ÷ OTHER of each round.
ratios() {
  awk -F '\t' -v kind="$1" -v variant="$2" -v connections="$3" -v name="$4" -v other="$5" -v column="$6" \
    -v other_connections="${7:-$3}" '
    $1 != kind || $2 != variant { next }
    $5 == name && $3 == connections { mine[$4] = $column }
    $5 == other && $3 == other_connections { theirs[$4] = $column }
    END { for (round in mine) if (round in theirs && theirs[round] > 0) printf "%.4f\n", mine[round] / theirs[round] }
  ' "$RESULTS"
}

# Prints the median and spread of the numbers on standard input, such as `1.23 (1.20–1.31)`; a dash if there are none.
spread() {
  sort -g | awk -v digits="${1:-2}" '
    { v[NR] = $1 }
    END {
      if (!NR) { print "–"; exit }
      middle = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
      printf "%.*f (%.*f–%.*f)\n", digits, middle, digits, v[1], digits, v[NR]
    }'
}
