# shellcheck shell=bash
# Sources all parts of the measuring scripts.

for part in common process services nodes contender servers measure environment arena loading report bars; do
  # shellcheck source=/dev/null
  source "$(dirname "${BASH_SOURCE[0]}")/$part.sh"
done
