// Records as octets: one that tells the kind and what is there, then numbers of variable length (seven bits in an
// octet, the lowest first) and texts behind their lengths.
#include "engine/recording.h"

#include <array>
#include <limits>

#include "core/overloaded.h"

namespace fakemx::engine {

namespace {

// The first octet of a record: the kind, and flags of calls. Numbers of a file format: none changes its meaning.
enum class Kind : std::uint8_t {
    opening = 0,
    arrival = 1,
    trickle = 2,
    input_end = 3,
    loss = 4,
    all_taken = 5,
    handshake_done = 6,
    handshake_failed = 7,
    time_came = 8,
    time_came_first = 9,
    shutdown = 10,
    state_forgotten = 11,
    state_put = 12,
    state_reset = 13,
    state_restored = 14,
    octets = 15,
    body = 16,
    cut = 17,
    name_query = 18,
};
constexpr std::uint8_t kind_mask = 0x1F;
constexpr std::uint8_t has_events = 0x20;
constexpr std::uint8_t has_output = 0x40;
constexpr std::uint8_t has_blocked = 0x80;

void put(std::string& out, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
    out += static_cast<char>(number);
}

/// Small in either direction.
void put_signed(std::string& out, std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    put(out, bits << 1 ^ (number < 0 ? ~std::uint64_t{0} : 0));
}

void put(std::string& out, std::string_view text) {
    put(out, std::uint64_t{text.size()});
    out += text;
}

/// What is damaged may be anything, and must not overflow.
std::int64_t passed(Instant from, Instant to) {
    const auto count = [](Instant at) {
        return static_cast<std::uint64_t>(at.time_since_epoch().count());
    };
    return static_cast<std::int64_t>(count(to) - count(from));
}

Instant shifted(Instant at, std::uint64_t by) {
    const auto count = static_cast<std::uint64_t>(at.time_since_epoch().count());
    return Instant{Duration{static_cast<std::int64_t>(count + by)}};
}

void put(std::string& out, Instant at) {
    put_signed(out, at.time_since_epoch().count());
}

/// Takes apart from the front. Once something is wrong, all that follows is empty.
class Taker {
public:
    explicit Taker(std::string_view from) : rest_(from) {}

    std::uint8_t octet() {
        if (rest_.empty()) return damaged_ = true, 0;
        const auto octet = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return octet;
    }
    std::uint64_t number() {
        std::uint64_t number = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t next = octet();
            number |= static_cast<std::uint64_t>(next & 0x7F) << shift;
            if (next < 0x80) return number;
        }
        damaged_ = true;
        return 0;
    }
    std::uint32_t small_number() {
        const std::uint64_t all = number();
        if (all > std::numeric_limits<std::uint32_t>::max()) damaged_ = true;
        return static_cast<std::uint32_t>(all);
    }
    std::int64_t signed_number() {
        const std::uint64_t bits = number();
        return static_cast<std::int64_t>(bits >> 1 ^ (bits % 2 != 0 ? ~std::uint64_t{0} : 0));
    }
    bool flag() { return octet() != 0; }
    Instant instant() { return Instant{Duration{signed_number()}}; }
    std::string_view text() {
        const std::uint64_t octets = number();
        if (octets > rest_.size()) return damaged_ = true, std::string_view{};
        const std::string_view text = rest_.substr(0, static_cast<std::size_t>(octets));
        rest_.remove_prefix(text.size());
        return text;
    }
    std::string string() { return std::string{text()}; }
    /// How many of something follow, each of at least one octet.
    std::size_t count() {
        const std::uint64_t count = number();
        if (count > rest_.size()) return damaged_ = true, 0;
        return static_cast<std::size_t>(count);
    }

