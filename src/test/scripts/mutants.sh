#!/usr/bin/env bash
# Mutation tests (PIT) of the packages that must be correct, with their plain JUnit tests.
#
#   src/test/scripts/mutants.sh --sample      some mutants of each class in the packages that reach the threshold
#   src/test/scripts/mutants.sh PACKAGE...    all mutants of these packages: line, ingest, store.embedded, serving, http
#
# Fails if less than 80 % of a package's mutants are killed. Prints the surviving mutants; the report is in target/mutants.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
# shellcheck source=../../main/scripts/jdk.sh
. src/main/scripts/jdk.sh
find_java_25 javac

packages=(line ingest store.embedded serving http)
features=
case ${1:-} in
--sample)
  # Add another package here once its mutants reach the threshold.
  packages=(line serving)
  features='-Dfeatures=+CLASSLIMIT(limit[5])'
  ;;
'') sed -n '2,7s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
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
  ./mvnw -B -ntp -q -Ppit -Dmutants="dev.lineserver.$package" ${features:+"$features"} \
    org.pitest:pitest-maven:mutationCoverage >"target/mutants-$package.log" 2>&1 || failed=1
  grep -E 'Generated .* mutations|Mutations with no coverage|threshold|ERROR' "target/mutants-$package.log" || true
  report=target/mutants/dev.lineserver.$package/mutations.xml
  [ ! -f "$report" ] || grep -E "status='(SURVIVED|NO_COVERAGE)'" "$report" |
    sed -E 's#.*<sourceFile>(.*)</sourceFile>.*<mutatedMethod>(.*)</mutatedMethod>.*<lineNumber>(.*)</lineNumber>.*<description>(.*)</description>.*#  \1:\3 \2: \4#' || true
done
exit $failed
