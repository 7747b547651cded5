// SPF, DKIM and DMARC: any record under every name, and any message, have results within bounds, the same each time.
#include "message/authentication.h"

#include "core/limits.h"
#include "fuzz/reader.h"
#include "message/header_section.h"
#include "message/traits.h"

using namespace fakemx;
using fakemx::fuzz::must;

namespace {

/// The same text under every name.
class OneRecord final : public message::Names {
public:
    explicit OneRecord(std::string_view text) : text_(text) {}

    message::LookUp look_up(std::string_view, message::RecordType) const override {
        must(++asked_ <= 10'000);
        return {message::LookUp::Status::found, {text_, text_.substr(text_.size() / 2)}};
    }

private:
    std::string text_;
    mutable int asked_ = 0;
};

}  // namespace

/// The first line is the record, the rest the message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view input = fuzz::Reader{octets, size}.rest();
    const std::size_t end = std::min(input.find('\n'), input.size());
    const auto names = std::make_shared<const OneRecord>(input.substr(0, end));
    const std::string_view content = input.substr(std::min(end + 1, input.size()));
    const auto from = message::HeaderSection::parse(content).from_domain();
    const message::Sender sender{names,
                                 {.client = *IpAddress::parse("192.0.2.1"),
                                  .helo = "mta.shop.test",
                                  .local_part = "a+b",
                                  .domain = "shop.test"},
                                 from.value_or("shop.test")};
    const auto result = message::authenticate(sender, content, true);
    must(result && result->dkim.size() <= limits::dkim_signatures_max);
    must(result->spf.lookups <= limits::spf_lookups_max + 1);
    const message::Traits traits = message::read_traits("", 0);
    const std::string json = to_json(traits, &*result);
    must(json.find('\n') == std::string::npos);
    const auto again = message::authenticate(sender, content, true);
    must(to_json(traits, &*again) == json);
    return 0;
}
