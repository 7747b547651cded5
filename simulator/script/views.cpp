// The session and the arguments of hooks, as objects whose fields are read from the engine when they are
// asked for. A view is an index into what is known, not a copy: it is of use while its question lasts.
#include <fmt/format.h>

#include "core/text.h"
#include "script/authentication_fields.h"
#include "script/definition.h"
#include "script/host.h"
#include "script/message_fields.h"

namespace fakemx::script {

namespace {

enum class Kind : std::uint8_t { session, tls, hello, mail, rcpt, auth, chunk, message, command };

struct View {
    Kind kind;
    std::uint64_t session;  // of the question it was made for
    smtp::Hook hook;
};

constexpr const char* metatable = "fakemx.View";

const Group& group_of(Kind kind) {
    switch (kind) {
        case Kind::session: return session_group;
        case Kind::tls: return tls_group;
        case Kind::hello: return hello_group;
        case Kind::mail: return mail_group;
        case Kind::rcpt: return rcpt_group;
        case Kind::auth: return auth_group;
        case Kind::chunk: return chunk_group;
        case Kind::message: return message_group;
        case Kind::command: return command_group;
    }
    return session_group;
}

void push_view(lua_State* L, Kind kind, const engine::Question& question) {
    auto* view = static_cast<View*>(lua_newuserdatauv(L, sizeof(View), 0));
    *view = {kind, number(question.session.id), question.hook};
    luaL_setmetatable(L, metatable);
}

bool push_tls_field(lua_State* L, const smtp::TlsFacts& tls, std::string_view name) {
    if (name == "version") {
        push(L, tls.version);
    } else if (name == "cipher") {
        push(L, tls.cipher);
    } else if (name == "server_name") {
        push(L, tls.server_name);
    } else if (name == "client_subject") {
        push(L, tls.client_subject);
    } else if (name == "resumed") {
        lua_pushboolean(L, tls.resumed ? 1 : 0);
    } else {
        return false;
    }
    return true;
}

bool push_session_field(lua_State* L, const engine::Question& question, std::string_view name) {
    const smtp::SessionFacts& session = question.session;
    if (name == "id") {
        push_count(L, number(session.id));
    } else if (name == "host") {
        push(L, session.host);
    } else if (name == "ip") {
        push(L, session.client);
    } else if (name == "local_ip") {
        push(L, session.local);
    } else if (name == "name") {
        const bool known = session.declared && !session.declared->name.empty();
        push_optional(L, known ? std::optional{session.declared->name} : std::nullopt);
    } else if (name == "tls") {
        if (session.tls) {
            push_view(L, Kind::tls, question);
        } else {
            lua_pushnil(L);
        }
    } else if (name == "user") {
        push_optional(L, session.auth ? std::optional{session.auth->user} : std::nullopt);
    } else if (name == "helo") {
        push(L, session.helo);
    } else if (name == "esmtp") {
        lua_pushboolean(L, session.esmtp ? 1 : 0);
    } else if (name == "from") {
        if (session.in_transaction) {
            push(L, session.envelope.reverse_path.address());
        } else {
            lua_pushnil(L);
        }
    } else if (name == "recipients") {
        Sandbox::of(L).charge(L, session.envelope.recipients.size());
        lua_createtable(L, static_cast<int>(session.envelope.recipients.size()), 0);
        lua_Integer i = 0;
        for (const smtp::Path& recipient : session.envelope.recipients) {
            push(L, recipient.address());
            lua_rawseti(L, -2, ++i);
        }
    } else if (name == "transactions") {
        push_count(L, session.transactions);
    } else if (name == "messages") {
        push_count(L, session.messages);
    } else if (name == "commands") {
        push_count(L, session.commands);
    } else if (name == "errors") {
        push_count(L, session.protocol_errors);
    } else {
        return push_session_result(L, question, name);
    }
    return true;
}

bool push_path_field(lua_State* L, const smtp::PathArgument& argument, std::string_view name) {
    if (name == "address") {
        push(L, argument.path.address());
    } else if (name == "local_part") {
        push(L, argument.path.local_part);
    } else if (name == "domain") {
        push(L, argument.path.domain);
    } else if (name == "params") {
        lua_newtable(L);
        for (const smtp::Parameter& given : argument.parameters) {
            push(L, given.keyword);
            if (given.has_value) {
                push(L, given.value);
            } else {
                lua_pushboolean(L, 1);
            }
            lua_rawset(L, -3);
        }
    } else {
        return false;
    }
    return true;
}

bool push_mail_field(lua_State* L, const smtp::PathArgument& argument, std::string_view name) {
    if (name == "size") {
        const auto* size = smtp::find_parameter(argument.parameters, "SIZE");
        const auto octets = size != nullptr ? parse_decimal(size->value) : std::nullopt;
        if (octets) {
            push_count(L, *octets);
        } else {
            lua_pushnil(L);
        }
    } else if (name == "body") {
        const auto* body = smtp::find_parameter(argument.parameters, "BODY");
        push_optional(L, body != nullptr ? std::optional{ascii_upper(body->value)} : std::nullopt);
    } else {
        return push_path_field(L, argument, name);
    }
    return true;
}

bool push_field(lua_State* L, Kind kind, const engine::Question& question, std::string_view name) {
    const smtp::Argument& argument = question.argument;
    switch (kind) {
        case Kind::session: return push_session_field(L, question, name);
        case Kind::tls: return push_tls_field(L, *question.session.tls, name);
        case Kind::hello: {
            const auto& hello = std::get<smtp::HeloArgument>(argument);
            if (name == "name") {
                push(L, hello.name);
            } else if (name == "valid") {
                lua_pushboolean(L, hello.valid ? 1 : 0);
            } else {
                return push_hello_result(L, question, hello.name, name);
            }
            return true;
        }
        case Kind::mail: {
            const auto& mail = std::get<smtp::MailArgument>(argument).argument;
            return push_mail_field(L, mail, name) || push_mail_result(L, question, mail.path, name);
        }
        case Kind::rcpt:
            if (name == "attempt") {
                push_count(L, question.attempt);
                return true;
            }
            return push_path_field(L, std::get<smtp::RcptArgument>(argument).argument, name);
        case Kind::auth: {
            const auto& auth = std::get<smtp::AuthArgument>(argument);
            if (name == "mechanism") {
                push(L, smtp::name(auth.facts.mechanism));
            } else if (name == "user") {
                push(L, auth.facts.user);
            } else if (name == "identity") {
                push(L, auth.facts.identity);
            } else if (name == "fits") {
                lua_pushboolean(L, auth.fits ? 1 : 0);
            } else {
                return false;
            }
            return true;
        }
        case Kind::chunk: {
            const auto& chunk = std::get<smtp::ChunkFacts>(argument);
            if (name != "octets" && name != "message_octets") return false;
            push_count(L, name == "octets" ? chunk.octets : chunk.message_octets);
            return true;
        }
        case Kind::message: return push_message_field(L, question, name);
        case Kind::command: {
            const auto& command = std::get<smtp::TextArgument>(argument);
            if (name != "verb" && name != "text") return false;
            push(L, name == "verb" ? command.verb : command.text);
            return true;
        }
    }
    return false;
}

int index(lua_State* L) {
    const auto* view = static_cast<const View*>(luaL_checkudata(L, 1, metatable));
    const Group& group = group_of(view->kind);
    if (lua_type(L, 2) != LUA_TSTRING)
        raise_here(L, fmt::format("{} has no element {}", group.name, luaL_typename(L, 2)));
    const std::string_view name = string_at(L, 2);
    const engine::Question* question = Host::of(L).asked(L, group.name).question;
    const bool stale =
        question == nullptr || number(question->session.id) != view->session ||
        (view->kind != Kind::session && view->kind != Kind::tls && question->hook != view->hook);
    if (stale)
        raise_here(
            L,
            fmt::format("{} belongs to a question that has been answered; keep values in mx.state",
                        group.name));
    if (push_field(L, view->kind, *question, name)) return 1;
    raise_here(L, no_such_member(group, "field", name));
}

int refuse_write(lua_State* L) {
    const auto* view = static_cast<const View*>(luaL_checkudata(L, 1, metatable));
    raise_here(
        L, fmt::format("{} cannot be written; keep values in mx.state", group_of(view->kind).name));
}

}  // namespace

const engine::Question& check_message(lua_State* L, std::string_view method,
                                      std::string_view example) {
    const auto* view = static_cast<const View*>(luaL_testudata(L, 1, metatable));
    if (view == nullptr || view->kind != Kind::message)
        raise_here(L, fmt::format("'{}' belongs behind the message: {}", method, example));
    const engine::Question* question =
        Host::of(L).asked(L, fmt::format("message:{}", method)).question;
    if (question == nullptr || question->headers == nullptr)
        raise_here(L, "this message is over: its question has been answered");
    Sandbox::of(L).charge(L, question->headers->fields().size());
    return *question;
}

void push_session(lua_State* L) {
    push_view(L, Kind::session, *Host::of(L).asking->question);
}

void push_argument(lua_State* L, const Asking& asking) {
    const engine::Question& question = *asking.question;
    switch (question.hook) {
        case smtp::Hook::ehlo:
        case smtp::Hook::helo: return push_view(L, Kind::hello, question);
        case smtp::Hook::mail: return push_view(L, Kind::mail, question);
        case smtp::Hook::rcpt: return push_view(L, Kind::rcpt, question);
        case smtp::Hook::auth: return push_view(L, Kind::auth, question);
        case smtp::Hook::bdat: return push_view(L, Kind::chunk, question);
        case smtp::Hook::message: return push_view(L, Kind::message, question);
        case smtp::Hook::vrfy:
        case smtp::Hook::expn:
        case smtp::Hook::help:
        case smtp::Hook::noop:
        case smtp::Hook::unknown: return push_view(L, Kind::command, question);
        case smtp::Hook::connect:
        case smtp::Hook::starttls:
        case smtp::Hook::data:
        case smtp::Hook::rset:
        case smtp::Hook::quit:
        case smtp::Hook::idle:
        case smtp::Hook::close: return lua_pushnil(L);
    }
}

void open_views(lua_State* L) {
    luaL_newmetatable(L, metatable);
    bind(L, "__index", index);
    bind(L, "__newindex", refuse_write);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "view");
    lua_setfield(L, -2, "__name");
    lua_pop(L, 1);
}

}  // namespace fakemx::script
