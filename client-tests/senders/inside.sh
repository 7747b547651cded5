#!/bin/bash
# In front of every sender's script: what they share. Nothing here knows which sender it is.
set -euo pipefail

# Where mail to the senders' own domain goes.
notices_port=${FAKEMX_NOTICES##*:}
notices_port=${notices_port:-$FAKEMX_PORT}

# each_message COMMAND...: runs it for every message, with the reverse path and the recipients behind it and the message as
# its input.
each_message() {
    local path from recipients
    while IFS=$'\t' read -r path from recipients; do
        # Local programs take lines without CR.
        # shellcheck disable=SC2086
        tr -d '\r' <"/run/fakemx/$(basename "$path")" | "$@" "$from" $recipients
    done </run/fakemx/messages
}

# until_empty COMMAND...: looks once in a virtual hour whether the command, which lists the queue, still prints anything.
until_empty() {
    while sleep 3600; do
        [ -n "$("$@")" ] || break
    done
}

