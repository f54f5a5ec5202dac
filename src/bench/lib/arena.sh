# shellcheck shell=bash
# Selects, starts and checks the contenders of a run, and measures them in turns, round by round.

SEED=${SEED:-1}
CHECKED_LINES=1000
REFERENCE=ours-embedded-jvm
SWEEP=(1 8 64 256 1024)

# Sets the defaults of the options.
arena_defaults() {
  CONTENDERS='' LINES_COUNT=200000 ROUNDS=5 SECONDS_EACH=5 CONNECTIONS=64 WARM_SECONDS=10 INSTALL=''
}

# arena_option OPTION [VALUE]: parses one of the common options. Sets TAKEN to the number of its words, 0 if it is unknown.
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

# Prints the number of rounds of secondary measurements: half as many, rounded up.
secondary_rounds() { echo $(((ROUNDS + 1) / 2)); }

open_arena() {
  open_run
  local name
  for name in $CONTENDERS; do
    [ -f "$BENCH/contenders/$name.sh" ] || die "there is no contender '$name'; the contenders are: $(contender_names | xargs)"
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

# Starts every contender whose programs are installed, and sets READY to their names. Reports each one that is left out.
start_contenders() {
  local name missing
  READY=()
  for name in $CONTENDERS; do
    missing=$(missing_requirements "$name" | paste -sd ';' | sed 's/;/; /g')
    if [ -n "$missing" ]; then
      leave_out "$name" "missing: $missing"
    else
      say "starting $name"
      if bring_up "$name"; then READY+=("$name"); fi
    fi
  done
  [ ${#READY[@]} -gt 0 ] || die 'no contender could be started'
}

leave_out() {
  say "left out: $1: $2"
  record_once "$1" left-out "$2"
}

bring_up() {
  local name=$1 seconds
  start_services "$name" || { leave_out "$name" 'its database did not start'; return 1; }
  mkdir -p "$RUN/$name"
  in_contender "$name" prepare >/dev/null || { leave_out "$name" 'its preparation failed'; return 1; }
  seconds=$(timed_load "$name") || { leave_out "$name" 'it could not store the lines'; return 1; }
  record_once "$name" load "$seconds"
  seconds=$(timed_start "$name") || { end_processes "$name"; leave_out "$name" 'it did not start'; return 1; }
  record_once "$name" start "$seconds"
  if ! is_constant "$name" && ! same_lines "$name" "$CHECKED_LINES"; then
    end_processes "$name"
    leave_out "$name" 'it returned a line that differs from the file'
    return 1
  fi
}

warm_up() {
  local name
  for name in "${READY[@]}"; do
    say "warming up $name"
    wrk_run "$name" uniform "$CONNECTIONS" "$WARM_SECONDS" "$SEED" >/dev/null || say "$name: the warm-up failed"
  done
}

# in_rounds ROUNDS COMMAND ...: runs `COMMAND ... ROUND NAME` for every contender in turn (A B C A B C), so that drift of
# the machine affects all of them equally.
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

# Prints the peak rate of a contender, which must have been measured.
peak() { middle throughput uniform "$CONNECTIONS" "$1" "$RATE"; }

half_of() { awk '{ printf "%.0f", $1 / 2 }' <<<"$1"; }

one_latency_at_half() { measure_latency "$2" half "$(half_of "$(peak "$2")")" "$1"; }

# one_latency_at RATE ROUND NAME: measures the contender only if RATE is below 90 % of its peak.
one_latency_at() {
  if awk -v rate="$1" -v peak="$(peak "$3")" '{ exit !(rate < 0.9 * peak) }' <<<''; then
    measure_latency "$3" same "$1" "$2"
  fi
}
