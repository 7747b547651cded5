// The checker as a sink.
#include "app/auditor.h"

#include <utility>

namespace fakemx::app {

void Auditor::write(journal::Batch batch) {
    checker_.take(batch);
    if (next_ != nullptr) next_->write(std::move(batch));
}

}  // namespace fakemx::app
