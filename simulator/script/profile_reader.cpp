// mx.profile{…}: from what the user declares to engine::Profile.
#include <algorithm>

#include <fmt/format.h>

#include "core/ip_address.h"
#include "core/limits.h"
#include "core/text.h"
#include "message/header_section.h"
#include "script/definition.h"
#include "script/fields.h"
#include "script/host.h"
#include "script/names.h"
#include "script/parameters.h"
#include "script/read_only.h"

namespace fakemx::script {

namespace {

/// The list of EHLO lines at `index`; `field` is its name.
std::vector<smtp::Offer> read_offers(lua_State* L, int index, std::string_view field,
                                     smtp::HostOptions& options) {
    if (lua_type(L, index) != LUA_TTABLE)
        raise_here(L, fmt::format("{} is a table: {{ \"PIPELINING\", SIZE = \"70MiB\" }}", field));
    std::vector<smtp::Offer> offers;
    const auto add = [&](const std::string& line) {
        const auto extension = smtp::extension_of(line);
        if (!extension) {
            const std::string_view keyword = std::string_view{line}.substr(0, line.find(' '));
            raise_here(L, fmt::format("fakemx does not speak the extension '{}'{}", keyword,
                                      did_you_mean(keyword, smtp::extension_keywords)));
        }
        if (!std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }))
            raise_here(L, fmt::format("{}: a line of the EHLO reply is printable ASCII", field));
        for (const smtp::Offer& other : offers) {
            if (other.extension == *extension)
                raise_here(
                    L,
                    fmt::format("{} names {} twice", field,
                                smtp::extension_keywords.at(static_cast<std::size_t>(*extension))));
        }
        offers.push_back({*extension, line});
    };
    for (const std::string& line : read_strings(L, index, field, true)) add(line);
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TNUMBER) continue;
        const std::string keyword{lua_type(L, -2) == LUA_TSTRING ? string_at(L, -2)
                                                                 : luaL_typename(L, -2)};
        add(keyword);
        if (offers.back().extension != smtp::Extension::size)
            raise_here(L,
                       fmt::format("only SIZE takes a value; write \"{}\", with what is to stand "
                                   "behind it",
                                   keyword));
        options.message_octets_max = read_size(L, lua_gettop(L), "SIZE");
    }
    return offers;
}

void read_users(lua_State* L, int index, smtp::HostOptions& options) {
    if (lua_type(L, index) != LUA_TTABLE)
        raise_here(L, "users is a table of names and passwords: { ann = \"secret\" }");
    options.users.clear();
    for (const std::string& name : string_keys(L, index, "users")) {
        if (lua_getfield(L, index, name.c_str()) != LUA_TSTRING)
            raise_here(L, fmt::format("users.{} is a password, a string", name));
        options.users[name] = string_at(L, -1);
        lua_pop(L, 1);
    }
}

void read_replies(lua_State* L, int index, smtp::HostOptions& options) {
    if (lua_type(L, index) != LUA_TTABLE)
        raise_here(L, "replies is a table: { mail = \"250 Mail OK\" }");
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < smtp::occasion_count; ++i)
        names.push_back(name(static_cast<smtp::Occasion>(i)));
    for (const std::string& key : string_keys(L, index, "replies")) {
        const auto occasion = smtp::occasion_named(key);
        if (!occasion)
            raise_here(
                L, fmt::format("replies has no occasion '{}'{}", key, did_you_mean(key, names)));
        lua_getfield(L, index, key.c_str());
        const auto reply = lua_type(L, -1) == LUA_TSTRING ? smtp::parse_reply_text(string_at(L, -1))
                                                          : std::nullopt;
        if (!reply)
            raise_here(L, fmt::format("replies.{} is a reply such as \"250 Mail OK\"", key));
        if (string_at(L, -1).find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos)
            raise_here(L, fmt::format("replies.{} is one line, without line ends", key));
        options.replies.at(static_cast<std::size_t>(*occasion)) = *reply;
        lua_pop(L, 1);
    }
}

void read_handshake_fault(lua_State* L, const Fields& fields, smtp::HostOptions& options) {
    std::optional<smtp::HandshakeFault> fault;
    if (fields.given("handshake")) {
        fault.emplace();
        fields.read("handshake", smtp::handshake_fault_names, fault->kind);
    }
    if (fields.push("handshake_octets")) {
        if (!fault) fields.refuse("handshake_octets", "belongs to tls.handshake");
        fault->octets = check_count(L, lua_gettop(L), "tls.handshake_octets");
        lua_pop(L, 1);
    }
    if (fault) options.handshake = *fault;
}

