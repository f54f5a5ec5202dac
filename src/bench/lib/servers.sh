# shellcheck shell=bash
# Functions that several contenders share.

# nginx_configuration FOLDER PORT LOCATION [TOP]: writes a configuration with one location and without features that take
# time.
nginx_configuration() {
  local folder=$1 port=$2 location=$3 top=${4:-} user=''
  # By default the workers of a root process run as a user that cannot read the folder of the run.
  if [ "$(id -u)" = 0 ]; then user='user root;'; fi
  cat >"$folder/nginx.conf" <<CONF
$top
$user
daemon off;
pid $folder/nginx.pid;
error_log stderr crit;
worker_processes 2;
worker_rlimit_nofile $(ulimit -n);
events {
    worker_connections 8192;
}
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    sendfile on;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
    server {
        listen 127.0.0.1:$port reuseport backlog=4096;
        location / {
            $location
        }
    }
}
CONF
}

# Stores each line under its number with redis-cli --pipe, once for all contenders that share Redis.
load_redis() {
  if [ "$(redis-cli -p "$(service_port redis)" dbsize)" = "$LINES_COUNT" ]; then
    touch "$home/shared"
    return
  fi
  redis_commands "$TEXT" | redis-cli -p "$(service_port redis)" --pipe
}

redis_commands() { "$JAVA" -cp "$(compile RedisCommands "$BENCH/raw/RedisCommands.java")" RedisCommands "$1"; }

# Writes the lines as records of the set raw with the bare client.
load_aerospike() { raw_writer "$TEXT" "$(service_port aerospike)" raw; }

raw_writer() { "$JAVA" "${SERVER_JAVA_OPTIONS[@]}" -cp "$(compile_raw RawWriter)" RawWriter "$@"; }

# compile_raw NAME: compiles a program of raw/ with the libraries of Line Server, and prints its class path.
compile_raw() { compile "$1" "$BENCH/raw/$1.java" "$SERVER_LIBRARIES/*"; }

needs_libraries() {
  [ -d "$SERVER_LIBRARIES" ] || echo "$SERVER_LIBRARIES (run build.sh)"
}

# launch_raw_server PORT MODE ...
launch_raw_server() {
  launch "$name" "$JAVA" "${SERVER_JAVA_OPTIONS[@]}" -cp "$(compile_raw RawServer)" RawServer "$@"
}

DJANGO_PROGRAMS='gunicorn=gunicorn,python3-django'
# The interpreter of Debian, for which its packages are built.
DJANGO_PYTHON=/usr/bin/python3

needs_django() { "$DJANGO_PYTHON" -c 'import django' 2>/dev/null || echo 'Django (Debian: python3-django)'; }

load_django() {
  rm -f "$home/lines.sqlite"
  in_django "$DJANGO_PYTHON" "$BENCH/contenders/django-sqlite/load.py" "$TEXT"
}

# launch_django MODULE PORT: starts a module of contenders/django-sqlite with threaded workers and persistent connections.
launch_django() {
  in_django launch "$name" gunicorn --chdir "$BENCH/contenders/django-sqlite" --bind "127.0.0.1:$2" \
    --worker-class gthread --workers 3 --threads 4 --worker-connections 2000 --backlog 4096 \
    --keep-alive 75 --no-sendfile "$1:application"
}

in_django() { LINES_DATABASE=$home/lines.sqlite PYTHONDONTWRITEBYTECODE=1 "$@"; }

# launch_server jvm|native VERB ...: runs in the folder of the contender, so that no other .env or configuration is read.
launch_server() {
  local command
  mapfile -t command < <(server_command "$1")
  launch "$name" env -C "$home" "${command[@]}" "${@:2}"
}

# start_server FORM NAME STORE_OPTION ...
start_server() {
  local port form=$1
  name=$2 home=$RUN/$2
  shift 2
  port=$(free_port)
  mkdir -p "$home"
  echo "$port" >"$home/port"
  launch_server "$form" serve --port "$port" "$@"
  await 60 "$name" is_ready "$port" || die "$name is not ready"
}

is_ready() { [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$1/q/health/ready")" = 200 ]; }
