#!/usr/bin/env bash
# Serves the lines of a file: builds when needed, stores the file unless that very content is stored, and answers HTTP.
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

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jar="$root/target/quarkus-app/quarkus-run.jar"

# shellcheck source=src/main/scripts/jdk.sh
. "$root/src/main/scripts/jdk.sh"
find_jdk_25

if [ ! -f "$jar" ] || [ -n "$(find "$root/pom.xml" "$root/src/main" -newer "$jar" -type f -print -quit)" ]; then
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

cache="$root/target/quarkus-app/line-server.aot"
kept=()
[ ! -f "$cache" ] || kept=(-XX:AOTCache="$cache" -Xlog:aot=off -Xlog:cds=off)
# The two options keep Java from warning of what Netty does.
# shellcheck disable=SC2086
exec "$JAVA_HOME/bin/java" --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \
  "${kept[@]}" ${JAVA_OPTS:-} -jar "$jar" serve "$@"
