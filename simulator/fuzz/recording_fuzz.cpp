// Recordings of a run's inputs: any octets are read without harm, and what was read and is written again is read as the
// same, in the same octets from then on.
#include "engine/recording.h"

#include <string>
#include <variant>
#include <vector>

#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;

namespace {

/// What stands in front of the first damage. The octets of the records are those of `recording`.
std::vector<engine::Recorded> read(std::string_view recording) {
    engine::RecordingReader reader;
    std::vector<engine::Recorded> records;
    engine::Recorded record;
    while (true) {
        const std::size_t left = recording.size();
        if (reader.next(recording, record) != engine::RecordingReader::Progress::record)
            return records;
        must(recording.size() < left);
        records.push_back(record);
    }
}

std::string written(const std::vector<engine::Recorded>& records) {
    engine::RecordingWriter writer;
    std::string recording;
    for (const engine::Recorded& record : records)
        std::visit([&](const auto& what) { writer.append(recording, what); }, record);
    return recording;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const auto records = read(fuzz::Reader{octets, size}.rest());
    const std::string again = written(records);
    const auto read_again = read(again);
    must(read_again == records);
    must(written(read_again) == again);
    for (const engine::Recorded& record : records) {
        // The wire's form of a message is what a receiver takes apart again.
        const auto* input = std::get_if<engine::InputOctets>(&record);
        if (input != nullptr) must(engine::wire_form(input->octets).ends_with(".\r\n"));
    }
    return 0;
}
