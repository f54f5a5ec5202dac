# shellcheck shell=bash
# Contenders: one file each in contenders/, read in a subshell, so that all of them use the same words.
#
#   title      variable: how the tables call it
#   programs   variable: commands it needs on PATH, each as command=package
#   services   variable: databases it needs and shares: redis, aerospike
#   constant   variable: set where it answers every request alike, so that lines are not compared
#   path       variable: what is asked for, with %d for the line number
#   missing    function: prints what else it lacks, nothing where it is complete
#   prepare    function: whatever is neither storing lines nor starting, such as compiling
#   load       function: stores the lines of $TEXT, there are $LINES_COUNT
#   start      function: launches it on port $1
#   ready      function: whether it answers; $1 is its port
#
# State of a contender is in $RUN/NAME: port, pids, log, and whatever it stores.

# in_contender NAME COMMAND ...: runs the command with the contender's words.
in_contender() (
  name=$1 services='' constant='' programs='' path='/lines/%d' home=$RUN/$1
  title=$1
  missing() { :; }
  prepare() { :; }
  load() { touch "$home/shared"; }
  ready() { answers "$1"; }
  # shellcheck source=/dev/null
  source "$BENCH/contenders/$1.sh"
  mkdir -p "$home"
  shift
  "$@"
)

contender_names() {
  local file
  for file in "$BENCH"/contenders/*.sh; do basename "$file" .sh; done
}

# Words of a contender, for use outside of it.
title_of() { in_contender "$1" eval 'echo "$title"'; }
path_of() { in_contender "$1" eval 'echo "$path"'; }
is_constant() { [ -n "$(in_contender "$1" eval 'echo "$constant"')" ]; }
# The contender and the databases it shares: all of them work for its requests.
names_of() { in_contender "$1" eval 'echo "$name $services"'; }
port_of() { cat "$RUN/$1/port"; }
base_url() { echo "http://127.0.0.1:$(port_of "$1")"; }
# shellcheck disable=SC2059 # the path is a format
url_of() { base_url "$1" | tr -d '\n' && printf "$(path_of "$1")\n" "$2"; }

# Whether the first line is answered on a port, in the words of a contender.
answers() {
  # shellcheck disable=SC2059 # the path is a format
  [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$1$(printf "$path" 1)")" = 200 ]
}

# What a contender lacks on this machine, one per line.
lacks() {
  in_contender "$1" lacking_programs
  in_contender "$1" missing
}

lacking_programs() {
  local entry
  for entry in $programs $(service_programs "$services"); do
    has "${entry%%=*}" || echo "${entry%%=*} (Debian: ${entry#*=})"
  done
}

service_programs() {
  case " $1 " in *' redis '*) echo redis-server=redis-server redis-cli=redis-tools ;; esac
  case " $1 " in *' aerospike '*) echo asd=none,-see-aerospike.com ;; esac
}

# Debian packages of a contender and its services.
packages_of() {
  local entry
  for entry in $(in_contender "$1" eval 'echo "$programs $(service_programs "$services")"'); do
    [[ $entry == *=none* ]] || echo "${entry#*=}" | tr ',' '\n'
  done
}

# Starts the databases of a contender. Not in a subshell: their state is shared.
start_services() {
  local service
  for service in $(in_contender "$1" eval 'echo "$services"'); do service "$service" || return 1; done
}

# Prints seconds that storing the lines took; a dash where they need no storing, or another contender stored them.
timed_load() {
  local from
  from=$(now_ns)
  in_contender "$1" load >>"$RUN/$1.load.log" 2>&1 || { tail -n 5 "$RUN/$1.load.log" >&2; return 1; }
  if [ -e "$RUN/$1/shared" ]; then echo –; else seconds_since "$from"; fi
}

# Prints seconds from the command to the first right answer.
timed_start() {
  local port from
  port=$(free_port)
  mkdir -p "$RUN/$1"
  echo "$port" >"$RUN/$1/port"
  from=$(now_ns)
  in_contender "$1" start "$port"
  in_contender "$1" await_ready "$port" || return 1
  seconds_since "$from"
}

# Asks as often as it can; looks whether the process still lives only every now and then, as looking costs more.
await_ready() {
  local deadline=$((SECONDS + 60)) asked=0
  until ready "$1"; do
    asked=$((asked + 1))
    if [ $SECONDS -ge $deadline ] || { [ $((asked % 20)) = 0 ] && ! alive "$name"; }; then
      tail -n 20 "$RUN/$name/log" >&2
      return 1
    fi
  done
}
