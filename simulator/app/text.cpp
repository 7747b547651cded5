// Facts of a connection in words.
#include "app/text.h"

#include <fmt/format.h>

namespace fakemx::app {

std::string words_of(const smtp::Declaration& declaration) {
    const std::string client = declaration.client.empty() ? "itself" : declaration.client;
    const std::string name =
        declaration.name.empty() ? "" : fmt::format(" ({})", printable(declaration.name));
    const std::string login =
        declaration.login.empty() ? "" : fmt::format(", user {}", printable(declaration.login));
    return fmt::format("{}: {} speaks for {}{}{}",
                       declaration.by == smtp::Declaration::By::xclient ? "XCLIENT" : "PROXY",
                       declaration.peer, client, name, login);
}

std::string words_of(const smtp::TlsFacts& facts) {
    std::string words;
    const auto add = [&](std::string_view what, const std::string& value) {
        if (value.empty()) return;
        if (!words.empty()) words += ", ";
        words += fmt::format("{}{}", what, printable(value));
    };
    add("", facts.version);
    add("", facts.cipher);
    add("server name ", facts.server_name);
    add("client ", facts.client_subject);
    if (facts.resumed) words += ", resumed";
    return words;
}

std::string answer_in_words(std::string_view rcode, std::uint64_t answers, bool truncated) {
    if (rcode.empty()) return "no answer";
    if (truncated) return fmt::format("{}, truncated", rcode);
    if (answers == 0) return std::string{rcode};
    return fmt::format("{}, {}", rcode, counted(answers, "record", "records"));
}

}  // namespace fakemx::app