void read_tls(lua_State* L, const Fields& declared, engine::HostProfile& host) {
    if (!declared.push_table("tls", "is a table: tls = { certificate = \"expired\" }")) return;
    const Fields fields{L, lua_gettop(L), tls_options_group, "tls."};
    engine::TlsOptions& tls = host.tls;
    fields.read("certificate", engine::certificate_names, tls.certificate);
    fields.read("oldest", engine::tls_version_names, tls.oldest);
    fields.read("newest", engine::tls_version_names, tls.newest);
    if (tls.oldest > tls.newest) {
        const auto name = [](engine::TlsVersion version) {
            return engine::tls_version_names.at(static_cast<std::size_t>(version));
        };
        fields.refuse("oldest", fmt::format("is {}, and tls.newest is {}", name(tls.oldest),
                                            name(tls.newest)));
    }
    if (fields.push("ciphers")) {
        const std::string_view text = lua_type(L, -1) == LUA_TSTRING ? string_at(L, -1) : "";
        if (text.empty() || text.find('\0') != std::string_view::npos)
            fields.refuse("ciphers", "is a list in OpenSSL's notation, such as \"AES128-SHA\"");
        tls.ciphers = text;
        lua_pop(L, 1);
    }
    fields.read("ask_client_certificate", tls.ask_client_certificate);
    fields.read("implicit", host.options.implicit_tls);
    read_handshake_fault(L, fields, host.options);
    lua_pop(L, 1);
}

/// What a profile and each of its hosts may say of a host.
void read_options(lua_State* L, const Fields& fields, engine::HostProfile& host) {
    smtp::HostOptions& options = host.options;
    if (fields.given("domains")) {
        fields.read("domains", options.domains);
        for (const std::string& domain : options.domains) {
            if (!smtp::is_domain(domain))
                raise_here(L, fmt::format("'{}' in domains is no domain", domain));
        }
    }
    if (fields.push("extensions")) {
        options.extensions = read_offers(L, lua_gettop(L), "extensions", options);
        lua_pop(L, 1);
    }
    if (fields.push("extensions_in_tls")) {
        options.extensions_in_tls = read_offers(L, lua_gettop(L), "extensions_in_tls", options);
        lua_pop(L, 1);
    }
    if (fields.push("users")) {
        read_users(L, lua_gettop(L), options);
        lua_pop(L, 1);
    }
    fields.read("auth_required", options.auth_required);
    fields.read("lmtp", options.lmtp);
    if (fields.push("replies")) {
        read_replies(L, lua_gettop(L), options);
        lua_pop(L, 1);
    }
    fields.read("recipients_max", options.recipients_max, 1, limits::recipients_max);
    fields.read("idle_timeout", options.idle_timeout, false);
    fields.read("connections", engine::connections_names, host.connections);
    if (fields.push("receive_window")) {
        const std::uint64_t octets = read_size(L, lua_gettop(L), "receive_window");
        if (octets < 1 || octets > limits::receive_window_max) {
            fields.refuse("receive_window",
                          fmt::format("is a size from 1 octet to {}", limits::receive_window_max));
        }
        host.receive_window = static_cast<std::uint32_t>(octets);
        lua_pop(L, 1);
    }
    read_tls(L, fields, host);
}

std::string read_name(lua_State* L, int table, const char* field, const std::string& otherwise) {
    std::string name = otherwise;
    if (lua_getfield(L, table, field) != LUA_TNIL) {
        if (lua_type(L, -1) != LUA_TSTRING || !smtp::is_domain(string_at(L, -1)))
            raise_here(L, fmt::format("{} is a host name", field));
        name = string_at(L, -1);
    }
    lua_pop(L, 1);
    return name;
}

