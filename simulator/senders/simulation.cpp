// Connections find messages, messages find connections, and time jumps to the next thing that is due.
#include "senders/simulation.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/limits.h"
#include "senders/connection.h"
#include "senders/queue.h"

namespace fakemx::senders {

namespace {

class Simulation {
public:
    Simulation(const Model& model, const Plan& plan, const engine::Profile& profile,
               engine::Policy& policy, journal::Sink* journal)
        : model_(model),
          plan_(plan),
          profile_(profile),
          receiver_(profile, policy, journal, {.seed = plan.seed, .recorded = journal != nullptr}),
          network_{receiver_, agenda_, plan.round_trip, plan.start},
          queue_(model, plan, profile, agenda_, result_),
          text_(text_of(plan)) {}

    Result run() {
        result_.start = plan_.start;
        const Instant horizon = later(plan_.start, plan_.horizon);
        while (const auto next = earliest()) {
            if (*next > horizon) {
                network_.now = horizon;
                break;
            }
            if (result_.asked.size() >= limits::simulated_asked_max) {
                result_.cut_short = true;
                break;
            }
            network_.now = *next;
            step();
        }
        // At the horizon the receiver goes down, as a server does: no session is left open in its journal.
        receiver_.shut_down(network_.now);
        receiver_.flush();
        result_.end = network_.now;
        if (queue_.finished() && !result_.messages.empty()) {
            result_.end = std::max_element(
                              result_.messages.begin(), result_.messages.end(),
                              [](const auto& a, const auto& b) { return a.ended_at < b.ended_at; })
                              ->ended_at;
        }
        result_.script_failures = receiver_.script_failures();
        if (const auto& told = receiver_.script_failures_told(); !told.empty())
            result_.script_failure = told.front();
        return std::move(result_);
    }

private:
    /// Nothing when all messages have come to their end and all connections to theirs.
    std::optional<Instant> earliest() {
        if (queue_.finished() && open_ == 0 && receiver_.sessions() == 0) return std::nullopt;
        const auto mine = agenda_.next();
        const auto theirs = receiver_.deadline(mine.value_or(Instant::max()));
        if (!mine || (theirs && *theirs < *mine)) return theirs;
        return mine;
    }

    void step() {
        if (const auto theirs = receiver_.deadline(network_.now);
            theirs && *theirs <= network_.now) {
            receiver_.tick(network_.now);
            read_on();
            take_back();
            return;
        }
        const Agenda::Entry entry = agenda_.take();
        switch (entry.kind) {
            case Agenda::Kind::arrival: queue_.arrive(network_.now); break;
            case Agenda::Kind::message: queue_.message_due(network_.now, entry.who); break;
            case Agenda::Kind::queue_run: queue_.run_due(network_.now, entry.who); break;
            case Agenda::Kind::incoming:
            case Agenda::Kind::timer:
            case Agenda::Kind::gone: {
                Connection& connection = *connections_[entry.who];
                if (connection.generation() == entry.generation) attend(connection, entry);
                break;
            }
        }
        make_connections();
        take_back();
    }

    /// Connections whose receiver reads again.
    void read_on() {
        for (Connection* connection : std::exchange(network_.reading_on, {})) connection->deliver();
    }

    void attend(Connection& connection, const Agenda::Entry& entry) {
        if (entry.kind == Agenda::Kind::gone) {
            connection.take_gone();
        } else if (entry.kind == Agenda::Kind::timer) {
            if (connection.timer_over()) end_wait(connection);
        } else {
            while (const auto progress = connection.take_incoming()) follow(connection, *progress);
        }
        settle(connection);
    }

    void end_wait(Connection& connection) {
        if (connection.dialogue().state() == Dialogue::State::idle) return quit(connection);
        follow(connection, connection.lose_patience());
    }

    void quit(Connection& connection) {
        connection.dialogue().quit();
        connection.speak();
        connection.leave();
    }

    void follow(Connection& connection, const Progress& progress) {
        const Dialogue::State state = connection.dialogue().state();
        if (state == Dialogue::State::idle) connection.reached = true;
        if (progress.outcome) {
            end_job(connection, *progress.outcome);
        } else if (progress.lost && connection.job) {
            end_job(connection, {.kind = progress.lost->code >= 500 ? journal::Outcome::rejected
                                         : progress.lost->code != 0 ? journal::Outcome::deferred
                                                                    : journal::Outcome::lost,
                                 .answer = *progress.lost});
        }
        if (progress.lost) {
            connection.speak();
            connection.leave();
            return;
        }
        if (state == Dialogue::State::idle) return go_on(connection);
        connection.speak();
    }

    void end_job(Connection& connection, const Progress::Outcome& outcome) {
        const Job job = *std::exchange(connection.job, std::nullopt);
        queue_.done(network_.now, job, connection.job_began_at, outcome, connection.reached);
    }

    /// The connection is ready for a message.
    void go_on(Connection& connection) {
        if (!connection.job && connection.messages < model_.messages_per_connection) {
            connection.job = queue_.next_for(network_.now, connection.destination, connection.rank);
            connection.job_began_at = network_.now;
        }
        if (connection.job) {
            ++connection.messages;
            return begin(connection);
        }
        if (connection.messages < model_.messages_per_connection &&
            model_.keeps_connection > Duration::zero()) {
            idle_.push_back({connection.destination, connection.number()});
            return connection.wait_idle(model_.keeps_connection);
        }
        quit(connection);
    }

