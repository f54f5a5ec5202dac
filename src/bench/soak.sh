#!/usr/bin/env bash
# Loads a server at 70 % of its peak for an hour, and stores another text each minute. Prints memory, open files, errors and
# latency of each minute.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

usage() {
  cat <<'USAGE'
usage: src/bench/soak.sh [options]

  --minutes N       duration, at least 3 (60)
  --aerospike       over a real node of Aerospike instead of the embedded store
  --form jvm|native form of the program (native if it was built)
  --lines N         lines of each of the two texts (200000)
  --connections N   connections of the load (64)
  --share PERCENT   load as a share of the peak (70)

Requests have a fixed rate. Another two connections compare every answer with both texts.
USAGE
}

CHECKED_CONNECTIONS=2
CHECK_PAUSE_MILLIS=5
PEAK_SECONDS=5
# Seconds of a minute: the load, its warm-up, and when the text is switched and the process is looked at.
LOADED_SECONDS=55
SWITCH_SECOND=20

read_options() {
  MINUTES=60 STORE=embedded FORM=$(forms | tail -n 1) LINES_COUNT=200000 CONNECTIONS=64 SHARE=70
  while [ $# -gt 0 ]; do
    case $1 in
      --minutes) need_count "$1" "${2:-}" && MINUTES=$2 && shift ;;
      --aerospike) STORE=aerospike ;;
      --form) FORM=${2:?} && shift ;;
      --lines) need_count "$1" "${2:-}" && LINES_COUNT=$2 && shift ;;
      --connections) need_count "$1" "${2:-}" && CONNECTIONS=$2 && shift ;;
      --share) need_count "$1" "${2:-}" && SHARE=$2 && shift ;;
      --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  [ "$MINUTES" -ge 3 ] || die '--minutes must be at least 3'
}

# open_loop RATE WARM_SECONDS SECONDS SEED: prints the figures of OpenLoop.
open_loop() {
  "$JAVA" -Xmx256m -XX:+UseSerialGC -cp "$(compile OpenLoop "$BENCH/OpenLoop.java")" OpenLoop "$(port_of soaked)" /lines/%d \
    "$LINES_COUNT" "$1" "$CONNECTIONS" "$2" "$3" "$4" | sed 's/^LATENCY //'
}

# Prints the rate that the server and the load generator reach together on this machine.
peak_rate() {
  local rate
  rate=$(BENCH_PATH=/lines/%d BENCH_LINES=$LINES_COUNT BENCH_DISTRIBUTION=uniform BENCH_SEED=1 \
    wrk -t1 -c "$CONNECTIONS" -d "${PEAK_SECONDS}s" -s "$BENCH/lines.lua" "http://127.0.0.1:$(port_of soaked)" |
    awk '$1 == "RESULT" { printf "%.0f", $2 / $3 * 1e6 }')
  open_loop "$rate" 2 "$PEAK_SECONDS" 1 | awk '{ printf "%.0f", $2 }'
}

descriptors() {
  local pid
  for pid in $(process_ids soaked); do ls "/proc/$pid/fd" 2>/dev/null || :; done | wc -l
}

# minute N: loads the server for a minute, and prints its row.
minute() {
  local from=$SECONDS text=$((($1 - 1) % 2)) failed=0 loaded=$RUN/loaded memory files
  open_loop "$RATE" 2 "$((LOADED_SECONDS - 2))" "$1" >"$loaded" &
  local load=$!
  sleep "$SWITCH_SECOND"
  server "$FORM" ingest "${TEXTS[text]}" "${OPTIONS[@]}" >"$RUN/ingest.log" 2>&1 || { failed=1; cat "$RUN/ingest.log" >&2; }
  sleep $((LOADED_SECONDS - 5 - (SECONDS - from)))
  memory=$(memory_mb soaked)
  files=$(descriptors)
  wait "$load" || die 'the load generator failed'
  # Every second that has ended since the minute before.
  local checked
  checked=$(awk -v skip="$CHECKED_SECONDS" '
    NR > skip { right += $3; bad += $4 + $5 + $6 }
    END { print NR, right + 0, bad + 0 }' "$RUN/checked")
  CHECKED_SECONDS=${checked%% *}
  read -r _ right bad <<<"$checked"
  awk -v minute="$1" -v memory="$memory" -v files="$files" -v right="$right" -v bad="$bad" -v failed="$failed" '{
    printf "| %d | %d | %d | %d | %d | %d | %.0f | %d |\n", minute, memory, files, $2, right, $3 + bad + failed, $5, failed
  }' "$loaded" | tee -a "$RUN/minutes"
}

# thirds COLUMN: prints the mean of the last third of the minutes divided by that of the second third.
thirds() {
  awk -F '|' -v column="$1" -v minutes="$MINUTES" '
    NR > minutes / 3 && NR <= 2 * minutes / 3 { second += $column; n++ }
    NR > 2 * minutes / 3 { last += $column; m++ }
    END { if (n && m) printf "%.3f\n", (last / m) / (second / n) }' "$RUN/minutes"
}

column() { awk -F '|' -v column="$1" '{ print $column + 0 }' "$RUN/minutes"; }

sum() { awk '{ sum += $1 } END { print sum + 0 }'; }

main() {
  read_options "$@"
  [ -n "$FORM" ] || die 'the program was not built'
  open_run
  has wrk || die 'wrk is missing (Debian: wrk)'
  local i peak
  TEXTS=("$(keep_text "${LINES_COUNT}lines")" "$(SEED=2 keep_text "${LINES_COUNT}lines")")
  OPTIONS=(--data-dir "$RUN/data")
  if [ "$STORE" = aerospike ]; then
    has asd || die 'asd is missing'
    service aerospike || die 'Aerospike did not start'
    OPTIONS=(--aerospike "127.0.0.1:$(service_port aerospike)")
  fi
  server "$FORM" ingest "${TEXTS[1]}" "${OPTIONS[@]}" >&2
  start_server "$FORM" soaked "${OPTIONS[@]}"
  peak=$(peak_rate)
  RATE=$((peak * SHARE / 100))
  heading "$STORE, $FORM: $MINUTES minutes at $RATE requests/s, $SHARE % of $peak"
  launch checker "$JAVA" -Xmx256m -XX:+UseSerialGC -cp "$(compile Oracle "$BENCH/Oracle.java")" Oracle "${TEXTS[0]},${TEXTS[1]}" \
    "$(port_of soaked)" "$CHECKED_CONNECTIONS" $((MINUTES * 60 + 3600)) 1 "$CHECK_PAUSE_MILLIS"
  ln -s "$RUN/checker/log" "$RUN/checked"
  CHECKED_SECONDS=0
  echo '| minute | memory, MB | descriptors | answers/s | checked | errors | p99, µs | failed commands |'
  echo '|---:|---:|---:|---:|---:|---:|---:|---:|'
  for ((i = 1; i <= MINUTES; i++)); do minute "$i"; done
  echo
  begin_bars
  thirds 3 | bar 'memory: last third ÷ second third' at-most 1.05
  thirds 4 | bar 'descriptors: last third ÷ second third' at-most 1.05
  column 7 | sum | bar 'errors: answers that are wrong, missing or not 200, and failed commands' at-most 0
  column 6 | sum | bar 'checked answers' at-least 1
  [ ! -e "$RUN/missed" ]
}

main "$@"
