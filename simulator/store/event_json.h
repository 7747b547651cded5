// Taking apart what journal::append_json has written, without reading more into it than it is: an
// array of flat objects whose values are texts, numbers and true.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace fakemx::store {

/// Calls `visitor` with each object of the array, as it stands there. False where the text is no such
/// array, or the visitor wants no more.
bool for_each_object(std::string_view array, const std::function<bool(std::string_view)>& visitor);

/// The canonical form (journal::Form::canonical) of an event in its full form.
std::string canonical_form(std::string_view object);

}  // namespace fakemx::store
