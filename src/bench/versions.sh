#!/usr/bin/env bash
# Measures what a line of a named version costs, and proves that switching versions costs no running request. Over Aerospike,
# also measures the latency while a dropped dataset is removed.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

SWITCHED_LINES=20000

usage() {
  cat <<'USAGE'
usage: src/bench/versions.sh [options]

  --contenders A,B,…   only these of the forms of Line Server (ours-embedded-jvm,ours-embedded-native)
  --lines N            lines of the text whose reads are measured (200000)
  --rounds N           number of rounds; each measures every path once (5)
  --seconds N          duration of one measurement (5)
  --connections N      number of connections (64)
  --switch-seconds N   duration of the switches, one per second (60)
  --no-costs           only switch
  --no-switches        do not switch
  --quick              small numbers, to check that everything works; the results are meaningless

Switches alternate between an ingest and a rollback. Every answer is checked. With ours-aerospike-jvm or
ours-aerospike-native, the latency is measured in turns without and during the removal of a dataset of as many lines.
USAGE
}

read_options() {
  arena_defaults
  CONTENDERS='ours-embedded-jvm ours-embedded-native' SWITCH_SECONDS=60 COSTS=yes SWITCHES=yes
  while [ $# -gt 0 ]; do
    arena_option "$@"
    if [ "$1" = --quick ]; then SWITCH_SECONDS=6; fi
    if [ "$TAKEN" = 0 ]; then
      case $1 in
        --switch-seconds) need_count "$1" "${2:-}" && SWITCH_SECONDS=$2 TAKEN=2 ;;
        --no-costs) COSTS='' TAKEN=1 ;;
        --no-switches) SWITCHES='' TAKEN=1 ;;
        --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
      esac
    fi
    [ $# -ge "$TAKEN" ] || { usage >&2; exit 2; }
    shift "$TAKEN"
  done
}

# The dataset that a contender serves.
dataset_of() {
  case $1 in
    ours-aerospike-*) echo "${1##*-}" ;;
    *) echo default ;;
  esac
}

# The options that select the store of a contender, one word per line.
store_options() {
  case $1 in
    ours-aerospike-*) printf '%s\n' --aerospike "127.0.0.1:$(service_port aerospike)" ;;
    *) printf '%s\n' --data-dir "$RUN/$1/data" ;;
  esac
}

version_of_dataset() {
  curl -s -m 5 "$(base_url "$1")/datasets/$(dataset_of "$1")" | sed 's/.*"version":\([0-9]*\).*/\1/'
}

# measure_paths NAME: the same lines by three paths in turn. The first one changes from round to round.
measure_paths() {
  local round i labels=(default dataset version) dataset version
  dataset=$(dataset_of "$1")
  version=$(version_of_dataset "$1")
  local paths=('/lines/%d' "/datasets/$dataset/lines/%d" "/datasets/$dataset/versions/$version/lines/%d")
  for ((round = 1; round <= ROUNDS; round++)); do
    for i in 0 1 2; do
      i=$(((i + round) % 3))
      measure_path "$1" "$round" "${labels[i]}" "${paths[i]}"
    done
  done
}

# measure_path NAME ROUND LABEL PATH: records rate and CPU time under NAME/LABEL.
measure_path() {
  local names before after result figures
  read -ra names < <(names_of "$1")
  before=$(cpu_ticks "${names[@]}")
  result=$(wrk_run "$1" uniform "$CONNECTIONS" "$SECONDS_EACH" $((SEED + $2)) "$4") || die "$1: wrk failed"
  after=$(cpu_ticks "${names[@]}")
  IFS=$'\t' read -ra figures < <(throughput_line "$result" $((after - before)) "$(memory_mb "${names[@]}")")
  record throughput paths "$CONNECTIONS" "$2" "$1/$3" "${figures[@]}"
}

