#!/bin/bash
# Sends one message with curl, with the timeouts that it has. It says what the last reply was, and by that we know whether to try again.
set -euo pipefail
words=()
for recipient in $FAKEMX_TO; do words+=(--mail-rcpt "$recipient"); done
# The part behind the port is its name in EHLO.
code=$(curl --silent --show-error --ssl --cacert "$FAKEMX_CA" --resolve "$FAKEMX_HOST:$FAKEMX_PORT:$FAKEMX_IP" --mail-from "$FAKEMX_FROM" \
    "${words[@]}" --upload-file "$FAKEMX_MESSAGE" --write-out '%{response_code}' "smtp://$FAKEMX_HOST:$FAKEMX_PORT/mta.example.test") && exit 0
case $code in
5??) exit 69 ;;
*) exit 75 ;;
esac
