// The shipped profiles, shown by their transcripts in profiles/tests/, in virtual time.
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "core/text.h"
#include "engine/virtual_run.h"
#include "script/profile_host.h"
#include "support/catch.h"
#include "support/transcript.h"
#include "support/virtual_driver.h"

namespace fakemx::test {

namespace {

std::string read(const std::string& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Plays a shipped profile; `!set NAME=VALUE` and `!seed N` stand before the first client.
class ProfileDriver final : public TranscriptDriver {
public:
    explicit ProfileDriver(std::string profile) : name_(std::move(profile)) {}

    Client connect(std::size_t host, const std::string& address) override {
        return run().connect(host, address.empty() ? "192.0.2.1" : address);
    }
    void send(Client client, std::string_view octets) override { run().send(client, octets); }
    void finish(Client client) override { run().finish(client); }
    void reset(Client client) override { run().reset(client); }
    void advance(Duration duration) override { run().advance(duration); }
    std::string receive(Client client, std::size_t) override { return run().received(client); }
    Ending ending(Client client, bool) override {
        const auto how = run().closed(client);
        if (!how) return Ending::none;
        return *how == smtp::Close::How::reset ? Ending::reset : Ending::closed;
    }
    bool direct(std::string_view directive) override {
        const std::size_t blank = directive.find(' ');
        const std::string_view word = directive.substr(0, blank);
        const std::string_view rest = trim(directive.substr(std::min(blank, directive.size())));
        const std::size_t equals = rest.find('=');
        if (simulator_) return false;
        if (word == "set" && equals != std::string_view::npos) {
            settings_.emplace_back(rest.substr(0, equals), rest.substr(equals + 1));
        } else if (word == "seed") {
            seed_ = parse_decimal(rest).value();
        } else {
            return false;
        }
        return true;
    }

    std::uint64_t script_failures() const { return simulator_ ? simulator_->script_failures() : 0; }

private:
    engine::VirtualRun& run() {
        if (!run_) {
            const std::string path = "profiles/" + name_ + ".lua";
            auto loaded = script::load_profile(name_, path, read(path), settings_);
            if (!loaded) throw std::runtime_error{loaded.error().describe()};
            profile_ = std::move(*loaded);
            simulator_.emplace(profile_->profile(), *profile_, sink_, engine::Simulator::Options{.seed = seed_});
            run_.emplace(*simulator_);
        }
        return *run_;
    }

    std::string name_;
    script::Settings settings_;
    std::uint64_t seed_ = 1;
    RecordingSink sink_;
    std::unique_ptr<script::LuaProfile> profile_;
    std::optional<engine::Simulator> simulator_;
    std::optional<engine::VirtualRun> run_;
};

/// "profiles/tests/netease-strict.txt" shows the longest profile name that it begins with.
std::string profile_of(const std::string& transcript) {
    const std::size_t slash = transcript.rfind('/') + 1;
    std::string name = transcript.substr(slash, transcript.size() - slash - 4);
    while (!std::ifstream{"profiles/" + name + ".lua"}) {
        const std::size_t dash = name.rfind('-');
        if (dash == std::string::npos) return name;
        name.resize(dash);
    }
    return name;
}

}  // namespace

TEST_CASE("Shipped profiles behave as their transcripts show") {
    for (const std::string& transcript : transcripts_in("profiles/tests")) {
        ProfileDriver driver{profile_of(transcript)};
        INFO(transcript);
        CHECK(run_transcript_file(driver, transcript) == "");
        CHECK(driver.script_failures() == 0);
    }
}

}  // namespace fakemx::test
