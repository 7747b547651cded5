// The simulator and the server's thread.
#include "net/fixture.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace fakemx::test {

namespace {

class ScriptedConsultation final : public engine::Consultation {
public:
    ScriptedConsultation(const engine::Question& question, const ScriptedPolicy::Answer& answer)
        : question_(question), answer_(answer) {}
    engine::Step resume(Instant now) override { return answer_(question_, resumed_++, now); }

private:
    const engine::Question& question_;
    const ScriptedPolicy::Answer& answer_;
    int resumed_ = 0;
};

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error{std::string{what} + ": " + std::strerror(errno)};
}

}  // namespace

std::unique_ptr<engine::Consultation> ScriptedPolicy::consult(const engine::Question& question,
                                                              engine::StateStore&, const Rng&) {
    return std::make_unique<ScriptedConsultation>(question, answer_);
}

engine::HookSet hooks(std::initializer_list<smtp::Hook> which) {
    engine::HookSet set;
    for (const smtp::Hook hook : which) set.set(static_cast<std::size_t>(hook));
    return set;
}

engine::Step reply(int code, std::string text) {
    smtp::Reply said;
    said.code = code;
    said.lines = {std::move(text)};
    return {.outcome = smtp::Verdict{.answer = std::move(said)}};
}

engine::Step sleep_until(Instant until) {
    return {.outcome = engine::Sleep{until}};
}

std::string KeepingSink::canonical(std::uint64_t session) const {
    std::string lines;
    for (const auto& batch : batches) {
        for (const auto& event : batch.events) {
            if (number(event.session) != session) continue;
            append_json(lines, event, journal::Form::canonical);
            lines += '\n';
        }
    }
    return lines;
}

std::string KeepingSink::ended(std::uint64_t session) const {
    std::string how;
    for (const auto& batch : batches) {
        for (const auto& record : batch.sessions) {
            if (number(record.id) == session && record.ended_at) how = record.ended;
        }
    }
    return how;
}

Served::Served(Setup setup)
    : policy_(setup.hooks, std::move(setup.answer)),
      clock_(net::scaled_clock(setup.speed, default_epoch)),
      address_(setup.address) {
    for (const std::string& name : setup.hosts) {
        engine::HostProfile host;
        host.options.name = name;
        host.options.idle_timeout = setup.idle_timeout;
        host.options.implicit_tls = setup.implicit_tls;
        host.options.handshake = setup.handshake;
        if (setup.starttls)
            host.options.extensions.push_back({smtp::Extension::starttls, "STARTTLS"});
        host.tls = setup.tls;
        profile_.hosts.push_back(std::move(host));
    }
    simulator_ = std::make_unique<engine::Simulator>(
        profile_, policy_, sink,
        engine::Simulator::Options{
            .seed = 1, .sessions_max = setup.sessions_max, .proxy_peers = setup.proxy_peers});
    tls_ = std::make_unique<net::TlsHosts>(profile_, net::wall_time(), std::vector<std::string>{});
    tls_->prepare();
    if (::pipe(troubles_pipe_) != 0) fail("pipe");
    server_ = std::make_unique<net::Server>(
        *simulator_, *clock_,
        [this](std::string_view trouble) {
            troubles_.emplace_back(trouble);
            if (::write(troubles_pipe_[1], "!", 1) != 1) fail("write");
        },
        tls_.get(), setup.waits);
    for (std::size_t host = 0; host < profile_.hosts.size(); ++host) {
        ports_.push_back(server_->listen(host, setup.address, 0, setup.reception).value());
    }
    if (!setup.path.empty() && server_->listen_at(0, setup.path, setup.reception))
        throw std::runtime_error{setup.path};
    if (setup.hold_back_at) server_->hold_back_at(*setup.hold_back_at);
    thread_ = std::thread{[this] { server_->run(); }};
}

Served::~Served() {
    stop();
    server_.reset();
    ::close(troubles_pipe_[0]);
    ::close(troubles_pipe_[1]);
}

Client Served::starting_tls(std::size_t host) {
    Client client = this->client(host);
    client.reply();
    client.send("EHLO mta.example.test\r\n");
    client.reply();
    client.send("STARTTLS\r\n");
    const std::string reply = client.reply();
    if (!reply.starts_with("220 ")) throw std::runtime_error{"STARTTLS: " + reply};
    return client;
}

void Served::stop() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
}

std::string Served::trouble() {
    pollfd waiting{troubles_pipe_[0], POLLIN, 0};
    if (::poll(&waiting, 1, patience_seconds * 1000) != 1) {
        throw std::runtime_error{"the server has reported no trouble"};
    }
    return troubles_.front();
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size())) {
        ++times;
    }
    return times;
}

std::string tls_event(Served& served) {
    served.stop();
    const std::string events = served.sink.canonical(1);
    const std::size_t at = events.find(R"("event":"tls")");
    return at == std::string::npos ? "" : events.substr(at, events.find('\n', at) - at);
}

}  // namespace fakemx::test
