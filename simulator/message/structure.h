// The parts of a message (RFC 2045, RFC 2046), found while it goes by: one pass over octets, whatever pieces they come in, with
// nothing kept but what is said of each part. What a part says is for others; so is what becomes of a message like this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "message/encoding.h"

namespace fakemx::message {

struct Part {
    std::size_t parent = 0;  ///< its index; that of itself for the message
    std::uint32_t depth = 0;
    ContentType content;
    std::string
        encoding_name;  ///< Content-Transfer-Encoding in lower case, as written; empty: not said
    TransferEncoding encoding = TransferEncoding::identity;
    std::string disposition;  ///< lower case; empty: not said
    std::string file_name;    ///< of Content-Disposition, else of Content-Type
    bool has_id = false;      ///< Content-ID: another part refers to it
    bool has_parts =
        false;  ///< what is inside are parts of their own, and the following says nothing
    std::uint64_t begin = 0;  ///< of the body, in the message
    std::uint64_t octets =
        0;  ///< of the body as sent, without the line end that belongs to the delimiter
    std::uint64_t decoded = 0;  ///< of the body with its transfer encoding undone
};

/// What is wrong with a message as MIME has it.
enum class Defect : std::uint8_t {
    no_boundary,       ///< a multipart that does not say its boundary
    no_delimiter,      ///< a multipart in which its boundary never comes
    not_closed,        ///< a multipart without its last delimiter (RFC 2046 §5.1.1)
    too_deep,          ///< parts inside parts, more than limits::mime_depth_max
    unknown_encoding,  ///< a transfer encoding that RFC 2045 does not have
    encoded_parts,  ///< a multipart or message in an encoding that RFC 2045 §6.4 forbids for them
};

std::string_view name(Defect defect);

struct Structure {
    std::vector<Part> parts;  ///< in order, the message first; at most limits::mime_parts_max
    std::uint64_t part_count =
        0;  ///< parts without parts of their own, those that are not in `parts` included
    std::vector<Defect> defects;  ///< each once, in order of appearance
    std::uint64_t octets = 0;
    bool whole = true;  ///< false: more of the message was not seen
};

class StructureReader {
public:
    StructureReader();

    void feed(std::string_view octets);

    /// Call it once. `whole`: nothing of the message is missing, so that what is open now was never closed.
    Structure finish(bool whole);

private:
    enum class Place : std::uint8_t { header, body };

    /// A part that has parts, and is not over.
    struct Container {
        std::string delimiter;  ///< with its "--"; empty for a message inside a message
        std::size_t part = 0;
        bool opened = false;
    };

    /// What was counted of the body that is being read.
    struct Count {
        std::uint64_t octets = 0;
        std::uint64_t symbols = 0;  // decoded, or of base64 those that stand for six bits
        std::uint64_t line_end = 0;
        std::uint64_t line_end_symbols = 0;
    };

    struct Line {
        std::string_view text;  // without its end
        std::uint64_t end = 0;  // octets of that
        bool first = true;      // begins where the line does; else it is the rest of a long one
    };

    void take(std::string_view piece, bool ended);
    void line(const Line& line);
    bool delimits(std::string_view text);
    void count(const Line& line);
    void begin_part(std::size_t parent);
    void end_header(std::uint64_t body_begins);
    void end_body(bool at_delimiter);
    void abandon(const Container& container);
    void found(Defect defect);

    Structure structure_;
    std::vector<Container> open_;
    Place place_ = Place::header;
    std::size_t current_ = 0;  // the part whose header or body this is; nowhere: nobody's
    std::string header_;
    std::string pending_;      // a line that has not ended
    bool line_begun_ = false;  // and whose beginning was looked at already
    std::uint64_t at_ = 0;     // where the line or piece begins that is being looked at
    Count count_;
    bool whole_ = true;
};

/// The structure of a message of which `content` is the beginning, or all.
Structure read_structure(std::string_view content, bool whole);

}  // namespace fakemx::message
