// The seam between a receiver and whoever decides how it behaves. A consultation is a question that
// somebody answers later: `resume` is called at once, and again whenever the wait it asked for is
// over. The engine knows no Lua; a test answers with three lines of C++.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/random.h"
#include "core/time.h"
#include "dns/zones.h"
#include "engine/state_store.h"
#include "message/header_section.h"
#include "message/traits.h"
#include "smtp/question.h"
#include "smtp/verdict.h"

namespace fakemx::message {
class Authentication;
struct ArrivedMessage;
}  // namespace fakemx::message

namespace fakemx::engine {

/// A session's question with what the engine knows about it besides. Valid until it is answered or
/// the consultation is destroyed.
struct Question {
    smtp::Hook hook = smtp::Hook::connect;
    const smtp::SessionFacts& session;
    const smtp::Argument& argument;
    /// For `rcpt` and `message`: which try of this delivery it is, from 1 (see journal/attempts.h).
    std::uint32_t attempt = 1;
    /// For `message`: its header section; null for all other hooks.
    const message::HeaderSection* headers = nullptr;
    /// For `message`: what is said of it. Making that costs something, once.
    message::TraitsOnDemand* traits = nullptr;
    /// What the sender shows of itself; null: there are no names to judge it by.
    message::Authentication* authentication = nullptr;
};

/// What is to be authenticated of the message of a question of `message`; nothing where its client has no IP address.
std::optional<message::ArrivedMessage> arrived(const Question& question);

/// Ask again at this instant, which must be later than now.
struct Sleep {
    Instant until;
};

/// A profile that could not answer: the session says 451 4.3.0 and the run is red.
struct ScriptError {
    std::string message;    ///< one line, begins with "file:line: " where there is one
    std::string file;       ///< empty where there is none
    int line = 0;           ///< 0 where there is none
    std::string traceback;  ///< may be empty
};

/// A query to the name server. Valid until it is answered or the consultation is destroyed.
struct NameQuestion {
    std::string name;            ///< in lower case
    std::string type;            ///< "MX"
    std::string client;          ///< IP address
    std::string_view transport;  ///< "udp" or "tcp"
    std::uint64_t count =
        1;  ///< which time it is that this name and type are asked for, by anybody
};

template <class Verdict>
struct StepTo {
    std::variant<Verdict, Sleep, ScriptError> outcome;
    std::vector<std::string> notes;  ///< what the profile wants in the journal (`mx.log`)
};

/// One question on its way to an answer. Destroying it cancels it.
template <class Verdict>
class ConsultationFor {
public:
    virtual ~ConsultationFor() = default;
    virtual StepTo<Verdict> resume(Instant now) = 0;
};

using Step = StepTo<smtp::Verdict>;
using Consultation = ConsultationFor<smtp::Verdict>;
using NameStep = StepTo<dns::Verdict>;
using NameConsultation = ConsultationFor<dns::Verdict>;

using HookSet = std::bitset<smtp::hook_names.size()>;

class Policy {
public:
    virtual ~Policy() = default;

    /// The hooks that this policy answers; all others get the default verdict without being asked.
    virtual HookSet hooks() const = 0;

    /// The question, the store and whatever it refers to outlive the consultation.
    virtual std::unique_ptr<Consultation> consult(const Question& question, StateStore& state,
                                                  const Rng& rng) = 0;

    /// Whether it has a say in what the name server answers.
    virtual bool decides_names() const { return false; }
    /// Likewise, where it has. Null: what the zones say.
    virtual std::unique_ptr<NameConsultation> consult_on_name(const NameQuestion&, StateStore&,
                                                              const Rng&) {
        return nullptr;
    }
};

}  // namespace fakemx::engine
