// Command lines: verbs and arguments of RFC 5321 §4.1, parameters of §4.1.1.11, SIZE of RFC 1870.
#include "smtp/command.h"

#include "support/catch.h"
#include "support/draws.h"

using namespace fakemx;
using namespace fakemx::smtp;

namespace {

std::string read(std::string_view argument, std::string_view keyword = "FROM") {
    const auto parsed = parse_path_argument(argument, keyword);
    if (!parsed) {
        switch (parsed.error().kind) {
            case SyntaxError::Kind::keyword: return "keyword";
            case SyntaxError::Kind::path:
                return "path: " + std::string{describe(parsed.error().path)};
            case SyntaxError::Kind::parameters: return "parameters";
            case SyntaxError::Kind::trailing: return "trailing";
        }
    }
    std::string text = "<" + parsed->path.address() + ">";
    for (const Parameter& parameter : parsed->parameters) {
        text += " " + parameter.keyword + (parameter.has_value ? "=" + parameter.value : "");
    }
    return text + (parsed->blank_after_colon ? " blank" : "");
}

}  // namespace

TEST_CASE("verbs are found without regard to case, and only whole: RFC 5321 §2.4") {
    for (std::size_t i = 0; i < verb_count; ++i) {
        const auto verb = static_cast<Verb>(i);
        if (name(verb).empty()) continue;
        const std::string word{name(verb)};
        CHECK(parse_command(word).verb == verb);
        std::string mixed = word;
        for (std::size_t at = 0; at < mixed.size(); at += 2)
            mixed[at] = static_cast<char>(mixed[at] | 0x20);
        CHECK(parse_command(mixed + " x").verb == verb);
        CHECK(parse_command(mixed + " x").word == mixed);
        CHECK(parse_command(word + "X").verb == Verb::unknown);
        CHECK(parse_command(word.substr(0, 3)).verb == Verb::unknown);
        CHECK(parse_command(" " + word).verb == Verb::unknown);
    }
    CHECK(parse_command("").verb == Verb::unknown);
    CHECK(parse_command("   ").verb == Verb::unknown);
    CHECK(parse_command("MAIL\tFROM:<>").verb == Verb::unknown);  // SP only, §4.1.1
    for (const char* verb : {"ETRN", "TURN", "SEND", "SOML", "SAML"}) {
        CHECK(parse_command(verb).verb == Verb::unsupported);  // 502, §4.2.4
    }
}

TEST_CASE("the argument is what follows the blank; white space at the end is not looked at") {
    CHECK(parse_command("NOOP  a  b").argument == " a  b");
    CHECK(parse_command("NOOP").argument.empty());
    CHECK(parse_command("NOOP ").argument.empty());
    CHECK(parse_command("QUIT \t ").verb == Verb::quit);  // §4.1.1
    CHECK(parse_command("QUIT\t").verb == Verb::quit);
    CHECK(parse_command("RCPT TO:<a@b>\t").argument == "TO:<a@b>");
}

TEST_CASE("paths of MAIL and RCPT with their parameters: RFC 5321 §4.1.1.2, §4.1.1.3") {
    CHECK(read("FROM:<>") == "<>");
    CHECK(read("from:<a@b.test>") == "<a@b.test>");
    CHECK(read("TO:<a@b.test>", "TO") == "<a@b.test>");
    CHECK(read("FROM:<a@b.test> SIZE=1000 BODY=8BITMIME") == "<a@b.test> SIZE=1000 BODY=8BITMIME");
    CHECK(read("FROM:<a@b.test> smtputf8") == "<a@b.test> SMTPUTF8");
    CHECK(read("FROM:<a@b.test>  X=a  Y") == "<a@b.test> X=a Y");
    CHECK(read("FROM:<a@b.test> ") == "<a@b.test>");
    CHECK(read("FROM: <a@b.test>") == "<a@b.test> blank");  // §3.3 forbids it, everybody takes it
    CHECK(read("FROM:<> 1-A=!~") == "<> 1-A=!~");
}

TEST_CASE("every syntax error of MAIL and RCPT has its kind") {
    for (const char* wrong : {"", "F", "FROM", "FROM <a@b>", "TO:<a@b>", "FROM :<a@b>", "<a@b>"}) {
        CAPTURE(wrong);
        CHECK(read(wrong) == "keyword");
    }
    CHECK(read("FROM:").starts_with("path"));
    CHECK(read("FROM:a@b.test").starts_with("path"));
    CHECK(read("FROM:<a@b.test>SIZE=1") == "trailing");
    CHECK(read("FROM:<a@b.test>>") == "trailing");
    for (const char* wrong : {"=1", "-X", "X_Y", "SIZE=", "SIZE=1=2", "X=\x7f", "X=\t", "\tX",
                              "X\xc3\xa4", "SIZE=1 SIZE=2", "A a", "X=1 Y ="}) {
        CAPTURE(wrong);
        CHECK(read("FROM:<a@b.test> " + std::string{wrong}) == "parameters");
    }
}

TEST_CASE("the value of SIZE has one to twenty digits: RFC 1870 §4") {
    CHECK(parse_size_value("0") == 0);
    CHECK(parse_size_value("00000000000000001000") == 1000);
    CHECK(parse_size_value("18446744073709551615") == ~0ULL);
    CHECK(parse_size_value("99999999999999999999") == ~0ULL);
    for (const char* wrong : {"", "-1", "+1", "1k", "1.0", "000000000000000000001"}) {
        CHECK_FALSE(parse_size_value(wrong));
    }
}

TEST_CASE("parsing parameters undoes writing them") {
    test::Draws draws{"parameters"};
    for (int n = 0; n < 3000; ++n) {
        PathArgument written;
        written.path = {"a", "b.test"};
        std::string text = "TO:<a@b.test>";
        for (auto left = draws.below(6); left != 0; --left) {
            Parameter parameter;
            parameter.keyword = draws.pick("ABZ09") + draws.text("ABZ09-", draws.below(6)) +
                                std::to_string(left);  // all different
            text += " " + parameter.keyword;
            if (draws.one_in(2)) {
                parameter.has_value = true;
                parameter.value = draws.text("az!~<>@\"+", 1 + draws.below(8));
                text += "=" + parameter.value;
            }
            written.parameters.push_back(parameter);
        }
        CAPTURE(text);
        const auto parsed = parse_path_argument(text, "TO");
        REQUIRE(parsed.has_value());
        REQUIRE(parsed->parameters == written.parameters);
    }
}