    void give_up() { damaged_ = true; }
    bool damaged() const { return damaged_; }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
    bool damaged_ = false;
};

void put(std::string& out, const smtp::TlsFacts& facts) {
    put(out, facts.version);
    put(out, facts.cipher);
    put(out, facts.server_name);
    put(out, facts.client_subject);
    put(out, std::uint64_t{facts.resumed});
    put(out, facts.hello.versions);
    for (const std::uint32_t count :
         {facts.hello.suites, facts.hello.anonymous_suites, facts.hello.modern_suites})
        put(out, std::uint64_t{count});
    put(out, facts.certificate);
}

smtp::TlsFacts take_tls_facts(Taker& from) {
    smtp::TlsFacts facts;
    facts.version = from.string();
    facts.cipher = from.string();
    facts.server_name = from.string();
    facts.client_subject = from.string();
    facts.resumed = from.flag();
    facts.hello.versions = from.string();
    for (std::uint32_t* count :
         {&facts.hello.suites, &facts.hello.anonymous_suites, &facts.hello.modern_suites})
        *count = from.small_number();
    facts.certificate = from.string();
    return facts;
}

void put(std::string& out, const StateEntry& entry) {
    put(out, entry.store);
    put(out, entry.key);
    put(out, std::uint64_t{entry.expires.has_value()});
    if (entry.expires) put(out, *entry.expires);
    put(out, std::uint64_t{entry.content.index()});
    std::visit(Overloaded{
                   [&](const StateCounter& counter) { put_signed(out, counter.count); },
                   [&](const StateValue& value) {
                       put(out, std::uint64_t{value.index()});
                       std::visit(Overloaded{[&](bool truth) { put(out, std::uint64_t{truth}); },
                                             [&](std::int64_t number) { put_signed(out, number); },
                                             [&](const std::string& text) { put(out, text); }},
                                  value);
                   },
                   [&](const StateMembers& members) {
                       put(out, std::uint64_t{members.size()});
                       for (const std::string& member : members) put(out, member);
                   },
                   [&](const StateWindow& window) {
                       put(out, std::uint64_t{window.hits.size()});
                       for (const Instant hit : window.hits) put(out, hit);
                       put_signed(out, window.longest.count());
                   },
                   [&](const StateMark& mark) { put(out, mark.since); },
               },
               entry.content);
}

StateValue take_value(Taker& from) {
    switch (from.octet()) {
        case 0: return from.flag();
        case 1: return from.signed_number();
        case 2: return from.string();
        default: from.give_up(); return false;
    }
}

StateEntry take_entry(Taker& from) {
    StateEntry entry;
    entry.store = from.string();
    entry.key = from.string();
    if (from.flag()) entry.expires = from.instant();
    switch (from.octet()) {
        case 0: entry.content = StateCounter{from.signed_number()}; break;
        case 1: entry.content = take_value(from); break;
        case 2: {
            StateMembers members;
            for (auto left = from.count(); left != 0; --left) members.insert(from.string());
            entry.content = std::move(members);
            break;
        }
        case 3: {
            StateWindow window;
            for (auto left = from.count(); left != 0; --left) window.hits.push_back(from.instant());
            window.longest = Duration{from.signed_number()};
            entry.content = std::move(window);
            break;
        }
        case 4: entry.content = StateMark{from.instant()}; break;
        default: from.give_up();
    }
    return entry;
}

void put(std::string& out, const std::vector<StateEntry>& entries) {
    put(out, std::uint64_t{entries.size()});
    for (const StateEntry& entry : entries) put(out, entry);
}

std::vector<StateEntry> take_entries(Taker& from) {
    std::vector<StateEntry> entries;
    for (auto left = from.count(); left != 0 && !from.damaged(); --left)
        entries.push_back(take_entry(from));
    return entries;
}

void put(std::string& out, const StateChange& change) {
    std::visit(Overloaded{
                   [&](const StateForgotten& forgotten) {
                       put(out, forgotten.store);
                       put(out, std::uint64_t{forgotten.key.has_value()});
                       if (forgotten.key) put(out, *forgotten.key);
                   },
                   [&](const StatePut& added) { put(out, added.entries); },
                   [&](const StateReset&) {},
                   [&](const StateRestored& restored) {
                       put(out, restored.snapshot.entries);
                       put(out, std::uint64_t{restored.snapshot.decisions.size()});
                       for (const ChanceCount& decision : restored.snapshot.decisions) {
                           put(out, decision.address);
                           put(out, decision.asked);
                       }
                   },
               },
               change);
}

StateForgotten take_forgotten(Taker& from) {
    StateForgotten forgotten{.store = from.string(), .key = std::nullopt};
    if (from.flag()) forgotten.key = from.string();
    return forgotten;
}

StateRestored take_restored(Taker& from) {
    StateRestored restored;
    restored.snapshot.entries = take_entries(from);
    for (auto left = from.count(); left != 0 && !from.damaged(); --left) {
        std::string address = from.string();
        restored.snapshot.decisions.push_back({std::move(address), from.number()});
    }
    return restored;
}

Kind kind_of(const Call::What& what) {
    return std::visit(Overloaded{
                          [](const Opening&) { return Kind::opening; },
                          [](const Arrival&) { return Kind::arrival; },
                          [](const Trickle&) { return Kind::trickle; },
                          [](const InputEnd&) { return Kind::input_end; },
                          [](const Loss&) { return Kind::loss; },
                          [](const AllTaken&) { return Kind::all_taken; },
                          [](const HandshakeDone&) { return Kind::handshake_done; },
                          [](const HandshakeFailed&) { return Kind::handshake_failed; },
                          [](const TimeCame& came) {
                              return came.first ? Kind::time_came_first : Kind::time_came;
                          },
                          [](const Shutdown&) { return Kind::shutdown; },
                          [](const StateChange& change) {
                              constexpr std::array kinds{Kind::state_forgotten, Kind::state_put,
                                                         Kind::state_reset, Kind::state_restored};
                              return kinds.at(change.index());
                          },
                          [](const NameQuery&) { return Kind::name_query; },
                      },
                      what);
}

void put(std::string& out, const Call& call) {
    std::visit(Overloaded{
                   [&](const Opening& opening) {
                       put(out, std::uint64_t{opening.host});
                       put(out, opening.endpoints.client);
                       put(out, opening.endpoints.local);
                   },
                   [&](const Arrival& arrival) { put(out, std::uint64_t{arrival.octets}); },
                   [&](const Loss& loss) { put(out, loss.reason); },
                   [&](const HandshakeDone& done) { put(out, done.facts); },
                   [&](const HandshakeFailed& failed) {
                       put(out, failed.facts);
                       put(out, failed.reason);
                       put(out, std::uint64_t{failed.reset});
                   },
                   // How late it is: a small number.
                   [&](const TimeCame& came) {
                       put(out, static_cast<std::uint64_t>(passed(came.due, call.at)));
                   },
                   [&](const StateChange& change) { put(out, change); },
                   [&](const NameQuery& query) {
                       put(out, query.client);
                       put(out, static_cast<std::uint64_t>(query.transport));
                       put(out, query.octets);
                   },
                   [](const auto&) {},
               },
               call.what);
}

std::optional<Call::What> take_what(Kind kind, Instant at, Taker& from) {
    switch (kind) {
        case Kind::opening: {
            Opening opening;
            opening.host = static_cast<std::size_t>(from.number());
            opening.endpoints.client = from.string();
            opening.endpoints.local = from.string();
            return opening;
        }
        case Kind::arrival: return Arrival{static_cast<std::size_t>(from.number())};
        case Kind::trickle: return Trickle{};
        case Kind::input_end: return InputEnd{};
        case Kind::loss: return Loss{from.string()};
        case Kind::all_taken: return AllTaken{};
        case Kind::handshake_done: return HandshakeDone{take_tls_facts(from)};
        case Kind::handshake_failed: {
            HandshakeFailed failed;
            failed.facts = take_tls_facts(from);
            failed.reason = from.string();
            failed.reset = from.flag();
            return failed;
        }
        case Kind::time_came:
        case Kind::time_came_first:
            return TimeCame{shifted(at, 0 - from.number()), kind == Kind::time_came_first};
        case Kind::shutdown: return Shutdown{};
        case Kind::state_forgotten: return StateChange{take_forgotten(from)};
        case Kind::state_put: return StateChange{StatePut{take_entries(from)}};
        case Kind::state_reset: return StateChange{StateReset{}};
        case Kind::state_restored: return StateChange{take_restored(from)};
        case Kind::name_query: {
            NameQuery query;
            query.client = from.string();
            query.transport = from.flag() ? dns::Transport::tcp : dns::Transport::udp;
            query.octets = from.string();
            return query;
        }
        case Kind::octets:
        case Kind::body:
        case Kind::cut: break;
    }
    return std::nullopt;
}

}  // namespace

