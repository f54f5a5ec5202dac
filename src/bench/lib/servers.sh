# shellcheck shell=bash
# What several contenders have in common.

# nginx_configuration FOLDER PORT LOCATION [TOP]: one location, everything that costs time switched off.
nginx_configuration() {
  local folder=$1 port=$2 location=$3 top=${4:-} user=''
  # Workers of a root process would change to a user who cannot look into the run's folder.
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

# Lines under their numbers: the commands that set them, piped in. Once for all that share Redis.
load_redis() {
  if [ "$(redis-cli -p "$(service_port redis)" dbsize)" = "$LINES_COUNT" ]; then
    touch "$home/shared"
    return
  fi
  redis_commands "$TEXT" | redis-cli -p "$(service_port redis)" --pipe
}

redis_commands() { "$JAVA" -cp "$(compile RedisCommands "$BENCH/raw/RedisCommands.java")" RedisCommands "$1"; }

# Lines as records of the set raw, written by the bare client.
load_aerospike() { raw_writer "$TEXT" "$(service_port aerospike)" raw; }

raw_writer() { "$JAVA" "${SERVER_JAVA_OPTIONS[@]}" -cp "$(compile_raw RawWriter)" RawWriter "$@"; }

# A program of raw/ against the libraries of ours; prints its class path.
compile_raw() { compile "$1" "$BENCH/raw/$1.java" "$SERVER_LIBRARIES/*"; }

needs_libraries() {
  [ -d "$SERVER_LIBRARIES" ] || echo "$SERVER_LIBRARIES (run build.sh)"
}

# launch_raw_server PORT MODE ...
launch_raw_server() {
  launch "$name" "$JAVA" "${SERVER_JAVA_OPTIONS[@]}" -cp "$(compile_raw RawServer)" RawServer "$@"
}

DJANGO_PROGRAMS='gunicorn=gunicorn,python3-django'
# Debian's interpreter: the one its packages are for.
DJANGO_PYTHON=/usr/bin/python3

needs_django() { "$DJANGO_PYTHON" -c 'import django' 2>/dev/null || echo 'Django (Debian: python3-django)'; }

load_django() {
  rm -f "$home/lines.sqlite"
  in_django "$DJANGO_PYTHON" "$BENCH/contenders/django-sqlite/load.py" "$TEXT"
}

# launch_django MODULE PORT: a module of contenders/django-sqlite, under threaded workers that keep connections.
launch_django() {
  in_django launch "$name" gunicorn --chdir "$BENCH/contenders/django-sqlite" --bind "127.0.0.1:$2" \
    --worker-class gthread --workers 3 --threads 4 --worker-connections 2000 --backlog 4096 \
    --keep-alive 75 --no-sendfile "$1:application"
}

in_django() { LINES_DATABASE=$home/lines.sqlite PYTHONDONTWRITEBYTECODE=1 "$@"; }

# launch_server jvm|native VERB ...: in a folder of the contender, so that nobody else's .env or logs are found.
launch_server() {
  local command
  mapfile -t command < <(server_command "$1")
  launch "$name" env -C "$home" "${command[@]}" "${@:2}"
}
