// Processes, pipes, and a temporary file for stderr.
#include "app/run.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

#include "app/command_line.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program

namespace fakemx::test {

namespace {

struct Child {
    pid_t process = -1;
    int out = -1;
    int err = -1;
};

/// A file without a name, so that nothing blocks however much is written.
int anonymous_file() {
    std::FILE* file = std::tmpfile();
    const int descriptor = ::dup(::fileno(file));
    std::fclose(file);
    return descriptor;
}

std::string contents(int descriptor) {
    std::string text;
    std::array<char, 4096> buffer;
    ::lseek(descriptor, 0, SEEK_SET);
    for (ssize_t count = 0; (count = ::read(descriptor, buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    ::close(descriptor);
    return text;
}

[[noreturn]] void be_the_program(const Arguments& arguments) {
    std::vector<std::string> foreign;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string text{*variable};
        if (text.starts_with("FAKEMX_")) foreign.push_back(text.substr(0, text.find('=')));
    }
    for (const std::string& name : foreign) ::unsetenv(name.c_str());
    ::setenv("FAKEMX_PROFILES", "profiles", 1);
    ::setenv("NO_COLOR", "1", 1);
    for (const auto& [name, value] : arguments.environment)
        ::setenv(name.c_str(), value.c_str(), 1);
    if (arguments.before) arguments.before();
    std::vector<std::string> words{"fakemx"};
    words.insert(words.end(), arguments.words.begin(), arguments.words.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::_exit(app::run(static_cast<int>(words.size()), argv.data()));
}

Child start(const Arguments& arguments, int out_to, int out_from) {
    Child child{.out = out_from, .err = anonymous_file()};
    child.process = ::fork();
    if (child.process < 0) throw std::runtime_error{"fork"};
    if (child.process == 0) {
        ::dup2(out_to, STDOUT_FILENO);
        ::dup2(child.err, STDERR_FILENO);
        be_the_program(arguments);
    }
    return child;
}

int status_of(pid_t process) {
    int status = 0;
    if (::waitpid(process, &status, 0) != process) throw std::runtime_error{"waitpid"};
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

Outcome run(const Arguments& arguments) {
    const int out = anonymous_file();
    const Child child = start(arguments, out, out);
    Outcome outcome;
    outcome.status = status_of(child.process);
    outcome.out = contents(child.out);
    outcome.err = contents(child.err);
    return outcome;
}

Outcome run(std::vector<std::string> words) {
    return run(Arguments{.words = std::move(words)});
}

Serving::Serving(Arguments arguments) {
    arguments.words.insert(arguments.words.begin(), {"serve", "--json"});
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::runtime_error{"pipe"};
    const Child child = start(arguments, pipe[1], pipe[0]);
    ::close(pipe[1]);
    process_ = child.process;
    out_ = child.out;
    err_ = child.err;
    for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';) ready_ += c;
}

Serving::~Serving() {
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    end();
}

std::uint16_t Serving::port(std::size_t host) const {
    std::size_t at = 0;
    for (std::size_t i = 0; i <= host; ++i)
        at = ready_.find("\"port\":", at) + std::strlen("\"port\":");
    return static_cast<std::uint16_t>(std::strtoul(ready_.c_str() + at, nullptr, 10));
}

Outcome Serving::end(int signal) {
    if (signal != 0) ::kill(process_, signal);
    Outcome outcome;
    outcome.status = status_of(std::exchange(process_, -1));
    ::close(out_);
    outcome.out = ready_;
    outcome.err = contents(err_);
    return outcome;
}

}  // namespace fakemx::test
