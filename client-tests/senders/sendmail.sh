# sendmail with the configuration and the queue interval of its package. It knows one receiver, which gets its notices too.
# Its own name must have a dot, or each of its processes sleeps for a minute before it does anything.
printf '127.0.0.1 mta.example.test %s localhost\n' "$(hostname)" >/etc/hosts
# There is no name server, which it would wait for: it takes silence for a temporary failure, and leaves the message where it is.
sed -i 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf
one_receiver /etc/mail /var/spool/mqueue /var/spool/mqueue-client /run/sendmail
cp /etc/mail/service.switch-nodns /etc/mail/service.switch
# Its daemon must listen: each at an address of its own, or all but one could not.
own_address=127.1.$((FAKEMX_PORT / 256)).$((FAKEMX_PORT % 256))
sed -e 's/^DS.*/DSesmtp:[127.0.0.1]/' -e "s/^\(.*A=TCP \$h\)\$/\1 $FAKEMX_PORT/" -e '/^O ControlSocketName/d' -e '/^O DaemonPortOptions/d' \
    -e '1i Djmta.example.test' -e "1i O DaemonPortOptions=Name=none, Addr=$own_address" /etc/mail/sendmail.cf >/run/sendmail/sendmail.cf
cp /run/sendmail/sendmail.cf /etc/mail/sendmail.cf
mkdir -p /run/sendmail/mta
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
