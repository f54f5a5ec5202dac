# shellcheck shell=bash
# nginx with a constant response from its configuration: an upper bound of this machine.
title='nginx, constant answer'
programs='nginx=nginx-light'
constant=yes

start() {
  nginx_configuration "$home" "$1" '
    default_type text/plain;
    return 200 "this answer has the length of an ordinary line of text and comes out of the configuration";
  '
  launch "$name" nginx -e stderr -p "$home" -c "$home/nginx.conf"
}
