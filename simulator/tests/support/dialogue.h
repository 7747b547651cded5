// A session tested as a dialogue: what the client says, what the session asks, what it is answered, what
// it sends. Every effect must be expected, in its order; observations are looked at where a test asks
// for them. A dialogue that went well can be replayed broken off at every step, and split at every octet.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/checked_session.h"

namespace fakemx::test {

/// Where in a test an expectation stands.
struct Place {
    const char* file;
    int line;
};

class Dialogue {
public:
    explicit Dialogue(smtp::HostOptions host = {}, smtp::PeerTrust trust = {});
    // The session refers to the host.
    Dialogue(const Dialogue&) = delete;
    Dialogue& operator=(const Dialogue&) = delete;

    // What happens to the session.
    Dialogue& connects();
    Dialogue& says(std::string_view octets);
    Dialogue& half_closes();
    Dialogue& breaks();
    Dialogue& drains();
    Dialogue& shuts_down();
    Dialogue& tls_ready(smtp::TlsFacts facts = {.version = "TLSv1.3",
                                                .cipher = "TLS_AES_256_GCM_SHA384",
                                                .server_name = {},
                                                .client_subject = {}});
    Dialogue& tls_fails(std::string_view reason);
    /// Lets time pass and ticks.
    Dialogue& passes(Duration duration);
    /// Lets time pass; nobody ticks.
    Dialogue& after(Duration duration);
    Dialogue& answer(smtp::Verdict verdict);
    Dialogue& answer(smtp::Reply reply) {
        return answer(smtp::Verdict{.answer = std::move(reply)});
    }
    Dialogue& answer_default() { return answer(smtp::Verdict{}); }
    Dialogue& answer_fails();

    // What it does.
    Dialogue& expect_consult(smtp::Hook hook, int line = __builtin_LINE(),
                             const char* file = __builtin_FILE());
    /// `text` without the final CRLF; further lines behind "\n".
    Dialogue& expect_send(std::string_view text, int line = __builtin_LINE(),
                          const char* file = __builtin_FILE());
    /// A wait before something that is not a reply.
    Dialogue& expect_send_nothing_paced(int line = __builtin_LINE(),
                                        const char* file = __builtin_FILE());
    Dialogue& expect_upgrade(int line = __builtin_LINE(), const char* file = __builtin_FILE());
    Dialogue& expect_abandon(int line = __builtin_LINE(), const char* file = __builtin_FILE());
    Dialogue& expect_end(smtp::Ended::How how, smtp::Close::How close, int line = __builtin_LINE(),
                         const char* file = __builtin_FILE());
    /// Among the observations since the last step that made something happen.
    Dialogue& expect_anomaly(smtp::Anomaly::Kind kind, int line = __builtin_LINE(),
                             const char* file = __builtin_FILE());
    /// No effect is left.
    Dialogue& expect_nothing(int line = __builtin_LINE(), const char* file = __builtin_FILE());

    /// Greeting and EHLO, both answered by default.
    Dialogue& begins();

    const smtp::Session& session() const { return session_->session(); }
    Instant now() const { return now_; }
    /// The last observation of this kind; null without one.
    template <class Kind>
    const Kind* last() const {
        for (auto it = seen_.rbegin(); it != seen_.rend(); ++it) {
            if (const Kind* found = observed<Kind>(*it)) return found;
        }
        return nullptr;
    }

    /// Replays the dialogue and ends it after every step and behind every octet, by a broken
    /// connection, a half-closed one and a shutdown: it must end with one Ended and one Close, with
    /// Abandon where a question was outstanding, and be deaf from then on.
    Dialogue& break_at_every_step();
    /// Replays the dialogue with everything said octet by octet, and with each saying split in two at
    /// every octet: the effects must be the same. Not for one with octets that are discarded in front of
    /// TLS.
    Dialogue& split_at_every_octet();

private:
    struct Step {
        enum class Kind {
            connect,
            say,
            half_close,
            break_off,
            drain,
            shut_down,
            tls_ready,
            tls_fail,
            tick,
            wait,
            answer,
            fail
        };
        Kind kind;
        std::string octets;
        Duration duration{};
        smtp::Verdict verdict{};
        smtp::TlsFacts tls{};
    };

    Dialogue& perform(Step step);
    smtp::Effects perform_on(CheckedSession& session, Instant& now, const Step& step) const;
    /// The next effect that is no observation; observations on the way are put aside.
    std::string next(const smtp::Effect*& effect);
    Dialogue& take();
    void fail(Place place, std::string_view expected, std::string_view actual) const;
    std::vector<std::string> replay(
        const std::function<std::vector<std::string>(std::string_view)>& split) const;
    void break_here(std::size_t steps, std::size_t octets) const;

    smtp::SessionFacts facts() const { return {.host = host_.name, .client = "192.0.2.1"}; }

    smtp::HostOptions host_;
    smtp::PeerTrust trust_;
    std::unique_ptr<CheckedSession> session_;
    Instant now_ = default_epoch;
    std::vector<Step> steps_;
    std::deque<smtp::Effect> pending_;
    std::deque<std::string> pending_texts_;  // described while the question was still there
    std::vector<smtp::Effect> seen_;
    std::size_t seen_before_step_ = 0;
};

}  // namespace fakemx::test
