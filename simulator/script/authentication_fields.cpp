// Results are words; nil where the zones know nothing of the sender, so that nothing can be concluded.
#include "script/authentication_fields.h"

#include <algorithm>
#include <array>

#include "message/authentication.h"
#include "script/definition.h"
#include "script/host.h"
#include "script/read_only.h"

namespace fakemx::script {

namespace {

// Of 10 ns each. Measured with g++ -O1: 1 to 3 µs for a result, 140 µs for a signature by RSA with 2048 bits over 1 KiB, and 2 ns for
// each further octet of the message.
constexpr std::uint64_t units_per_result = 300;
constexpr std::uint64_t units_per_signature = 14'000;
constexpr std::uint64_t octets_per_unit = 5;
/// A strict table of four fields.
constexpr std::uint64_t units_per_table = 100;

/// Charges for whatever is made while it lives, of a message of so many octets.
class Charged {
public:
    Charged(lua_State* L, const message::Authentication& made, std::size_t octets = 0)
        : lua_(L), made_(made), octets_(octets), before_(made.effort()) {}
    void charge() const {
        const auto after = made_.effort();
        Sandbox::of(lua_).charge(lua_, (after.results - before_.results) * units_per_result +
                                           (after.signatures - before_.signatures) *
                                               (units_per_signature + octets_ / octets_per_unit));
    }

private:
    lua_State* lua_;
    const message::Authentication& made_;
    std::size_t octets_;
    message::Authentication::Effort before_;
};

void push_word(lua_State* L, message::AuthResult result) {
    push(L, message::name(result));
}

/// What `check` makes of the client's address.
template <class Check>
bool push_of_client(lua_State* L, const engine::Question& question, const Check& check) {
    message::Authentication* const made = question.authentication;
    const auto client = message::address_of(question.session);
    if (made == nullptr || !client) {
        push_word(L, message::AuthResult::none);
        return true;
    }
    const Charged charged{L, *made};
    push_word(L, check(*made, *client));
    charged.charge();
    return true;
}

bool push_helo(lua_State* L, const engine::Question& question, std::string_view helo) {
    return push_of_client(L, question, [&](message::Authentication& made, const IpAddress& client) {
        return made.helo(client, helo);
    });
}

bool push_reverse(lua_State* L, const engine::Question& question) {
    return push_of_client(L, question, [](message::Authentication& made, const IpAddress& client) {
        return made.reverse(client);
    });
}

/// `spf` and `spf_why` of whoever sends with this reverse path.
bool push_spf(lua_State* L, const engine::Question& question, const smtp::Path& path,
              std::string_view name) {
    message::Authentication* const made = question.authentication;
    const auto sender = message::sender_of(question.session, path);
    if (made == nullptr || !sender || !message::knows(*made->names(), *sender)) {
        lua_pushnil(L);
        return true;
    }
    const Charged charged{L, *made};
    const message::SpfResult& spf = made->spf(*sender);
    if (name == "spf") {
        push_word(L, spf.result);
    } else {
        push(L, spf.explanation);
    }
    charged.charge();
    return true;
}

void set(lua_State* L, const char* field, std::string_view text) {
    push(L, text);
    lua_setfield(L, -2, field);
}

void push_signatures(lua_State* L, const std::vector<message::DkimResult>& signatures) {
    Sandbox::of(L).charge(L, units_per_table * signatures.size());
    lua_createtable(L, static_cast<int>(signatures.size()), 0);
    lua_Integer index = 0;
    for (const message::DkimResult& signature : signatures) {
        lua_createtable(L, 0, static_cast<int>(signature_group.members.size()));
        set(L, "result", message::name(signature.result));
        set(L, "domain", signature.domain);
        set(L, "selector", signature.selector);
        set(L, "why", signature.explanation);
        make_strict(L, -1, signature_group.name);
        lua_rawseti(L, -2, ++index);
    }
}

using Made = message::Authentication;
using Arrived = message::ArrivedMessage;

struct Field {
    std::string_view name;
    void (*push)(lua_State* L, Made& made, const Arrived& message);
};

constexpr std::array<Field, 9> message_fields{{
    {"spf", [](lua_State* L, Made& made,
               const Arrived& message) { push_word(L, made.spf(message.sender).result); }},
    {"spf_why", [](lua_State* L, Made& made,
                   const Arrived& message) { push(L, made.spf(message.sender).explanation); }},
    {"dkim", [](lua_State* L, Made& made,
                const Arrived& message) { push_word(L, message::overall(made.dkim(message))); }},
    {"signatures", [](lua_State* L, Made& made,
                      const Arrived& message) { push_signatures(L, made.dkim(message)); }},
    {"dmarc", [](lua_State* L, Made& made,
                 const Arrived& message) { push_word(L, made.dmarc(message).result); }},
    {"dmarc_why", [](lua_State* L, Made& made,
                     const Arrived& message) { push(L, made.dmarc(message).explanation); }},
    {"dmarc_policy",
     [](lua_State* L, Made& made, const Arrived& message) { push(L, made.dmarc(message).policy); }},
    {"spf_aligned",
     [](lua_State* L, Made& made, const Arrived& message) {
         lua_pushboolean(L, made.alignment(message).spf ? 1 : 0);
     }},
    {"dkim_aligned",
     [](lua_State* L, Made& made, const Arrived& message) {
         lua_pushboolean(L, made.alignment(message).dkim ? 1 : 0);
     }},
}};

}  // namespace

bool push_session_result(lua_State* L, const engine::Question& question, std::string_view name) {
    if (name == "fcrdns") return push_reverse(L, question);
    if (name == "helo_dns") return push_helo(L, question, question.session.helo);
    if (name != "spf" && name != "spf_why") return false;
    if (question.session.in_transaction)
        return push_spf(L, question, question.session.envelope.reverse_path, name);
    lua_pushnil(L);
    return true;
}

bool push_hello_result(lua_State* L, const engine::Question& question, std::string_view hello,
                       std::string_view name) {
    return name == "dns" && push_helo(L, question, hello);
}

bool push_mail_result(lua_State* L, const engine::Question& question, const smtp::Path& path,
                      std::string_view name) {
    return (name == "spf" || name == "spf_why") && push_spf(L, question, path, name);
}

bool push_message_result(lua_State* L, const engine::Question& question, std::string_view name) {
    const auto field = std::find_if(message_fields.begin(), message_fields.end(),
                                    [&](const Field& one) { return one.name == name; });
    if (field == message_fields.end()) return false;
    Made* const made = question.authentication;
    const auto message = engine::arrived(question);
    if (made == nullptr || !message || !message::knows(*made->names(), *message)) {
        lua_pushnil(L);
        return true;
    }
    const Charged charged{L, *made, message->content.size()};
    field->push(L, *made, *message);
    charged.charge();
    return true;
}

}  // namespace fakemx::script
