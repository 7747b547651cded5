# A real Postfix as the sender under test, on loopback, with its retry times shortened by its own settings.
# Sourced after common.sh and sender-root.sh.
#
#   postfix_open                         a root that holds Postfix
#   postfix_configure PORT [key=value]   everything it sends goes to 127.0.0.1:PORT
#   postfix_start
#   postfix_inject FROM TO... < message
#   postfix_wait_empty SECONDS           until nothing is queued
#   postfix_stop
#   postfix_tools DIRECTORY              smtp-sink and smtp-source, to be run outside of the root

postfix_conf=

postfix_open() {
    sender_open postfix postfix
    if [ "$sender_mode" = private ]; then
        postfix_conf=/etc/postfix postfix_var=/var
    else
        # The machine's own configuration and queue stay as they are.
        postfix_conf=$sender_dir/etc postfix_var=$sender_dir/var
        as_root mkdir -p "$postfix_conf" "$postfix_var"/{spool/postfix,lib/postfix,log}
        as_root chmod 0755 "$sender_dir"
        as_root chown postfix: "$postfix_var/lib/postfix"
    fi
}

postfix_configure() {
    local port=$1 setting
    shift
    sender_exec sh -c "cat >'$postfix_conf/main.cf'" <<MAIN
compatibility_level = 3.6
myhostname = mta.example.test
mydomain = example.test
mydestination = \$myhostname, localhost, example.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
queue_directory = $postfix_var/spool/postfix
data_directory = $postfix_var/lib/postfix
maillog_file = $postfix_var/log/postfix.log
maillog_file_prefixes = /var, $postfix_var
alias_maps =
alias_database =
local_recipient_maps =
# Bounces are seen in the log; they need no mailbox.
local_transport = discard:
# Whatever the recipient's domain: nothing leaves this machine. The port is not 25, so "loops back to myself" is
# never at issue.
default_transport = smtp:[127.0.0.1]:$port
relay_transport = smtp:[127.0.0.1]:$port
smtp_dns_support_level = disabled
smtp_tls_security_level = none
# The natural schedule in seconds: by default 300 s, 300 s, 4000 s and 5 days.
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
maximal_queue_lifetime = 20s
bounce_queue_lifetime = 20s
MAIN
    for setting in "$@"; do
        sender_exec postconf -c "$postfix_conf" -e "$setting"
    done
    if ! sender_exec test -e "$postfix_conf/master.cf"; then
        sender_exec cp /usr/share/postfix/master.cf.dist "$postfix_conf/master.cf"
    fi
    # No listener of its own, and no chroot: that would want files copied into the queue.
    sender_exec postconf -c "$postfix_conf" -MX smtp/inet 2>/dev/null || true
    sender_exec postconf -c "$postfix_conf" -F '*/*/chroot=n'
    sender_exec touch "$postfix_conf/dynamicmaps.cf"
}

postfix_start() {
    sender_exec postfix -c "$postfix_conf" start >&2 || {
        postfix_log >&2
        die "Postfix does not start"
    }
    at_exit postfix_stop
}

postfix_inject() {
    local from=$1
    shift
    sender_exec sendmail -C "$postfix_conf" -i -f "$from" -- "$@"
}

# postfix_queue: one JSON line per queued message, as Postfix itself tells it.
postfix_queue() { sender_exec postqueue -c "$postfix_conf" -j; }

# A message that moves from one queue to another while they are read may be missed once, not twice.
postfix_is_empty() {
    [ -z "$(postfix_queue)" ] && [ -z "$(postfix_queue)" ]
}

postfix_wait_empty() {
    wait_until "$1" postfix_is_empty
}

postfix_log() { sender_exec cat "$postfix_var/log/postfix.log" 2>/dev/null || true; }

# Only the master process that postfix_start started, named by its own pid file.
postfix_stop() {
    [ "$sender_mode" != closed ] || return 0
    sender_exec postfix -c "$postfix_conf" stop >/dev/null 2>&1 || true
}

# The two programs, and in lib/ the libraries that only the private root has: run them with LD_LIBRARY_PATH.
postfix_tools() {
    local library
    mkdir "$1/lib"
    sender_exec cat /usr/sbin/smtp-sink >"$1/smtp-sink"
    sender_exec cat /usr/sbin/smtp-source >"$1/smtp-source"
    chmod 0755 "$1"/smtp-*
    while read -r library; do
        [ -e "$library" ] || sender_exec cat "$library" >"$1/lib/$(basename "$library")"
    done < <(sender_exec ldd /usr/sbin/smtp-sink /usr/sbin/smtp-source | awk '$3 ~ /^\// { print $3 }' | sort -u)
}
