# shellcheck shell=bash
# Contenders: one file each in contenders/. Each is sourced in a subshell, so that all can define the same names.
#
#   title      variable: its name in the tables
#   programs   variable: the commands it needs on PATH, each as command=package
#   services   variable: the shared databases it needs: redis, aerospike
#   constant   variable: set if it returns the same response to every request, so that its lines are not compared
#   path       variable: the path of a line, with %d for the line number
#   missing    function: prints other missing requirements, one per line
#   prepare    function: prepares it, for example compiles a program
#   load       function: stores the $LINES_COUNT lines of $TEXT
#   start      function: starts it on port $1
#   ready      function: succeeds if it returns a line on port $1
#
# $RUN/NAME holds the state of a contender: port, pids, log, and the data that it stores.

# in_contender NAME COMMAND ...: runs the command with the contender's variables and functions.
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

# Variables of a contender, for use outside its subshell.
title_of() { in_contender "$1" eval 'echo "$title"'; }
path_of() { in_contender "$1" eval 'echo "$path"'; }
is_constant() { [ -n "$(in_contender "$1" eval 'echo "$constant"')" ]; }
# Prints the contender and its databases, which all spend CPU time on its requests.
names_of() { in_contender "$1" eval 'echo "$name $services"'; }
port_of() { cat "$RUN/$1/port"; }
base_url() { echo "http://127.0.0.1:$(port_of "$1")"; }
# shellcheck disable=SC2059 # the path is a format
url_of() { base_url "$1" | tr -d '\n' && printf "$(path_of "$1")\n" "$2"; }

# answers PORT: succeeds if the contender returns the first line with 200.
answers() {
  # shellcheck disable=SC2059 # the path is a format
  [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$1$(printf "$path" 1)")" = 200 ]
}

# Prints the requirements of a contender that this machine lacks, one per line.
missing_requirements() {
  in_contender "$1" missing_programs
  in_contender "$1" missing
}

missing_programs() {
  local entry
  for entry in $programs $(service_programs "$services"); do
    has "${entry%%=*}" || echo "${entry%%=*} (Debian: ${entry#*=})"
  done
}

service_programs() {
  case " $1 " in *' redis '*) echo redis-server=redis-server redis-cli=redis-tools ;; esac
  case " $1 " in *' aerospike '*) echo asd=none,-see-aerospike.com ;; esac
}

# Prints the Debian packages of a contender and its services.
packages_of() {
  local entry
  for entry in $(in_contender "$1" eval 'echo "$programs $(service_programs "$services")"'); do
    [[ $entry == *=none* ]] || echo "${entry#*=}" | tr ',' '\n'
  done
}

# Starts the databases of a contender. Must not run in a subshell, because contenders share their state.
start_services() {
  local service
  for service in $(in_contender "$1" eval 'echo "$services"'); do service "$service" || return 1; done
}

# Prints the seconds for storing the lines; a dash if nothing was stored or another contender has stored them.
timed_load() {
  local from
  from=$(now_ns)
  in_contender "$1" load >>"$RUN/$1.load.log" 2>&1 || { tail -n 5 "$RUN/$1.load.log" >&2; return 1; }
  if [ -e "$RUN/$1/shared" ]; then echo –; else seconds_since "$from"; fi
}

# Prints the seconds from the start of the process to the first 200.
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

# Polls without a pause. Checks only every 20 polls that the process is alive, because this check takes longer.
await_ready() {
  local deadline=$((SECONDS + 60)) polls=0
  until ready "$1"; do
    polls=$((polls + 1))
    if [ $SECONDS -ge $deadline ] || { [ $((polls % 20)) = 0 ] && ! alive "$name"; }; then
      tail -n 20 "$RUN/$name/log" >&2
      return 1
    fi
  done
}
