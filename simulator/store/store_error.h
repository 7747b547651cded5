// What can go wrong with a journal file, in words for whoever named the file.
#pragma once

#include <stdexcept>
#include <string>

#include <boost/assert/source_location.hpp>

namespace fakemx::store {

struct StoreError {
    std::string message;  ///< begins with the file's name
};

/// Makes Result::value() throw the message where nobody asked for the error first.
[[noreturn]] inline void throw_exception_from_error(const StoreError& error,
                                                    const boost::source_location&) {
    throw std::runtime_error{error.message};
}

}  // namespace fakemx::store
