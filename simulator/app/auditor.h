// Has the rules look at a run on its way to the journal. It decides nothing: what comes of it is told at the end.
#pragma once

#include <string>

#include "app/complaint.h"
#include "conformance/checker.h"
#include "core/result.h"
#include "journal/records.h"

namespace fakemx::app {

/// A kind of sender, as --sender names it.
Result<conformance::Sender, Complaint> read_sender(const std::string& written);

class Auditor final : public journal::Sink {
public:
    /// `next` may be null.
    Auditor(journal::Sink* next, const conformance::Settings& settings)
        : checker_(settings), next_(next) {}

    void write(journal::Batch batch) override;

    conformance::Audit audit() const { return checker_.audit(); }

private:
    conformance::Checker checker_;
    journal::Sink* next_;
};

}  // namespace fakemx::app
