// What a run gives its sender to do, and what comes back beside mail: the messages as files, where hosts listen, in words and
// variables of its command; and what the sender believes became of each message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/complaint.h"
#include "app/ready.h"
#include "app/work_folder.h"
#include "core/result.h"
#include "journal/records.h"
#include "scenario/scenario.h"

namespace fakemx::app {

class Assignment {
public:
    using Variables = std::vector<std::pair<std::string, std::string>>;

    /// Both outlive this.
    Assignment(const scenario::Scenario& scenario, const WorkFolder& work)
        : scenario_(scenario), work_(work) {}

    /// And takes away what an earlier run in the same folder believed. Gives the error, if there is one.
    std::optional<std::string> write_letters(std::uint64_t seed, Instant begin);
    /// Where the hosts listen, and the files of the run. Gives the error, if there is one.
    std::optional<std::string> receivers(const Ready& ready, const std::string& ready_file,
                                         const std::string& tls_ca);

    /// FAKEMX_ and what goes with it.
    Variables environment() const;
    /// The words of the command with what they name.
    std::vector<std::string> command() const;
    /// The words of one that runs the command once for each message, and notes how it ended. `patience`: seconds that each may
    /// take; 0: as many as it likes.
    Result<std::vector<std::string>, Complaint> command_for_each(std::uint32_t patience) const;

    /// For the journal: what the sender is given.
    journal::Batch submitted(Instant now) const;
    /// What it believes, as it has written it down or as the status of its command says. An error for what cannot be read.
    Result<journal::Batch, Complaint> believed(Instant now, std::optional<int> status) const;

private:
    /// What the words and variables of one message say.
    scenario::Values values_of(const scenario::LetterFile& letter) const;
    static scenario::Values values_of(const ReadyHost& host);
    /// Of the first message; of the first host where there is none.
    scenario::Values first_values() const;
    std::vector<std::string> words(const scenario::Values& values) const;
    const ReadyHost& host_of(const scenario::LetterFile& letter) const;
    std::optional<std::string> write_routes(const Ready& ready);
    Result<std::vector<journal::Believed>, Complaint> written_results() const;

    const scenario::Scenario& scenario_;
    const WorkFolder& work_;
    std::vector<scenario::LetterFile> letters_;
    std::vector<ReadyHost> hosts_;
    scenario::Values values_;  // the same for all messages
};

}  // namespace fakemx::app
