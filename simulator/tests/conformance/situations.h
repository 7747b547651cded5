// For each rule a receiver at which it can be kept and broken, and what is sent there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/reference_client.h"
#include "conformance/reference_queue.h"
#include "conformance/sender.h"

namespace fakemx::test {

struct Situation {
    std::string_view rule;
    std::string fields{};  ///< of mx.profile
    std::string hooks{};
    std::vector<Letter> letters{};
    ClientOptions client{};
    /// A sender with a queue, which comes back; nothing: each letter is tried once.
    std::optional<QueueOptions> queue{};
    /// Where there is a queue: mta, unless it is said to be another one that has a queue.
    conformance::Sender sender = conformance::Sender::library;
    /// Rules that cannot but be broken with this one.
    std::vector<std::string_view> beside{};
};

/// At least one for each rule.
std::vector<Situation> situations();

/// Where a client that does what it may looks like one that breaks the rule.
std::vector<Situation> innocent_situations();

}  // namespace fakemx::test
