// What is wrong with something that the user has written: a sentence for them.
#pragma once

#include <string>

namespace fakemx::app {

struct Complaint {
    std::string message;
};

}  // namespace fakemx::app
