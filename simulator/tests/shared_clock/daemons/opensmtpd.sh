#!/bin/bash
# OpenSMTPD; one message, or as many as the first argument says.
set -euo pipefail
cat >/etc/smtpd.conf <<CONF
action "out" relay host smtp://127.0.0.1:$FAKEMX_PORT
action "drop" mda "cat >/dev/null"
match from local for domain "example.test" action "drop"
match from local for local action "drop"
match from local for any action "out"
CONF
printf 'mta.example.test\n' >/etc/mailname
smtpd -d -v -f /etc/smtpd.conf 2>&1 | tee /run/smtpd.log >&2 &
daemon=$!
until smtpctl show status >/dev/null 2>&1; do sleep 0.1; done
for ((number = 1; number <= ${1:-1}; number++)); do
    printf 'From: a@example.test\nTo: u%s@163.com\nSubject: hello\n\nhello\n' "$number" |
        /usr/sbin/sendmail -f a@example.test "u$number@163.com"
done
while sleep 3600; do
    [ -n "$(smtpctl show queue)" ] || break
done
kill "$daemon"
tail -n 12 /run/smtpd.log
