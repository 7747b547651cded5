// The type of a function that may meet wrong input: a value, or a description of what was wrong.
#pragma once

#include <boost/system/result.hpp>

namespace fakemx {

template <class T, class E>
using Result = boost::system::result<T, E>;

}  // namespace fakemx
