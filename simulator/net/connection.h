// One TCP connection as a transport of the engine. It waits for readability and borrows the loop's
// buffer, writes at once, and keeps octets of its own only while the network does not take them: an
// idle connection is little more than its descriptor. Internal to this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "engine/transport.h"
#include "net/server.h"
#include "net/tls.h"

namespace fakemx::net {

class Connection final
    : public engine::Transport,
      public boost::intrusive_ref_counter<Connection, boost::thread_unsafe_counter>,
      public boost::intrusive::list_base_hook<> {
public:
    using List = boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;
    using Wall = std::chrono::steady_clock::time_point;

    enum class Place : std::uint8_t {
        reading,      ///< has a session and waits for input
        paused,       ///< has a session that wants no input now
        undelivered,  ///< its session is over; the last octets have not left
        lingering,    ///< everything has left; waits for the client's end
        nowhere,      ///< closed
    };

    /// Takes over an accepted, non-blocking descriptor of the host with this index.
    Connection(Loop& loop, std::size_t host, boost::asio::ip::tcp protocol, int descriptor,
               boost::system::error_code& error);
    ~Connection() override;

    /// The simulator has opened its session.
    void begin(SessionId session);
    /// Closes without a further word.
    void drop();

    void send(std::string_view octets) override;
    bool flushed() const override { return output_.empty(); }
    void upgrade_tls(const std::optional<smtp::HandshakeFault>& fault,
                     std::string arrived) override;
    void half_close() override;
    /// Or stops reading, as the session now wants it.
    void read_on() override;
    void close(smtp::Close::How how) override;

    Place place() const { return place_; }
    Wall deadline() const { return deadline_; }

private:
    friend class Loop;
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;

    void transmit(std::string_view octets);
    std::size_t write(std::string_view octets);
    void wait_to_read();
    void wait_to_write();
    void wait_for_reset();
    void on_readable();
    void on_writable();
    void on_reset();
    bool read_once();
    void on_ciphertext(std::string_view ciphertext);
    void shake_hands();
    bool go_wrong(std::string_view flight);
    void acknowledge();
    bool read_plaintext();
    void on_end_of_input();
    void keep_alive();
    void on_lost(std::string_view reason);
    void on_all_sent();

    Loop& loop_;
    Socket socket_;
    SessionId session_{};
    std::string output_;  // what the network has not taken yet, from sent_ on
    std::size_t sent_ = 0;
    Wall deadline_{};           // of a closing connection
    std::unique_ptr<Tls> tls_;  // from upgrade_tls() to the end of the session
    // Of a handshake: what goes wrong with it, after so many octets from now.
    std::unique_ptr<smtp::HandshakeFault> fault_;
    std::uint16_t host_;
    Place place_ = Place::nowhere;
    bool over_ = false;          // the session has called close()
    bool half_closing_ = false;  // FIN is to follow, or has followed, what is in output_
    bool deaf_ = false;          // what the client sends is read and not looked at
    bool waits_to_read_ = false;
    bool waits_to_write_ = false;
    bool waits_for_reset_ = false;
    bool input_ended_ = false;
    bool output_dead_ = false;  // the other side takes nothing any more
};

}  // namespace fakemx::net
