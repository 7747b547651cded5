// One request after another on each connection; the answer is there before the next request is read.
#include "http/local_server.h"

#include <cerrno>
#include <chrono>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "core/limits.h"

namespace fakemx::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::local::stream_protocol;

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(stream_protocol::socket socket, std::shared_ptr<const Handler> handler)
        : stream_(std::move(socket)), handler_(std::move(handler)) {}

    void read() {
        parser_.emplace();
        parser_->body_limit(limits::control_octets_max);
        beast::http::async_read(
            stream_, buffer_, *parser_,
            [self = shared_from_this()](beast::error_code error, std::size_t) {
                if (error == beast::http::error::body_limit) {
                    self->write({.status = 413, .body = R"({"error":"the body is too long"})"});
                } else if (!error) {
                    self->write(self->answer());
                }
            });
    }

private:
    Answer answer() {
        auto& request = parser_->get();
        return (*handler_)({.method = std::string{request.method_string()},
                            .target = std::string{request.target()},
                            .body = std::move(request.body())});
    }

    void write(Answer answer) {
        response_ = {};
        response_.version(11);
        response_.result(answer.status);
        response_.set(beast::http::field::content_type, "application/json");
        response_.keep_alive(answer.status != 413 && parser_->get().keep_alive());
        response_.body() = std::move(answer.body) + '\n';
        response_.prepare_payload();
        beast::http::async_write(stream_, response_,
                                 [self = shared_from_this()](beast::error_code error, std::size_t) {
                                     if (!error && self->response_.keep_alive()) self->read();
                                 });
    }

    beast::basic_stream<stream_protocol> stream_;
    std::shared_ptr<const Handler> handler_;
    beast::flat_buffer buffer_;
    std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
    beast::http::response<beast::http::string_body> response_;
};

}  // namespace

struct LocalServer::Listening : std::enable_shared_from_this<Listening> {
    Listening(asio::io_context& io, Handler answers)
        : acceptor(io), handler(std::make_shared<const Handler>(std::move(answers))) {}

    void accept() {
        acceptor.async_accept([self = shared_from_this()](boost::system::error_code error,
                                                          stream_protocol::socket socket) {
            if (error == asio::error::operation_aborted) return;
            if (!error) std::make_shared<Connection>(std::move(socket), self->handler)->read();
            self->accept();
        });
    }

    stream_protocol::acceptor acceptor;
    std::shared_ptr<const Handler> handler;
    std::string path;
};

LocalServer::LocalServer(asio::io_context& io, Handler handler)
    : listening_(std::make_shared<Listening>(io, std::move(handler))) {}

LocalServer::~LocalServer() {
    if (listening_->path.empty()) return;
    ::unlink(listening_->path.c_str());
    boost::system::error_code ignored;
    listening_->acceptor.close(ignored);
}

std::optional<std::string> LocalServer::listen(const std::string& path) {
    boost::system::error_code error;
    const auto failed = [&] { return fmt::format("{}: {}", path, error.message()); };
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        return fmt::format("{}: the name of a socket has at most {} octets", path,
                           sizeof(sockaddr_un::sun_path) - 1);
    }
    auto& acceptor = listening_->acceptor;
    acceptor.open(stream_protocol{}, error);
    if (error) return failed();
    struct stat there {};
    if (::lstat(path.c_str(), &there) == 0) {
        if (!S_ISSOCK(there.st_mode)) return fmt::format("{}: there is something else", path);
        stream_protocol::socket probe{acceptor.get_executor()};
        probe.connect(path, error);
        if (!error) return fmt::format("{}: another server listens there", path);
        ::unlink(path.c_str());
    }
    // Whoever may connect may do as the owner does.
    const mode_t before = ::umask(S_IRWXG | S_IRWXO);
    acceptor.bind(path, error);
    ::umask(before);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return failed();
    listening_->path = path;
    listening_->accept();
    return std::nullopt;
}

}  // namespace fakemx::http
