#!/usr/bin/env bash
# Builds Line Server and runs all its tests.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: ./build.sh [--skip-tests] [--native | --release]
  (no option)    builds target/line-server-jvm and runs all tests
  --skip-tests   builds only
  --native       builds the native executable target/line-server as well: with GRAALVM_HOME if it is set,
                 otherwise in a container
  --release      builds target/release: an archive for Java; an archive of the native executable if GRAALVM_HOME is
                 set or a container engine runs; a bill of materials and checksums
USAGE
}

root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
skip_tests=
native=
release=
for argument in "$@"; do
  case "$argument" in
  --skip-tests) skip_tests=1 ;;
  --native) native=1 ;;
  --release) release=1 ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
  esac
done

# shellcheck source=src/main/scripts/jdk.sh
. "$root/src/main/scripts/jdk.sh"
find_java_25 javac
cd "$root"

# Checked before any build, because the build before the native one takes minutes.
if [ -n "$native$release" ] && [ -n "${GRAALVM_HOME:-}" ] && [ ! -x "$GRAALVM_HOME/bin/native-image" ]; then
  echo "GRAALVM_HOME ($GRAALVM_HOME) has no bin/native-image; set it to a GraalVM or Mandrel for JDK 25, or unset it." >&2
  exit 1
fi

native_needs="GRAALVM_HOME (GraalVM or Mandrel for JDK 25), or docker or podman with a running engine"

has_native_image() {
  [ -n "${GRAALVM_HOME:-}" ] || docker info >/dev/null 2>&1 || podman info >/dev/null 2>&1
}

# maven OPTION...: builds, and runs the tests unless they are skipped.
maven() {
  local arguments=(-B -ntp "$@")
  [ -z "$skip_tests" ] || arguments+=(-DskipTests)
  ./mvnw "${arguments[@]}" verify
  echo
}

build_jvm() {
  rm -f target/line-server
  mkdir -p target
  { echo '#!/usr/bin/env bash' && cat src/main/scripts/jdk.sh src/main/scripts/launch.sh; } >target/line-server-jvm
  chmod +x target/line-server-jvm
  maven "$@"
  # shellcheck source=src/main/scripts/train.sh
  . src/main/scripts/train.sh
  train target/quarkus-app/quarkus-run.jar target/quarkus-app/line-server.aot
  require_start target/line-server-jvm
}

build_native() {
  local container=()
  [ -n "${GRAALVM_HOME:-}" ] || container=(-Dquarkus.native.container-build=true)
  maven -Dnative ${container[@]+"${container[@]}"}
}

if [ -n "$release" ]; then
  # shellcheck source=src/main/scripts/release.sh
  . src/main/scripts/release.sh
  begin_release
  build_jvm -Prelease
  pack_jvm
  if has_native_image; then
    build_native
    pack_native
  fi
  end_release
  has_native_image || echo "Left out the archive of the native executable, which needs $native_needs."
elif [ -n "$native" ]; then
  has_native_image || {
    echo "A native build needs $native_needs." >&2
    exit 1
  }
  build_native
  echo "Built target/line-server ($(du -h target/line-server | cut -f1)), which needs no Java."
else
  build_jvm
  echo "Built target/line-server-jvm, which runs on Java 25. Next: ./run.sh FILE"
fi
