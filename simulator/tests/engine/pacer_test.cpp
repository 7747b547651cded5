// When the octets of replies leave.
#include "engine/pacer.h"

#include "core/limits.h"
#include "engine/transport.h"
#include "support/catch.h"

using namespace fakemx;
using engine::Pacer;

namespace {

class Segments final : public engine::Transport {
public:
    void upgrade_tls(const std::optional<smtp::HandshakeFault>&, std::string) override {}
    void half_close() override {}
    void read_on() override {}
    void send(std::string_view octets) override {
        seen += (seen.empty() ? "" : "|") + std::string{octets};
    }
    bool flushed() const override { return true; }
    void close(smtp::Close::How) override {}
    std::string seen;
};

const Instant t0 = default_epoch;

/// Everything that leaves, with the time of each piece: "0s ab|3s c".
std::string course(Pacer& pacer) {
    std::string text;
    while (const auto due = pacer.deadline()) {
        Segments early;
        pacer.release(*due - Duration{1}, early);
        CHECK(early.seen.empty());
        Segments now;
        pacer.release(*due, now);
        text += (text.empty() ? "" : "|") + format_duration(*due - t0) + " " + now.seen;
    }
    CHECK(pacer.empty());
    return text;
}

std::string course(std::string_view octets, const smtp::Pacing& pacing) {
    Pacer pacer;
    pacer.plan(t0, octets, pacing);
    return course(pacer);
}

}  // namespace

TEST_CASE("after, drip and slice") {
    CHECK(course("abc", {}) == "0s abc");
    CHECK(course("abc", {.after = 3s}) == "3s abc");
    CHECK(course("abc", {.pieces = {1}, .repeat_last_piece = true, .every = 1s}) ==
          "0s a|1s b|2s c");
    CHECK(course("abcde", {.after = 10s, .pieces = {2}, .repeat_last_piece = true, .every = 1s}) ==
          "10s ab|11s cd|12s e");
    CHECK(course("abcdef", {.pieces = {1, 2}, .every = 1s}) == "0s a|1s bc|2s def");
    CHECK(course("abcdef", {.pieces = {1, 2}, .repeat_last_piece = true, .every = 1s}) ==
          "0s a|1s bc|2s de|3s f");
    CHECK(course("ab", {.pieces = {0, 9}, .every = 1s}) == "0s a|1s b");
    // Segments without a pause are segments of their own, at one moment.
    CHECK(course("abcde", {.pieces = {2}, .repeat_last_piece = true}) == "0s ab|cd|e");
    // A wait before nothing at all.
    CHECK(course("", {.after = 3s}) == "3s ");
}

TEST_CASE("replies leave in the order in which they were given, each behind the last") {
    Pacer pacer;
    pacer.plan(t0, "ab", {.after = 5s, .pieces = {1}, .every = 5s});
    pacer.plan(t0 + 1s, "cd", {});
    pacer.plan(t0 + 1s, "ef", {.after = 1s});
    CHECK(course(pacer) == "5s a|10s b|cd|11s ef");
    pacer.plan(t0 + 1h, "g", {.after = 1s});
    CHECK(course(pacer) == "1h1s g");
}

TEST_CASE("cut short: what has begun is completed, what nobody has seen is never said") {
    Pacer pacer;
    Segments sent;
    pacer.plan(t0, "abc", {.pieces = {1}, .repeat_last_piece = true, .every = 1s});
    pacer.plan(t0, "def", {.pieces = {1}, .repeat_last_piece = true, .every = 1s});
    pacer.release(t0, sent);
    pacer.cut_short(sent);
    CHECK(sent.seen == "a|b|c");
    CHECK(pacer.empty());
    CHECK_FALSE(pacer.deadline());

    Segments unsent;
    pacer.plan(t0, "abc", {.after = 1s});
    pacer.cut_short(unsent);
    CHECK(unsent.seen.empty());
    CHECK(pacer.empty());
}

TEST_CASE("pieces are bounded, and waits end with time itself") {
    Pacer pacer;
    Segments sent;
    pacer.plan(t0, std::string(limits::reply_pieces_max + 10, 'x'),
               {.pieces = {1}, .repeat_last_piece = true, .every = 1s});
    std::size_t pieces = 0;
    for (; pacer.deadline(); ++pieces) pacer.release(*pacer.deadline(), sent);
    CHECK(pieces == limits::reply_pieces_max);
    CHECK(sent.seen.size() == limits::reply_pieces_max + 10 + pieces - 1);

    pacer.plan(t0, "ab", {.after = Duration::max(), .pieces = {1}, .every = Duration::max()});
    CHECK(pacer.deadline() == Instant::max());
}
