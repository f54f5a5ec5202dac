#!/usr/bin/env bash
# Serves the lines of one or more files over HTTP: builds the program if its sources are newer, and ingests the files if
# their content is not stored yet.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -euo pipefail

if [ $# -eq 0 ]; then
  cat >&2 <<'USAGE'
Usage: ./run.sh FILE... [OPTION...]
Serves the lines of FILE at http://127.0.0.1:8080/lines/1, /lines/2 and so on; several files are one text. The options are
those of 'serve', such as
  --port PORT             listen on PORT instead of 8080
  --host 0.0.0.0          listen on all addresses
  --data-dir DIR          keep the index in DIR
  --aerospike HOST:PORT   store the lines in an Aerospike cluster and serve them from it
For all options: ./run.sh --help
USAGE
  exit 2
fi

# Checked first, because the build may take minutes.
for file in "$@"; do
  case "$file" in -*) break ;; esac
  problem=
  if [ -d "$file" ]; then
    problem='is a directory; name a file'
  elif [ ! -e "$file" ]; then
    problem='does not exist'
  elif [ ! -r "$file" ]; then
    problem='is not readable by this user; change its permissions'
  fi
  [ -z "$problem" ] || { echo "line-server: $file $problem" >&2 && exit 1; }
done

root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

# Succeeds if the program has been built and no source is newer.
is_fresh() {
  [ -f "$1" ] && [ -z "$(find "$root/pom.xml" "$root/src/main" -newer "$1" -type f -print -quit)" ]
}

program=$root/target/line-server
if ! is_fresh "$program"; then
  program=$root/target/line-server-jvm
  if ! is_fresh "$root/target/quarkus-app/quarkus-run.jar" || [ ! -x "$program" ]; then
    echo "Building Line Server; the first build takes a minute or two ..." >&2
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
