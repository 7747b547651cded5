// The envelope of one mail transaction (RFC 5321 §2.3.1): the reverse path and the recipients that
// were accepted so far.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "smtp/command.h"
#include "smtp/path.h"

namespace fakemx::smtp {

struct Envelope {
    Path reverse_path;
    std::optional<std::uint64_t> declared_octets;  ///< SIZE= of MAIL (RFC 1870)
    bool body_8bitmime = false;                    ///< BODY=8BITMIME (RFC 6152)
    bool body_binarymime = false;                  ///< BODY=BINARYMIME (RFC 3030)
    bool smtputf8 = false;                         ///< SMTPUTF8 (RFC 6531)
    std::vector<Path> recipients;                  ///< accepted ones, in order
};

}  // namespace fakemx::smtp
