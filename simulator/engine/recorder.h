// Makes the recording (recording.h) of a simulator while it runs. The simulator says when a call begins and ends, the
// conversation what it does to the transport; nobody is waited for, and nothing is decided here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/recording.h"
#include "smtp/concealment.h"

namespace fakemx::engine {

/// Octets that a session has received and that are not in the recording yet. Null for nearly all sessions.
struct HeldInput {
    std::string octets;
    std::uint64_t of_message = 0;  ///< how much of the message that arrives is in the recording
    bool in_data = false;          ///< and `octets` belong to it
    bool cut = false;              ///< nothing more is recorded
};

/// Where a session stands when a call ends.
struct Standing {
    std::size_t unread = 0;   ///< octets that it has not looked at
    bool in_data = false;     ///< they are looked at, and belong to a message
    bool in_message = false;  ///< in_data, or in the chunks of BDAT
};

class Recorder {
public:
    /// A call for a session begins, with octets where it brings some. `taken`: the network has everything that was sent.
    void begin(SessionId session, std::unique_ptr<HeldInput>& held, std::string_view received,
               bool taken);

    // What was done to the transport meanwhile; `taken` afterwards.
    void sent(std::string_view octets, bool taken);
    void upgraded(const std::optional<smtp::HandshakeFault>& fault, std::string_view arrived,
                  bool taken);
    void half_closed(bool taken);
    void closed(smtp::Close::How how);

    /// A message has come to its end behind DATA, of which the journal keeps `content`, all of it. `unread` as in Standing.
    void message(std::uint32_t transaction, std::string_view content, std::size_t unread);

    /// The call is over.
    void end(Instant at, Call::What what, std::uint32_t events, const Standing& standing);

    void changed(Instant at, StateChange change);

    /// A call for the name server is over.
    void did_names(const Call& call) { writer_.append(recording_, call); }

    /// Where the sessions report to (Session::report_secrets_to).
    std::vector<smtp::Concealed>* secrets() { return &secrets_; }

    std::size_t size() const { return recording_.size(); }
    /// What has come together since the last time.
    std::string take();

private:
    void did(bool taken);
    void conceal();
    void record(std::size_t octets);
    void cut(InputCut::Why why);

    RecordingWriter writer_;
    std::string recording_;

    // Of the call under way.
    SessionId session_{};
    std::unique_ptr<HeldInput>* held_ = nullptr;
    std::string octets_;  // received and not in the recording
    std::vector<smtp::Concealed> secrets_;
    std::uint64_t digest_ = 0;
    std::uint32_t done_ = 0;  // things done to the transport
    std::uint32_t blocked_ = 0;
};

}  // namespace fakemx::engine
