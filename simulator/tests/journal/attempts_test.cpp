// The book of deliveries: which transactions are tries of the same one.
#include "journal/attempts.h"

#include "support/catch.h"
#include "support/draws.h"

using namespace fakemx;
using namespace fakemx::journal;

namespace {

smtp::Envelope from(std::string_view sender, std::optional<std::uint64_t> octets = std::nullopt) {
    smtp::Envelope envelope;
    envelope.reverse_path = {std::string{sender}, "a.test"};
    envelope.declared_octets = octets;
    return envelope;
}

const smtp::Path bob{"bob", "b.test"};
const smtp::Path cat{"cat", "b.test"};

/// Delivery and number of a try, for short: "1/2".
std::string show(const AttemptBook::Try& tried) {
    return std::to_string(number(tried.delivery)) + "/" + std::to_string(tried.number);
}

}  // namespace

TEST_CASE("refused before the message is seen, then accepted: a greylist") {
    AttemptBook book{100};
    const auto first = book.begin(from("ann"), bob);
    CHECK(show(first) == "1/1");
    book.finish(first, Outcome::deferred);
    auto second = book.begin(from("ann"), bob);
    CHECK(show(second) == "1/2");
    second = book.identify(second, "m1", bob);
    CHECK(show(second) == "1/2");
    book.finish(second, Outcome::accepted);
    // What was delivered is done with: the next message is a new delivery.
    CHECK(show(book.begin(from("ann"), bob)) == "2/1");
}

TEST_CASE("recipients of one message are deliveries of their own") {
    AttemptBook book{100};
    const auto to_bob = book.begin(from("ann"), bob);
    const auto to_cat = book.begin(from("ann"), cat);
    CHECK(show(book.identify(to_bob, "m1", bob)) == "1/1");
    CHECK(show(book.identify(to_cat, "m1", cat)) == "2/1");
    book.finish(to_bob, Outcome::accepted);
    book.finish(to_cat, Outcome::deferred);
    CHECK(show(book.begin(from("ann"), cat)) == "2/2");
    CHECK(show(book.begin(from("ann"), bob)) == "3/1");
}

TEST_CASE("domains are compared without case, local parts are not: RFC 5321 §2.4") {
    AttemptBook book{100};
    book.finish(book.begin(from("ann"), bob), Outcome::deferred);
    CHECK(show(book.begin(from("ann"), {"bob", "B.TEST"})) == "1/2");
    CHECK(show(book.begin(from("ann"), {"Bob", "b.test"})) == "2/1");
}

TEST_CASE("two queued messages with the same envelope are told apart once they are seen") {
    AttemptBook book{100};
    // Both are refused at the end of data, so both are known.
    auto one = book.identify(book.begin(from("ann"), bob), "m1", bob);
    book.finish(one, Outcome::deferred);
    auto two = book.begin(from("ann"), bob);
    CHECK(show(two) == "1/2");  // nothing better can be known: it could be m1 again
    two = book.identify(two, "m2", bob);
    CHECK(show(two) == "2/1");
    book.finish(two, Outcome::deferred);
    // The queue is worked off in its order: m1 again, and then m2.
    one = book.begin(from("ann"), bob);
    CHECK(show(one) == "1/2");
    CHECK(show(book.identify(one, "m1", bob)) == "1/2");
    book.finish(one, Outcome::accepted);
    two = book.begin(from("ann"), bob);
    CHECK(show(two) == "2/2");
    // In another order it is put right.
    two = book.identify(two, "m2", bob);
    book.finish(two, Outcome::deferred);
    one = book.identify(book.begin(from("ann"), bob), "m1", bob);
    CHECK(show(one) == "1/3");  // a duplicate: it was accepted before
    book.finish(one, Outcome::accepted);
    CHECK(show(book.begin(from("ann"), bob)) == "2/3");
}

TEST_CASE("two messages that were never seen share a delivery, unless SIZE tells them apart") {
    AttemptBook book{100};
    book.finish(book.begin(from("ann"), bob), Outcome::deferred);
    CHECK(show(book.begin(from("ann"), bob)) == "1/2");

    AttemptBook sized{100};
    sized.finish(sized.begin(from("ann", 1000), bob), Outcome::deferred);
    sized.finish(sized.begin(from("ann", 2000), bob), Outcome::deferred);
    CHECK(show(sized.begin(from("ann", 2000), bob)) == "2/2");
    CHECK(show(sized.begin(from("ann", 1000), bob)) == "1/2");
}

TEST_CASE("a delivery under way is no other session's guess") {
    AttemptBook book{100};
    const auto one = book.begin(from("ann"), bob);
    const auto two = book.begin(from("ann"), bob);
    CHECK(show(one) == "1/1");
    CHECK(show(two) == "2/1");
    book.finish(one, Outcome::deferred);
    const auto three = book.begin(from("ann"), bob);
    CHECK(show(three) == "1/2");
    book.finish(two, Outcome::deferred);
    CHECK(show(book.begin(from("ann"), bob)) == "2/2");
}

TEST_CASE("the same message in two sessions at once is one delivery, tried twice") {
    AttemptBook book{100};
    const auto one = book.identify(book.begin(from("ann"), bob), "m1", bob);
    auto two = book.begin(from("ann"), bob);
    CHECK(show(two) == "2/1");
    two = book.identify(two, "m1", bob);
    CHECK(show(two) == "1/2");
    CHECK(book.size() == 1);  // the guess came to nothing
    book.finish(one, Outcome::deferred);
    // Still under way in the second session.
    CHECK(show(book.begin(from("ann"), bob)) == "3/1");
    book.finish(two, Outcome::deferred);
    CHECK(show(book.begin(from("ann"), bob)) == "1/3");
}

