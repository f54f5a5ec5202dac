#!/usr/bin/env bash
# Runs the JMH benchmarks of src/bench/jmh: `jmh.sh [NAME] [JMH_OPTION...]`, for example `jmh.sh EmbeddedRead -prof gc`.
set -euo pipefail
# shellcheck source=lib/common.sh
source "$(dirname "$0")/lib/common.sh"

main() {
  (cd "$ROOT" && ./mvnw -q -Pjmh test-compile) >&2
  exec "$JAVA" "${SERVER_JAVA_OPTIONS[@]}" \
    -cp "$ROOT/target/bench/jmh-classes:$ROOT/target/test-classes:$ROOT/target/classes:$(<"$ROOT/target/bench/jmh.classpath")" \
    org.openjdk.jmh.Main "$@"
}

main "$@"
