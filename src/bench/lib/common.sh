# shellcheck shell=bash
# Shared by all benchmark scripts: paths, messages, and the clean-up of processes and files.

BENCH=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ROOT=${LINE_SERVER_ROOT:-$(cd "$BENCH/../.." && pwd)}
# Files that are kept between runs: texts and results.
KEPT=${BENCH_DIR:-$ROOT/target/bench}
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

# heading TEXT: prints a Markdown heading.
heading() { printf '\n## %s\n\n' "$*"; }

has() { command -v "$1" >/dev/null 2>&1; }

now_ns() { date +%s%N; }

# seconds_since START_NS: prints the elapsed seconds with three decimals.
seconds_since() { awk -v ns=$(($(now_ns) - $1)) 'BEGIN { printf "%.3f", ns / 1e9 }'; }

# need_count OPTION VALUE: fails unless VALUE is a whole number of at least 1.
need_count() {
  [[ $2 =~ ^[1-9][0-9]*$ ]] || die "$1 requires a whole number of at least 1, not '$2'"
}

# shellcheck source=../../main/scripts/jdk.sh
source "$BENCH/../main/scripts/jdk.sh"
find_java_25 javac || exit 1
JAVA=$JAVA_HOME/bin/java
JAVAC=$JAVA_HOME/bin/javac

# The two forms of the program under test.
SERVER_JAR=$ROOT/target/quarkus-app/quarkus-run.jar
SERVER_CACHE=$ROOT/target/quarkus-app/line-server.aot
SERVER_LIBRARIES=$ROOT/target/quarkus-app/lib/main
SERVER_NATIVE=$ROOT/target/line-server
SERVER_JAVA_OPTIONS=(--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED)

# server_command jvm|native: prints the command, one word per line.
server_command() {
  case $1 in
    jvm)
      printf '%s\n' "$JAVA" "${SERVER_JAVA_OPTIONS[@]}"
      # The same options as in launch.sh.
      if [ -f "$SERVER_CACHE" ]; then printf '%s\n' "-XX:AOTCache=$SERVER_CACHE" -Xlog:aot=off -Xlog:cds=off; fi
      printf '%s\n' -jar "$SERVER_JAR"
      ;;
    native) printf '%s\n' "$SERVER_NATIVE" ;;
    *) die "unknown form of the program: $1" ;;
  esac
}

# server jvm|native VERB ...: runs the program.
server() {
  local command
  mapfile -t command < <(server_command "$1")
  "${command[@]}" "${@:2}"
}

server_missing() {
  case $1 in
    jvm) [ -f "$SERVER_JAR" ] || echo "$SERVER_JAR (run build.sh)" ;;
    native) [ -x "$SERVER_NATIVE" ] || echo "$SERVER_NATIVE (run build.sh --native)" ;;
  esac
}

# Raises the limit of open files as far as this user may, for many connections.
raise_open_files() {
  local hard
  hard=$(ulimit -Hn)
  if [ "$hard" = unlimited ] || [ "$hard" -gt 1048576 ]; then hard=1048576; fi
  ulimit -n "$hard" 2>/dev/null || say "the limit of open files stays at $(ulimit -n)"
}

# Prints a free loopback port below the range of ports of outgoing connections.
free_port() {
  local port
  for _ in {1..200}; do
    port=$((20000 + RANDOM % 12000))
    if ! mkdir "$RUN/port.$port" 2>/dev/null; then continue; fi
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  die "found no free port between 20000 and 31999"
}

# Creates RUN, the folder of this run. When the script ends, deletes the folder and ends all processes.
open_run() {
  RUN=$(mktemp -d "${BENCH_TMP:-${TMPDIR:-/tmp}}/line-server-bench.XXXXXX")
  export RUN
  trap close_run EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  raise_open_files
}

close_run() {
  trap - EXIT
  end_all_processes || :
  rm -rf "$RUN"
}

# compile NAME SOURCE [CLASSPATH]: compiles a single-file Java program into RUN/java/NAME, and prints its class path.
compile() {
  local into=$RUN/java/$1
  if [ ! -d "$into" ]; then
    mkdir -p "$into"
    "$JAVAC" --release 25 -d "$into" ${3:+-cp "$3"} "$2" >&2 || die "$2 does not compile"
  fi
  echo "$into${3:+:$3}"
}
