# shellcheck shell=bash
# nginx with one file per line, in one flat folder without path rewriting, and with a cache of open descriptors.
title='nginx, static file per line'
programs='nginx=nginx-light'

prepare() {
  mkdir -p "$home/www/lines"
  compile_split
}

compile_split() { compile SplitText "$BENCH/raw/SplitText.java"; }

load() { "$JAVA" -cp "$(compile_split)" SplitText "$TEXT" "$home/www/lines"; }

start() {
  # Every worker may cache a descriptor of every line, up to the limit of open files.
  local descriptors=$(($(ulimit -n) - 9000))
  if [ "$descriptors" -gt "$LINES_COUNT" ]; then descriptors=$LINES_COUNT; fi
  if [ "$descriptors" -lt 100 ]; then descriptors=100; fi
  nginx_configuration "$home" "$1" "
    root $home/www;
    default_type text/plain;
    open_file_cache max=$descriptors inactive=1h;
    open_file_cache_valid 1h;
    open_file_cache_min_uses 1;
  "
  launch "$name" nginx -e stderr -p "$home" -c "$home/nginx.conf"
}
