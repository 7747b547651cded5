// Dots, and what is around them.
#include "smtp/lookalikes.h"

#include <array>

namespace fakemx::smtp {

namespace {

struct Side {
    std::string_view octets;
    std::string_view name;
};

// The first that fits counts. The genuine ones come first.
constexpr std::array<Side, 4> before_dot{
    {{"\r\n", "CRLF"}, {std::string_view{"\r\n\0", 3}, "CRLF NUL "}, {"\n", "LF"}, {"\r", "CR"}}};
constexpr std::array<Side, 5> behind_dot{{{"\r\n", "CRLF"},
                                          {std::string_view{"\0\r\n", 3}, " NUL CRLF"},
                                          {"\r\r\n", "CR CRLF"},
                                          {"\n", "LF"},
                                          {"\r", "CR"}}};

constexpr std::size_t bit_of(std::size_t before, std::size_t behind) {
    return before * behind_dot.size() + behind;
}

}  // namespace

void Lookalikes::look_at(std::string_view octets, std::size_t from) {
    for (std::size_t dot = octets.find('.', from); dot != std::string_view::npos;
         dot = octets.find('.', dot + 1)) {
        const std::string_view head = octets.substr(0, dot);
        const std::string_view tail = octets.substr(dot + 1);
        for (std::size_t i = 0; i < before_dot.size(); ++i) {
            if (!head.ends_with(before_dot[i].octets)) continue;
            for (std::size_t k = 0; k < behind_dot.size(); ++k) {
                // Of a CR that stands at the end it is not known yet what follows.
                if (!tail.starts_with(behind_dot[k].octets) || tail == "\r" || tail == "\r\r")
                    continue;
                if (i != 0 || k != 0) seen_ |= std::uint32_t{1} << bit_of(i, k);
                break;
            }
            break;
        }
    }
}

std::string Lookalikes::names() const {
    std::string names;
    for (std::size_t i = 0; i < before_dot.size(); ++i) {
        for (std::size_t k = 0; k < behind_dot.size(); ++k) {
            if ((seen_ >> bit_of(i, k) & 1) == 0) continue;
            if (!names.empty()) names += ", ";
            names += before_dot[i].name;
            names += '.';
            names += behind_dot[k].name;
        }
    }
    return names;
}

Lookalikes Lookalikes::named(std::string_view names) {
    Lookalikes all;
    while (!names.empty()) {
        const std::size_t end = names.find(", ");
        const std::string_view name = names.substr(0, end);
        for (std::size_t bit = 0; bit < before_dot.size() * behind_dot.size(); ++bit) {
            Lookalikes one;
            one.seen_ = std::uint32_t{1} << bit;
            if (one.names() == name) all.seen_ |= one.seen_;
        }
        names.remove_prefix(end == std::string_view::npos ? names.size() : end + 2);
    }
    return all;
}

}  // namespace fakemx::smtp
