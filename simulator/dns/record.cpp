// Records and types as text, and the names of what a name server says went wrong.
#include "dns/record.h"

#include <fmt/format.h>

#include "core/overloaded.h"

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

std::string text(const Record& record) {
    const auto name = [](const Name& one) { return one.lower().text(); };
    const std::string data = std::visit(
        Overloaded{
            [](const IpAddress& address) { return address.text(); },
            [&](const Name& other) { return name(other); },
            [&](const Exchange& exchange) {
                return fmt::format("{} {}", exchange.preference, name(exchange.host));
            },
            [](const Text& text) {
                std::string all;
                for (const std::string& string : text.strings) all += string;
                return all;
            },
            [&](const Soa& soa) {
                return fmt::format("{} {} {} {} {} {} {}", name(soa.primary), name(soa.mailbox),
                                   soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum);
            },
            [](const Tlsa& tlsa) {
                std::string digits;
                for (const char octet : tlsa.octets)
                    digits += fmt::format("{:02x}", static_cast<unsigned char>(octet));
                return fmt::format("{} {} {} {}", tlsa.usage, tlsa.selector, tlsa.matching, digits);
            },
        },
        record.data);
    return fmt::format("{} {}", type_text(record.type), data);
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
