// Has the rules look at a run on its way to the journal. It decides nothing: what comes of it is told at the end.
#pragma once

#include "conformance/checker.h"
#include "journal/records.h"

namespace fakemx::app {

class Auditor final : public journal::Sink {
public:
    /// `next` may be null.
    explicit Auditor(journal::Sink* next) : next_(next) {}

    void write(journal::Batch batch) override;

    conformance::Audit audit() const { return checker_.audit(); }

private:
    conformance::Checker checker_;
    journal::Sink* next_;
};

}  // namespace fakemx::app