void read_hosts(lua_State* L, Host& host, int table, const engine::HostProfile& common) {
    if (lua_getfield(L, table, "hosts") == LUA_TNIL) {
        lua_pop(L, 1);
        host.profile.hosts.push_back(common);
        host.profile.hosts.back().options.name = read_name(L, table, "host", common.options.name);
        return;
    }
    const int list = lua_gettop(L);
    constexpr std::string_view form = "is a list of tables: hosts = { { name = \"mx1.example\" } }";
    const lua_Integer hosts = check_list(L, list, "hosts", form);
    if (hosts < 1) raise_here(L, fmt::format("hosts {}", form));
    if (lua_getfield(L, table, "host") != LUA_TNIL)
        raise_here(L, "a profile has either host or hosts");
    lua_pop(L, 1);
    for (lua_Integer i = 1; i <= hosts; ++i) {
        if (lua_rawgeti(L, list, i) != LUA_TTABLE) raise_here(L, fmt::format("hosts {}", form));
        const int one = lua_gettop(L);
        const Fields fields{L, one, host_group};
        engine::HostProfile made = common;
        made.options.name = read_name(L, one, "name", "");
        if (made.options.name.empty()) raise_here(L, "a host in hosts needs a name");
        for (const engine::HostProfile& other : host.profile.hosts) {
            if (other.options.name == made.options.name)
                raise_here(L, fmt::format("hosts names {} twice", made.options.name));
        }
        if (lua_getfield(L, one, "address") != LUA_TNIL) {
            made.address = lua_type(L, -1) == LUA_TSTRING ? string_at(L, -1) : "";
            if (!IpAddress::parse(made.address)) raise_here(L, "address is an IP address");
        }
        lua_pop(L, 1);
        read_options(L, fields, made);
        host.profile.hosts.push_back(std::move(made));
        lua_pop(L, 1);
    }
}

/// The name of a header field.
std::string read_field_name(lua_State* L, const Fields& fields, const char* field,
                            std::string name) {
    fields.read(field, name);
    if (name.find(':') != std::string::npos || !message::is_header_line(name + ":"))
        raise_here(L, fmt::format("{} is the name of a header field, without its colon", field));
    return name;
}

int profile(lua_State* L) {
    Host& host = Host::of(L);
    if (!host.loading) raise_here(L, "mx.profile belongs at the top of the file, outside hooks");
    if (host.declared) raise_here(L, "mx.profile is called once");
    if (host.sender) raise_here(L, "a file calls mx.profile or mx.sender, and once");
    if (lua_type(L, 1) != LUA_TTABLE) raise_here(L, "mx.profile takes a table");
    const Fields fields{L, 1, profile_group};
    if (lua_getfield(L, 1, "summary") != LUA_TSTRING || string_at(L, -1).empty())
        raise_here(L, "mx.profile needs a summary, one line for `fakemx list profiles`");
    // An earlier call may have failed half-way, inside pcall.
    host.profile.parameters.clear();
    host.profile.hosts.clear();
    host.profile.summary = string_at(L, -1);
    lua_getfield(L, 1, "params");
    const int declared = lua_gettop(L);
    const int presets = lua_getfield(L, 1, "presets") == LUA_TNIL ? 0 : lua_gettop(L);
    read_parameters(L, host, declared, presets, lua_upvalueindex(1));
    host.profile.template_header = read_field_name(L, fields, "template_header", "X-Template-ID");
    engine::HostProfile common;
    read_options(L, fields, common);
    read_hosts(L, host, 1, common);
    // What is said of senders counts.
    host.profile.names = read_sender_zones(L, 1);
    host.profile.names.merge(read_zones(L, 1));
    host.declared = true;
    return 0;
}

int unknown_parameter(lua_State* L) {
    const Host& host = Host::of(L);
    std::vector<std::string_view> names;
    for (const auto& parameter : host.profile.parameters) names.push_back(parameter.name);
    push_text(L, 2);
    const std::string name{string_at(L, -1)};
    if (!host.declared && !host.sender)
        raise_here(
            L, fmt::format("mx.params.{} has no value before mx.{} was called", name, host.kind));
    raise_here(L, fmt::format("the {} has no parameter '{}'{}", host.kind, name,
                              did_you_mean(name, names)));
}

}  // namespace

void open_profile(lua_State* L) {
    lua_newtable(L);
    guard(L, unknown_parameter, "mx.params cannot be written; the user sets parameters with --set");
    push_content(L, -1);
    lua_pushcclosure(L, profile, 1);
    lua_setfield(L, -3, "profile");
    push_content(L, -1);
    lua_pushcclosure(L, declare_sender, 1);
    lua_setfield(L, -3, "sender");
    lua_setfield(L, -2, "params");

    open_parameters(L);
}

}  // namespace fakemx::script
