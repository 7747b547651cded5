#!/bin/bash
# The first process of a namespace that scripts/in-namespace made: sets the network up and runs the command. When it ends, the
# kernel ends everything in here.
#
# Arguments: the folder with resolv.conf and nsswitch.conf, the source address or nothing, addresses, "--", the command.
set -euo pipefail

folder=$1 source=$2
shift 2
mount --make-rprivate / 2>/dev/null || true
mount -t proc proc /proc
ip link set lo up
# own IP: one of this machine's.
own() {
    case $1 in
    *:*) ip address add "$1/128" dev lo nodad ;;
    *) ip address add "$1/32" dev lo ;;
    esac
}
[ -z "$source" ] || own "$source"
while [ "$1" != -- ]; do
    own "$1"
    # What goes to an address of this machine would come from that address as well.
    [ -z "$source" ] || ip route replace local "$1" dev lo table local src "$source"
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
