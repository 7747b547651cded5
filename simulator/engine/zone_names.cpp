// From the answers of an authoritative server to values.
#include "engine/zone_names.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/overloaded.h"

namespace fakemx::engine {

namespace {

using message::LookUp;

dns::Type type_of(message::RecordType type) {
    switch (type) {
        case message::RecordType::a: return dns::Type::a;
        case message::RecordType::aaaa: return dns::Type::aaaa;
        case message::RecordType::mx: return dns::Type::mx;
        case message::RecordType::txt: return dns::Type::txt;
        case message::RecordType::ptr: return dns::Type::ptr;
    }
    return dns::Type::any;
}

std::string text_of(const dns::Data& data) {
    return std::visit(Overloaded{
                          [](const IpAddress& address) { return address.text(); },
                          [](const dns::Name& name) { return name.text(); },
                          [](const dns::Exchange& exchange) { return exchange.host.text(); },
                          [](const dns::Text& text) {
                              std::string whole;
                              for (const std::string& part : text.strings) whole += part;
                              return whole;
                          },
                          [](const auto&) { return std::string{}; },
                      },
                      data);
}

std::uint16_t preference(const dns::Record& record) {
    const auto* exchange = std::get_if<dns::Exchange>(&record.data);
    return exchange != nullptr ? exchange->preference : 0;
}

/// Aliases that lead to one another: whoever asks a resolver for them gets SERVFAIL, although the server has an answer.
bool is_loop(const dns::Answer& answer) {
    if (answer.answer.empty() || answer.answer.back().type != dns::Type::cname) return false;
    const auto& target = std::get<dns::Name>(answer.answer.back().data);
    return std::any_of(answer.answer.begin(), answer.answer.end(),
                       [&](const dns::Record& record) { return record.owner == target; });
}

class ZoneNames final : public message::Names {
public:
    explicit ZoneNames(const std::map<dns::Name, dns::Node>& declared) : zones_(declared, {}) {}

    LookUp look_up(std::string_view name, message::RecordType type) const override {
        const auto parsed = dns::Name::parse(name);
        if (!parsed) return {};
        const dns::Type wanted = type_of(type);
        // The seed is for the order of records, which decides nothing here.
        dns::Answer answer = zones_.look_up({.name = *parsed, .type = wanted}, Rng{0});
        if (answer.rcode == dns::Rcode::serv_fail) return {LookUp::Status::failed};
        if (answer.rcode != dns::Rcode::no_error) return {LookUp::Status::no_name};
        if (is_loop(answer)) return {LookUp::Status::failed};
        // Aliases that were followed stand there as well.
        std::erase_if(answer.answer,
                      [&](const dns::Record& record) { return record.type != wanted; });
        std::stable_sort(
            answer.answer.begin(), answer.answer.end(),
            [](const auto& a, const auto& b) { return preference(a) < preference(b); });
        LookUp found{answer.answer.empty() ? LookUp::Status::no_data : LookUp::Status::found};
        for (const dns::Record& record : answer.answer)
            found.values.push_back(text_of(record.data));
        return found;
    }

    bool knows(std::string_view name) const override {
        const auto parsed = dns::Name::parse(name);
        return parsed && zones_.zone_of(*parsed);
    }

private:
    dns::Zones zones_;
};

}  // namespace

std::shared_ptr<const message::Names> zone_names(const std::map<dns::Name, dns::Node>& declared) {
    if (declared.empty()) return nullptr;
    return std::make_shared<ZoneNames>(declared);
}

}  // namespace fakemx::engine
