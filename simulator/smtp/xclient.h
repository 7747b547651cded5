// XCLIENT, as Postfix's XCLIENT_README describes it: the attributes that a trusted client sets. Knows their grammar, not
// who may set them.
#pragma once

#include <optional>
#include <string_view>

#include "smtp/declaration.h"

namespace fakemx::smtp {

/// The line of the EHLO reply.
inline constexpr std::string_view xclient_offer =
    "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

/// `before` with what the argument sets; an attribute that it does not name stays. Nothing where one of them is
/// unknown, or its value is none that it may have.
std::optional<Declaration> parse_xclient(std::string_view argument, Declaration before);

}  // namespace fakemx::smtp
