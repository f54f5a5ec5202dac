#!/usr/bin/env bash
# Kills ingests at random moments, resumes them, and compares every byte of what they publish.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

usage() {
  cat <<'USAGE'
usage: src/bench/resume.sh [options]

  --size SIZE      size of the text, as for data.sh (1G)
  --kills N        number of ingests that are killed, for each store (20)
  --no-databases   only the embedded store

Prints for each store how many ingests were killed, how many continued another one, and how many bytes were wrong.
Two of three ingests get SIGKILL, the others SIGTERM. The environment variable SEED chooses the moments (default 1).
USAGE
}

read_options() {
  SIZE=1G KILLS=20 DATABASES=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --size) SIZE=${2:?} && shift ;;
      --kills) need_count "$1" "${2:-}" && KILLS=$2 && shift ;;
      --no-databases) DATABASES='' ;;
      --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
}

# kill_and_resume FORM STORE SECONDS STORE_OPTION ...: SECONDS is the duration of an ingest that is not killed.
kill_and_resume() {
  local form=$1 store=$2 duration=$3 i pid signal code published=0 resumed=0 killed=0 wrong=0
  shift 3
  for ((i = 1; i <= KILLS; i++)); do
    server "$form" ingest "$TEXT" --resume "$@" >"$RUN/out" 2>"$RUN/err" &
    pid=$!
    sleep "$(awk -v seed="$((SEED * 1000 + i))" -v d="$duration" 'BEGIN { srand(seed); printf "%.2f", d * rand() }')"
    signal=KILL
    [ $((i % 3)) != 0 ] || signal=TERM
    # The ingest may have ended by itself, and a form that is a script has the program as its child.
    pkill -"$signal" -P "$pid" 2>/dev/null || kill -"$signal" "$pid" 2>/dev/null || true
    code=0
    wait "$pid" 2>/dev/null || code=$?
    if [ "$code" = 0 ]; then published=$((published + 1)); else killed=$((killed + 1)); fi
    ! grep -q 'continuing after' "$RUN/err" || resumed=$((resumed + 1))
  done
  server "$form" ingest "$TEXT" --resume "$@" >&2
  cmp -s <(server "$form" get 1- "$@") "$TEXT" || wrong=1
  say "$form, $store: $killed killed, $published published before, $resumed resumed another one, $wrong wrong"
  [ "$wrong" = 0 ] || die 'the published lines are not those of the text'
}

main() {
  read_options "$@"
  SEED=${SEED:-1}
  open_run
  TEXT=$(keep_text "$SIZE")
  cat "$TEXT" >/dev/null
  local form from
  for form in $(forms); do
    from=$(now_ns)
    server "$form" ingest "$TEXT" --copy --data-dir "$RUN/data-$form" >&2
    kill_and_resume "$form" embedded "$(seconds_since "$from")" --data-dir "$RUN/data-$form"
    [ -n "$DATABASES" ] || continue
    service aerospike || die 'Aerospike did not start'
    from=$(now_ns)
    server "$form" ingest "$TEXT" --aerospike "127.0.0.1:$(service_port aerospike)" --dataset "$form" >&2
    kill_and_resume "$form" Aerospike "$(seconds_since "$from")" \
      --aerospike "127.0.0.1:$(service_port aerospike)" --dataset "$form"
  done
}

main "$@"
