// Batches taken apart as the journal's tables do it.
#include "support/recorded.h"

#include <fmt/format.h>

#include "core/overloaded.h"

namespace fakemx::test {

void RecordedSink::write(journal::Batch batch) {
    if (!batch.inputs.empty()) inputs.push_back(batch.inputs);
    for (const journal::Event& event : batch.events) {
        if (sizes_.empty() || events.size() == sizes_.back().events ||
            events.back().session != number(event.session))
            events.push_back({number(event.session), {}});
        append_json(events.back().json.emplace_back(), event, journal::Form::full);
    }
    for (const auto& message : batch.messages)
        messages.push_back({number(message.session), message.transaction, message.content});
    sizes_.push_back({inputs.size(), events.size(), messages.size()});
    if (next_ != nullptr) next_->write(std::move(batch));
}

std::string RecordedSink::recording() const {
    std::string all;
    for (const std::string& part : inputs) all += part;
    return all;
}

RecordedSink RecordedSink::killed_behind(std::size_t writes) const {
    RecordedSink sink;
    if (writes == 0) return sink;
    const Sizes& sizes = sizes_.at(writes - 1);
    sink.inputs.assign(inputs.begin(), std::next(inputs.begin(), std::ptrdiff_t(sizes.inputs)));
    sink.events.assign(events.begin(), std::next(events.begin(), std::ptrdiff_t(sizes.events)));
    sink.messages.assign(messages.begin(),
                         std::next(messages.begin(), std::ptrdiff_t(sizes.messages)));
    return sink;
}

std::string words_of(const engine::ReplayOutcome& outcome) {
    return std::visit(Overloaded{
                          [](const engine::ReplayedAlike&) { return std::string{"alike"}; },
                          [](const engine::ReplayDifference& difference) {
                              return fmt::format(
                                  "different: session {} at {}, {}\n- {}\n+ {}\n{}",
                                  difference.session, format_instant(difference.at),
                                  difference.input, fmt::join(difference.expected, "\n- "),
                                  fmt::join(difference.got, "\n+ "), difference.what);
                          },
                          [](const engine::ReplayStuck& stuck) { return "stuck: " + stuck.why; },
                      },
                      outcome);
}

}  // namespace fakemx::test
