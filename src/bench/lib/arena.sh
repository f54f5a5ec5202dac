# shellcheck shell=bash
# A run with contenders in it: who takes part, started and checked; then measured round by round, in turns.

SEED=${SEED:-1}
CHECKED_LINES=1000
REFERENCE=ours-embedded-jvm
SWEEP=(1 8 64 256 1024)

# Sets up the variables that options may change.
arena_defaults() {
  CONTENDERS='' LINES_COUNT=200000 ROUNDS=5 SECONDS_EACH=5 CONNECTIONS=64 WARM_SECONDS=10 INSTALL=''
}

# arena_option OPTION [VALUE]: takes one of the options all scripts have. TAKEN is how many words it was, 0 if unknown.
arena_option() {
  TAKEN=2
  case $1 in
    --contenders) CONTENDERS=${2//,/ } ;;
    --lines) need_count "$1" "${2:-}" && LINES_COUNT=$2 ;;
    --rounds) need_count "$1" "${2:-}" && ROUNDS=$2 ;;
    --seconds) need_count "$1" "${2:-}" && SECONDS_EACH=$2 ;;
    --connections) need_count "$1" "${2:-}" && CONNECTIONS=$2 ;;
    --quick) LINES_COUNT=20000 ROUNDS=2 SECONDS_EACH=2 WARM_SECONDS=2 TAKEN=1 ;;
    --install) INSTALL=yes TAKEN=1 ;;
    *) TAKEN=0 ;;
  esac
}

# Rounds of the lesser measurements: half as many, rounded up.
lesser_rounds() { echo $(((ROUNDS + 1) / 2)); }

open_arena() {
  open_run
  local name
  for name in $CONTENDERS; do
    [ -f "$BENCH/contenders/$name.sh" ] || die "no contender is called '$name'; there are: $(contender_names | xargs)"
  done
  CONTENDERS=${CONTENDERS:-$(contender_names | xargs)}
  [ -z "$INSTALL" ] || install_packages
  has wrk || die 'wrk is missing (Debian: wrk); --install installs it'
  has curl || die 'curl is missing (Debian: curl); --install installs it'
  TEXT=$(keep_text "${LINES_COUNT}lines")
  cat "$TEXT" >/dev/null
  open_results
}

install_packages() {
  has apt-get || die '--install needs apt-get'
  local packages name
  packages=$(for name in $CONTENDERS; do packages_of "$name"; done | sort -u | xargs)
  # shellcheck disable=SC2086 # a list
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends wrk curl procps $packages >&2
}

# Starts every contender that is complete; READY has their names, and says aloud who is left out, and why.
start_contenders() {
  local name lacking
  READY=()
  for name in $CONTENDERS; do
    lacking=$(lacks "$name" | paste -sd ';' | sed 's/;/; /g')
    if [ -n "$lacking" ]; then
      leave_out "$name" "missing: $lacking"
    else
      say "starting $name"
      if bring_up "$name"; then READY+=("$name"); fi
    fi
  done
  [ ${#READY[@]} -gt 0 ] || die 'no contender is left'
}

leave_out() {
  say "left out: $1: $2"
  record_once "$1" left-out "$2"
}

bring_up() {
  local name=$1 seconds
  start_services "$name" || { leave_out "$name" 'its database did not start'; return 1; }
  mkdir -p "$RUN/$name"
  in_contender "$name" prepare >/dev/null || { leave_out "$name" 'could not be prepared'; return 1; }
  seconds=$(timed_load "$name") || { leave_out "$name" 'could not store the lines'; return 1; }
  record_once "$name" load "$seconds"
  seconds=$(timed_start "$name") || { end_processes "$name"; leave_out "$name" 'did not start'; return 1; }
  record_once "$name" start "$seconds"
  if ! is_constant "$name" && ! same_lines "$name" "$CHECKED_LINES"; then
    end_processes "$name"
    leave_out "$name" 'answered another line than the file has'
    return 1
  fi
}

warm_up() {
  local name
  for name in "${READY[@]}"; do
    say "warming $name"
    wrk_run "$name" uniform "$CONNECTIONS" "$WARM_SECONDS" "$SEED" >/dev/null || say "$name: warming failed"
  done
}

# in_rounds ROUNDS COMMAND ...: `COMMAND ... ROUND NAME` for every contender, A B C A B C, so that drift hits all alike.
in_rounds() {
  local round name rounds=$1
  shift
  for ((round = 1; round <= rounds; round++)); do
    for name in "${READY[@]}"; do "$@" "$round" "$name"; done
  done
}

one_throughput() { measure_throughput "$4" "$1" "$2" "$3"; }

run_throughput() {
  say "throughput, $1, $2 connections"
  in_rounds "$3" one_throughput "$1" "$2"
}

# Peak rate of a contender, as measured before.
peak() { middle throughput uniform "$CONNECTIONS" "$1" "$RATE"; }

half_of() { awk '{ printf "%.0f", $1 / 2 }' <<<"$1"; }

one_latency_at_half() { measure_latency "$2" half "$(half_of "$(peak "$2")")" "$1"; }

# one_latency_at RATE ROUND NAME: not for those who could not bear it.
one_latency_at() {
  if awk -v rate="$1" -v peak="$(peak "$3")" '{ exit !(rate < 0.9 * peak) }' <<<''; then
    measure_latency "$3" same "$1" "$2"
  fi
}
