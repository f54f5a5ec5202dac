# shellcheck shell=bash
# Processes are started under a name, measured by that name, and ended by their ids.
# RUN/NAME/pids holds the ids that were started for NAME; their descendants also belong to NAME.

TICKS_PER_SECOND=$(getconf CLK_TCK)
# Time for a process to end after SIGTERM, before SIGKILL.
STOP_SECONDS=10

# launch NAME COMMAND ...: starts the command in the background; its output goes to RUN/NAME/log.
launch() {
  local name=$1
  shift
  mkdir -p "$RUN/$name"
  "$@" </dev/null >>"$RUN/$name/log" 2>&1 &
  echo $! >>"$RUN/$name/pids"
}

# Prints the ids of all processes of the names, descendants included.
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
      for (i = 1; i <= count; i++) member[root[i]] = 1
      for (pid in parent) {
        for (at = pid; at in parent && !(at in member) && at > 1; at = parent[at]) ;
        if (at in member && pid in parent) print pid
      }
    }'
}

# Prints the CPU time that the processes of the names have used, in clock ticks.
cpu_ticks() {
  local pid
  for pid in $(process_ids "$@"); do
    # The name of the command may contain blanks: fields are counted after its closing parenthesis.
    sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null || :
  done | awk '{ ticks += $12 + $13 } END { print ticks + 0 }'
}

# Prints the resident memory of the names in MB; counts shared pages once.
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

# end_processes NAME: ends the processes of a name by SIGTERM, and by SIGKILL if they have not ended in time.
end_processes() {
  local name=$1 pids deadline=$((SECONDS + STOP_SECONDS))
  pids=$(process_ids "$name")
  if [ -n "$pids" ]; then
    xargs -r kill <"$RUN/$name/pids" 2>/dev/null || :
    while alive "$name" && [ $SECONDS -lt $deadline ]; do sleep 0.05; done
    # Lists the ids again: an id remembered from before may belong to another process by now.
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
