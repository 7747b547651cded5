// One modelled connection: a dialogue of the sender's at one end, a session of the receiver's at the other, and a
// network between them that takes a round trip from a command to its reply. It must not know what is sent
// next; the simulation is told what has happened.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/simulator.h"
#include "engine/transport.h"
#include "senders/agenda.h"
#include "senders/dialogue.h"
#include "senders/queue.h"

namespace fakemx::senders {

class Connection;

/// What the connections of a simulation share.
struct Network {
    engine::Simulator& receiver;
    Agenda& agenda;
    Duration round_trip;
    Instant now{};
    std::vector<Connection*> reading_on{};  ///< whose receiver may read again
    std::vector<std::uint32_t> released{};  ///< connections that neither end uses any more
};

class Connection final : public engine::Transport {
public:
    Connection(Network& network, std::uint32_t number) : network_(network), number_(number) {}

    /// Begins anew, to the host with this index.
    void open(const Model& model, const engine::HostProfile& host, std::size_t index,
              std::string address, std::string_view helo);
    bool client_open() const { return client_open_; }
    std::uint32_t number() const { return number_; }
    std::uint32_t generation() const { return generation_; }

    Dialogue& dialogue() { return *dialogue_; }
    /// Sends what the dialogue has to say, and has its patience end in time.
    void speak();
    /// Closes the sender's end.
    void leave();

    /// The next thing that has come from the receiver and is due; nothing once there is no more.
    std::optional<Progress> take_incoming();
    /// The time is over that was last asked for. False: it has been prolonged since.
    bool timer_over();
    /// The dialogue has waited in vain.
    Progress lose_patience();
    /// Without a message it is kept for so long.
    void wait_idle(Duration duration) { set_deadline(duration); }
    /// The receiver has sent something to a sender that is gone.
    void take_gone();
    /// Hands over what the receiver now reads.
    void deliver();

    // What the simulation keeps with it.
    std::optional<Job> job;
    Instant job_began_at{};
    std::uint32_t destination = 0;
    std::uint32_t rank = 0;
    std::uint32_t messages = 0;
    bool reached = false;  ///< the host has taken EHLO or HELO

    // engine::Transport
    void send(std::string_view octets) override;
    bool flushed() const override { return true; }
    void upgrade_tls(const std::optional<smtp::HandshakeFault>& fault,
                     std::string arrived) override;
    void half_close() override { come(Incoming::Kind::closed); }
    void read_on() override { network_.reading_on.push_back(this); }
    void close(smtp::Close::How how) override;

private:
    struct Incoming {
        enum class Kind : std::uint8_t { octets, handshake, bad_handshake, refused, closed, reset };
        Instant at;
        Kind kind;
        std::string octets;
    };

    void come(Incoming::Kind kind, std::string_view octets = {});
    void set_deadline(Duration patience);
    void release();

    Network& network_;
    std::uint32_t number_;
    std::uint32_t generation_ = 0;
    std::optional<Dialogue> dialogue_;
    std::string server_name_;
    SessionId session_{};
    bool client_open_ = false;
    bool server_open_ = false;
    bool connecting_ = false;  // and nobody answers
    bool broken_planned_ = false;
    std::deque<Incoming> incoming_;
    std::string unread_;  // by the receiver
    std::optional<Instant> deadline_;
    std::optional<Instant> timer_at_;
};

}  // namespace fakemx::senders
