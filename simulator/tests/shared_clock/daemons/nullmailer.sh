#!/bin/bash
# nullmailer with its defaults; one message, or as many as the first argument says.
set -euo pipefail
printf 'mta.example.test\n' >/etc/nullmailer/me
printf '127.0.0.1 smtp --port=%s\n' "$FAKEMX_PORT" >/etc/nullmailer/remotes
mkdir -p /var/spool/nullmailer/queue /var/spool/nullmailer/tmp /var/spool/nullmailer/failed
[ -p /var/spool/nullmailer/trigger ] || mkfifo -m 0622 /var/spool/nullmailer/trigger
chown -R mail:root /var/spool/nullmailer
for ((number = 1; number <= ${1:-1}; number++)); do
    printf 'From: a@example.test\nTo: u%s@163.com\nSubject: hello\n\nhello\n' "$number" |
        nullmailer-inject -f a@example.test "u$number@163.com"
done
cd /
exec setpriv --reuid=mail --regid=mail --clear-groups nullmailer-send
