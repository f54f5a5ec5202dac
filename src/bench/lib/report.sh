# shellcheck shell=bash
# Prints the tables as Markdown. A ratio is computed within each round; the table shows the median of the rounds.

SAME_RATE=''

print_left_out() {
  local name why
  awk -F '\t' '$1 == "once" && $2 == "left-out" { print $5 "\t" $6 }' "$RESULTS" >"$RUN/left-out"
  [ -s "$RUN/left-out" ] || return 0
  heading 'Left out'
  while IFS=$'\t' read -r name why; do row_of "$name" "$why"; done <"$RUN/left-out"
}

# print_throughput DISTRIBUTION
print_throughput() {
  heading "Requests per second, $1, $CONNECTIONS connections (median and spread of $2 rounds of $SECONDS_EACH s)"
  echo "| contender | requests/s | ÷ $(title_of "$REFERENCE") | errors | CPU µs/request | memory MB |"
  echo '|---|---:|---:|---:|---:|---:|'
  local name
  for name in "${READY[@]}"; do
    printf '| %s | %s | %s | %s | %s | %s |\n' "$(title_of "$name")" \
      "$(values throughput "$1" "$CONNECTIONS" "$name" "$RATE" | spread 0)" \
      "$(ratios throughput "$1" "$CONNECTIONS" "$name" "$REFERENCE" "$RATE" | spread)" \
      "$(values throughput "$1" "$CONNECTIONS" "$name" "$ERRORS" | awk '{ sum += $1 } END { print sum + 0 }')" \
      "$(middle throughput "$1" "$CONNECTIONS" "$name" "$CPU")" \
      "$(middle throughput "$1" "$CONNECTIONS" "$name" "$MEMORY")"
  done
  echo
  echo 'CPU and memory are those of the server and its database; the load generator runs on the same cores.'
}

print_sweep() {
  heading "Requests per second by number of connections, uniform (medians)"
  local name connections
  printf '| contender |'
  printf ' %s |' "${SWEEP[@]}"
  printf '\n|---|'
  printf -- '---:|%.0s' "${SWEEP[@]}"
  echo
  for name in "${READY[@]}"; do
    printf '| %s |' "$(title_of "$name")"
    for connections in "${SWEEP[@]}"; do
      printf ' %.0f |' "$(middle throughput uniform "$connections" "$name" "$RATE")"
    done
    echo
  done
}

# print_latency half|same TITLE
print_latency() {
  heading "$2"
  echo '| contender | sent/s | answered/s | errors | p50 µs | p99 µs | p99.9 µs | p99 ÷ ours |'
  echo '|---|---:|---:|---:|---:|---:|---:|---:|'
  local name
  for name in "${READY[@]}"; do
    [ -n "$(values latency "$1" "$CONNECTIONS" "$name" "$P50")" ] || continue
    printf '| %s | %.0f | %.0f | %s | %.0f | %s | %.0f | %s |\n' "$(title_of "$name")" \
      "$(middle latency "$1" "$CONNECTIONS" "$name" "$SENT")" \
      "$(middle latency "$1" "$CONNECTIONS" "$name" "$ANSWERED")" \
      "$(values latency "$1" "$CONNECTIONS" "$name" "$LATENCY_ERRORS" | awk '{ sum += $1 } END { print sum + 0 }')" \
      "$(middle latency "$1" "$CONNECTIONS" "$name" "$P50")" \
      "$(values latency "$1" "$CONNECTIONS" "$name" "$P99" | spread 0)" \
      "$(middle latency "$1" "$CONNECTIONS" "$name" "$P999")" \
      "$(ratios latency "$1" "$CONNECTIONS" "$name" "$REFERENCE" "$P99" | spread)"
  done
  echo
  echo 'Latency counts from the time at which a request was due. If fewer requests were answered than sent, the load generator'
  echo 'and the server together were too slow for the rate, and the times include the queue.'
}

print_once() {
  heading 'Starting and storing (once)'
  echo '| contender | first correct response after, s | lines stored per second, including the start of the program |'
  echo '|---|---:|---:|'
  local name
  for name in "${READY[@]}"; do
    printf '| %s | %s | %s |\n' "$(title_of "$name")" "$(once "$name" start)" \
      "$(lines_per_second "$name" "$(once "$name" load)")"
  done
}

# Prints a dash for a contender that stores nothing or uses the lines that another one has stored.
lines_per_second() {
  if is_constant "$1" || [ "$2" = – ]; then echo –; return; fi
  awk -v lines="$LINES_COUNT" -v seconds="$2" 'BEGIN { printf "%.0f\n", lines / seconds }'
}
