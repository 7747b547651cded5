// Dialogues: performing, expecting, replaying.
#include "support/dialogue.h"

#include <algorithm>

#include "support/catch.h"

namespace fakemx::test {

using smtp::Effects;

Dialogue::Dialogue(smtp::HostOptions host, smtp::PeerTrust trust)
    : host_(std::move(host)), trust_(trust) {
    session_ = std::make_unique<CheckedSession>(host_, facts(), trust_);
}

Dialogue& Dialogue::connects() {
    return perform({.kind = Step::Kind::connect});
}
Dialogue& Dialogue::says(std::string_view octets) {
    return perform({.kind = Step::Kind::say, .octets = std::string{octets}});
}
Dialogue& Dialogue::half_closes() {
    return perform({.kind = Step::Kind::half_close});
}
Dialogue& Dialogue::breaks() {
    return perform({.kind = Step::Kind::break_off});
}
Dialogue& Dialogue::drains() {
    return perform({.kind = Step::Kind::drain});
}
Dialogue& Dialogue::shuts_down() {
    return perform({.kind = Step::Kind::shut_down});
}
Dialogue& Dialogue::tls_ready(smtp::TlsFacts facts) {
    Step step{.kind = Step::Kind::tls_ready, .octets = {}};
    step.tls = std::move(facts);
    return perform(std::move(step));
}
Dialogue& Dialogue::tls_fails(std::string_view reason) {
    return perform({.kind = Step::Kind::tls_fail, .octets = std::string{reason}});
}
Dialogue& Dialogue::passes(Duration duration) {
    return perform({.kind = Step::Kind::tick, .octets = {}, .duration = duration});
}
Dialogue& Dialogue::after(Duration duration) {
    return perform({.kind = Step::Kind::wait, .octets = {}, .duration = duration});
}
Dialogue& Dialogue::answer(smtp::Verdict verdict) {
    return perform(
        {.kind = Step::Kind::answer, .octets = {}, .duration = {}, .verdict = std::move(verdict)});
}
Dialogue& Dialogue::answer_fails() {
    return perform({.kind = Step::Kind::fail});
}

Dialogue& Dialogue::begins() {
    connects().expect_consult(smtp::Hook::connect).answer_default();
    expect_send("220 " + host_.name + " ESMTP fakemx");
    says("EHLO client.test\r\n").expect_consult(smtp::Hook::ehlo).answer_default();
    const smtp::Effect* effect = nullptr;
    next(effect);
    REQUIRE(effect != nullptr);
    REQUIRE(std::holds_alternative<smtp::Send>(*effect));
    seen_.push_back(std::move(pending_.front()));
    return take();
}

Dialogue& Dialogue::perform(Step step) {
    const smtp::Effect* effect = nullptr;
    const std::string left = next(effect);
    if (effect != nullptr) FAIL("an effect that nobody expected: " << left);
    steps_.push_back(std::move(step));
    seen_before_step_ = seen_.size();
    for (smtp::Effect& made : perform_on(*session_, now_, steps_.back())) {
        pending_texts_.push_back(describe(made));
        pending_.push_back(std::move(made));
    }
    return *this;
}

Effects Dialogue::perform_on(CheckedSession& session, Instant& now, const Step& step) const {
    switch (step.kind) {
        case Step::Kind::connect: return session.handle(now, smtp::Connected{});
        case Step::Kind::say: return session.handle(now, smtp::Received{step.octets});
        case Step::Kind::half_close: return session.handle(now, smtp::HalfClosed{});
        case Step::Kind::break_off: return session.handle(now, smtp::Broken{"lost"});
        case Step::Kind::drain: return session.handle(now, smtp::Drained{});
        case Step::Kind::shut_down: return session.handle(now, smtp::ShutDown{});
        case Step::Kind::tls_ready: return session.handle(now, smtp::TlsReady{step.tls});
        case Step::Kind::tls_fail: return session.handle(now, smtp::TlsFailed{{}, step.octets});
        case Step::Kind::tick: now += step.duration; return session.handle(now, smtp::Tick{});
        case Step::Kind::wait: now += step.duration; return {};
        case Step::Kind::answer: return session.resolve(now, step.verdict);
        case Step::Kind::fail: return session.resolve_failed(now);
    }
    return {};
}

std::string Dialogue::next(const smtp::Effect*& effect) {
    effect = nullptr;
    while (!pending_.empty()) {
        if (!std::holds_alternative<smtp::Observe>(pending_.front())) {
            effect = &pending_.front();
            return pending_texts_.front();
        }
        take();
    }
    return "nothing";
}

Dialogue& Dialogue::take() {
    seen_.push_back(std::move(pending_.front()));
    pending_.pop_front();
    pending_texts_.pop_front();
    return *this;
}

void Dialogue::fail(Place place, std::string_view expected, std::string_view actual) const {
    FAIL(place.file << ":" << place.line << "\n  expected: " << expected
                    << "\n  actual:   " << actual);
}

Dialogue& Dialogue::expect_consult(smtp::Hook hook, int line, const char* file) {
    const smtp::Effect* effect = nullptr;
    const std::string actual = next(effect);
    const auto* consult = effect == nullptr ? nullptr : std::get_if<smtp::Consult>(effect);
    if (consult == nullptr || consult->question.hook != hook) {
        fail({file, line}, "consult " + std::string{smtp::name(hook)}, actual);
    }
    return take();
}

Dialogue& Dialogue::expect_send(std::string_view text, int line, const char* file) {
    std::string octets;
    for (const char c : text) octets += c == '\n' ? "\r\n" : std::string{c};
    octets += "\r\n";
    const smtp::Effect* effect = nullptr;
    const std::string actual = next(effect);
    const auto* send = effect == nullptr ? nullptr : std::get_if<smtp::Send>(effect);
    if (send == nullptr || send->octets != octets) {
        fail({file, line}, "send " + escape_octets(octets), actual);
    }
    return take();
}

Dialogue& Dialogue::expect_send_nothing_paced(int line, const char* file) {
    const smtp::Effect* effect = nullptr;
    const std::string actual = next(effect);
    const auto* send = effect == nullptr ? nullptr : std::get_if<smtp::Send>(effect);
    if (send == nullptr || !send->octets.empty()) fail({file, line}, "a wait", actual);
    return take();
}

Dialogue& Dialogue::expect_upgrade(int line, const char* file) {
    const smtp::Effect* effect = nullptr;
    const std::string actual = next(effect);
    if (effect == nullptr || !std::holds_alternative<smtp::UpgradeTls>(*effect)) {
        fail({file, line}, "upgrade", actual);
    }
    return take();
}

Dialogue& Dialogue::expect_abandon(int line, const char* file) {
    const smtp::Effect* effect = nullptr;
    const std::string actual = next(effect);
    if (effect == nullptr || !std::holds_alternative<smtp::Abandon>(*effect)) {
        fail({file, line}, "abandon", actual);
    }
    return take();
}

Dialogue& Dialogue::expect_end(smtp::Ended::How how, smtp::Close::How close, int line,
                               const char* file) {
    expect_consult(smtp::Hook::close, line, file);
    const smtp::Effect* effect = nullptr;
    const std::string actual = next(effect);
    const auto* closed = effect == nullptr ? nullptr : std::get_if<smtp::Close>(effect);
    if (closed == nullptr || closed->how != close) {
        fail({file, line}, fmt::format("close {}", static_cast<int>(close)), actual);
    }
    take();
    const auto* ended = last<smtp::Ended>();
    if (ended == nullptr || ended->how != how) {
        fail({file, line}, smtp::name(how), ended == nullptr ? "no end" : smtp::name(ended->how));
    }
    return expect_nothing(line, file);
}

Dialogue& Dialogue::expect_anomaly(smtp::Anomaly::Kind kind, int line, const char* file) {
    const auto is_it = [&](const smtp::Effect& effect) {
        const auto* anomaly = observed<smtp::Anomaly>(effect);
        return anomaly != nullptr && anomaly->kind == kind;
    };
    const auto since = seen_.begin() + static_cast<std::ptrdiff_t>(seen_before_step_);
    if (!std::any_of(since, seen_.end(), is_it) &&
        !std::any_of(pending_.begin(), pending_.end(), is_it)) {
        fail({file, line}, "anomaly " + std::string{smtp::name(kind)}, "none");
    }
    return *this;
}

Dialogue& Dialogue::expect_nothing(int line, const char* file) {
    const smtp::Effect* effect = nullptr;
    const std::string actual = next(effect);
    if (effect != nullptr) fail({file, line}, "nothing", actual);
    return *this;
}

// --- Replays.

void Dialogue::break_here(std::size_t steps, std::size_t octets) const {
    const std::vector<smtp::Input> ends{smtp::Broken{"lost"}, smtp::HalfClosed{}, smtp::ShutDown{}};
    for (const smtp::Input& end : ends) {
        CAPTURE(steps, octets, end.index());
        CheckedSession session{host_, facts(), trust_};
        Instant now = default_epoch;
        for (std::size_t i = 0; i < steps; ++i) perform_on(session, now, steps_[i]);
        if (octets != 0) {
            session.handle(
                now, smtp::Received{std::string_view{steps_[steps].octets}.substr(0, octets)});
        }
        const bool over = session.ended();
        const bool asked = session.asking();
        Effects effects = session.handle(now, end);
        if (std::holds_alternative<smtp::HalfClosed>(end) && !session.ended()) {
            // It waits for more answers, and vanishes after all.
            for (smtp::Effect& effect : session.handle(now, smtp::Broken{"lost"}))
                effects.push_back(std::move(effect));
        }
        const auto count = [&](auto is_it) {
            return static_cast<std::size_t>(std::count_if(effects.begin(), effects.end(), is_it));
        };
        const std::size_t once = over ? 0 : 1;
        REQUIRE(session.ended());
        REQUIRE(count([](const auto& effect) {
                    return observed<smtp::Ended>(effect) != nullptr;
                }) == once);
        REQUIRE(count([](const auto& effect) {
                    return std::holds_alternative<smtp::Close>(effect);
                }) == once);
        REQUIRE(count([](const auto& effect) {
                    return std::holds_alternative<smtp::Abandon>(effect);
                }) == (asked ? 1 : 0));
        now += 24h;
        REQUIRE(session.handle(now, smtp::Received{"NOOP\r\n"}).empty());
        REQUIRE(session.handle(now, smtp::Tick{}).empty());
        REQUIRE(session.handle(now, smtp::Drained{}).empty());
        REQUIRE(session.handle(now, smtp::HalfClosed{}).empty());
        REQUIRE(session.handle(now, smtp::Broken{"again"}).empty());
        REQUIRE(session.handle(now, smtp::ShutDown{}).empty());
    }
}

Dialogue& Dialogue::break_at_every_step() {
    expect_nothing();
    REQUIRE(steps_.front().kind == Step::Kind::connect);
    for (std::size_t steps = 1; steps <= steps_.size(); ++steps) {
        break_here(steps, 0);
        const bool saying = steps < steps_.size() && steps_[steps].kind == Step::Kind::say;
        for (std::size_t octets = 1; saying && octets < steps_[steps].octets.size(); ++octets) {
            break_here(steps, octets);
        }
    }
    return *this;
}

std::vector<std::string> Dialogue::replay(
    const std::function<std::vector<std::string>(std::string_view)>& split) const {
    std::vector<std::string> effects;
    CheckedSession session{host_, facts(), trust_};
    Instant now = default_epoch;
    for (const Step& step : steps_) {
        const auto pieces =
            step.kind == Step::Kind::say ? split(step.octets) : std::vector{step.octets};
        for (const std::string& piece : pieces) {
            Step part = step;
            part.octets = piece;
            for (const auto& effect : perform_on(session, now, part))
                effects.push_back(describe(effect));
        }
    }
    return effects;
}

Dialogue& Dialogue::split_at_every_octet() {
    expect_nothing();
    const auto whole = replay(
        [](std::string_view octets) { return std::vector<std::string>{std::string{octets}}; });
    REQUIRE(replay([](std::string_view octets) {
                std::vector<std::string> pieces;
                for (const char c : octets) pieces.emplace_back(1, c);
                return pieces;
            }) == whole);
    std::size_t longest = 0;
    for (const Step& step : steps_) longest = std::max(longest, step.octets.size());
    for (std::size_t at = 1; at < longest; ++at) {
        CAPTURE(at);
        REQUIRE(replay([at](std::string_view octets) {
                    std::vector<std::string> pieces{std::string{octets.substr(0, at)}};
                    if (at < octets.size()) pieces.emplace_back(octets.substr(at));
                    return pieces;
                }) == whole);
    }
    return *this;
}

}  // namespace fakemx::test
