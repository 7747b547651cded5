// Where the mail of a domain goes: what the name server said about the domain in a run, and which sessions were meant for it. A
// missing query proves nothing by itself, because resolvers remember; and a connection that nobody answers leaves no trace at all.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/course.h"

namespace fakemx::conformance {

class Hearing;

/// A record that was answered.
struct NameRecord {
    std::string owner;
    std::string type;  ///< "MX"
    std::string data;  ///< "10 mx1.example"
};
NameRecord read_record(const journal::Queried& asked, std::string_view text);

/// What was said about the addresses of a name.
enum class Located : std::uint8_t {
    unasked,  ///< nobody wanted to know
    found,
    nowhere,  ///< there is none
    failing,  ///< the name server failed, or said nothing
};

/// All queries of a run, by name.
class NamesAsked {
public:
    explicit NamesAsked(const std::vector<Query>& queries);

    /// In order; ANY counts as each type.
    std::vector<const Query*> of(std::string_view name, std::string_view type,
                                 Instant until = Instant::max()) const;
    /// For its A or AAAA.
    std::vector<const Query*> of_addresses(std::string_view name,
                                           Instant until = Instant::max()) const;
    std::vector<std::string> addresses(std::string_view name, Instant until = Instant::max()) const;
    bool is_at(std::string_view name, std::string_view address,
               Instant until = Instant::max()) const;
    /// By all that was said so far. Found is found, even if it fails later.
    Located located(std::string_view name, Instant until = Instant::max()) const;
    const std::map<std::string, std::vector<const Query*>, std::less<>>& all() const {
        return by_name_;
    }

private:
    std::map<std::string, std::vector<const Query*>, std::less<>> by_name_;
};

struct Exchanger {
    std::uint32_t preference = 0;
    std::string host;
    auto operator<=>(const Exchanger&) const = default;
};

/// An answer to the question for a domain's MX.
struct MxAnswer {
    enum class Kind : std::uint8_t {
        hosts,
        null,     ///< no mail is taken (RFC 7505)
        none,     ///< the domain is there, and has no MX: it is its own host
        no_name,  ///< there is no such domain
        failing,  ///< the name server failed, or said nothing
        again,    ///< truncated: to be had over TCP
    };
    const Query* query = nullptr;
    Kind kind = Kind::failing;
    std::vector<Exchanger> hosts;      ///< in the order of the answer
    std::vector<std::string> aliases;  ///< targets of CNAME records
};

/// A session that was meant for a destination.
struct Contact {
    const Dialogue* session = nullptr;
    const Exchanger* host = nullptr;  ///< of Destination::hosts; null: none of them
    bool at_domain = false;           ///< at an address of the domain's own that is none of a host
};

struct Destination {
    std::string domain;
    std::vector<MxAnswer> answers;  ///< at least one, in order
    /// The most preferred first. Empty where no MX was answered, or not always the same.
    std::vector<Exchanger> hosts;
    std::vector<Contact> contacts;  ///< in the order in which they were opened
    std::vector<const Submission*> given;

    /// All answers were of this kind, but for those that failed.
    bool is(MxAnswer::Kind kind) const;
    /// It is the domain, or one that it is an alias of.
    bool is_for(std::string_view other) const;
    /// The place in the list of a host that goes by this name; null: none.
    const Exchanger* host_named(std::string_view name) const;
};

/// What rules on names look at.
class Destinations {
public:
    /// The course outlives it.
    explicit Destinations(const Course& course);
    Destinations(const Destinations&) = delete;
    Destinations& operator=(const Destinations&) = delete;

    const std::vector<Destination>& all() const { return all_; }
    const NamesAsked& names() const { return names_; }
    const Course& course() const { return course_; }

    /// A host of this name has taken a connection, some time in the run, for whatever destination.
    bool takes_connections(std::string_view host) const { return sessions_at_.contains(host); }
    /// An earlier session there went wrong or was not over: reason enough to leave the host alone for a while.
    bool excuses(std::string_view host, const Dialogue& later) const;

private:
    struct Visit {
        const Dialogue* session = nullptr;
        bool went_wrong = false;
    };

    Destination destination(std::string domain, const std::vector<const Query*>& queries) const;
    void find_sessions();
    void find_contacts();
    /// What the host of a session is called: its own name, and those that were answered with its address.
    std::vector<std::string> names_of(const Dialogue& session) const;

    const Course& course_;
    NamesAsked names_;
    std::vector<Destination> all_;
    std::map<std::string, std::vector<std::string>> names_at_;            // by address
    std::map<std::string, std::vector<Visit>, std::less<>> sessions_at_;  // by the name of the host
};

/// Judges each destination of a run.
template <void (*judge)(const Destinations&, const Destination&, Hearing&)>
void judge_destinations(const Course& course, Hearing& hearing) {
    if (course.queries.empty()) return;
    const Destinations destinations{course};
    for (const Destination& one : destinations.all()) judge(destinations, one, hearing);
}

/// The first answers about the destination, as evidence.
std::vector<std::string> lines_of(const Destination& destination);

/// In lower case, each once, in the order of RCPT.
std::vector<std::string> recipient_domains(const Dialogue& session);
std::string domain_of(std::string_view address);

/// When the session was over; the end of the course for one that was not.
Instant end_of(const Dialogue& session, const Course& course);
/// Something in it was not as a sender would have it: no greeting of 2yz, 4yz or 5yz to anything, or no proper end.
bool went_wrong(const Dialogue& session);

}  // namespace fakemx::conformance
