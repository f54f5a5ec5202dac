# Sourced by build.sh: starts and stops the program once, so that Java writes a cache of loaded classes for later starts
# (JEP 483, 514). The cache only makes the start faster; without it the program runs all the same.

train() {
  local jar=$1 cache=$2 folder pid
  folder=$(mktemp -d)
  unseal "$(dirname "$jar")" "$folder"
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

# unseal APPLICATION FOLDER: removes the seal from the packages of the only library that has one. Java does not start with a
# cache that holds classes of a sealed package if the program was moved since the cache was made.
unseal() {
  local library=("$1"/lib/main/org.tukaani.xz-*.jar)
  printf 'Sealed: false\n' >"$2/manifest"
  # With a fixed time, because two builds have the same bytes. It warns that it replaces the attribute.
  "$JAVA_HOME/bin/jar" --update --date=2026-01-01T00:00:00Z --file="${library[0]}" --manifest="$2/manifest" 2>/dev/null
}

# require_start LAUNCHER: starts the program from another folder, with its cache if there is one.
require_start() {
  local launcher
  launcher=$(readlink -f "$1")
  (cd / && "$launcher" --version >/dev/null) || {
    echo "$launcher does not start from another folder." >&2
    return 1
  }
}
