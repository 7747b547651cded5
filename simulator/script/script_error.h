// What went wrong in a profile, as a value: for the person who wrote the profile. It must not know
// Lua's state; the sandbox fills it in.
#pragma once

#include <string>

namespace fakemx::script {

struct ScriptError {
    std::string message;    ///< without the place
    std::string file;       ///< as the source was named when it was loaded; may be empty
    int line = 0;           ///< from 1; 0 when there is none
    std::string traceback;  ///< several lines, innermost call first; may be empty

    /// `file:line: message`, leaving out what is not known.
    std::string describe() const {
        std::string text = file;
        if (line > 0) text += (text.empty() ? "line " : ":") + std::to_string(line);
        return text.empty() ? message : text + ": " + message;
    }
};

}  // namespace fakemx::script
