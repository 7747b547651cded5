// HTTP over a socket in the file system, for whoever may open that socket: its owner.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "http/message.h"

namespace fakemx::http {

class LocalServer {
public:
    /// Is served by the thread that runs `io`, which outlives it.
    LocalServer(boost::asio::io_context& io, Handler handler);
    /// Takes the socket away from the file system.
    ~LocalServer();
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;

    /// A socket that nobody listens on any more is replaced. Gives the error, if there is one.
    std::optional<std::string> listen(const std::string& path);

private:
    struct Listening;
    std::shared_ptr<Listening> listening_;
};

}  // namespace fakemx::http