TEST_CASE("what was rejected or accepted once is not waited for, yet recognised") {
    for (const Outcome outcome : {Outcome::accepted, Outcome::rejected}) {
        AttemptBook book{100};
        book.finish(book.identify(book.begin(from("ann"), bob), "m1", bob), outcome);
        const auto again = book.begin(from("ann"), bob);
        CHECK(show(again) == "2/1");
        const auto known = book.identify(again, "m1", bob);
        CHECK(show(known) == "1/2");
        book.finish(known, Outcome::deferred);
        // Settled once, settled for good.
        CHECK(show(book.begin(from("ann"), bob)) == "3/1");
    }
}

TEST_CASE("a wrong guess gives its delivery back to the queue, at its place") {
    AttemptBook book{100};
    const auto defer = [&](std::string_view identity) {
        const auto tried = book.identify(book.begin(from("ann"), bob), identity, bob);
        book.finish(tried, Outcome::deferred);
        return show(tried);
    };
    CHECK(defer("m1") == "1/1");
    CHECK(defer("m2") == "2/1");
    CHECK(defer("m3") == "3/1");  // guessed 1 in between
    CHECK(show(book.begin(from("ann"), bob)) == "1/2");
    CHECK(show(book.begin(from("ann"), bob)) == "2/2");
    CHECK(show(book.begin(from("ann"), bob)) == "3/2");
}

TEST_CASE("the book forgets what was touched longest ago, never what is under way") {
    AttemptBook book{3};
    const auto one = book.identify(book.begin(from("s1"), bob), "m1", bob);
    book.finish(book.begin(from("s2"), bob), Outcome::deferred);
    book.finish(book.begin(from("s3"), bob), Outcome::deferred);
    book.finish(book.begin(from("s4"), bob), Outcome::deferred);
    CHECK(book.size() == 3);
    CHECK(show(book.begin(from("s2"), bob)) == "5/1");  // forgotten
    book.finish(one, Outcome::deferred);
    CHECK(show(book.begin(from("s1"), bob)) == "1/2");

    // More under way than there is room for: the sessions bound that.
    AttemptBook small{1};
    std::vector<AttemptBook::Try> tries;
    for (int n = 0; n < 10; ++n) tries.push_back(small.begin(from("ann"), bob));
    for (const auto& tried : tries) small.finish(tried, Outcome::deferred);
    CHECK(small.size() == 10);
    small.finish(small.begin(from("new"), bob), Outcome::deferred);
    CHECK(small.size() == 10);
}

TEST_CASE("a try that others share is not forgotten while one of them goes on") {
    AttemptBook book{1};
    const auto one = book.identify(book.begin(from("ann"), bob), "m1", bob);
    const auto two = book.identify(book.begin(from("ann"), bob), "m1", bob);
    book.finish(one, Outcome::deferred);
    book.finish(book.begin(from("x"), bob), Outcome::deferred);
    book.finish(book.begin(from("y"), bob), Outcome::deferred);
    CHECK(show(book.identify(two, "m1", bob)) == "1/2");
    book.finish(two, Outcome::deferred);
}

TEST_CASE("a hundred thousand deferred messages with one envelope cost a moment") {
    // A load generator does just that. Looking through all of them at each step took minutes.
    AttemptBook book{1'000'000};
    constexpr int messages = 100'000;
    for (int round = 1; round <= 2; ++round) {
        for (int n = 0; n < messages; ++n) {
            const auto tried = book.identify(book.begin(from("ann"), bob), std::to_string(n), bob);
            if (tried.number != static_cast<std::uint32_t>(round)) FAIL("try " << show(tried));
            book.finish(tried, Outcome::deferred);
        }
    }
    CHECK(book.size() == messages);
}

TEST_CASE("random tries keep the book in order") {
    test::Draws draws{"book"};
    AttemptBook book{20};
    std::vector<std::pair<AttemptBook::Try, smtp::Path>> open;
    for (int n = 0; n < 20'000; ++n) {
        const smtp::Path& to = draws.one_in(2) ? bob : cat;
        if (open.size() < 8 && draws.one_in(2)) {
            open.emplace_back(book.begin(from(std::string(1, draws.pick("abc"))), to), to);
            if (draws.one_in(2)) {
                auto& [tried, path] = open.back();
                tried = book.identify(tried, std::string(1, draws.pick("123456")), path);
            }
        } else if (!open.empty()) {
            const auto at = draws.below(open.size());
            book.finish(open[at].first, static_cast<Outcome>(1 + draws.below(4)));
            open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
        }
        REQUIRE(book.size() <= 20 + 8);
    }
}

TEST_CASE("identity: Message-ID, or a fingerprint of what does not change on the way") {
    const std::vector<std::string_view> fields{"a@b", "c@d", "hi", "today"};
    const std::vector<std::string_view> other{"a@b", "c@d", "ho", "today"};
    CHECK(identity_of("x@y", fields, "body", "") == "x@y");
    CHECK(identity_of({}, fields, "body", "").starts_with("body:"));
    CHECK(identity_of({}, fields, "body", "") == identity_of({}, fields, "body", ""));
    CHECK(identity_of({}, fields, "body", "") != identity_of({}, other, "body", ""));
    CHECK(identity_of({}, fields, "body", "") != identity_of({}, fields, "bodi", ""));
    CHECK(identity_of({}, fields, "body", "") != identity_of({}, fields, "body", "beef"));
    // Bounded, whatever a sender calls a Message-ID.
    CHECK(identity_of(std::string(256, 'x'), {}, "", "").size() == 256);
    CHECK(identity_of(std::string(257, 'x'), {}, "", "").size() < 64);
    CHECK(identity_of(std::string(257, 'x'), {}, "a", "") ==
          identity_of(std::string(257, 'x'), {}, "b", ""));
}
