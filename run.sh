#!/usr/bin/env bash
# Serves the lines of a file: builds when needed, stores the file unless that very content is stored, and answers HTTP.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -euo pipefail

if [ $# -eq 0 ]; then
  cat >&2 <<'USAGE'
Usage: ./run.sh FILE [OPTION...]
Serves the lines of FILE at http://127.0.0.1:8080/lines/1, /lines/2 and so on. Options are those of 'serve', such as
  --port PORT             listen there instead of on 8080
  --host 0.0.0.0          listen on all addresses
  --data-dir DIR          keep the index there
  --aerospike HOST:PORT   store the lines in an Aerospike cluster, and serve them from there
All of them: ./run.sh --help
USAGE
  exit 2
fi

# Before a build of minutes.
case "$1" in
-*) ;;
*)
  problem=
  if [ -d "$1" ]; then
    problem='is a directory; name a file'
  elif [ ! -e "$1" ]; then
    problem='does not exist'
  elif [ ! -r "$1" ]; then
    problem='may not be read by this user; change its permissions'
  fi
  [ -z "$problem" ] || { echo "line-server: $1 $problem" >&2 && exit 1; }
  ;;
esac

root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

# Whether a built program is there and no source is newer.
is_fresh() {
  [ -f "$1" ] && [ -z "$(find "$root/pom.xml" "$root/src/main" -newer "$1" -type f -print -quit)" ]
}

program=$root/target/line-server
if ! is_fresh "$program"; then
  program=$root/target/line-server-jvm
  if ! is_fresh "$root/target/quarkus-app/quarkus-run.jar" || [ ! -x "$program" ]; then
    echo "Building Line Server, which takes a minute or two the first time ..." >&2
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    "$root/build.sh" --skip-tests >"$log" 2>&1 || {
      tail -n 40 "$log" >&2
      exit 1
    }
    rm -f "$log"
    trap - EXIT
  fi
fi
exec "$program" serve "$@"
