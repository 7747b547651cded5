// One profile, written in the test, that is asked one question after another without a simulator.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/random.h"
#include "engine/policy.h"
#include "script/profile_host.h"
#include "support/catch.h"

namespace fakemx::script::test {

/// What loading the source comes to: "file:line: message", or "loaded".
inline std::string loading(std::string_view source, const Settings& settings = {}) {
    const auto profile = load_profile("mine", "mine.lua", source, settings);
    return profile ? "loaded" : profile.error().describe();
}

/// A profile of this body, with everything that comes before it on its first line.
inline std::string with_profile(std::string_view body) {
    return "local mx = require \"fakemx\" mx.profile { summary = \"x\" }\n" + std::string{body};
}

class ProfileFixture {
public:
    explicit ProfileFixture(std::string_view source, const Settings& settings = {},
                            std::uint64_t seed = 1, FindModule find = {})
        : rng{seed} {
        auto loaded = load_profile("mine", "mine.lua", source, settings, std::move(find));
        INFO((loaded ? std::string{} : loaded.error().describe()));
        REQUIRE(loaded.has_value());
        profile = std::move(*loaded);
        facts.id = SessionId{7};
        facts.host = "mx.example";
        facts.client = "192.0.2.1";
        facts.local = "127.0.0.1";
    }

    /// A question that waits for resume(). The argument stays with the fixture.
    std::unique_ptr<engine::Consultation> ask(smtp::Hook hook, smtp::Argument argument = {}) {
        questions_.push_back(std::make_unique<Asked>(facts, std::move(argument)));
        Asked& asked = *questions_.back();
        asked.question.hook = hook;
        asked.question.attempt = attempt;
        if (hook == smtp::Hook::message) {
            asked.headers =
                message::HeaderSection::parse(std::get<smtp::Message>(asked.argument).content);
            asked.question.headers = &asked.headers;
        }
        return profile->consult(asked.question, state, rng);
    }

    /// Asks and follows the hook through its sleeps.
    engine::Step answer(smtp::Hook hook, smtp::Argument argument = {}) {
        const auto consultation = ask(hook, std::move(argument));
        while (true) {
            engine::Step step = consultation->resume(now);
            notes.insert(notes.end(), step.notes.begin(), step.notes.end());
            const auto* sleep = std::get_if<engine::Sleep>(&step.outcome);
            if (sleep == nullptr) return step;
            REQUIRE(sleep->until > now);
            slept += sleep->until - now;
            now = sleep->until;
        }
    }

    smtp::Verdict verdict(smtp::Hook hook, smtp::Argument argument = {}) {
        const engine::Step step = answer(hook, std::move(argument));
        const auto* error = std::get_if<engine::ScriptError>(&step.outcome);
        INFO((error != nullptr ? error->message : std::string{}));
        REQUIRE(error == nullptr);
        return std::get<smtp::Verdict>(step.outcome);
    }

    engine::ScriptError failure(smtp::Hook hook = smtp::Hook::connect,
                                smtp::Argument argument = {}) {
        const engine::Step step = answer(hook, std::move(argument));
        REQUIRE(std::holds_alternative<engine::ScriptError>(step.outcome));
        return std::get<engine::ScriptError>(step.outcome);
    }

    /// What a hook says with `return mx.reply(250, nil, text)`.
    std::string said(smtp::Hook hook = smtp::Hook::connect, smtp::Argument argument = {}) {
        const smtp::Verdict answer = verdict(hook, std::move(argument));
        const auto* reply = std::get_if<smtp::Reply>(&answer.answer);
        REQUIRE(reply != nullptr);
        return smtp::text_of(*reply);
    }

    std::unique_ptr<LuaProfile> profile;
    engine::StateStore state;
    Rng rng;
    smtp::SessionFacts facts;
    std::uint32_t attempt = 1;
    Instant now = default_epoch;
    Duration slept{};
    std::vector<std::string> notes;

private:
    struct Asked {
        Asked(const smtp::SessionFacts& facts, smtp::Argument given)
            : argument(std::move(given)),
              question{.hook = {}, .session = facts, .argument = argument} {}

        smtp::Argument argument;
        message::HeaderSection headers;
        engine::Question question;
    };

    std::vector<std::unique_ptr<Asked>> questions_;
};

/// A hook `connect` with this body.
inline std::string on_connect(std::string_view body) {
    return with_profile("function mx.on.connect(s)\n" + std::string{body} + "\nend");
}

/// What such a hook fails with.
inline std::string failure_of(std::string_view body) {
    return ProfileFixture{on_connect(body)}.failure().message;
}

}  // namespace fakemx::script::test
