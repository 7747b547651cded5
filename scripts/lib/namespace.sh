#!/bin/bash
# The first process of a namespace that scripts/in-namespace made: sets the network up and runs the command. When it ends, the
# kernel ends everything in here.
#
# Arguments: the folder with resolv.conf and nsswitch.conf, addresses, "--", the command.
set -euo pipefail

folder=$1
shift
mount --make-rprivate / 2>/dev/null || true
mount -t proc proc /proc
ip link set lo up
while [ "$1" != -- ]; do
    case $1 in
    *:*) ip address add "$1/128" dev lo nodad ;;
    *) ip address add "$1/32" dev lo ;;
    esac
    shift
done
shift
for file in resolv.conf nsswitch.conf; do
    # Without a resolv.conf resolvers ask 127.0.0.1 anyway.
    if [ -e "/etc/$file" ]; then mount --bind "$folder/$file" "$(readlink -f "/etc/$file")"; fi
done
# Not in its place: a first process that is a program like any other cannot be ended by a signal, and takes care of nobody.
status=0
"$@" || status=$?
exit "$status"
