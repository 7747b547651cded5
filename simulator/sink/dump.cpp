// Headers of smtp-sink's own, then the message.
#include "sink/dump.h"

#include <algorithm>

#include <fmt/format.h>

namespace fakemx::sink {

namespace {

void append_with_lf(std::string& out, std::string_view content) {
    while (!content.empty()) {
        const std::size_t end = std::min(content.find("\r\n"), content.size());
        out += content.substr(0, end);
        out += '\n';
        content.remove_prefix(std::min(end + 2, content.size()));
    }
}

}  // namespace

std::string dump_text(const Captured& message, const DumpFacts& facts) {
    const bool ipv6 = message.client.find(':') != std::string_view::npos;
    const std::string client = fmt::format("{}{}", ipv6 ? "ipv6:" : "", message.client);

    std::string text{facts.start};
    text += fmt::format("X-Client-Addr: {}\n", client);
    text += fmt::format("X-Client-Proto: {}\n", message.protocol);
    if (!message.helo.empty()) text += fmt::format("X-Helo-Args: {}\n", message.helo);
    text += fmt::format("X-Mail-Args: {}\n", message.mail);
    for (const std::string& recipient : message.recipients)
        text += fmt::format("X-Rcpt-Args: {}\n", recipient);
    text += fmt::format(
        "Received: from {} ([{}])\n",
        message.helo.empty() ? fmt::format("[{}]", client) : std::string{message.helo}, client);
    text +=
        fmt::format("\tby {} (smtp-sink) with {} id {};\n", facts.host, message.protocol, facts.id);
    text += fmt::format("\t{}\n", facts.date);
    append_with_lf(text, message.content);
    text += '\n';
    return text;
}

}  // namespace fakemx::sink
