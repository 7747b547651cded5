// Octets that resemble the end of data, whole and in pieces.
#include "smtp/lookalikes.h"

#include "smtp/message_intake.h"
#include "support/catch.h"

namespace {

using fakemx::smtp::Lookalikes;
using fakemx::smtp::MessageIntake;
using namespace std::string_view_literals;

/// What is seen of data that come in pieces of this size.
std::string seen(std::string_view data, std::size_t piece) {
    MessageIntake intake{0};
    while (!data.empty() && !intake.done()) {
        const std::string_view part = data.substr(0, piece);
        std::size_t at = 0;
        while (at < part.size() && !intake.done()) at += intake.feed(part.substr(at));
        data.remove_prefix(part.size());
    }
    REQUIRE(intake.done());
    return intake.finish().lookalikes.names();
}

}  // namespace

TEST_CASE("what a lenient receiver could take for the end of data") {
    struct Case {
        std::string_view data;
        std::string_view names;
    };
    for (const auto& [data, names] : {
             Case{"a\n.\nb\r\n.\r\n"sv, "LF.LF"},
             Case{"a\n.\r\nb\r\n.\r\n"sv, "LF.CRLF"},
             Case{"a\r\n.\nb\r\n.\r\n"sv, "CRLF.LF"},
             Case{"a\r.\rb\r\n.\r\n"sv, "CR.CR"},
             Case{"a\r.\r\nb\r\n.\r\n"sv, "CR.CRLF"},
             Case{"a\r\n.\rb\r\n.\r\n"sv, "CRLF.CR"},
             Case{"a\r\r\n.\r\r\nb\r\n.\r\n"sv, "CRLF.CR CRLF"},
             Case{"a\r\n\0.\r\nb\r\n.\r\n"sv, "CRLF NUL .CRLF"},
             Case{"a\r\n.\0\r\nb\r\n.\r\n"sv, "CRLF. NUL CRLF"},
             Case{"a\n.\r\n\nb\r\n.\r\n"sv, "LF.CRLF"},
             Case{".\nb\r\n.\r\n"sv, "CRLF.LF"},
             Case{"a\n.\nb\r.\r\nc\r\n.\r\n"sv, "LF.LF, CR.CRLF"},
             // And what nobody does.
             Case{"a\r\n..\r\nb\r\n.\r\n"sv, ""},
             Case{"a\r\n.b\r\n.\r\n"sv, ""},
             Case{"a\nb\rc\0\r\n.\r\n"sv, ""},
             Case{"a\n..\nb\r\n.\r\n"sv, ""},
             Case{".\r\n"sv, ""},
         }) {
        for (std::size_t piece = 1; piece <= data.size(); ++piece) {
            INFO(names << " in pieces of " << piece);
            CHECK(seen(data, piece) == names);
        }
        CHECK(Lookalikes::named(names).names() == names);
    }
}
