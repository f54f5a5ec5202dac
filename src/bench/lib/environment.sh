# shellcheck shell=bash
# Describes the machine, the programs and the data of a run.

print_environment() {
  heading Environment
  row_of 'Date' "$(date -u '+%Y-%m-%d %H:%M UTC')"
  row_of 'Commit' "$(commit)"
  row_of 'Processor' "$(awk -F ': ' '/model name/ { print $2; exit }' /proc/cpuinfo), $(nproc) cores for servers and load"
  row_of 'Memory' "$(awk '$1 == "MemTotal:" { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo)"
  row_of 'Kernel' "$(uname -sr)"
  row_of 'Load before' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
  row_of 'JDK' "$("$JAVA" -version 2>&1 | sed -n 2p)"
  local program
  for program in nginx redis-server webdis gunicorn asd wrk; do
    ! has "$program" || row_of "$program" "$(version_of "$program")"
  done
  if awk -v cores="$(nproc)" '{ exit !($1 > cores * 0.15) }' /proc/loadavg; then
    printf '\n**The machine was not idle at the start: the figures are rough.**\n'
  fi
}

row_of() { printf -- '- %s: %s\n' "$1" "$2"; }

commit() {
  local state=''
  git -C "$ROOT" diff --quiet HEAD 2>/dev/null || state=', with changes'
  echo "$(git -C "$ROOT" rev-parse --short HEAD 2>/dev/null || echo unknown)$state"
}

version_of() {
  case $1 in
    nginx) nginx -v 2>&1 | sed 's/.*nginx\///' ;;
    redis-server) redis-server --version | sed 's/.* v=\([^ ]*\).*/\1/' ;;
    webdis) dpkg-query -W -f '${Version}' webdis 2>/dev/null || echo unknown ;;
    gunicorn) echo "$(gunicorn --version | sed 's/[^0-9.]//g') with Django $(/usr/bin/python3 -m django --version 2>/dev/null)" ;;
    asd) asd --version | sed 's/.*build //' ;;
    wrk) { wrk -v || :; } 2>&1 | sed -n '1s/^wrk \([^ ]*\).*/\1/p' ;;
  esac
}

print_data() {
  heading Data
  row_of 'Text' "$LINES_COUNT lines, $(stat -c %s "$TEXT") bytes, $(awk -v b="$(stat -c %s "$TEXT")" -v l="$LINES_COUNT" 'BEGIN { printf "%.1f", b / l }') per line with its terminator, all in the page cache"
}

# keep_text SIZE: prints the path of the text of that size and of SEED, and creates it unless an earlier run has kept it.
keep_text() {
  local file=$KEPT/data/$1.txt
  [ "${SEED:-1}" = 1 ] || file=$KEPT/data/$1-$SEED.txt
  [ -f "$file" ] || "$BENCH/data.sh" "$1" "$file"
  echo "$file"
}
