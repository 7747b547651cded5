// The object by hand, in the order in which it is documented.
#include "app/ready.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "app/version.h"
#include "core/text.h"
#include "net/tls_hosts.h"

namespace fakemx::app {

namespace {

std::string json_text(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

}  // namespace

std::string_view tls_of(const smtp::HostOptions& options) {
    if (options.implicit_tls) return "implicit";
    return net::offers_starttls(options) ? "starttls" : "";
}

std::string to_json(const Ready& ready) {
    std::string json =
        fmt::format(R"({{"version":{},"pid":{},"profile":{},"seed":{},"smtp":[)",
                    json_text(version_text), ::getpid(), json_text(ready.profile), ready.seed);
    for (const ReadyHost& host : ready.smtp) {
        if (json.back() == '}') json += ',';
        json += fmt::format(R"({{"name":{},"address":{})", json_text(host.name),
                            json_text(host.address.ip));
        if (!host.address.is_path()) json += fmt::format(R"(,"port":{})", host.address.port);
        if (!host.tls.empty()) json += fmt::format(R"(,"tls":{})", json_text(host.tls));
        if (host.lmtp) json += R"(,"protocol":"lmtp")";
        json += '}';
    }
    json += ']';
    if (ready.dns) {
        json += fmt::format(R"(,"dns":{{"address":{},"port":{}}})", json_text(ready.dns->ip),
                            ready.dns->port);
    }
    if (ready.ca) json += fmt::format(R"(,"tls":{{"ca":{}}})", json_text(*ready.ca));
    if (ready.journal) json += fmt::format(R"(,"journal":{})", json_text(*ready.journal));
    if (ready.control) json += fmt::format(R"(,"control":{})", json_text(*ready.control));
    json += '}';
    return json;
}

std::optional<std::string> write_whole_file(const std::string& path, const std::string& text) {
    struct stat facts {};
    // A device, a pipe, a link such as /dev/stdout: another file in its place is not what was meant.
    const bool is_in_place = ::lstat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode);
    const std::string written = is_in_place ? path : fmt::format("{}.{}", path, ::getpid());
    const auto failed = [&] {
        std::string message = fmt::format("{}: {}", path, std::strerror(errno));
        if (!is_in_place) ::unlink(written.c_str());
        return message;
    };
    const int file = ::open(written.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return failed();
    errno = ENOSPC;  // a short write sets none
    const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!whole) {
        const int error = errno;
        ::close(file);
        errno = error;
        return failed();
    }
    if (::close(file) != 0) return failed();
    if (!is_in_place && std::rename(written.c_str(), path.c_str()) != 0) return failed();
    return std::nullopt;
}

}  // namespace fakemx::app
