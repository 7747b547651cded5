#!/bin/bash
# Postfix with its default queue settings; one message, or as many as the first argument says.
set -euo pipefail
cat >/etc/postfix/main.cf <<CONF
compatibility_level = 3.6
myhostname = mta.example.test
mydestination = localhost, example.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = /var/log/postfix.log
alias_maps =
alias_database =
local_recipient_maps =
local_transport = discard:
default_transport = smtp:[127.0.0.1]:$FAKEMX_PORT
smtp_dns_support_level = disabled
smtp_tls_security_level = none
CONF
[ -e /etc/postfix/master.cf ] || cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
postconf -MX smtp/inet 2>/dev/null || true
postconf -F '*/*/chroot=n'
touch /etc/postfix/dynamicmaps.cf
postfix start
for ((number = 1; number <= ${1:-1}; number++)); do
    printf 'From: a@example.test\nTo: u%s@163.com\nSubject: hello\n\nhello\n' "$number" |
        sendmail -i -f a@example.test "u$number@163.com"
done
# Looks once in a virtual hour, and ends when nothing is left.
while sleep 3600; do
    [ -n "$(postqueue -j)" ] || break
done
postfix stop || true
grep -c 'status=deferred' /var/log/postfix.log || true
grep -v 'status=deferred\|: from=' /var/log/postfix.log | tail -n 12