print_paths() {
  local label
  for label in default dataset version; do
    values throughput paths "$CONNECTIONS" "$1/$label" "$RATE" | figure "$1, $label, requests/s"
    values throughput paths "$CONNECTIONS" "$1/$label" "$CPU" | figure "$1, $label, CPU µs per request"
    values throughput paths "$CONNECTIONS" "$1/$label" "$ERRORS" | bar "$1, $label, errors" at-most 0
  done
  ratios throughput paths "$CONNECTIONS" "$1/default" "$1/version" "$CPU" |
    bar "$1, CPU per request: /lines ÷ named version" at-least 0.95
  ratios throughput paths "$CONNECTIONS" "$1/dataset" "$1/version" "$CPU" |
    bar "$1, CPU per request: /datasets/{d}/lines ÷ named version" at-least 0.95
}

# switch_versions NAME: switches for SWITCH_SECONDS under load, and prints the outcome.
switch_versions() {
  local program options outcome
  mapfile -t program < <(server_command "${1##*-}")
  mapfile -t options < <(store_options "$1")
  mkdir -p "$RUN/$1/texts"
  if outcome=$("$JAVA" -Xmx256m -cp "$(compile Switches "$BENCH/Switches.java")" Switches "$(port_of "$1")" \
    "$(dataset_of "$1")" "$CONNECTIONS" "$SWITCH_SECONDS" "$SWITCHED_LINES" "$RUN/$1/texts" \
    "${program[@]}" -- "${options[@]}"); then
    printf '| pass | %s: %s | | |\n' "$1" "$outcome"
  else
    printf '| miss | %s: %s | | |\n' "$1" "$outcome"
    touch "$RUN/missed"
    grep -E ' (ERROR|WARN) ' "$RUN/$1/log" | head -n 20 >&2 || :
  fi
}

# measure_reclaiming NAME: the same load in turns while a dataset is kept, and while it is removed. A drop removes the records
# after five seconds, and returns then.
measure_reclaiming() {
  local round at order rate dropping options form=${1##*-}
  options=(--aerospike "127.0.0.1:$(service_port aerospike)")
  rate=$(half_of "$(middle throughput paths "$CONNECTIONS" "$1/default" "$RATE")")
  for ((round = 1; round <= ROUNDS; round++)); do
    order=(kept removed)
    [ $((round % 2)) = 1 ] || order=(removed kept)
    for at in "${order[@]}"; do
      server "$form" ingest "$TEXT" "${options[@]}" --dataset gone >&2
      sleep 5
      dropping=''
      if [ "$at" = removed ]; then
        server "$form" drop gone "${options[@]}" >&2 &
        dropping=$!
      fi
      sleep 3
      measure_latency "$1" "$at" "$rate" "$round"
      if [ -n "$dropping" ]; then wait "$dropping"; else server "$form" drop gone "${options[@]}" >&2; fi
    done
  done
  values latency kept "$CONNECTIONS" "$1" "$P99" | figure "$1, p99 at half of the peak, µs"
  values latency removed "$CONNECTIONS" "$1" "$P99" | figure "$1, p99 while a dataset is removed, µs"
  paste <(values latency removed "$CONNECTIONS" "$1" "$P99") <(values latency kept "$CONNECTIONS" "$1" "$P99") |
    awk '{ print $1 / $2 }' | bar "$1, p99: while a dataset is removed ÷ without" at-most 1.5
}

main() {
  read_options "$@"
  open_arena
  print_environment
  print_data
  start_contenders
  [ -z "$COSTS" ] || warm_up
  heading 'Versions'
  begin_bars
  local name
  for name in "${READY[@]}"; do
    if [ -n "$COSTS" ]; then
      measure_paths "$name"
      print_paths "$name"
      case $name in
        ours-aerospike-*) measure_reclaiming "$name" ;;
      esac
    fi
    [ -z "$SWITCHES" ] || switch_versions "$name"
  done
  printf '\nRaw results: %s\n' "$RESULTS"
  [ ! -e "$RUN/missed" ]
}

main "$@"
