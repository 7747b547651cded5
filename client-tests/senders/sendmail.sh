# sendmail with the configuration and the queue interval of its package. It knows one receiver, and a mailer of its own for its notices. `mx`: it
# looks for MX hosts.
# Its own name must have a dot, or each of its processes sleeps for a minute before it does anything.
printf '127.0.0.1 mta.example.test %s localhost\n' "$(hostname)" >/etc/hosts
smart_host=esmtp:[127.0.0.1] port=" $FAKEMX_PORT"
if by_names "$@"; then
    smart_host='' port=''
    sed -i 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf
else
    # There is no name server, which it would wait for: it takes silence for a temporary failure, and leaves the message where it is.
    sed -i 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf
    mkdir -p /run/sendmail/mta
    one_receiver /etc/mail /var/spool/mqueue /var/spool/mqueue-client /run/sendmail
    cp /etc/mail/service.switch-nodns /etc/mail/service.switch
fi
mkdir -p /run/sendmail/mta
# For the place where it chooses a mailer.
awk -F '\t' -v notices="${FAKEMX_NOTICES:-}" \
    '$2 ":" $3 == notices { printf "R$* < @ %s $* > $*\t$#notices $@ [%s] $: $1 < @ %s $2 > $3\n", $1, $2, $1 }' $routes >/run/sendmail/notices
# Its daemon must listen: each at an address of its own, or all but one could not. Not every address of this machine is the sender's: hosts
# have them, too.
own_address=127.1.$((FAKEMX_PORT / 256)).$((FAKEMX_PORT % 256))
{
    printf 'O DaemonPortOptions=Name=none, Addr=%s\nO DontProbeInterfaces=True\nDjmta.example.test\n' "$own_address"
    sed -e "s/^DS.*/DS$smart_host/" -e "s/^\(.*A=TCP \$h\)\$/\1$port/" -e '/^O ControlSocketName/d' -e '/^O DaemonPortOptions/d' \
        -e '/^SParseLocal=98/r /run/sendmail/notices' /etc/mail/sendmail.cf
    sed -n '/^Mesmtp,/,/A=TCP/p' /etc/mail/sendmail.cf | sed -e 's/^Mesmtp/Mnotices/' -e "s/\(A=TCP \$h\)/\1 ${FAKEMX_NOTICES##*:}/"
} >/run/sendmail/sendmail.cf
cp /run/sendmail/sendmail.cf /etc/mail/sendmail.cf
inject() {
    local from=$1
    shift
    sendmail -Am -i -f "$from" "$@"
}
each_message inject
sendmail -Am -bD -q10m &
daemon=$!
queued() { sendmail -Am -bp | of_messages; }
until_empty queued
kill "$daemon"
