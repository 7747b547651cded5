// HTML as far as its tags go: no parser, because what senders write is none, but a reader of tags wherever they are. What it gives
// are pieces of the octets that were read, so that whoever changes some of them finds their place.
#pragma once

#include <cstddef>
#include <string_view>

namespace fakemx::message {

/// A tag's name and attributes, read one after the other.
class Tag {
public:
    /// `inside`: what stands between "<" and ">".
    explicit Tag(std::string_view inside) : rest_(inside) { name_ = word(); }

    std::string_view name() const { return name_; }

    /// The next attribute; false behind the last one.
    bool next();

    std::string_view attribute;
    std::string_view value;  ///< without its quotes

private:
    void skip_blanks();
    std::string_view word();

    std::string_view rest_;
    std::string_view name_;
};

/// The text and the tags of HTML, in turn. Comments are passed over; what stands between <script> or <style> and its end as well.
class HtmlReader {
public:
    explicit HtmlReader(std::string_view html) : rest_(html) {}

    /// False behind the last piece.
    bool next();

    std::string_view text;    ///< in front of the tag
    std::string_view tag;     ///< with its brackets; empty where the text is all there is
    std::string_view inside;  ///< of the tag

private:
    std::string_view rest_;
    std::string_view closing_;  // of an element whose content is no text
};

/// The inside of a tag is that of an image not larger than 1×1, by its attributes or by its style.
bool is_tracking_pixel(std::string_view inside);

}  // namespace fakemx::message
