#!/bin/bash
# The first process of a private root (a mount and a PID namespace of its own): unpacks an archive made by
# scripts/lib/sender-keeper.sh over "/", puts in what the shared clock needs, and runs the script of a sender in there.
# Arguments: the archive, the sender's name, arguments of its script.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
archive=$1 name=$2
shift 2
mount --make-rprivate / 2>/dev/null || true
# What is mounted here is seen in this namespace only.
dir=/mnt
mount -t tmpfs -o mode=0755 fakemx-root "$dir"
# The root has folders of its own in the place of those that the messages may lie in.
cp -r "$FAKEMX_WORK" "$dir/messages"
mkdir "$dir/upper" "$dir/work" "$dir/root"
tar -x --xattrs --xattrs-include='*' -f "$archive" -C "$dir/upper"
mount -t overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" fakemx-root "$dir/root"
root=$dir/root
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/run/lock"

if [ -n "${FAKEMX_CLOCK:-}" ]; then
    # Programs that are setuid or wipe their environment find it all the same.
    cp "$FAKEMX_CLOCK_LIBRARY" "$root/usr/lib/libfakemx-clock.so"
    printf '/usr/lib/libfakemx-clock.so\n' >"$root/etc/ld.so.preload"
    ln -s "$FAKEMX_CLOCK" "$root/etc/fakemx-clock"
fi
# No name server: one outside of the tree would answer in its own time, while the virtual clock may move.
rm -f "$root/etc/resolv.conf"
printf 'nameserver 127.0.0.1\n' >"$root/etc/resolv.conf"
mv "$dir/messages" "$root/run/fakemx"
cat "$here/inside.sh" "$here/$name.sh" >"$root/run/workload"
# Nothing of the environment but this: the page is found by its place.
chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C FAKEMX_IP="$FAKEMX_IP" \
    FAKEMX_PORT="$FAKEMX_PORT" \
    FAKEMX_NOTICES="${FAKEMX_NOTICES:-}" /bin/bash /run/workload "$@"
