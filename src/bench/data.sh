#!/usr/bin/env bash
# Writes a text file for measurements. Its content depends only on its size and seed.
set -euo pipefail
# shellcheck source=lib/common.sh
source "$(dirname "$0")/lib/common.sh"

usage() {
  cat <<'USAGE'
usage: src/bench/data.sh SIZE FILE

SIZE is bytes (1000000, 200M, 1G) or lines (200000lines). Lines have 88 bytes on average, 0 to 8 KiB.
The environment variable SEED selects another text (default 1).
USAGE
}

main() {
  [ $# = 2 ] || { usage >&2; exit 2; }
  local number unit=1 what=bytes
  [[ $1 =~ ^([1-9][0-9]*)(|[kKmMgG]|lines)$ ]] || { usage >&2; exit 2; }
  number=${BASH_REMATCH[1]}
  case ${BASH_REMATCH[2]} in
    lines) what=lines ;;
    [kK]) unit=$((1 << 10)) ;;
    [mM]) unit=$((1 << 20)) ;;
    [gG]) unit=$((1 << 30)) ;;
  esac
  mkdir -p "$(dirname "$2")"
  "$JAVA" "$BENCH/MakeText.java" "$2.part" "$what" $((number * unit)) "${SEED:-1}"
  mv "$2.part" "$2"
}

main "$@"
