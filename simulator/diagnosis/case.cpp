// Names of senders.
#include "diagnosis/case.h"

#include "core/text.h"

namespace fakemx::diagnosis {

std::string domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string{} : ascii_lower(address.substr(at + 1));
}

std::string sender_of(const Record& attempt) {
    if (std::string domain = domain_of(attempt.mail_from); !domain.empty()) return domain;
    if (!attempt.helo.empty()) return ascii_lower(attempt.helo);
    return std::string{attempt.sending_ip};
}

}  // namespace fakemx::diagnosis
