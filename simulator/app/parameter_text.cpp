// The value of a profile's parameter as text.
#include "app/parameter_text.h"

#include <fmt/format.h>

#include "app/text.h"
#include "core/time.h"

namespace fakemx::app {

std::string text_of(const engine::ParameterValue& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *integer);
    if (const auto* duration = std::get_if<Duration>(&value)) return format_duration(*duration);
    if (const auto* ratio = std::get_if<engine::Ratio>(&value)) {
        return fmt::format("{}/{}", ratio->numerator, ratio->denominator);
    }
    return printable(std::get<std::string>(value));
}

}  // namespace fakemx::app
