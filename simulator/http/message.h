// What the control interface speaks: HTTP/1.1 with JSON bodies, without a trace of a socket.
#pragma once

#include <functional>
#include <string>

namespace fakemx::http {

struct Request {
    std::string method = "GET";
    std::string target = "/";  ///< path and query, as sent
    std::string body{};
};

struct Answer {
    unsigned status = 200;
    std::string body{};  ///< JSON
};

/// Answers one request, at once.
using Handler = std::function<Answer(const Request&)>;

}  // namespace fakemx::http
