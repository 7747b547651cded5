# What the tests with a mail server of their own share: its private root from scripts/lib/, and how a test says that it
# cannot run, or failed. Sourced by postfix.sh and exim.sh.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../../scripts/lib/common.sh"
. "$here/../../scripts/lib/packages.sh"
. "$here/../../scripts/lib/sender-root.sh"

fail() {
    echo "$*"
    exit 1
}

skip() {
    echo "$*"
    exit 77
}

is_root || sudo -n true 2>/dev/null || skip "missing root, which a mail server needs"
