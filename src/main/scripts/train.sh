# Sourced by build.sh: starts and stops the program once, so that Java writes a cache of loaded classes for later starts
# (JEP 483, 514). The cache only makes the start faster; without it the program runs all the same.

train() {
  local jar=$1 cache=$2 folder pid
  folder=$(mktemp -d)
  # Long enough for Java to record profiles of the loops that split and hash, too.
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
  [ -f "$cache" ] || echo "The cache of classes could not be created; the program will start more slowly."
}
