# shellcheck shell=bash
# nginx with Lua and Redis, with a pool of persistent connections: the usual stack of OpenResty users.
title='nginx + Lua + Redis'
programs='nginx=libnginx-mod-http-lua,nginx-light'
services=redis
LUA_MODULE=/usr/lib/nginx/modules/ngx_http_lua_module.so
NDK_MODULE=/usr/lib/nginx/modules/ndk_http_module.so
LUA_REDIS=/usr/share/lua/5.1/nginx/redis.lua

missing() {
  [ -f "$LUA_MODULE" ] || echo 'the Lua module of nginx (Debian: libnginx-mod-http-lua)'
  [ -f "$LUA_REDIS" ] || echo 'the Redis client for Lua (Debian: lua-nginx-redis)'
}

prepare() { compile RedisCommands "$BENCH/raw/RedisCommands.java"; }

load() { load_redis; }

start() {
  nginx_configuration "$home" "$1" "
    default_type text/plain;
    lua_socket_log_errors off;
    set \$redis_port $(service_port redis);
    content_by_lua_file \"$BENCH/contenders/nginx-lua-redis.lua\";
  " "load_module $NDK_MODULE; load_module $LUA_MODULE;"
  launch "$name" nginx -e stderr -p "$home" -c "$home/nginx.conf"
}
