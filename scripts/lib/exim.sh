# A real Exim as the sender under test, on loopback. It runs without a daemon: a message is handed in and tried in one go,
# and the queue is run when it is told to. Sourced after common.sh and sender-root.sh.
#
#   exim_open                            a root that holds Exim
#   exim_to DOMAIN PORT [OPTION...]      mail to that domain goes to localhost:PORT, by a transport with these options
#   exim_configure                       writes it down; mail to any other domain is refused
#   exim_send FROM TO... < message       hands a message in; returns when the first try is over
#   exim_try TO                          tries the message to that recipient again, now
#   exim_queue, exim_log
#
# Unlike Postfix it never gets onto the machine itself, where another mail server would have to go for it.

exim_conf=/etc/exim4/exim4.conf
exim_routers='' exim_transports=''

exim_open() {
    sender_open_private exim exim4-daemon-light
}

exim_to() {
    local domain=$1 port=$2 name=to_${1//[.-]/_}
    shift 2
    exim_routers+="
$name:
  driver = manualroute
  domains = $domain
  route_list = * \"localhost::$port\" byname
  # That it is this machine is no reason not to send.
  self = send
  transport = $name
"
    # Without DANE, which would ask a name server. Waiting messages go one by one: each to its own port.
    exim_transports+="
$name:
  driver = smtp
  hosts_try_dane =
  connection_max_messages = 1
$(printf '  %s\n' "$@")
"
}

# Its own file: Debian's refuses receivers on the loopback interface. What is not set here is as Exim has it.
exim_configure() {
    sender_exec sh -c "cat >'$exim_conf'" <<CONF
primary_hostname = mta.example.test
qualify_domain = example.test
# No listener and no name server: what it needs to know stands in /etc/hosts.
local_interfaces = 127.0.0.1
disable_ipv6 = true
dns_ipv4_lookup = *
host_lookup =
tls_advertise_hosts =
never_users =
keep_environment =
log_selector = +tls_cipher +tls_certificate_verified +smtp_confirmation

begin routers

# Bounces are seen in the log; they need no mailbox.
bounces:
  driver = accept
  domains = example.test
  transport = nowhere
$exim_routers
begin transports

nowhere:
  driver = appendfile
  file = /dev/null
  user = Debian-exim
$exim_transports
begin retry

# Nothing here waits for it: the next try is when exim_try says so.
*  *  F,1d,1h
CONF
    # If others could write it, Exim would not read it.
    sender_exec chmod 0644 "$exim_conf"
}

exim_send() {
    local from=$1
    shift
    # -odf: tried at once and in the foreground.
    sender_exec exim4 -odf -i -f "$from" -- "$@"
}

exim_try() {
    local id
    id=$(exim_log | sed -n "s/^.* \([0-9A-Za-z]*-[0-9A-Za-z]*-[0-9A-Za-z]*\) == $1 .*/\1/p" | head -n 1)
    [ -n "$id" ] || die "no message to $1 is queued"
    sender_exec exim4 -M "$id"
}

exim_queue() { sender_exec exim4 -bp; }

exim_log() { sender_exec cat /var/log/exim4/mainlog 2>/dev/null || true; }
