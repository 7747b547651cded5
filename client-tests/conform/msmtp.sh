#!/bin/bash
# Sends one message with msmtp, whose exit status says what became of it. It has no timeout of its own: ten minutes is what RFC 5321 asks
# for at most.
#
#   msmtp.sh           it cannot be told to use TLS where there is TLS, so it stays without, as is its default
#   msmtp.sh submit    wants TLS and logs in, as a mail program does
set -euo pipefail
words=()
if [ "${1:-}" = submit ]; then
    words=(--tls=on --tls-trust-file="$FAKEMX_CA" --tls-host-override="$FAKEMX_HOST" --auth=on --user=ann --passwordeval='echo secret')
    [ "$FAKEMX_TLS" != implicit ] || words+=(--tls-starttls=off)
fi
# shellcheck disable=SC2086
exec msmtp --host="$FAKEMX_IP" --port="$FAKEMX_PORT" --domain=mta.example.test --timeout=600 "${words[@]}" --from="$FAKEMX_FROM" -- $FAKEMX_TO \
    <"$FAKEMX_MESSAGE"
