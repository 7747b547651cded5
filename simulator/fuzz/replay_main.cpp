// Feeds the files of a corpus to a fuzz target, one after another, so that what fuzzing once found
// is tried in every test run, with any compiler. It knows nothing of what the target checks: a
// finding is an abort or a sanitizer report.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size);

namespace {

namespace fs = std::filesystem;

// Arguments may be files or folders; a folder that does not exist is an empty corpus.
std::vector<fs::path> inputs_named(int argc, char* argv[]) {
    std::vector<fs::path> found;
    for (int i = 1; i < argc; ++i) {
        std::error_code absent;
        if (fs::is_directory(argv[i], absent)) {
            for (const auto& entry : fs::directory_iterator(argv[i])) {
                if (entry.is_regular_file()) {
                    found.push_back(entry.path());
                }
            }
        } else if (fs::exists(argv[i], absent)) {
            found.emplace_back(argv[i]);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<std::uint8_t> octets_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char* argv[]) {
    static const std::uint8_t nothing = 0;
    LLVMFuzzerTestOneInput(&nothing, 0);
    const auto inputs = inputs_named(argc, argv);
    for (const auto& path : inputs) {
        // Named before it runs: the last name printed is the one that aborted.
        std::printf("replay %s\n", path.c_str());
        std::fflush(stdout);
        const auto octets = octets_of(path);
        LLVMFuzzerTestOneInput(octets.empty() ? &nothing : octets.data(), octets.size());
    }
    std::printf("replayed %zu inputs\n", inputs.size());
    return 0;
}
