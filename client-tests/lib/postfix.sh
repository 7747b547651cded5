# What the Postfix tests share.

. "$(dirname "${BASH_SOURCE[0]}")/sender.sh"
. "$project_root/scripts/lib/postfix.sh"

# logged PATTERN: a line of Postfix's log. All of it is read: a log that is cut off by the first hit would be a failure.
logged() { postfix_log | grep -e "$1" >/dev/null; }
