// How the octets were split on their way makes no difference: same effects, same events (DESIGN §4.2).
#include "core/limits.h"
#include "support/catch.h"
#include "support/checked_session.h"
#include "support/draws.h"
#include "support/effort.h"

using namespace fakemx;
using namespace fakemx::smtp;

namespace {

/// Answers by number, so that the answers do not depend on anything else.
Verdict verdict_for(std::uint64_t number, std::uint64_t salt) {
    const Rng rng{salt};
    const auto below = [&](std::uint64_t bound, std::string_view rule) {
        return rng.below(bound, {rule, {}, number});
    };
    Verdict verdict;
    switch (below(24, "kind")) {
        case 0: verdict.answer = Reply{451, EnhancedCode{4, 3, 2}, {"later"}}; break;
        case 1: verdict.answer = Reply{550, {}, {"no", "never"}}; break;
        case 2: verdict.answer = RawAnswer{"250 raw"}; break;
        case 3: verdict.answer = RawAnswer{""}; break;
        case 4: verdict.answer = StandardAnswer{Disposition::reject, {}}; break;
        case 5: verdict.pacing.after = 1s; break;
        case 6: verdict.pacing = {.pieces = {1}, .repeat_last_piece = true, .every = 1s}; break;
        case 7:
            if (below(6, "end") == 0) verdict.answer = Silence{};
            break;
        case 8:
            if (below(6, "end") == 0) verdict.ending = Ending::close;
            break;
        case 9:
            if (below(6, "end") == 0) verdict.answer = Reply{421, {}, {"bye"}};
            break;
        default: break;
    }
    return verdict;
}

struct Run {
    std::vector<std::string> effects;
    std::uint64_t answered = 0;
};

/// All of `input` in pieces that end at `cuts`. Questions are answered and paced replies drained as soon
/// as they are there, or only when all input has come.
std::vector<std::string> effects_of(std::string_view input, const std::vector<std::size_t>& cuts,
                                    std::uint64_t salt, bool at_once) {
    HostOptions host;
    host.extensions = offers({Extension::size, Extension::eight_bit_mime, Extension::chunking,
                              Extension::binary_mime, Extension::smtputf8});
    host.recipients_max = 3;
    host.message_octets_max = 200;
    test::CheckedSession session{host};
    std::vector<std::string> seen;
    std::uint64_t answered = 0;
    const Instant now = default_epoch;
    const auto note = [&](const Effects& effects) {
        for (const Effect& effect : effects) seen.push_back(test::describe(effect));
    };
    const auto answer = [&] {
        while (session.asking() || session.session().draining()) {
            // One after the other: describing a question needs it to be there still.
            note(session.asking() ? session.resolve(now, verdict_for(answered++, salt))
                                  : session.handle(now, Drained{}));
        }
    };
    note(session.handle(now, Connected{}));
    session.resolve(now, {});
    std::size_t from = 0;
    const auto arrive = [&](std::size_t to) {
        note(session.handle(now, Received{input.substr(from, to - from)}));
        from = to;
        if (at_once) answer();
    };
    for (const std::size_t cut : cuts) arrive(cut);
    arrive(input.size());
    answer();
    note(session.handle(now, HalfClosed{}));
    return seen;
}

void must_not_matter(std::string_view input, const std::vector<std::size_t>& cuts,
                     std::uint64_t salt) {
    for (const bool at_once : {true, false}) {
        REQUIRE(effects_of(input, cuts, salt, at_once) == effects_of(input, {}, salt, at_once));
    }
}

const std::vector<std::string> dialogues{
    "EHLO client.test\r\nMAIL FROM:<a@b.test> SIZE=10\r\nRCPT TO:<c@d.test>\r\nDATA\r\n"
    "Subject: x\r\n\r\n..\r\n.a\nb\rc\r\n.\r\nQUIT\r\n",
    "HELO client.test\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.test>\r\nRCPT TO:<bad\r\nDATA\r\n.\r\nMAIL "
    "FROM:<>\r\nRSET\r\nNOOP x\r\n",
    "EHLO [192.0.2.1]\r\nSTARTTLS\r\nAUTH PLAIN secret\r\nFOO\r\n\r\n \r\nVRFY a\r\nEXPN "
    "b\r\nHELP\r\nQUIT\r\nNOOP\r\n",
    "EHLO a.test\r\nMAIL FROM:<a@b.test> BODY=BINARYMIME\r\nRCPT TO:<c@d.test>\r\nBDAT "
    "9\r\n\r\n.\r\nQUIT\r\n"
    "BDAT 3 LAST\r\n\r\r\nBDAT 2\r\nabBDAT x\r\n",
    "\n\r\n\r\r\nNOOP\n\r\nNO\x80OP\r\nEHLO a\r\n\r",
};

/// Something like a session, with everything in it that a client may do wrong.
std::string some_input(test::Draws& draws) {
    static const std::vector<std::string> pieces{"EHLO client.test\r\n",
                                                 "HELO c\r\n",
                                                 "EHLO\r\n",
                                                 "MAIL FROM:<a@b.test>\r\n",
                                                 "MAIL FROM:<> SIZE=300\r\n",
                                                 "MAIL FROM:<x> BODY=8BITMIME\r\n",
                                                 "RCPT TO:<c@d.test>\r\n",
                                                 "RCPT TO:<e@f.test>\r\n",
                                                 "RCPT TO:<>\r\n",
                                                 "DATA\r\n",
                                                 "RSET\r\n",
                                                 "NOOP\r\n",
                                                 "QUIT\r\n",
                                                 "XYZZY\r\n",
                                                 "AUTH PLAIN s\r\n",
                                                 "BDAT 7\r\n.\r\nNOOP",
                                                 "BDAT 3 LAST\r\n",
                                                 "BDAT 0 LAST\r\n",
                                                 "BDAT\r\n",
                                                 "Subject: x\r\n\r\nhello\r\n",
                                                 ".\r\n",
                                                 "..\r\n",
                                                 "\r\n.\r\n",
                                                 "\n.\n",
                                                 "\r",
                                                 "\n",
                                                 ".",
                                                 "\r\n",
                                                 "x",
                                                 std::string{"\0\x80", 2}};
    std::string input = "EHLO client.test\r\n";
    for (auto left = 2 + draws.below(25); left != 0; --left) {
        // A plausible order most of the time, so that it comes to message data.
        if (draws.one_in(3)) {
            input += "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n";
        } else if (draws.one_in(40)) {
            input += draws.text("ab \r\n", 5000);
        } else {
            input += pieces[draws.below(pieces.size())];
        }
    }
    return input;
}

}  // namespace

TEST_CASE("every split at every octet of some dialogues") {
    for (const std::string& input : dialogues) {
        for (std::uint64_t salt = 0; salt < static_cast<std::uint64_t>(test::times(10)); ++salt) {
            std::vector<std::size_t> every;
            for (std::size_t at = 1; at < input.size(); ++at) {
                must_not_matter(input, {at}, salt);
                every.push_back(at);
            }
            must_not_matter(input, every, salt);
        }
    }
}

TEST_CASE("random splits of random dialogues") {
    test::Draws draws{"chunks"};
    for (std::uint64_t n = 0; n < static_cast<std::uint64_t>(test::times(1500)); ++n) {
        const std::string input = some_input(draws);
        std::vector<std::size_t> cuts;
        const auto step = 1 + draws.below(30);
        for (std::size_t at = 1 + draws.below(step); at < input.size();
             at += 1 + draws.below(2 * step)) {
            cuts.push_back(at);
        }
        CAPTURE(n, escape_octets(input));
        must_not_matter(input, cuts, n);
    }
}
