// The checker as a sink.
#include "app/auditor.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/text.h"

namespace fakemx::app {

Result<conformance::Sender, Complaint> read_sender(const std::string& written) {
    if (const auto sender = conformance::sender_named(written)) return *sender;
    return Complaint{fmt::format("--sender {}: not {}{}", written,
                                 fmt::join(conformance::sender_names, ", "),
                                 did_you_mean(written, conformance::sender_names))};
}

void Auditor::write(journal::Batch batch) {
    checker_.take(batch);
    if (next_ != nullptr) next_->write(std::move(batch));
}

}  // namespace fakemx::app
