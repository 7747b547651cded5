# What the Exim tests share.

. "$(dirname "${BASH_SOURCE[0]}")/sender.sh"
. "$project_root/scripts/lib/exim.sh"

sender_can_mount || skip "missing the permission to mount, and without a private root there is no Exim"
