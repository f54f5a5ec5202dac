#!/usr/bin/env bash
# Compares Line Server with other servers of lines, in turns, in one run on one machine.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

usage() {
  cat <<USAGE
usage: src/bench/compare.sh [options]

  --contenders A,B,…  only these (default: all whose programs are installed)
  --lines N           lines of the text that all contenders serve (200000)
  --rounds N          number of rounds; each round measures every contender once (5)
  --seconds N         duration of one measurement (5)
  --connections N     number of connections (64)
  --phases P,Q,…      only these of throughput, zipf, sweep, latency (all)
  --quick             small numbers, to check that everything works; the results are meaningless
  --install           install missing Debian packages first

Contenders: $(contender_names | xargs)
Prints the results as Markdown, and appends each measurement to a file in target/bench/results.
USAGE
}

read_options() {
  PHASES='throughput zipf sweep latency'
  arena_defaults
  while [ $# -gt 0 ]; do
    arena_option "$@"
    if [ "$TAKEN" = 0 ]; then
      case $1 in
        --phases) PHASES=${2//,/ } TAKEN=2 ;;
        --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
      esac
    fi
    [ $# -ge "$TAKEN" ] || { usage >&2; exit 2; }
    shift "$TAKEN"
  done
}

includes_phase() { [[ " $PHASES " == *" $1 "* ]]; }

measure_all() {
  run_throughput uniform "$CONNECTIONS" "$ROUNDS"
  if includes_phase zipf; then run_throughput zipf "$CONNECTIONS" "$(secondary_rounds)"; fi
  if includes_phase sweep; then sweep; fi
  if includes_phase latency; then latency; fi
}

sweep() {
  local connections
  for connections in "${SWEEP[@]}"; do
    [ "$connections" = "$CONNECTIONS" ] || run_throughput uniform "$connections" "$(secondary_rounds)"
  done
}

latency() {
  say 'latency at half of the peak of each contender'
  in_rounds "$(secondary_rounds)" one_latency_at_half
  SAME_RATE=$(half_of "$(peak "$(rate_reference)")")
  say "latency at $SAME_RATE requests/s"
  in_rounds "$(secondary_rounds)" one_latency_at "$SAME_RATE"
}

# Prints the contender whose half peak becomes the common rate: nginx with Lua and Redis, the usual stack, or else the first.
rate_reference() {
  case " ${READY[*]} " in
    *' nginx-lua-redis '*) echo nginx-lua-redis ;;
    *) echo "${READY[0]}" ;;
  esac
}

print_all() {
  print_left_out
  print_throughput uniform "$ROUNDS"
  if includes_phase zipf; then print_throughput zipf "$(secondary_rounds)"; fi
  if includes_phase sweep; then print_sweep; fi
  if includes_phase latency; then
    print_latency half 'Latency at half of the peak rate of each contender'
    print_latency same "Latency at $SAME_RATE requests/s, half of the peak of $(title_of "$(rate_reference)"); without contenders whose peak is too low"
  fi
  print_once
  printf '\nRaw results: %s\n' "$RESULTS"
}

main() {
  read_options "$@"
  open_arena
  print_environment
  print_data
  start_contenders
  warm_up
  measure_all
  print_all
}

main "$@"
