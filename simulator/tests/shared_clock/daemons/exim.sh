#!/bin/bash
# An Exim daemon with Debian's retry rules and queue interval; one message, or as many as the first argument says.
set -euo pipefail
cat >/etc/exim4/exim4.conf <<CONF
primary_hostname = mta.example.test
qualify_domain = example.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = 0
disable_ipv6 = true
dns_ipv4_lookup = *
host_lookup =
tls_advertise_hosts =
never_users =
begin routers
bounces:
  driver = accept
  domains = example.test
  transport = nowhere
all:
  driver = manualroute
  route_list = * "127.0.0.1::$FAKEMX_PORT" byname
  self = send
  transport = out
begin transports
nowhere:
  driver = appendfile
  file = /dev/null
  user = Debian-exim
out:
  driver = smtp
  hosts_try_dane =
begin retry
*  *  F,2h,15m; G,16h,1h,1.5; F,4d,6h
CONF
chmod 0644 /etc/exim4/exim4.conf
for ((number = 1; number <= ${1:-1}; number++)); do
    printf 'From: a@example.test\nTo: u%s@163.com\nSubject: hello\n\nhello\n' "$number" |
        exim4 -odf -i -f a@example.test "u$number@163.com"
done
exim4 -bdf -oX '' -q30m &
daemon=$!
# Looks into the log once in a virtual hour, and ends when nothing is left.
while sleep 3600; do
    [ -n "$(exim4 -bpr)" ] || break
done
kill "$daemon"
grep -c ' == ' /var/log/exim4/mainlog || true
tail -n 4 /var/log/exim4/mainlog
