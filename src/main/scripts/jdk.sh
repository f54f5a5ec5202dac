# Finds Java 25 and exports JAVA_HOME, or prints what to install. The scripts of the repository source this file, and the
# build copies it into target/line-server-jvm.

# java_release FOLDER PROGRAM: prints the feature release of the Java in FOLDER, or fails if it does not contain PROGRAM.
java_release() {
  [ -x "$1/bin/$2" ] && [ -f "$1/release" ] || return 1
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

# find_java_25 PROGRAM: finds a JDK if PROGRAM is javac; if it is java, a JRE suffices.
find_java_25() {
  local candidate program=$1 on_path=
  if command -v "$program" >/dev/null 2>&1; then
    on_path=$(dirname "$(dirname "$(readlink -f "$(command -v "$program")")")")
  fi
  for candidate in "${JAVA_HOME:-}" "$on_path" "${GRAALVM_HOME:-}" \
    /usr/lib/jvm/*25* /usr/java/*25* /opt/*jdk*25* /opt/java/*25* "${HOME:-}"/.sdkman/candidates/java/25* \
    "${HOME:-}"/.jdks/*25* /Library/Java/JavaVirtualMachines/*25*/Contents/Home /opt/homebrew/opt/openjdk@25; do
    if [ -n "$candidate" ] && [ "$(java_release "$candidate" "$program")" = 25 ]; then
      export JAVA_HOME="$candidate"
      return 0
    fi
  done
  cat >&2 <<'MESSAGE'
Line Server needs Java 25 (to build it, a JDK), but found none in JAVA_HOME, on the PATH or in the usual folders.
Install one, for instance Temurin 25:
  Debian, Ubuntu   apt install temurin-25-jdk     (from the Adoptium package archive, adoptium.net)
  Fedora           dnf install java-25-openjdk-devel
  macOS            brew install --cask temurin@25
  anywhere         sdk install java 25-tem        (sdkman.io)
or set JAVA_HOME to the folder of an installed one.
MESSAGE
  return 1
}
