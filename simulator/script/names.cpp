// mx.dns and the hook `query`.
#include "script/names.h"

#include <new>

#include <fmt/format.h>

#include "script/definition.h"
#include "script/hook_run.h"

namespace fakemx::script {

namespace {

constexpr const char* metatable = "fakemx.Answer";

std::size_t octets_of(const dns::Data& data) {
    if (const auto* text = std::get_if<dns::Text>(&data)) {
        std::size_t octets = 0;
        for (const std::string& string : text->strings)
            octets += string.size() + sizeof(std::string);
        return octets;
    }
    // A name has 255 octets at most.
    return 256;
}

void push_answer(lua_State* L, dns::Verdict verdict) {
    constexpr std::size_t octets_per_unit = 64;
    std::size_t outside = 0;
    for (const auto& [type, data] : verdict.records.data)
        outside += sizeof(std::pair<dns::Type, dns::Data>) + octets_of(data);
    Sandbox::of(L).charge(L, 1 + outside / octets_per_unit);
    // As large as all that the verdict holds (verdicts.cpp).
    void* memory = lua_newuserdatauv(L, sizeof(dns::Verdict) + outside, 0);
    new (memory) dns::Verdict{std::move(verdict)};
    luaL_setmetatable(L, metatable);
}

const dns::Verdict* to_answer(lua_State* L, int index) {
    return static_cast<const dns::Verdict*>(luaL_testudata(L, index, metatable));
}

template <dns::Verdict::Kind Kind>
int constant(lua_State* L) {
    push_answer(L, {.kind = Kind});
    return 1;
}

int records(lua_State* L) {
    if (lua_type(L, 1) != LUA_TTABLE)
        raise_here(L, "mx.dns.records takes a table such as { mx = { { 10, \"mx1.example\" } } }");
    push_answer(L, {.kind = dns::Verdict::Kind::records, .records = read_node(L, 1)});
    return 1;
}

int after(lua_State* L) {
    const dns::Verdict* const answer = to_answer(L, 1);
    if (answer == nullptr)
        raise_here(L, "'after' belongs behind an answer, with a colon: mx.dns.servfail():after(…)");
    dns::Verdict changed = *answer;
    changed.after = check_duration(L, 2);
    push_answer(L, std::move(changed));
    return 1;
}

int collect(lua_State* L) {
    static_cast<dns::Verdict*>(lua_touserdata(L, 1))->~Verdict();
    return 0;
}

int unknown_constructor(lua_State* L) {
    raise_here(L, no_such_member(dns_group, "member", check_string(L, 2)));
}

int unknown_field(lua_State* L) {
    raise_here(L, no_such_member(query_group, "field", check_string(L, 2)));
}

/// A table that holds copies: it may be kept as long as the hook runs.
int push_query(lua_State* L, const engine::NameQuestion& question) {
    lua_createtable(L, 0, 5);
    push(L, question.name);
    lua_setfield(L, -2, "name");
    push(L, question.type);
    lua_setfield(L, -2, "type");
    push(L, question.client);
    lua_setfield(L, -2, "client");
    push(L, question.transport);
    lua_setfield(L, -2, "transport");
    lua_pushinteger(L, static_cast<lua_Integer>(question.count));
    lua_setfield(L, -2, "count");
    guard(L, unknown_field, "the query cannot be written; keep values in mx.state");
    return 1;
}

class QueryConsultation final : public engine::NameConsultation {
public:
    QueryConsultation(Host& host, const engine::NameQuestion& question, engine::StateStore& state,
                      const Rng& rng)
        : question_(question), state_(state), rng_(rng), run_(host, host.query_hook) {}

    engine::NameStep resume(Instant now) override {
        engine::NameStep step;
        Asking asking{
            .question = nullptr, .state = state_, .rng = rng_, .now = now, .notes = step.notes};
        step.outcome = run_.outcome<Outcome>(
            asking, [this](lua_State* L) { return push_query(L, question_); },
            [this](int values) { return answer_of(values); });
        return step;
    }

private:
    using Outcome = decltype(engine::NameStep::outcome);

    Outcome answer_of(int values) const {
        lua_State* const L = run_.lua();
        if (values == 0 || lua_isnil(L, -values)) return dns::Verdict{};
        if (const dns::Verdict* answer = to_answer(L, -values); answer != nullptr && values == 1)
            return *answer;
        if (to_verdict(L, -values) != nullptr)
            return run_.complaint(
                "query", "returned a verdict of SMTP; it returns one of mx.dns, or nothing");
        return run_.wrong_return("query", values, "one answer such as mx.dns.servfail()");
    }

    const engine::NameQuestion& question_;
    engine::StateStore& state_;
    const Rng& rng_;
    HookRun run_;
};

}  // namespace

std::unique_ptr<engine::NameConsultation> consult_on_name(Host& host,
                                                          const engine::NameQuestion& question,
                                                          engine::StateStore& state,
                                                          const Rng& rng) {
    return std::make_unique<QueryConsultation>(host, question, state, rng);
}

void open_names(lua_State* L) {
    using Kind = dns::Verdict::Kind;
    lua_newtable(L);
    bind(L, "records", records);
    bind(L, "servfail", constant<Kind::serv_fail>);
    bind(L, "refused", constant<Kind::refused>);
    bind(L, "nxdomain", constant<Kind::nx_domain>);
    bind(L, "no_data", constant<Kind::no_data>);
    bind(L, "silence", constant<Kind::silence>);
    bind(L, "truncated", constant<Kind::truncated>);
    guard(L, unknown_constructor, "mx.dns cannot be written");
    lua_setfield(L, -2, "dns");

    define_object_type(L, {.metatable = metatable,
                           .name = "answer",
                           .group = answer_group,
                           .methods = {{"after", after}},
                           .write_complaint = "an answer cannot be changed; :after gives a new one",
                           .collect = collect});
}

}  // namespace fakemx::script
