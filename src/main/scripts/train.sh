# Sourced by build.sh: starts and stops the program once, so that Java keeps what it loaded for later starts (JEP 483,
# 514). Only speeds up the start: where it fails, the program is started without.

train() {
  local jar=$1 cache=$2 folder pid
  folder=$(mktemp -d)
  # Enough for Java to keep what it learned of the loops that split and hash, too.
  seq -f '%g: lines of some forty to fifty bytes each, as in many files' 2000000 >"$folder/sample"
  "$JAVA_HOME/bin/java" --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \
    -XX:AOTCacheOutput="$cache" -Xlog:aot=off -Xlog:cds=off \
    -jar "$jar" serve "$folder/sample" --data-dir "$folder/data" --port 0 >"$folder/log" 2>&1 &
  pid=$!
  for _ in $(seq 300); do
    if grep -q 'listening at' "$folder/log" || ! kill -0 "$pid" 2>/dev/null; then break; fi
    sleep 0.2
  done
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  rm -rf "$folder"
  [ -f "$cache" ] || echo "No cache of classes could be made; the program will start more slowly."
}
