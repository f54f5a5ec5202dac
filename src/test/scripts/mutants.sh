#!/usr/bin/env bash
# Mutation tests (PIT) of the packages that must be correct, with their plain JUnit tests.
#
#   src/test/scripts/mutants.sh --sample            some mutants of each class of one package, another one for each commit
#   src/test/scripts/mutants.sh [--limit N] PACKAGE...
#                                                   all mutants, or N of each class, of these packages: line, ingest,
#                                                   store.embedded, serving, http, or one below, such as http.access
#
# Fails if less than 80 % of a package's mutants are killed. Prints the surviving mutants; the report is in target/mutants.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=../../main/scripts/jdk.sh
. src/main/scripts/jdk.sh
find_java_25 javac

limit=
case ${1:-} in
--sample)
  # Packages and limits that take three minutes at most: the others take four and more. Commits take turns.
  samples=(line:5 serving:5 store.embedded.index:9 http.access:5 http.connection:5 http.fastpath:5)
  commit=$(git rev-parse HEAD 2>/dev/null || echo 0)
  sample=${samples[$((16#${commit:0:6} % ${#samples[@]}))]}
  packages=("${sample%:*}")
  limit=${sample#*:}
  ;;
--limit)
  limit=${2:?}
  shift 2
  packages=("$@")
  ;;
'') sed -n '2,10s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
*) packages=("$@") ;;
esac

mkdir -p target
./mvnw -B -ntp -q -Ppit test-compile >target/mutants-compile.log 2>&1 || {
  cat target/mutants-compile.log >&2
  exit 1
}
failed=0
for package in "${packages[@]}"; do
  echo "mutants of $package"
  options=("-Dmutants=dev.lineserver.$package")
  [ -z "$limit" ] || options+=("-Dfeatures=+CLASSLIMIT(limit[$limit])")
  # The store of its tests shows that an ingest by several processes works.
  [ "$package" != ingest ] || options+=("-Dmutants.tests=dev.lineserver.store.aerospike.PartIngestTest")
  ./mvnw -B -ntp -q -Ppit "${options[@]}" \
    org.pitest:pitest-maven:mutationCoverage >"target/mutants-$package.log" 2>&1 || failed=1
  grep -E 'Generated .* mutations|Mutations with no coverage|threshold|ERROR' "target/mutants-$package.log" || true
  report=target/mutants/dev.lineserver.$package/mutations.xml
  [ ! -f "$report" ] || grep -E "status='(SURVIVED|NO_COVERAGE)'" "$report" |
    sed -E 's#.*<sourceFile>(.*)</sourceFile>.*<mutatedMethod>(.*)</mutatedMethod>.*<lineNumber>(.*)</lineNumber>.*<description>(.*)</description>.*#  \1:\3 \2: \4#' || true
done
exit $failed
