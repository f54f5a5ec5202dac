# shellcheck shell=bash
# A bar is a figure with a bound that it must reach. RUN/missed exists if a figure has missed its bound.
# A figure without a bound is only printed.

begin_bars() {
  echo '| | bar | measured: median (spread) | at least or most |'
  echo '|---|---|---:|---:|'
}

# bar TITLE at-least|at-most BOUND: compares the median of the numbers on standard input, one per round, with the bound.
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

# figure TITLE: prints the median and spread of the numbers on standard input, one per round.
figure() {
  local numbers
  numbers=$(cat)
  printf '| | %s | %s | – |\n' "$1" "$([ -z "$numbers" ] || spread 3 <<<"$numbers")"
}