std::string wire_form(std::string_view content) {
    std::string wire;
    wire.reserve(content.size() + 8);
    if (content.starts_with('.')) wire += '.';
    while (true) {
        const std::size_t dot = content.find("\r\n.");
        if (dot == std::string_view::npos) break;
        wire += content.substr(0, dot + 3);
        wire += '.';
        content.remove_prefix(dot + 3);
    }
    wire += content;
    return wire += ".\r\n";
}

void RecordingWriter::append(std::string& out, const Call& call) {
    auto first = static_cast<std::uint8_t>(kind_of(call.what));
    if (call.events != 0) first |= has_events;
    if (call.output != 0) first |= has_output;
    if (call.blocked != 0) first |= has_blocked;
    out += static_cast<char>(first);
    put(out, number(call.session));
    put_signed(out, passed(last_, call.at));
    last_ = call.at;
    put(out, call);
    if (call.events != 0) put(out, std::uint64_t{call.events});
    if (call.blocked != 0) put(out, std::uint64_t{call.blocked});
    // Any number is as likely as another one.
    for (unsigned shift = 0; call.output != 0 && shift < 32; shift += 8)
        out += static_cast<char>(call.output >> shift & 0xFF);
}

void RecordingWriter::append(std::string& out, const InputOctets& octets) {
    out += static_cast<char>(Kind::octets);
    put(out, number(octets.session));
    put(out, octets.octets);
}

