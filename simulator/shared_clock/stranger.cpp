// The list of reasons.

#include "shared_clock/stranger.h"

#include <cstddef>

#include <fmt/format.h>

namespace fakemx::shared_clock {

const std::array<StrangerFacts, 9>& stranger_facts() {
    static constexpr std::array<StrangerFacts, 9> facts{{
        {StrangerKind::go_program, "go_program",
         "it is a Go program, which reads the kernel's clock itself",
         "chasquid, Maddy, everything else written in Go, whether linked statically or not",
         "schedules of seconds by its own settings, with `--clock real`"},
        {StrangerKind::no_c_library, "no_c_library",
         "it is statically linked, or not linked with the GNU C library",
         "programs linked with `-static`; those built for musl, as in Alpine Linux",
         "a build that is linked dynamically with the GNU C library"},
        {StrangerKind::no_page, "no_page",
         "it has not loaded libfakemx-clock.so, or found no clock page",
         "programs that are setuid or setgid, or were started with another environment",
         "a private root with `/etc/ld.so.preload` and `/etc/fakemx-clock`, as "
         "`client-tests/senders/root.sh` makes it"},
        {StrangerKind::unreadable, "unreadable",
         "its memory map cannot be read: it runs with other privileges",
         "programs of another user, where fakemx does not run as root",
         "fakemx as root, or a sender that stays who it is"},
        {StrangerKind::own_timeout, "own_timeout",
         "it sleeps in {} with a timeout of the kernel's, called from {}",
         "programs that go round the C library: runtimes with system calls of their own",
         "schedules of seconds by its own settings, with `--clock real`"},
        {StrangerKind::library_timeout, "library_timeout",
         "the C library sleeps in {} with a timeout of the kernel's",
         "programs whose name server is silent for a minute",
         "a name server on the loopback interface that answers, or none"},
        {StrangerKind::outside_peer, "outside_peer", "it talks to {}, which is not on the clock",
         "senders that ask a name server, a database or a receiver on another machine",
         "the same service on the loopback interface"},
        {StrangerKind::never_wakes, "never_wakes", "it does not wake when it is due",
         "programs that keep signal 63 from the library", "none: please report it"},
        {StrangerKind::no_slots, "no_slots", "more threads wait than the clock page has slots",
         "senders with more than 4096 waits and timers at a time", "fewer messages at a time"},
    }};
    return facts;
}

std::string why(StrangerKind kind, std::string_view first, std::string_view second) {
    const StrangerFacts& facts = stranger_facts().at(static_cast<std::size_t>(kind));
    return fmt::format(fmt::runtime(facts.message), first, second);
}

}  // namespace fakemx::shared_clock
