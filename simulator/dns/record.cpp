// The names of types and of what a name server says went wrong.
#include "dns/record.h"

#include <fmt/format.h>

namespace fakemx::dns {

std::string type_text(Type type) {
    switch (type) {
        case Type::a: return "A";
        case Type::ns: return "NS";
        case Type::cname: return "CNAME";
        case Type::soa: return "SOA";
        case Type::ptr: return "PTR";
        case Type::mx: return "MX";
        case Type::txt: return "TXT";
        case Type::aaaa: return "AAAA";
        case Type::tlsa: return "TLSA";
        case Type::any: return "ANY";
    }
    return fmt::format("TYPE{}", static_cast<std::uint16_t>(type));
}

std::string_view name(Rcode rcode) {
    switch (rcode) {
        case Rcode::no_error: return "NOERROR";
        case Rcode::form_err: return "FORMERR";
        case Rcode::serv_fail: return "SERVFAIL";
        case Rcode::nx_domain: return "NXDOMAIN";
        case Rcode::not_imp: return "NOTIMP";
        case Rcode::refused: return "REFUSED";
        case Rcode::bad_vers: return "BADVERS";
    }
    return "";
}

}  // namespace fakemx::dns
