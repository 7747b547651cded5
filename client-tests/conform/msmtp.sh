#!/bin/bash
# Sends one message with msmtp, whose exit status says what became of it. It has no timeout of its own: ten minutes is what RFC 5321 asks
# for at most. It cannot be told to use TLS where there is TLS, so it stays without, as is its default.
set -euo pipefail
# shellcheck disable=SC2086
exec msmtp --host="$FAKEMX_IP" --port="$FAKEMX_PORT" --domain=mta.example.test --timeout=600 --from="$FAKEMX_FROM" -- $FAKEMX_TO <"$FAKEMX_MESSAGE"
