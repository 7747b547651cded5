// Which octets of a client are secrets: said to whoever keeps them, octet by octet, with what may be kept instead.
// The events of a journal leave the same ones out.
#include "smtp/session.h"

namespace fakemx::smtp {

/// A line that was just taken. `all`: it may be a secret from its first octet.
void Session::conceal_line(const LineBuffer::Line& line, bool all) {
    if (secrets_ == nullptr) return;
    if (!all && credentials_begin(line.text) == std::string_view::npos) return;
    secrets_->push_back({input_.arrived(), line.octets,
                         all ? stand_in_for(line.text) : stand_in_for_line(line.text)});
}

/// What a client said within an AUTH exchange that goes on or is complete: all but the proof may be known.
void Session::conceal_response(const AuthExchange& exchange, std::string_view response,
                               std::size_t behind, bool fits) {
    if (secrets_ == nullptr || response.empty()) return;
    secrets_->push_back(
        {behind, response.size(),
         stand_in_for_proof(exchange.facts().mechanism, response, exchange.proof(), fits)});
}

/// Everything that is about to be thrown away unread.
void Session::conceal_unread(bool all) {
    if (secrets_ == nullptr || input_.empty()) return;
    const std::string_view beginning = input_.beginning();
    if (!all && credentials_begin(beginning) == std::string_view::npos) return;
    secrets_->push_back(
        {0, input_.arrived(), all ? stand_in_for(beginning) : stand_in_for_line(beginning)});
}

/// Octets that are not even taken in.
void Session::conceal_unheard(std::string_view octets) {
    if (secrets_ != nullptr) secrets_->push_back({0, octets.size(), stand_in_for(octets)});
}

}  // namespace fakemx::smtp
