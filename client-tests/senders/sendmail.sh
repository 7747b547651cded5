# sendmail with its default timeouts; its queue runs every ten minutes, as Debian starts it.
cat >/run/fakemx.mc <<MC
divert(0)dnl
OSTYPE(\`debian')dnl
DOMAIN(\`debian-mta')dnl
undefine(\`confHOST_STATUS_DIRECTORY')dnl
FEATURE(\`nocanonify')dnl
FEATURE(\`accept_unresolvable_domains')dnl
define(\`confDOMAIN_NAME', \`mta.example.test')dnl
define(\`ESMTP_MAILER_ARGS', \`TCP \$h $FAKEMX_PORT')dnl
define(\`SMART_HOST', \`esmtp:[127.0.0.1]')dnl
DAEMON_OPTIONS(\`Name=none, Addr=127.0.0.1, Port=10587')dnl
MAILER(\`smtp')dnl
MC
m4 /usr/share/sendmail/cf/m4/cf.m4 /run/fakemx.mc >/etc/mail/sendmail.cf
mkdir -p /var/spool/mqueue
inject() {
    local from=$1
    shift
    /usr/sbin/sendmail -Am -i -odd -f "$from" "$@"
}
each_message inject
/usr/sbin/sendmail -bD -q10m -OPidFile=/run/sendmail.pid &
daemon=$!
queued() { /usr/sbin/sendmail -Am -bp | grep '@163.com' || true; }
until_empty queued
kill "$daemon"
