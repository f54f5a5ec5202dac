# shellcheck shell=bash
# All parts, for the scripts that measure.

for part in common process services contender servers measure environment arena loading report bars; do
  # shellcheck source=/dev/null
  source "$(dirname "${BASH_SOURCE[0]}")/$part.sh"
done
