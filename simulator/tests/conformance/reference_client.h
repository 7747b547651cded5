// An SMTP client in virtual time that keeps all rules, and has a switch for each of them that breaks it and nothing else. It
// proves the checker: what it says of this client is known beforehand.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/virtual_run.h"

namespace fakemx::test {

/// What is to be sent.
struct Letter {
    std::string from = "ann@sender.example";
    std::vector<std::string> to{"bob@receiver.example"};
    /// Any line ends, any octets: what cannot be sent as it stands is converted, or not sent.
    std::string text;
    bool is_binary = false;         ///< line ends stay as they are, where BINARYMIME is offered
    bool asks_for_notices = false;  ///< NOTIFY and ENVID, where DSN is offered
    bool only_asks = false;         ///< whether the recipients are taken: nothing is sent
    bool is_relayed = false;        ///< AUTH= on MAIL, where AUTH is offered
    std::string notify{};           ///< NOTIFY= on RCPT, where DSN is offered; empty: none
    bool requires_tls = false;      ///< REQUIRETLS, where that is offered inside TLS
    Duration pause{};  ///< before it, with the session open; of a queue, before it is submitted
};

struct ClientOptions {
    std::string helo = "mta.sender.example";
    std::string address = "192.0.2.1";
    bool prefers_chunks = false;  ///< BDAT where CHUNKING is offered, in pieces of 64 octets
    bool has_password = false;    ///< AUTH where it is offered
    bool recodes = false;         ///< 8bit as quoted-printable, where 8BITMIME is not offered
    bool has_long_password = false;
    bool implicit_tls = false;            ///< TLS from the first octet
    bool needs_tls = false;               ///< nothing is sent without it, nor to a bad certificate
    int handshakes_failing = 0;           ///< the first ones
    std::string certificate{};            ///< what is wrong with the one that the server shows
    bool says_quit_when_tired = false;    ///< before it closes, when the wait for a reply is over
    bool trusts_its_buffer = false;       ///< takes what has come unasked for the next reply
    bool first_segment_is_short = false;  ///< of a group, the first command arrives alone
    bool cuts_long_lines = false;         ///< the rest of a long line spoils the next reply
};

class ReferenceClient {
public:
    /// `breaks`: the slug of the rule to break; empty: none.
    ReferenceClient(engine::VirtualRun& run, ClientOptions options, std::string_view breaks = {})
        : run_(run), options_(std::move(options)), breaks_(breaks) {}

    /// What became of a letter: the reply that decided it, for each recipient; 0: none came.
    using Codes = std::vector<int>;

    /// One session for all of them, with this host at this address. Gives what became of each.
    std::vector<Codes> deliver(const std::vector<Letter>& letters, std::size_t host = 0,
                               const std::string& at = "127.0.0.1");
    /// The last session ended while the reply to a message was owed: the receiver may have it.
    bool in_doubt() const { return in_doubt_; }
    /// From here on it connects from there.
    void move_to(std::string address) { options_.address = std::move(address); }
    /// Of the last session.
    bool offered(const std::string& keyword) const { return offers(keyword); }

private:
    /// RFC 5321 §4.5.3.2.6.
    static constexpr Duration patience_for_data_term = 10min;

    struct Reply {
        int code = 0;  ///< 0: the connection has ended, or what came is no reply
        std::vector<std::string> lines;

        bool is(int first_digit) const { return code / 100 == first_digit; }
    };

    bool breaks(std::string_view slug) const { return breaks_ == slug; }

    // Octets and replies.
    void write(std::string_view octets);
    Reply read(Duration patience);
    Reply read();
    Reply understood(Reply reply) const;
    Reply ask(std::string_view line);
    bool told_unasked();
    Duration patience_for(std::string_view line) const;
    bool over() const { return closed_ || run_.closed(connection_).has_value(); }
    void close();

    // The session.
    bool open(std::size_t host, const std::string& at);
    bool say_hello(bool again);
    void read_offers(const Reply& reply);
    void add_offers(const Reply& reply);
    // TLS and AUTH. False: the session is over.
    bool secure();
    bool begin_in_tls();
    bool encrypt();
    bool authenticate();
    Reply exchange(const std::string& plain);
    smtp::TlsFacts handshake() const;
    bool fail_handshake(std::string_view why);
    bool leave(int code);
    void quit();
    bool offers(const std::string& keyword) const { return offers_.contains(keyword); }

    // A transaction. False: the session is over.
    bool transact(const Letter& letter);
    /// The fate of all recipients that were accepted.
    void decided(int code);
    bool give_up(bool session_goes_on);
    std::string mail_line(const Letter& letter, const std::string& content) const;
    std::string rcpt_line(const Letter& letter, const std::string& recipient) const;
    std::optional<std::string> content_of(const Letter& letter) const;
    std::string changed(std::string content) const;
    bool transact_for_each(const Letter& letter);
    std::string wire_form(const std::string& content) const;
    bool send_data(const std::string& content, bool accepted, const Reply& go_ahead);
    bool send_chunks(const std::string& text, bool any_accepted);

    engine::VirtualRun& run_;
    ClientOptions options_;
    std::string_view breaks_;
    engine::VirtualRun::Client connection_ = 0;
    std::string input_;
    std::map<std::string, std::string> offers_;  // keyword to what stands behind it
    std::map<std::string, std::string> offered_in_clear_;
    bool esmtp_ = false;
    bool in_tls_ = false;
    bool in_hello_ = false;
    bool closed_ = false;
    bool told_421_ = false;
    bool spoilt_ = false;          // the rest of a long line is in front of the next reply
    bool remembers_none_ = false;  // of any session
    Instant opened_at_{};
    bool in_doubt_ = false;
    Codes codes_;              // of the letter under way; 1: accepted so far
    int refused_at_once_ = 0;  // the greeting, where it is no 2yz
};

}  // namespace fakemx::test
