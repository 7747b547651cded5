// What a sender shows of itself, joined: its address, the name it greets with, SPF, DKIM, DMARC and their alignment. Whose names are
// looked up is not known here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "message/identity.h"
#include "message/names.h"
#include "message/spf.h"

namespace fakemx::smtp {
struct Path;
struct SessionFacts;
}  // namespace fakemx::smtp

namespace fakemx::message {

/// Whoever sends with this reverse path; nothing where the client has no IP address.
std::optional<SpfIdentity> sender_of(const smtp::SessionFacts& session,
                                     const smtp::Path& reverse_path);

/// The address of the client, likewise.
std::optional<IpAddress> address_of(const smtp::SessionFacts& session);

/// Something is known of its domain: that of the reverse path, or of HELO where that is null.
bool knows(const Names& names, const SpfIdentity& sender);

/// A message as it is judged.
struct ArrivedMessage {
    SpfIdentity sender;
    std::string from_domain;   ///< of the header field From; empty without one
    std::string_view content;  ///< its beginning
    bool whole = true;         ///< all of it
};

/// Likewise, or of the domain of From.
bool knows(const Names& names, const ArrivedMessage& message);

/// RFC 7489 §3.1: does From go by the domain that SPF, or a signature, has passed for? Strict where its DMARC record says so.
struct Alignment {
    bool spf = false;
    bool dkim = false;
};

/// "pass" where one signature holds, else what the first one came to; "none" without any.
AuthResult overall(const std::vector<DkimResult>& signatures);

/// Each of the results when it is first asked for, and once for the same question. Names are looked up within the bounds of RFC 7208
/// §4.6.4, signatures within limits::dkim_signatures_max.
class Authentication {
public:
    /// `names` outlives it; null: there are none, and every result is "none".
    explicit Authentication(const Names* names);
    Authentication(Authentication&&) noexcept;
    Authentication& operator=(Authentication&&) noexcept;
    ~Authentication();

    const Names* names() const { return names_; }

    AuthResult reverse(const IpAddress& client);
    AuthResult helo(const IpAddress& client, std::string_view helo);
    const SpfResult& spf(const SpfIdentity& sender);

    /// Of one message until the next one begins: it is taken to be the same.
    const std::vector<DkimResult>& dkim(const ArrivedMessage& message);
    const DmarcResult& dmarc(const ArrivedMessage& message);
    Alignment alignment(const ArrivedMessage& message);
    void begin_message();

    /// What was done so far: results made, and signatures checked for them.
    struct Effort {
        std::uint64_t results = 0;
        std::uint64_t signatures = 0;
    };
    Effort effort() const;

private:
    struct Results;

    Results& results();

    const Names* names_;
    std::unique_ptr<Results> results_;
};

/// Whoever sent a message that is to be judged later, by somebody else.
struct Sender {
    std::shared_ptr<const Names> names;
    SpfIdentity identity;
    std::string from_domain;
};

/// All of it.
struct Authenticated {
    SpfResult spf;
    std::vector<DkimResult> dkim;
    DmarcResult dmarc;
    Alignment alignment;
    AuthResult reverse = AuthResult::none;
    AuthResult helo = AuthResult::none;
};

/// Of the message that begins with `content`; nothing where nothing is known of the sender.
std::optional<Authenticated> authenticate(const Sender& sender, std::string_view content,
                                          bool whole);

}  // namespace fakemx::message
