// The events of one session in little room, until it is over and its dialogue is put together. A receiver may hold a hundred
// thousand sessions that have said EHLO and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "conformance/dialogue.h"
#include "core/ids.h"
#include "core/time.h"
#include "journal/event.h"

namespace fakemx::conformance {

/// Texts that many sessions have: names of hosts, greetings, EHLO replies. The first few are kept once.
class SharedTexts {
public:
    /// The place of a text; nothing once there are too many different ones.
    std::optional<std::size_t> place_of(const std::string& text);
    const std::string& at(std::size_t place) const { return texts_.at(place); }

private:
    std::vector<std::string> texts_;
    std::unordered_map<std::string, std::size_t> places_;
};

class SessionLog {
public:
    /// In the order in which they happened. Those that say nothing about the client are passed over. Beyond
    /// session_octets_max only the end is kept.
    void append(const journal::Event& event, SharedTexts& texts);
    /// What the header section of the message in this transaction has.
    void append_header(std::uint32_t transaction, HeaderFacts facts);

    std::size_t octets() const { return octets_.size(); }

    Dialogue dialogue(SessionId session, const SharedTexts& texts) const;

private:
    std::string octets_;
    std::vector<std::pair<std::uint32_t, HeaderFacts>> headers_;
    Instant last_{};
    std::uint32_t commands_ = 0;
    bool cut_ = false;
};

}  // namespace fakemx::conformance
