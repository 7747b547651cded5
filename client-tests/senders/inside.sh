#!/bin/bash
# In front of every sender's script: what they share. Nothing here knows which sender it is.
set -euo pipefail

# Where each domain's mail goes, in lines of domain, address and port, with tabs between them; what is not in it goes to the first host.
routes=/run/fakemx/routes
messages=${receiver_messages:-/run/fakemx/messages}

# each_route FORMAT: prints each route as printf does, with domain, address and port.
each_route() {
    local domain ip port
    while IFS=$'\t' read -r domain ip port; do
        # shellcheck disable=SC2059
        printf "$1" "$domain" "$ip" "$port"
    done <$routes
}

# by_names ARGUMENT...: is this sender to look for hosts itself? That is what the argument `mx` says, and it can be done where hosts listen at
# port 25. None but notices have a route then.
by_names() {
    [ "${1:-}" = mx ] && [ "$FAKEMX_PORT" = 25 ] || return 1
    awk -F '\t' -v notices="$FAKEMX_NOTICES" '$2 ":" $3 == notices' $routes >/run/routes
    routes=/run/routes
}

# one_receiver FOLDER...: for senders that know one receiver only. The script starts anew for each receiver that there is mail for, with
# that one's port and messages, and with copies of those folders (configuration, queue) that the others do not see.
one_receiver() {
    local folder own port
    if [ -n "${receiver_messages:-}" ]; then
        for folder in "$@"; do
            own=/run/receivers/$FAKEMX_PORT$folder
            mkdir -p "$own" "$folder"
            cp -a "$folder/." "$own/"
            mount --bind "$own" "$folder"
        done
        return
    fi
    mkdir -p /run/receivers
    # By the domain of its first recipient.
    awk -F '\t' 'NR == FNR { port[$1] = $3; next }
        { split($3, to, " "); sub(/.*@/, "", to[1]); print >("/run/receivers/" port[tolower(to[1])] ".messages") }' $routes "$messages"
    for own in /run/receivers/*.messages; do
        port=$(basename "$own" .messages)
        FAKEMX_PORT=$port receiver_messages=$own unshare --mount --propagation private /bin/bash /run/workload "${arguments[@]}" &
    done
    wait
    exit
}

# The script's own, which functions do not see.
arguments=("$@")

# each_message COMMAND...: runs it for every message, with the reverse path and the recipients behind it and the message as
# its input.
each_message() {
    local path from recipients
    while IFS=$'\t' read -r path from recipients; do
        # Local programs take lines that end with LF. What a sender does not take in, it does not send.
        # shellcheck disable=SC2086
        LC_ALL=C sed 's/\r$//' "/run/fakemx/$(basename "$path")" | "$@" "$from" $recipients ||
            printf 'not taken in: %s\n' "$path" >&2
    done <"$messages"
}

# of_messages: of the lines of its input those with a recipient of a message, and so without what is on its way back to their senders.
of_messages() {
    cut -f 3 "$messages" | tr ' ' '\n' | grep -o '@.*' | sort -u >"/run/recipients.$FAKEMX_PORT"
    grep -i -F -f "/run/recipients.$FAKEMX_PORT" || true
}

# until_empty COMMAND...: looks once in a virtual hour whether the command, which lists the queue, still prints anything.
until_empty() {
    while sleep 3600; do
        [ -n "$("$@")" ] || break
    done
}

