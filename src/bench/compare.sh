#!/usr/bin/env bash
# Line Server beside what else could serve lines: on one machine, in one run, in turns.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

usage() {
  cat <<USAGE
usage: src/bench/compare.sh [options]

  --contenders A,B,…  only these (default: all that are complete on this machine)
  --lines N           lines of the text that all serve (200000)
  --rounds N          rounds, in each of which every contender has its turn (5)
  --seconds N         length of one measurement (5)
  --connections N     number of connections (64)
  --phases P,Q,…      of throughput, zipf, sweep, latency (all)
  --quick             small numbers, to see that everything works: says nothing about speed
  --install           install what is missing from Debian's packages first

Contenders: $(contender_names | xargs)
Results go to standard output as Markdown, and to target/bench/results as they come.
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

wanted() { [[ " $PHASES " == *" $1 "* ]]; }

measure_all() {
  run_throughput uniform "$CONNECTIONS" "$ROUNDS"
  if wanted zipf; then run_throughput zipf "$CONNECTIONS" "$(lesser_rounds)"; fi
  if wanted sweep; then sweep; fi
  if wanted latency; then latency; fi
}

sweep() {
  local connections
  for connections in "${SWEEP[@]}"; do
    [ "$connections" = "$CONNECTIONS" ] || run_throughput uniform "$connections" "$(lesser_rounds)"
  done
}

latency() {
  say 'latency at half of the own peak'
  in_rounds "$(lesser_rounds)" one_latency_at_half
  SAME_RATE=$(half_of "$(peak "$(rate_giver)")")
  say "latency at $SAME_RATE requests/s"
  in_rounds "$(lesser_rounds)" one_latency_at "$SAME_RATE"
}

# Whose half peak all are asked for: the way most would go, else whoever comes first.
rate_giver() {
  case " ${READY[*]} " in
    *' nginx-lua-redis '*) echo nginx-lua-redis ;;
    *) echo "${READY[0]}" ;;
  esac
}

print_all() {
  print_left_out
  print_throughput uniform "$ROUNDS"
  if wanted zipf; then print_throughput zipf "$(lesser_rounds)"; fi
  if wanted sweep; then print_sweep; fi
  if wanted latency; then
    print_latency half 'Latency at half of the own peak rate'
    print_latency same "Latency at $SAME_RATE requests/s for all who can, half of the peak of $(title_of "$(rate_giver)")"
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
