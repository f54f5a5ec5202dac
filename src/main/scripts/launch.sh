# The rest of target/line-server-jvm, after jdk.sh: runs quarkus-app, which is beside it, on Java 25.
set -euo pipefail

app=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/quarkus-app
find_java_25 java

# Java encodes the names of files as the locale says, and the locale C has only ASCII.
case "${LC_ALL:-${LC_CTYPE:-${LANG:-C}}}" in C | POSIX) export LC_ALL=C.UTF-8 ;; esac

cache=()
[ ! -f "$app/line-server.aot" ] || cache=(-XX:AOTCache="$app/line-server.aot" -Xlog:aot=off -Xlog:cds=off)
# The two options keep Java from warning about Netty's methods.
# shellcheck disable=SC2086
exec "$JAVA_HOME/bin/java" --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \
  ${cache[@]+"${cache[@]}"} ${JAVA_OPTS:-} -jar "$app/quarkus-run.jar" "$@"
