// A table of records in the place of the domain name system.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/text.h"
#include "message/names.h"

namespace fakemx::test {

class TableOfNames final : public message::Names {
public:
    using Type = message::RecordType;

    TableOfNames& add(const std::string& name, Type type, std::vector<std::string> values) {
        records_[{name, type}] = std::move(values);
        return *this;
    }
    TableOfNames& fail(const std::string& name) {
        failing_.insert(name);
        return *this;
    }

    message::LookUp look_up(std::string_view name, Type type) const override {
        const std::string key = ascii_lower(name);
        if (failing_.contains(key)) return {message::LookUp::Status::failed};
        const auto found = records_.find({key, type});
        if (found != records_.end()) return {message::LookUp::Status::found, found->second};
        for (const auto& [other, values] : records_) {
            if (other.first == key) return {message::LookUp::Status::no_data};
        }
        return {message::LookUp::Status::no_name};
    }

private:
    std::map<std::pair<std::string, Type>, std::vector<std::string>> records_;
    std::set<std::string> failing_;
};

}  // namespace fakemx::test
