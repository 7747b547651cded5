// What counts as tracking in a link: that it leads through somebody who counts clicks, and parameters that say where it was clicked.
// Nothing is fetched: a redirect's target is known where the link itself says it. docs/reference/matrix.md has the same for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fakemx::matrix {

struct Untracked {
    std::string url;          ///< without tracking; empty where nobody can say where it leads
    bool redirect = false;    ///< it was one whose target could be read
    bool opaque = false;      ///< it looks like one whose target cannot be read
    bool parameters = false;  ///< known parameters were taken out

    bool changed() const { return redirect || opaque || parameters; }
};

/// `url` as it is meant, with "&" for what HTML writes as "&amp;".
Untracked without_tracking(std::string_view url);

/// What was found in a message, in numbers of links and of images.
struct TrackingCount {
    std::uint64_t redirects = 0;
    std::uint64_t opaque = 0;
    std::uint64_t parameters = 0;  ///< links that have known parameters, and are no redirects
    std::uint64_t pixels = 0;

    void add(const Untracked& link);
    bool any() const { return redirects + opaque + parameters + pixels != 0; }
};

}  // namespace fakemx::matrix
