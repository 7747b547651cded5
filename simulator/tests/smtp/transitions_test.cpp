// Every sequence of verbs, against a model of RFC 5321 §4.1.4 that is written another way than the table.
#include "smtp/transitions.h"

#include <functional>

#include "support/catch.h"
#include "support/checked_session.h"
#include "support/effort.h"

using namespace fakemx;
using namespace fakemx::smtp;

namespace {

/// What a client says, and whether the policy lets it have its way.
struct Letter {
    const char* line;
    Verb verb;
    bool refused = false;
};

const std::vector<Letter> letters{
    {"EHLO client.test\r\n", Verb::ehlo},
    {"HELO client.test\r\n", Verb::helo},
    {"MAIL FROM:<a@b.test>\r\n", Verb::mail},
    {"RCPT TO:<c@d.test>\r\n", Verb::rcpt},
    {"DATA\r\n", Verb::data},
    {"RSET\r\n", Verb::rset},
    {"NOOP\r\n", Verb::noop},
    {"QUIT\r\n", Verb::quit},
    {"ETRN #b\r\n", Verb::unsupported},
    {"XYZZY\r\n", Verb::unknown},
    // From here on only in shorter sequences.
    {"VRFY ann\r\n", Verb::vrfy},
    {"EXPN staff\r\n", Verb::expn},
    {"HELP\r\n", Verb::help},
    {"EHLO client.test\r\n", Verb::ehlo, true},
    {"MAIL FROM:<a@b.test>\r\n", Verb::mail, true},
    {"RCPT TO:<c@d.test>\r\n", Verb::rcpt, true},
    {"DATA\r\n", Verb::data, true},
    {"RSET\r\n", Verb::rset, true},
    {"QUIT\r\n", Verb::quit, true},
};

class Model {
public:
    /// The code of the reply; 354 stands for the whole of an empty message that was accepted.
    int meet(const Letter& letter) {
        switch (letter.verb) {
            case Verb::quit: over = !letter.refused; return over ? 221 : 550;
            case Verb::noop: return 250;
            case Verb::help: return 214;
            case Verb::vrfy: return 252;
            case Verb::expn: return 550;
            case Verb::starttls:  // of extensions that this host does not offer
            case Verb::bdat:
            case Verb::auth:
            case Verb::xclient:  // where nobody may be trusted with it
            case Verb::unsupported: return 502;
            case Verb::unknown: return 500;
            case Verb::helo:
            case Verb::ehlo:
                if (letter.refused) return 550;
                greeted_ = true;
                forget();
                return 250;
            case Verb::rset:
                if (letter.refused) return 550;
                forget();
                return 250;
            case Verb::mail:
                if (!greeted_ || sender_) return 503;
                if (letter.refused) return 550;
                sender_ = true;
                return 250;
            case Verb::rcpt:
                if (!sender_) return 503;
                tried_ = true;
                if (letter.refused) return 550;
                ++recipients_;
                return 250;
            case Verb::data:
                if (recipients_ == 0) return sender_ && tried_ ? 554 : 503;
                if (letter.refused) return 550;
                forget();
                return 354;
        }
        return 0;
    }

    bool over = false;

private:
    void forget() {
        sender_ = tried_ = false;
        recipients_ = 0;
    }

    bool greeted_ = false;
    bool sender_ = false;
    bool tried_ = false;
    int recipients_ = 0;
};

int code_in(const Effects& effects) {
    for (const Effect& effect : effects) {
        if (const auto* send = std::get_if<Send>(&effect))
            return std::stoi(send->octets.substr(0, 3));
    }
    return 0;
}

/// Says the line; answers what is asked. The code of the reply, 0 when there was none.
int say(test::CheckedSession& session, const Letter& letter) {
    const Effects said = session.handle(default_epoch, Received{letter.line});
    if (!session.asking()) return code_in(said);
    Verdict verdict;
    if (letter.refused) verdict.answer = Reply{550, {}, {"no"}};
    const int code = code_in(session.resolve(default_epoch, verdict));
    if (code != 354) return code;
    session.handle(default_epoch, Received{".\r\n"});
    REQUIRE(code_in(session.resolve(default_epoch, {})) == 250);
    return code;
}

std::size_t try_all(std::size_t alphabet, std::size_t length) {
    const HostOptions host;
    std::vector<std::size_t> sequence(length, 0);
    std::size_t tried = 0;
    while (true) {
        test::CheckedSession session{host};
        session.handle(default_epoch, Connected{});
        session.resolve(default_epoch, {});
        Model model;
        for (std::size_t i = 0; i < length && !model.over; ++i) {
            const Letter& letter = letters[sequence[i]];
            const int expected = model.meet(letter);
            const int actual = say(session, letter);
            if (actual != expected) {
                std::string dialogue;
                for (std::size_t n = 0; n <= i; ++n) dialogue += letters[sequence[n]].line;
                FAIL(dialogue << "expected " << expected << ", got " << actual);
            }
        }
        REQUIRE(session.ended() == model.over);
        ++tried;
        std::size_t place = 0;
        while (place < length && ++sequence[place] == alphabet) sequence[place++] = 0;
        if (place == length) return tried;
    }
}

}  // namespace

TEST_CASE("all sequences of five verbs meet the replies of RFC 5321 §4.1.4") {
    if (test::thorough) CHECK(try_all(10, 5) == 100'000);
    CHECK(try_all(10, 4) == 10'000);
}

TEST_CASE("all sequences of three verbs, refused or not") {
    for (std::size_t length = 1; length <= 3; ++length) CHECK(try_all(letters.size(), length) != 0);
}

TEST_CASE("after a greeting that refuses, only QUIT is taken: RFC 5321 §3.1") {
    const HostOptions host;
    for (const Letter& letter : letters) {
        if (letter.refused) continue;
        test::CheckedSession session{host};
        session.handle(default_epoch, Connected{});
        session.resolve(default_epoch, {.answer = Reply{554, {}, {"no"}}});
        CAPTURE(letter.line);
        CHECK(say(session, letter) == (letter.verb == Verb::quit ? 221 : 503));
        CHECK(session.ended() == (letter.verb == Verb::quit));
    }
}

TEST_CASE("the tables say what the text above them says") {
    for (std::size_t i = 0; i < state_count; ++i) {
        const auto state = static_cast<State>(i);
        const bool reads = state == State::refused || state == State::fresh ||
                           state == State::ready || state == State::mail || state == State::rcpt ||
                           state == State::bdat;
        for (std::size_t v = 0; v < verb_count; ++v) {
            const auto verb = static_cast<Verb>(v);
            CHECK((admission(state, verb) == Admission::never) == !reads);
            if (reads && verb == Verb::quit) CHECK(admission(state, verb) == Admission::yes);
        }
    }
    CHECK(next_state(State::fresh, Verb::rset) == State::fresh);
    CHECK(next_state(State::rcpt, Verb::rset) == State::ready);
    CHECK(next_state(State::rcpt, Verb::noop) == State::rcpt);
}
