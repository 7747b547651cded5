# dma, which knows one receiver, and has no daemon: a process for each message sleeps and tries, at times of its own chance. With the argument `same-chance` that
# chance, which it takes from /dev/urandom, is always the same.
if [ "${1:-}" = same-chance ]; then
    printf 'fakemx' >/run/octets
    # In this mount namespace only.
    mount --bind /run/octets /dev/urandom
fi
one_receiver /etc/dma /var/spool/dma
printf 'SMARTHOST 127.0.0.1\nPORT %s\nMAILNAME mta.example.test\n' "$FAKEMX_PORT" >/etc/dma/dma.conf
inject() {
    local from=$1
    shift
    /usr/sbin/dma -i -f "$from" "$@"
}
each_message inject
queued() { /usr/sbin/dma -bp | of_messages; }
until_empty queued
