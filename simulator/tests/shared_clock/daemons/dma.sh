#!/bin/bash
# dma, which has no daemon: a process per message sleeps and tries. One message, or as many as the first argument says.
set -euo pipefail
printf 'SMARTHOST 127.0.0.1\nPORT %s\nMAILNAME mta.example.test\n' "$FAKEMX_PORT" >/etc/dma/dma.conf
mkdir -p /var/spool/dma
for ((number = 1; number <= ${1:-1}; number++)); do
    printf 'From: a@example.test\nTo: u%s@163.com\nSubject: hello\n\nhello\n' "$number" |
        /usr/sbin/dma -f a@example.test "u$number@163.com"
done
while sleep 3600; do
    /usr/sbin/dma -bp | grep -q '@163.com' || break
done
