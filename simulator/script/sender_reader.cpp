// mx.sender{…}: from what the user declares to a modelled sender. What a file with such a declaration may do
// besides is what a profile may do while it loads.
#include <algorithm>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "script/definition.h"
#include "script/fields.h"
#include "script/host.h"
#include "script/parameters.h"
#include "script/sender_host.h"

namespace fakemx::script {

namespace {

using senders::Model;
using senders::RetryStep;

/// A whole number, or "3/2".
void read_ratio(lua_State* L, const Fields& fields, const char* name,
                std::optional<engine::Ratio>& value) {
    if (!fields.push(name)) return;
    std::optional<std::uint64_t> numerator;
    std::optional<std::uint64_t> denominator = 1;
    if (lua_isinteger(L, -1) != 0) {
        numerator = static_cast<std::uint64_t>(std::max<lua_Integer>(lua_tointeger(L, -1), 0));
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        const std::string_view text = string_at(L, -1);
        const std::size_t slash = text.find('/');
        numerator = parse_decimal(text.substr(0, slash));
        if (slash != std::string_view::npos) denominator = parse_decimal(text.substr(slash + 1));
    }
    if (!numerator || !denominator || *denominator == 0 || *numerator < *denominator ||
        *numerator > 1000 || *denominator > 1000)
        fields.refuse(name, "is a whole number or a ratio such as \"3/2\", from 1 to 1000");
    value = engine::Ratio{static_cast<std::int64_t>(*numerator),
                          static_cast<std::int64_t>(*denominator)};
    lua_pop(L, 1);
}

RetryStep read_step(lua_State* L, int table, std::string prefix) {
    const Fields fields{L, table, retry_group, std::move(prefix)};
    RetryStep step;
    const int kinds = static_cast<int>(fields.given("wait")) +
                      static_cast<int>(fields.given("square")) +
                      static_cast<int>(fields.given("age"));
    if (kinds != 1)
        fields.refuse("", "is one of { wait = \"5m\" }, { square = \"400s\" } and { age = true }");
    fields.read("wait", step.base);
    if (fields.given("square")) {
        step.kind = RetryStep::Kind::square;
        fields.read("square", step.base, false);
        if (step.base < 1s) fields.refuse("square", "is at least 1s");
    }
    if (fields.given("age")) {
        bool age = false;
        fields.read("age", age);
        if (!age) fields.refuse("age", "is true, or is left out");
        step.kind = RetryStep::Kind::age;
    }
    std::optional<engine::Ratio> factor;
    read_ratio(L, fields, "factor", factor);
    read_ratio(L, fields, "factor_most", step.factor_most);
    if ((factor || step.factor_most) && step.kind != RetryStep::Kind::wait)
        fields.refuse("factor", "belongs to wait");
    if (step.factor_most && !factor) fields.refuse("factor_most", "belongs to factor");
    step.factor = factor.value_or(engine::Ratio{1, 1});
    if (step.factor_most && step.factor_most->numerator * step.factor.denominator <
                                step.factor.numerator * step.factor_most->denominator)
        fields.refuse("factor_most", "is not less than factor");
    fields.read("at_least", step.at_least);
    fields.read("at_most", step.at_most, false);
    if (step.at_most && *step.at_most < step.at_least)
        fields.refuse("at_most", "is not less than at_least");
    if (step.kind == RetryStep::Kind::age && step.at_least < 1s)
        fields.refuse("at_least", "is needed beside age: a new message would be tried without end");
    fields.read("spread", step.spread);
    fields.read("times", step.times, 1, limits::sender_count_max);
    fields.read("within", step.until);
    return step;
}

void read_retry(lua_State* L, const Fields& sender, Model& model) {
    constexpr std::string_view form = "is a list of steps: retry = { { wait = \"5m\" } }";
    if (!sender.push("retry")) sender.refuse("retry", "is missing: it " + std::string{form});
    const int list = lua_gettop(L);
    const lua_Integer steps = check_list(L, list, "retry", form);
    if (steps < 1) sender.refuse("retry", form);
    if (steps > static_cast<lua_Integer>(limits::retry_steps_max))
        sender.refuse("retry", fmt::format("has at most {} steps", limits::retry_steps_max));
    model.retry.clear();
    for (lua_Integer i = 1; i <= steps; ++i) {
        if (lua_rawgeti(L, list, i) != LUA_TTABLE) sender.refuse("retry", form);
        model.retry.push_back(read_step(L, lua_gettop(L), fmt::format("retry[{}].", i)));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);

    std::optional<std::uint32_t> again;
    sender.read("retry_again_from", again, 1, model.retry.size());
    model.retry_again_from.reset();
    if (again) model.retry_again_from = *again - 1;
    for (std::size_t i = 0; i + 1 < model.retry.size(); ++i) {
        if (!model.retry[i].times && !model.retry[i].until)
            sender.refuse(fmt::format("retry[{}]", i + 1),
                          "has neither times nor within, and so no step comes behind it");
    }
    const bool ends = model.retry.back().times || model.retry.back().until;
    if (again && !model.retry.back().times)
        sender.refuse("retry_again_from", "needs a last step with times");
    if (ends && !again)
        sender.refuse(fmt::format("retry[{}]", model.retry.size()),
                      "is the last one and holds on: it has neither times nor within, unless "
                      "retry_again_from says what comes behind it");
    for (const RetryStep& step : model.retry) {
        if (step.kind == RetryStep::Kind::wait && step.base == Duration::zero() &&
            step.at_least == Duration::zero() && !model.queue_run)
            sender.refuse("retry", "waits 0s, which needs a queue_run");
    }
}

void read_timeouts(lua_State* L, const Fields& sender, senders::Timeouts& timeouts) {
    if (!sender.push_table("timeouts", "is a table: timeouts = { greeting = \"5m\" }")) return;
    const Fields fields{L, lua_gettop(L), timeouts_group, "timeouts."};
    fields.read("connect", timeouts.connect, false);
    fields.read("greeting", timeouts.greeting, false);
    fields.read("hello", timeouts.hello, false);
    fields.read("mail", timeouts.mail, false);
    fields.read("rcpt", timeouts.rcpt, false);
    fields.read("data", timeouts.data, false);
    fields.read("message", timeouts.message, false);
    lua_pop(L, 1);
}

void read_ending(const Fields& fields, Model& model) {
    fields.read("lifetime", model.lifetime, false);
    fields.read("gives_up", senders::gives_up_names, model.gives_up);
    fields.read("tries_max", model.tries_max, 1, limits::sender_count_max);
    if (!model.lifetime && !model.tries_max)
        fields.refuse("lifetime", "is missing: when is a message given up? (or tries_max)");
    if (!model.lifetime && fields.given("gives_up"))
        fields.refuse("gives_up", "says how lifetime ends a message, and there is none");
    if (model.gives_up == senders::GivesUp::after_last_run && !model.queue_run)
        fields.refuse("gives_up", "\"after_last_run\" needs a queue_run");
    if (model.backoff == senders::Backoff::queue &&
        (model.gives_up != senders::GivesUp::after_try || model.heeds_waits))
        fields.refuse("backoff",
                      "\"queue\" goes with gives_up = \"after_try\", and without heeds_waits");
}

void read_connections(const Fields& fields, Model& model) {
    constexpr std::uint32_t most = limits::sender_count_max;
    fields.read("hosts_per_try", model.hosts_per_try, 1, most);
    fields.read("next_host", senders::next_host_names, model.next_host);
    fields.read("addresses", model.addresses, 1, limits::sender_addresses_max);
    fields.read("connections", model.connections, 1, most);
    fields.read("connections_first", model.connections_first, 1, most);
    fields.read("messages_per_connection", model.messages_per_connection, 1, most);
    fields.read("keeps_connection", model.keeps_connection);
    fields.read("dead_after", model.dead_after, 1, most);
    fields.read("dead_counts", senders::dead_counts_names, model.dead_counts);
    fields.read("dead_for", model.dead_for, false);
    if (!model.dead_after && (fields.given("dead_counts") || fields.given("dead_for")))
        fields.refuse("dead_after", "is missing: dead_counts and dead_for belong to it");
    if (model.dead_after && model.backoff == senders::Backoff::queue)
        fields.refuse("dead_after", "does not go with backoff = \"queue\"");
    fields.read("esmtp", model.esmtp);
    fields.read("pipelining", model.pipelining);
    fields.read("starttls", model.starttls);
    fields.read("bounces_at_greeting", model.bounces_at_greeting);
}

}  // namespace

int declare_sender(lua_State* L) {
    Host& host = Host::of(L);
    if (!host.loading) raise_here(L, "mx.sender belongs at the top of the file, outside hooks");
    if (host.sender || host.declared)
        raise_here(L, "a file calls mx.profile or mx.sender, and once");
    if (lua_type(L, 1) != LUA_TTABLE) raise_here(L, "mx.sender takes a table");
    const Fields fields{L, 1, sender_group};
    Model model;
    model.name = host.profile.name;
    if (lua_getfield(L, 1, "summary") != LUA_TSTRING || string_at(L, -1).empty())
        raise_here(L, "mx.sender needs a summary, one line for `fakemx list senders`");
    model.summary = string_at(L, -1);
    host.profile.parameters.clear();
    lua_getfield(L, 1, "params");
    read_parameters(L, host, lua_gettop(L), 0, lua_upvalueindex(1));
    fields.read("queue_run", model.queue_run, false);
    if (model.queue_run && *model.queue_run < 1s) fields.refuse("queue_run", "is at least 1s");
    fields.read("backoff", senders::backoff_names, model.backoff);
    fields.read("heeds_waits", model.heeds_waits);
    read_retry(L, fields, model);
    read_ending(fields, model);
    read_connections(fields, model);
    read_timeouts(L, fields, model.timeouts);
    host.sender = std::move(model);
    return 0;
}

Result<LoadedSender, ScriptError> load_sender(std::string_view name, std::string_view file,
                                              std::string_view source, const Settings& settings) {
    Host host{name, settings};
    host.settings_flag = "--sender-set";
    host.kind = "sender";
    if (auto error = run_file(host, file, source)) return std::move(*error);
    const auto refuse = [&](std::string message, int line) {
        return ScriptError{.message = std::move(message),
                           .file = std::string{file},
                           .line = line,
                           .traceback = {}};
    };
    if (!host.sender) {
        return refuse(host.declared
                          ? "this is the profile of a receiver; a sender calls mx.sender { … }"
                          : "the file does not call mx.sender { summary = …, retry = … }",
                      1);
    }
    for (std::size_t i = 0; i < host.hooks.size(); ++i) {
        if (host.hooks.at(i).ref != 0)
            return refuse(fmt::format("a modelled sender has no hooks, and this is mx.on.{}",
                                      smtp::hook_names.at(i)),
                          host.hooks.at(i).place.line);
    }
    return LoadedSender{std::move(*host.sender), std::move(host.profile.parameters)};
}

}  // namespace fakemx::script
