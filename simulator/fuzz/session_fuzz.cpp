// The session: octets drive inputs, verdicts and time. CheckedSession asserts the contract of DESIGN §4;
// a second run gets the same octets one by one and must show the same effects. The rules look at what is observed; that is
// for the sanitizers, because what is pipelined depends on how the octets are split.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "conformance/print.h"
#include "fuzz/reader.h"
#include "tests/support/checked_session.h"

using namespace fakemx;
using namespace fakemx::smtp;

namespace {

Verdict some_verdict(fuzz::Reader& reader, int depth = 0) {
    Verdict verdict;
    switch (reader.below(12)) {
        case 0: verdict.answer = Silence{}; break;
        case 1: verdict.answer = RawAnswer{std::string{reader.octets(reader.below(16))}}; break;
        case 2:
            verdict.answer = StandardAnswer{static_cast<Disposition>(reader.below(3)), {}};
            break;
        case 3:
            verdict.answer = Reply{static_cast<int>(200 + reader.below(256) * 2),
                                   EnhancedCode{4, 0, 0},
                                   {std::string{reader.octets(reader.below(16))}, "end"}};
            break;
        case 4: verdict.answer = Reply{421, {}, {"bye"}}; break;
        case 5:
            verdict.pacing = {.after = std::chrono::hours{reader.below(9)}, .pieces = {1, 2}};
            break;
        case 6: verdict.pacing.after = Duration::max(); break;
        case 7: verdict.ending = static_cast<Ending>(reader.below(4)); break;
        case 8:
            verdict.ending = static_cast<Ending>(reader.below(6));
            if (reader.below(2) == 1)
                verdict.lost_after = static_cast<std::uint32_t>(reader.below(4));
            verdict.pacing.late = reader.below(2) == 1;
            verdict.pacing.after = std::chrono::minutes{reader.below(9)};
            break;
        case 9:
            verdict.reading = Reading{.octets = static_cast<std::uint32_t>(reader.below(3)),
                                      .every = std::chrono::minutes{reader.below(9)}};
            break;
        case 10: {
            if (depth == 3) break;
            const bool in_body = reader.below(2) == 1;
            auto& place = in_body ? verdict.in_body : verdict.and_then;
            FollowUp follow_up{.wait = std::chrono::minutes{reader.below(9)},
                               .octets = reader.below(64),
                               .verdict = some_verdict(reader, depth + 1)};
            place = std::make_shared<const FollowUp>(std::move(follow_up));
            break;
        }
        default: break;
    }
    return verdict;
}

std::vector<std::string> run(fuzz::Reader reader, bool octet_by_octet) {
    HostOptions host;
    host.idle_timeout = std::chrono::minutes{1 + reader.below(200)};
    host.message_octets_max = reader.below(64);
    host.recipients_max = static_cast<std::uint32_t>(reader.below(4));
    if (reader.below(2) == 1) host.domains = {"b.test"};
    // Taken from what was drawn already, so that the corpus keeps its meaning. Not STARTTLS: what comes in
    // the clear behind it depends on how the octets are split.
    host.implicit_tls = host.message_octets_max % 8 == 3;
    // Likewise; and not a PROXY header in front of TLS, whose first octets are not the session's.
    host.lmtp = host.message_octets_max % 8 == 5;
    PeerTrust trust;
    trust.proxy = host.message_octets_max % 8 == 6;
    if (host.message_octets_max % 4 != 0)
        trust.xclient = static_cast<PeerTrust::Xclient>(host.message_octets_max % 4 - 1);
    host.extensions = offers({Extension::pipelining, Extension::size, Extension::eight_bit_mime,
                              Extension::enhanced_status_codes, Extension::chunking,
                              Extension::binary_mime, Extension::smtputf8, Extension::dsn});
    test::CheckedSession session{host, {}, trust};
    std::vector<std::string> seen;
    conformance::Checker checker;
    std::uint32_t events = 0;
    Instant now = default_epoch;
    const auto note = [&](const Effects& effects) {
        for (const Effect& effect : effects) {
            seen.push_back(test::describe(effect));
            const auto* observe = std::get_if<Observe>(&effect);
            if (observe == nullptr) continue;
            const auto body = std::visit(
                [](const auto& what) -> journal::EventBody { return what; }, observe->observation);
            checker.take(journal::Event{SessionId{1}, ++events, now, body});
        }
    };
    note(session.handle(now, Connected{}));
    if (host.implicit_tls) note(session.handle(now, TlsReady{}));
    while (!reader.empty()) {
        switch (reader.below(16)) {
            case 0: now = later(now, std::chrono::minutes{reader.below(256)}); break;
            case 1: note(session.handle(now, Tick{})); break;
            case 2: note(session.handle(now, HalfClosed{})); break;
            case 3: note(session.handle(now, Broken{"lost"})); break;
            case 4: note(session.handle(now, ShutDown{})); break;
            case 5: note(session.handle(now, Drained{})); break;
            case 6:
                if (session.asking()) note(session.resolve_failed(now));
                break;
            case 7:
                if (const Verdict verdict = some_verdict(reader); session.asking()) {
                    note(session.resolve(now, verdict));
                }
                break;
            case 8:
            case 9:
                if (session.asking()) note(session.resolve(now, {}));
                break;
            default: {
                const std::string_view octets = reader.octets(reader.below(128));
                const std::size_t step = octet_by_octet ? 1 : octets.size() + 1;
                for (std::size_t at = 0; at < octets.size(); at += step) {
                    note(session.handle(now, Received{octets.substr(at, step)}));
                }
            }
        }
    }
    fuzz::must(!conformance::text(checker.audit()).empty());
    fuzz::must(!conformance::json(checker.audit()).empty());
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const auto whole = run({octets, size}, false);
    const auto split = run({octets, size}, true);
    if (whole != split) {
        const auto [one, other] =
            std::mismatch(whole.begin(), whole.end(), split.begin(), split.end());
        std::cerr << "whole: " << (one != whole.end() ? *one : "the end")
                  << "\nsplit: " << (other != split.end() ? *other : "the end") << "\n";
    }
    fuzz::must(whole == split);
    return 0;
}