    void begin(Connection& connection) {
        const std::uint32_t message = connection.job->message;
        const std::string from = queue_.sender_of(message);
        const std::string to = queue_.recipient_of(message);
        write_content(message, from, to);
        const Progress progress =
            connection.dialogue().begin({.from = from, .to = to, .content = content_});
        connection.speak();
        if (progress.outcome || progress.lost) follow(connection, progress);
    }

    void write_content(std::uint32_t message, const std::string& from, const std::string& to) {
        if (plan_.content) {
            content_ = plan_.content(message);
            return;
        }
        content_.clear();
        fmt::format_to(std::back_inserter(content_),
                       "From: <{0}>\r\nTo: <{1}>\r\nMessage-ID: <{2}.{3}@{4}>\r\n", from, to,
                       message + 1, unix_seconds(plan_.start), plan_.helo);
        content_ += text_;
    }

    /// Work for connections that are there, and for new ones.
    void make_connections() {
        while (true) {
            const auto touched = queue_.take_touched();
            if (touched.empty()) return;
            for (const std::uint32_t destination : touched) {
                use_idle(destination);
                while (const auto job =
                           queue_.next_for_new(network_.now, destination, open_to(destination)))
                    connect(*job);
            }
        }
    }

    void use_idle(std::uint32_t destination) {
        for (std::size_t i = 0; i < idle_.size();) {
            Connection& connection = *connections_[idle_[i].second];
            const bool usable = idle_[i].first == destination && connection.client_open() &&
                                connection.dialogue().state() == Dialogue::State::idle;
            const auto job =
                usable ? queue_.next_for(network_.now, destination, connection.rank) : std::nullopt;
            if (!job) {
                ++i;
                continue;
            }
            idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
            connection.job = job;
            connection.job_began_at = network_.now;
            ++connection.messages;
            begin(connection);
            settle(connection);
        }
    }

    void connect(const Job& job) {
        Connection& connection = unused_connection();
        const std::size_t host = queue_.host_of(job);
        const std::uint32_t addresses = plan_.addresses != 0 ? plan_.addresses : model_.addresses;
        const std::uint32_t address = (queue_.tries_of(job.message) - 1) % addresses;
        connection.job = job;
        connection.job_began_at = network_.now;
        connection.destination = job.destination;
        connection.rank = job.rank;
        ++result_.connections;
        ++open_;
        if (open_to_.size() <= job.destination) open_to_.resize(job.destination + 1);
        ++open_to_[job.destination];
        result_.connections_most = std::max(result_.connections_most, open_);
        connection.open(model_, profile_.hosts[host], host, fmt::format("192.0.2.{}", address + 1),
                        plan_.helo);
    }

    Connection& unused_connection() {
        if (free_.empty()) {
            const auto number = static_cast<std::uint32_t>(connections_.size());
            connections_.push_back(std::make_unique<Connection>(network_, number));
            counted_.push_back(false);
            free_.push_back(number);
        }
        const std::uint32_t number = free_.back();
        free_.pop_back();
        counted_[number] = true;
        return *connections_[number];
    }

    /// The sender's end may have been closed.
    void settle(Connection& connection) {
        const std::uint32_t number = connection.number();
        if (connection.client_open() || !counted_[number]) return;
        counted_[number] = false;
        --open_;
        --open_to_[connection.destination];
        std::erase_if(idle_, [&](const auto& idle) { return idle.second == number; });
        queue_.touch(connection.destination);
    }

    void take_back() {
        for (const std::uint32_t number : network_.released) free_.push_back(number);
        network_.released.clear();
    }

    std::uint32_t open_to(std::uint32_t destination) const {
        return destination < open_to_.size() ? open_to_[destination] : 0;
    }

    static std::string text_of(const Plan& plan) {
        std::string text =
            fmt::format("Subject: a message\r\nDate: {}\r\n\r\n", format_date_time(plan.start));
        constexpr std::string_view line =
            "A line of a message that is as long as lines of messages are wont to be.\r\n";
        while (text.size() < plan.message_octets) text += line;
        return text;
    }

    const Model& model_;
    const Plan& plan_;
    const engine::Profile& profile_;
    engine::Simulator receiver_;
    Agenda agenda_;
    Result result_;
    Network network_;
    Queue queue_;
    std::string text_;     // of a message, all but what differs from message to message
    std::string content_;  // of the message that begins
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<bool> counted_;  // the sender's end is open, by connection
    std::vector<std::uint32_t> free_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> idle_;  // destination, connection
    std::vector<std::uint32_t> open_to_;                         // by destination
    std::uint32_t open_ = 0;
};

}  // namespace

Result simulate(const Model& model, const Plan& plan, const engine::Profile& profile,
                engine::Policy& policy, journal::Sink* journal) {
    return Simulation{model, plan, profile, policy, journal}.run();
}

}  // namespace fakemx::senders