void RecordingWriter::append(std::string& out, const InputBody& body) {
    out += static_cast<char>(Kind::body);
    put(out, number(body.session));
    put(out, std::uint64_t{body.transaction});
    put(out, body.octets);
}

void RecordingWriter::append(std::string& out, const InputCut& cut) {
    out += static_cast<char>(Kind::cut);
    put(out, number(cut.session));
    put(out, static_cast<std::uint64_t>(cut.why));
}

RecordingReader::Progress RecordingReader::next(std::string_view& recording, Recorded& out) {
    if (recording.empty()) return Progress::end;
    Taker from{recording};
    const std::uint8_t first = from.octet();
    const auto kind = static_cast<Kind>(first & kind_mask);
    const SessionId session{from.number()};
    if (kind == Kind::octets) {
        out = InputOctets{session, from.text()};
    } else if (kind == Kind::body) {
        const std::uint32_t transaction = from.small_number();
        out = InputBody{session, transaction, from.number()};
    } else if (kind == Kind::cut) {
        const std::uint8_t why = from.octet();
        if (why > static_cast<std::uint8_t>(InputCut::Why::message)) from.give_up();
        out = InputCut{session, static_cast<InputCut::Why>(why)};
    } else {
        Call call;
        call.session = session;
        const auto passed = static_cast<std::uint64_t>(from.signed_number());
        call.at = shifted(last_.value_or(Instant{}), passed);
        // Time does not go back.
        if (from.damaged() || (last_ && call.at < *last_)) return Progress::damaged;
        last_ = call.at;
        auto what = take_what(kind, call.at, from);
        if (!what) return Progress::damaged;
        call.what = std::move(*what);
        if ((first & has_events) != 0) call.events = from.small_number();
        if ((first & has_blocked) != 0) call.blocked = from.small_number();
        for (unsigned shift = 0; (first & has_output) != 0 && shift < 32; shift += 8)
            call.output |= static_cast<std::uint32_t>(from.octet()) << shift;
        out = std::move(call);
    }
    if (from.damaged()) return Progress::damaged;
    recording = from.rest();
    return Progress::record;
}

}  // namespace fakemx::engine
