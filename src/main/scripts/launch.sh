# The second part of target/line-server-jvm, after jdk.sh: runs the application in quarkus-app, beside this file, on Java 25.
set -euo pipefail

app=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/quarkus-app
find_java_25 java

# Java encodes file names by the locale, and the C locale has only ASCII.
case "${LC_ALL:-${LC_CTYPE:-${LANG:-C}}}" in C | POSIX) export LC_ALL=C.UTF-8 ;; esac

cache=()
[ ! -f "$app/line-server.aot" ] || cache=(-XX:AOTCache="$app/line-server.aot" -Xlog:aot=off -Xlog:cds=off)
# Without these two options Java prints warnings about Netty.
# shellcheck disable=SC2086
exec "$JAVA_HOME/bin/java" --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \
  ${cache[@]+"${cache[@]}"} ${JAVA_OPTS:-} -jar "$app/quarkus-run.jar" "$@"
