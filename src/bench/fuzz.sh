#!/usr/bin/env bash
# Searches for inputs that break a parser: runs the fuzz targets of the tests with Jazzer, which follows the coverage.
set -euo pipefail
# shellcheck source=lib/all.sh
source "$(dirname "$0")/lib/all.sh"

usage() {
  cat <<'USAGE'
usage: src/bench/fuzz.sh [options]

  --target NAME   only this one, a folder of src/test/resources/corpus (all)
  --seconds N     duration for each target (60)

Starts from the corpus in src/test/resources and from the inputs that earlier runs have found, which are kept in
target/bench/fuzz. Exits with 1 if a target fails, and prints the file of the input: copy it into the corpus, where
CorpusTest runs it.
USAGE
}

CORPUS=$ROOT/src/test/resources/corpus
FOUND=$KEPT/fuzz
# Packages whose branches are followed: the program, and the libraries that parse for it.
FOLLOWED='dev.lineserver.**:com.fasterxml.jackson.**:io.netty.handler.codec.**:io.airlift.compress.**'
FOLLOWED+=':org.apache.commons.compress.**:org.tukaani.xz.**'
HEAP=1g
# MiB of the process: the heap, and what Java and the fuzzer need beside it.
RESIDENT=3000
# Seconds for one input. The slowest inputs in the corpus take milliseconds.
INPUT_SECONDS=10

read_options() {
  TARGET='' SECONDS_EACH=60
  while [ $# -gt 0 ]; do
    case $1 in
      --target) TARGET=${2:-} ;;
      --seconds) need_count "$1" "${2:-}" && SECONDS_EACH=$2 ;;
      --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    [ $# -ge 2 ] || { usage >&2; exit 2; }
    shift 2
  done
  [ -z "$TARGET" ] || [ -d "$CORPUS/$TARGET" ] || die "there is no target '$TARGET'; the targets are: $(ls "$CORPUS" | xargs)"
}

# Jazzer 0.24 reads class files up to version 67, that of Java 23. The files of a later compiler have nothing that it needs to know.
copy_classes() {
  local file
  mkdir "$RUN/classes"
  cp -R "$ROOT/target/classes/." "$ROOT/target/test-classes/." "$RUN/classes"
  while IFS= read -r file; do
    # Overwrites the magic number and the version, and nothing after them.
    printf '\xCA\xFE\xBA\xBE\0\0\0\x43' 1<>"$file"
  done < <(find "$RUN/classes/dev" -name '*.class')
}

# class_of TARGET
class_of() {
  local file
  file=$(cd "$ROOT/src/test/java" && find . -name "$1.java" | sed 's|^\./||; s|\.java$||')
  echo "${file//\//.}"
}

# fuzz TARGET: prints a row of the table, and adds the files of inputs that failed to RUN/findings.
fuzz() {
  local target=$1 kept=$FOUND/$1 log=$RUN/$1.log input findings=0
  mkdir -p "$kept" "$RUN/$target"
  say "$target: $SECONDS_EACH s"
  (cd "$RUN/$target" && "$JAVA" "${SERVER_JAVA_OPTIONS[@]}" -Xmx$HEAP -XX:+EnableDynamicAgentLoading \
    -Djava.io.tmpdir="$RUN/$target" -Djava.util.logging.manager=org.jboss.logmanager.LogManager \
    -cp "$RUN/classes:$(<"$ROOT/target/bench/fuzz.classpath")" com.code_intelligence.jazzer.Jazzer \
    --target_class="$(class_of "$target")" --instrumentation_includes="$FOLLOWED" \
    -max_total_time="$SECONDS_EACH" -timeout=$INPUT_SECONDS -rss_limit_mb=$RESIDENT -print_final_stats=1 \
    "$kept" "$CORPUS/$target") >"$log" 2>&1 || cp "$log" "$kept.log"
  for input in "$RUN/$target"/{crash,timeout,oom}-*; do
    [ -f "$input" ] || continue
    cp "$input" "$kept-${input##*/}"
    echo "$kept-${input##*/} (see $kept.log)" >>"$RUN/findings"
    findings=$((findings + 1))
  done
  if [ $findings = 0 ] && ! grep -q '^stat::number_of_executed_units' "$log"; then
    tail -n 20 "$log" >&2
    die "$target did not run"
  fi
  awk -v target="$target" -v findings="$findings" '
    match($0, /cov: [0-9]+/) { coverage = substr($0, RSTART + 5, RLENGTH - 5) }
    match($0, /ft: [0-9]+/) { features = substr($0, RSTART + 4, RLENGTH - 4) }
    /^stat::number_of_executed_units/ { inputs = $2 }
    END { printf "| %s | %d | %d | %d | %d |\n", target, inputs, coverage, features, findings }' "$log"
}

main() {
  local target
  read_options "$@"
  open_run
  (cd "$ROOT" && ./mvnw -q -Pfuzz test-compile) >&2
  copy_classes
  echo '| target | inputs | coverage | features | findings |'
  echo '|---|---:|---:|---:|---:|'
  for target in ${TARGET:-$(ls "$CORPUS")}; do fuzz "$target"; done
  [ ! -e "$RUN/findings" ] || { say "findings:" && cat "$RUN/findings" && exit 1; }
}

main "$@"
