# shellcheck shell=bash
# Processes: started under a name, accounted for by that name, ended by their ids.
# RUN/NAME/pids holds the ids that were started for NAME; their descendants belong to NAME too.

TICKS_PER_SECOND=$(getconf CLK_TCK)
# How long a process may take to end before it is killed.
STOP_SECONDS=10

# launch NAME COMMAND ...: in the background, output to RUN/NAME/log.
launch() {
  local name=$1
  shift
  mkdir -p "$RUN/$name"
  "$@" </dev/null >>"$RUN/$name/log" 2>&1 &
  echo $! >>"$RUN/$name/pids"
}

# Ids of everything started for the names, children included.
process_ids() {
  local name roots=()
  for name in "$@"; do
    [ ! -f "$RUN/$name/pids" ] || mapfile -t -O "${#roots[@]}" roots <"$RUN/$name/pids"
  done
  [ ${#roots[@]} -gt 0 ] || return 0
  ps -e -o pid=,ppid= | awk -v roots="${roots[*]}" '
    { parent[$1] = $2 }
    END {
      count = split(roots, root, " ")
      for (i = 1; i <= count; i++) wanted[root[i]] = 1
      for (pid in parent) {
        for (at = pid; at in parent && !(at in wanted) && at > 1; at = parent[at]) ;
        if (at in wanted && pid in parent) print pid
      }
    }'
}

# Processor time that the names have used so far, in clock ticks.
cpu_ticks() {
  local pid
  for pid in $(process_ids "$@"); do
    # The command's name may hold blanks: count from behind its closing bracket.
    sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null || :
  done | awk '{ ticks += $12 + $13 } END { print ticks + 0 }'
}

# Resident memory of the names in MB; pages that several processes share are counted once.
memory_mb() {
  local pid
  for pid in $(process_ids "$@"); do
    cat "/proc/$pid/smaps_rollup" 2>/dev/null || :
  done | awk '$1 == "Pss:" { kb += $2 } END { printf "%.0f\n", kb / 1024 }'
}

alive() {
  local pid
  for pid in $(process_ids "$1"); do
    kill -0 "$pid" 2>/dev/null && return 0
  done
  return 1
}

# Ends what was started under a name: politely, then not.
end_processes() {
  local name=$1 pids deadline=$((SECONDS + STOP_SECONDS))
  pids=$(process_ids "$name")
  if [ -n "$pids" ]; then
    xargs -r kill <"$RUN/$name/pids" 2>/dev/null || :
    while alive "$name" && [ $SECONDS -lt $deadline ]; do sleep 0.05; done
    # Only ids of children that are still the same processes: asked for again, not remembered.
    process_ids "$name" | xargs -r kill -KILL 2>/dev/null || :
  fi
  rm -f "$RUN/$name/pids"
}

end_all_processes() {
  local pids
  for pids in "$RUN"/*/pids; do
    [ ! -f "$pids" ] || end_processes "$(basename "$(dirname "$pids")")"
  done
}
