// One connection for one question.
#include "http/local_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

namespace fakemx::http {

namespace {

namespace beast = boost::beast;
using boost::asio::local::stream_protocol;

}  // namespace

Result<Answer, std::string> ask(const std::string& path, const Request& request) {
    const auto failed = [&](const boost::system::error_code& error) {
        return fmt::format("{}: {}", path, error.message());
    };
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return fmt::format("{}: no name for a socket, it is too long", path);
    boost::asio::io_context io;
    stream_protocol::socket socket{io};
    boost::system::error_code error;
    socket.connect(path, error);
    if (error) return failed(error);
    beast::http::request<beast::http::string_body> sent;
    sent.version(11);
    sent.method_string(request.method);
    sent.target(request.target);
    sent.set(beast::http::field::host, "localhost");
    sent.set(beast::http::field::content_type, "application/json");
    sent.keep_alive(false);
    sent.body() = request.body;
    sent.prepare_payload();
    beast::http::write(socket, sent, error);
    if (error) return failed(error);
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(boost::none);
    beast::http::read(socket, buffer, parser, error);
    if (error) return failed(error);
    Answer answer{.status = parser.get().result_int(), .body = std::move(parser.get().body())};
    while (answer.body.ends_with('\n')) answer.body.pop_back();
    return answer;
}

}  // namespace fakemx::http
