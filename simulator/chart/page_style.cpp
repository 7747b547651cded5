// How every page begins.
#include "chart/page_style.h"

#include <fmt/format.h>

#include "chart/svg_text.h"

namespace fakemx::chart {

std::string page_begin(std::string_view title, std::string_view own) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\">\n<title>{}</title>\n<style>{}{}</style>\n"
        "<main>\n",
        escaped(title), page_style, own);
}

}  // namespace fakemx::chart
