#!/usr/bin/env bash
# Builds Line Server and runs all its tests.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: ./build.sh [--skip-tests] [--native]
  (no option)    builds target/line-server-jvm and runs all tests
  --skip-tests   builds only
  --native       builds the native executable target/line-server as well: with GRAALVM_HOME where it is set,
                 otherwise in a container
USAGE
}

root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
skip_tests=
native=
for argument in "$@"; do
  case "$argument" in
  --skip-tests) skip_tests=1 ;;
  --native) native=1 ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
  esac
done

# shellcheck source=src/main/scripts/jdk.sh
. "$root/src/main/scripts/jdk.sh"
find_java_25 javac

cd "$root"
arguments=(-B -ntp)
[ -z "$skip_tests" ] || arguments+=(-DskipTests)
if [ -n "$native" ]; then
  arguments+=(-Dnative)
  if [ -z "${GRAALVM_HOME:-}" ]; then
    command -v docker >/dev/null 2>&1 || command -v podman >/dev/null 2>&1 || {
      echo "A native build needs GRAALVM_HOME (GraalVM or Mandrel for JDK 25), or docker or podman." >&2
      exit 1
    }
    arguments+=(-Dquarkus.native.container-build=true)
  fi
fi

if [ -z "$native" ]; then
  rm -f target/line-server
  mkdir -p target
  { echo '#!/usr/bin/env bash' && cat src/main/scripts/jdk.sh src/main/scripts/launch.sh; } >target/line-server-jvm
  chmod +x target/line-server-jvm
fi
./mvnw "${arguments[@]}" verify
echo
if [ -n "$native" ]; then
  echo "Built target/line-server ($(du -h target/line-server | cut -f1)), which needs no Java."
fi
if [ -z "$native" ]; then
  # shellcheck source=src/main/scripts/train.sh
  . "$root/src/main/scripts/train.sh"
  train "$root/target/quarkus-app/quarkus-run.jar" "$root/target/quarkus-app/line-server.aot"
  echo "Built target/line-server-jvm, which runs on Java 25. Next: ./run.sh FILE"
fi
