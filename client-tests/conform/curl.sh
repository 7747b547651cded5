#!/bin/bash
# Sends one message with curl, with the timeouts that it has. It says what the last reply was, and by that we know whether to try again.
#
#   curl.sh           takes TLS where it is offered, as a library that is told to deliver
#   curl.sh submit    wants TLS and logs in, as a mail program does
set -euo pipefail
words=(--ssl)
scheme=smtp
if [ "${1:-}" = submit ]; then
    words=(--ssl-reqd --user ann:secret)
    [ "$FAKEMX_TLS" != implicit ] || scheme=smtps
fi
for recipient in $FAKEMX_TO; do words+=(--mail-rcpt "$recipient"); done
# The part behind the port is its name in EHLO.
code=$(curl --silent --show-error --cacert "$FAKEMX_CA" --resolve "$FAKEMX_HOST:$FAKEMX_PORT:$FAKEMX_IP" --mail-from "$FAKEMX_FROM" \
    "${words[@]}" --upload-file "$FAKEMX_MESSAGE" --write-out '%{response_code}' "$scheme://$FAKEMX_HOST:$FAKEMX_PORT/mta.example.test") && exit 0
case $code in
5??) exit 69 ;;
*) exit 75 ;;
esac
