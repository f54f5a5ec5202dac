# shellcheck shell=bash
# Bars: a figure, what it has to reach, and whether it does. RUN/missed is there once one was missed.
# Figures without a bar stand among them, to be read.

begin_bars() {
  echo '| | bar | measured: median (spread) | at least or most |'
  echo '|---|---|---:|---:|'
}

# bar TITLE at-least|at-most BOUND: of the numbers on standard input, one per round.
bar() {
  local title=$1 sense=$2 bound=$3 numbers middle verdict=miss
  numbers=$(cat)
  if [ -z "$numbers" ]; then
    printf '| not measured | %s | – | %s %s |\n' "$title" "${sense/-/ }" "$bound"
    return
  fi
  middle=$(median <<<"$numbers")
  if awk -v x="$middle" -v bound="$bound" -v sense="$sense" \
    'BEGIN { exit !(sense == "at-least" ? x >= bound : x <= bound) }'; then
    verdict=pass
  else
    touch "$RUN/missed"
  fi
  printf '| %s | %s | %s | %s %s |\n' "$verdict" "$title" "$(spread 3 <<<"$numbers")" "${sense/-/ }" "$bound"
}

# figure TITLE: of the numbers on standard input, one per round.
figure() {
  local numbers
  numbers=$(cat)
  printf '| | %s | %s | – |\n' "$1" "$([ -z "$numbers" ] || spread 3 <<<"$numbers")"
}
