// Compiling a pattern to a row of items, and walking that row over a subject.
//
// A Lua pattern has no alternation and repeats single octets only. So at any item it is known which
// captures are open, whatever the subject (all mistakes are found when compiling), and each repeated
// item is waiting to be retried at most once at a time: backtracking needs a stack no deeper than the
// pattern is long, and no recursion.
#include "script/pattern.h"

#include <optional>
#include <utility>

#include <boost/container/small_vector.hpp>

#include "core/assert.h"

namespace fakemx::script {

namespace {

constexpr bool between(int c, int low, int high) {
    return c >= low && c <= high;
}

// The classes of the C locale, spelt out: a locale of the machine must not change a profile.
constexpr bool in_class(char name, int c) {
    const bool digit = between(c, '0', '9');
    const bool lower = between(c, 'a', 'z');
    const bool upper = between(c, 'A', 'Z');
    const bool graphic = between(c, 0x21, 0x7e);
    switch (name) {
        case 'a': return lower || upper;
        case 'c': return between(c, 0, 0x1f) || c == 0x7f;
        case 'd': return digit;
        case 'g': return graphic;
        case 'l': return lower;
        case 'p': return graphic && !digit && !lower && !upper;
        case 's': return c == ' ' || between(c, '\t', '\r');
        case 'u': return upper;
        case 'w': return digit || lower || upper;
        case 'x': return digit || between(c, 'a', 'f') || between(c, 'A', 'F');
        case 'z': return c == 0;  // deprecated, and still in 5.4
        default: return false;
    }
}

constexpr bool is_class(char name) {
    return std::string_view{"acdglpsuwxz"}.find(name) != std::string_view::npos;
}

constexpr char lower(char c) {
    return between(c, 'A', 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr unsigned char octet(char c) {
    return static_cast<unsigned char>(c);
}

}  // namespace

class Pattern::Compiler {
public:
    Compiler(std::string_view text, Caret caret) : text_(text) {
        if (caret == Caret::anchors && !at_end() && peek() == '^') {
            pattern_.anchored_ = true;
            ++at_;
        }
    }

    Result<Pattern, PatternError> compile() {
        if (text_.size() > pattern_octets_max) {
            return PatternError{"pattern is longer than " + std::to_string(pattern_octets_max) +
                                " octets"};
        }
        while (!at_end() && error_.empty()) item();
        if (error_.empty() && !open_.empty()) fail("unfinished capture");
        if (!error_.empty()) return PatternError{std::move(error_)};
        return std::move(pattern_);
    }

private:
    bool at_end() const { return at_ == text_.size(); }
    char peek() const { return text_[at_]; }
    char next() { return text_[at_++]; }
    bool left(std::size_t count) const { return text_.size() - at_ >= count; }
    void fail(std::string message) {
        if (error_.empty()) error_ = std::move(message);
    }
    void add(Item item) { pattern_.items_.push_back(item); }

    void item() {
        const char c = next();
        switch (c) {
            case '(': return open_capture();
            case ')': return close_capture();
            case '$':
                if (at_end()) return add({.kind = Kind::subject_end});
                return single({.kind = Kind::literal, .first = octet(c)});
            case '.': return single({.kind = Kind::any});
            case '[': return single({.kind = Kind::set, .index = bracketed_set()});
            case '%': return escaped();
            default: return single({.kind = Kind::literal, .first = octet(c)});
        }
    }

    void escaped() {
        if (at_end()) return fail("malformed pattern (ends with '%')");
        const char c = next();
        if (c == 'b') return balanced();
        if (c == 'f') return frontier();
        if (c >= '0' && c <= '9') return back_reference(c);
        if (is_class(lower(c))) {
            return single({.kind = Kind::set, .index = add_set(class_of(c))});
        }
        single({.kind = Kind::literal, .first = octet(c)});
    }

    void single(Item item) {
        if (!at_end()) {
            switch (peek()) {
                case '?': item.repeat = Repeat::optional; break;
                case '*': item.repeat = Repeat::many; break;
                case '+': item.repeat = Repeat::at_least_one; break;
                case '-': item.repeat = Repeat::few; break;
                default: break;
            }
        }
        if (item.repeat != Repeat::once) ++at_;
        add(item);
    }

    void open_capture() {
        auto& captures = pattern_.captures_;
        if (captures.size() == pattern_captures_max) return fail("too many captures");
        const auto index = static_cast<std::uint16_t>(captures.size());
        const bool is_position = !at_end() && peek() == ')';
        captures.push_back(is_position);
        if (is_position) {
            ++at_;
            return add({.kind = Kind::position, .index = index});
        }
        open_.push_back(index);
        add({.kind = Kind::open, .index = index});
    }

    void close_capture() {
        if (open_.empty()) return fail("invalid pattern capture");
        add({.kind = Kind::close, .index = open_.back()});
        open_.pop_back();
    }

    void back_reference(char digit) {
        const int index = digit - '1';
        bool usable = index >= 0 && std::cmp_less(index, pattern_.captures_.size());
        for (const auto open : open_) usable = usable && open != index;
        if (!usable) {
            return fail(std::string{"invalid capture index %"} + digit + " in pattern");
        }
        add({.kind = Kind::back_reference, .index = static_cast<std::uint16_t>(index)});
    }

    void balanced() {
        if (!left(2)) return fail("malformed pattern (missing arguments to '%b')");
        const char opening = next();
        const char closing = next();
        add({.kind = Kind::balanced, .first = octet(opening), .second = octet(closing)});
    }

    void frontier() {
        if (at_end() || next() != '[') return fail("missing '[' after '%f' in pattern");
        add({.kind = Kind::frontier, .index = bracketed_set()});
    }

    static OctetSet class_of(char name) {
        OctetSet set;
        for (int c = 0; c < 256; ++c) set[static_cast<std::size_t>(c)] = in_class(lower(name), c);
        if (lower(name) != name) set.flip();
        return set;
    }

    std::uint16_t add_set(const OctetSet& set) {
        pattern_.sets_.push_back(set);
        return static_cast<std::uint16_t>(pattern_.sets_.size() - 1);
    }

    // The opening bracket has been read. A `]` that comes first is a member of the set.
    std::uint16_t bracketed_set() {
        OctetSet set;
        const bool negated = !at_end() && peek() == '^';
        if (negated) ++at_;
        bool cannot_close = true;
        while (true) {
            if (at_end()) {
                fail("malformed pattern (missing ']')");
                return 0;
            }
            const char c = next();
            if (c == ']' && !cannot_close) break;
            cannot_close = false;
            if (c == '%' && !at_end()) {
                const char name = next();
                if (is_class(lower(name))) {
                    set |= class_of(name);
                } else {
                    set.set(octet(name));
                }
            } else if (left(2) && peek() == '-' && text_[at_ + 1] != ']') {
                ++at_;
                cannot_close = range(c, set);
            } else {
                set.set(octet(c));
            }
        }
        if (negated) set.flip();
        return add_set(set);
    }

    // From `low` to what follows its hyphen. Stock Lua takes a `%` there for the range's end and, when
    // it looks for the closing bracket, for an escape too: `[!-%]]` holds `!` to `%`, and `]`. True
    // when the next octet therefore cannot close the set.
    bool range(char low, OctetSet& set) {
        const char high = next();
        for (int c = octet(low); c <= octet(high); ++c) set.set(static_cast<std::size_t>(c));
        return high == '%';
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Pattern pattern_;
    std::vector<std::uint16_t> open_;
    std::string error_;
};

Result<Pattern, PatternError> Pattern::compile(std::string_view text, Caret caret) {
    return Compiler{text, caret}.compile();
}

// One attempt at one place of the subject.
class Pattern::Run {
public:
    Run(const Pattern& pattern, std::string_view subject, std::size_t start, Steps& steps,
        PatternMatch& match)
        : pattern_(pattern), subject_(subject), steps_(steps), match_(match), at_(start) {
        match_.start = start;
    }

    Outcome run() {
        while (item_ < pattern_.items_.size()) {
            if (!steps_.take()) return Outcome::out_of_steps;
            const bool fits = advance(pattern_.items_[item_]);
            if (starved_) return Outcome::out_of_steps;
            if (!fits && !retry()) return starved_ ? Outcome::out_of_steps : Outcome::no_match;
        }
        match_.end = at_;
        return Outcome::matched;
    }

private:
    // A repeated item that could also have taken another number of octets.
    struct Choice {
        std::size_t item;
        std::size_t at;     // where the subject stands now when that item has taken what it took
        std::size_t least;  // greedy: the item cannot give back octets before this one
        bool greedy;
    };

    bool octet_fits(const Item& item, std::size_t at) const {
        if (at >= subject_.size()) return false;
        const auto c = octet(subject_[at]);
        switch (item.kind) {
            case Kind::literal: return c == item.first;
            case Kind::any: return true;
            case Kind::set: return pattern_.sets_[item.index].test(c);
            case Kind::open:
            case Kind::close:
            case Kind::position:
            case Kind::back_reference:
            case Kind::balanced:
            case Kind::frontier:
            case Kind::subject_end: break;
        }
        FAKEMX_ASSERT(!"an item that is no single octet");
        return false;
    }

    bool take(std::uint64_t count = 1) {
        if (!steps_.take(count)) starved_ = true;
        return !starved_;
    }

    bool advance(const Item& item) {
        switch (item.kind) {
            case Kind::literal:
            case Kind::any:
            case Kind::set: return single(item);
            case Kind::open: match_.captures[item.index] = {.start = at_}; return next(at_);
            case Kind::close: {
                auto& capture = match_.captures[item.index];
                capture.length = at_ - capture.start;
                return next(at_);
            }
            case Kind::position:
                match_.captures[item.index] = {.start = at_, .is_position = true};
                return next(at_);
            case Kind::back_reference: return back_reference(match_.captures[item.index]);
            case Kind::balanced: return balanced(item);
            case Kind::frontier: return frontier(pattern_.sets_[item.index]);
            case Kind::subject_end: return at_ == subject_.size() && next(at_);
        }
        FAKEMX_ASSERT(!"a kind of item that does not exist");
        return false;
    }

    bool next(std::size_t at) {
        at_ = at;
        ++item_;
        return true;
    }

    bool single(const Item& item) {
        switch (item.repeat) {
            case Repeat::once: return octet_fits(item, at_) && next(at_ + 1);
            case Repeat::few:
                choices_.push_back({.item = item_, .at = at_, .least = at_, .greedy = false});
                return next(at_);
            case Repeat::optional: return greedy(item, 0, 1);
            case Repeat::many: return greedy(item, 0, subject_.size());
            case Repeat::at_least_one: return greedy(item, 1, subject_.size());
        }
        FAKEMX_ASSERT(!"a repetition that does not exist");
        return false;
    }

    bool greedy(const Item& item, std::size_t count_min, std::size_t count_max) {
        std::size_t count = 0;
        while (count < count_max && octet_fits(item, at_ + count)) {
            if (!take()) return false;
            ++count;
        }
        if (count < count_min) return false;
        if (count > count_min) {
            choices_.push_back(
                {.item = item_, .at = at_ + count, .least = at_ + count_min, .greedy = true});
        }
        return next(at_ + count);
    }

    bool back_reference(const Capture& capture) {
        // As in stock Lua, a position has no text to repeat.
        if (capture.is_position || subject_.size() - at_ < capture.length) return false;
        if (!take(capture.length)) return false;
        if (subject_.substr(capture.start, capture.length) !=
            subject_.substr(at_, capture.length)) {
            return false;
        }
        return next(at_ + capture.length);
    }

    bool balanced(const Item& item) {
        if (at_ >= subject_.size() || octet(subject_[at_]) != item.first) return false;
        std::size_t depth = 1;
        for (std::size_t at = at_ + 1; at < subject_.size(); ++at) {
            if (!take()) return false;
            const auto c = octet(subject_[at]);
            if (c == item.second) {
                if (--depth == 0) return next(at + 1);
            } else if (c == item.first) {
                ++depth;
            }
        }
        return false;
    }

    // Both ends of the subject count as a zero octet.
    bool frontier(const OctetSet& set) {
        const auto before = at_ == 0 ? 0 : octet(subject_[at_ - 1]);
        const auto after = at_ == subject_.size() ? 0 : octet(subject_[at_]);
        return !set.test(before) && set.test(after) && next(at_);
    }

    // Goes back to the latest repeated item that can take one octet less (or, for `-`, one more).
    bool retry() {
        while (!choices_.empty()) {
            if (!take()) return false;
            Choice& choice = choices_.back();
            item_ = choice.item;
            if (choice.greedy) {
                at_ = --choice.at;
                if (choice.at == choice.least) choices_.pop_back();
                ++item_;
                return true;
            }
            if (octet_fits(pattern_.items_[item_], choice.at)) {
                at_ = ++choice.at;
                ++item_;
                return true;
            }
            choices_.pop_back();
        }
        return false;
    }

    const Pattern& pattern_;
    std::string_view subject_;
    Steps& steps_;
    PatternMatch& match_;
    std::size_t at_;
    std::size_t item_ = 0;
    bool starved_ = false;
    boost::container::small_vector<Choice, 16> choices_;
};

Pattern::Outcome Pattern::match_at(std::string_view subject, std::size_t start, Steps& steps,
                                   PatternMatch& match) const {
    FAKEMX_ASSERT(start <= subject.size());
    return Run{*this, subject, start, steps, match}.run();
}

Pattern::Outcome Pattern::search(std::string_view subject, std::size_t from, Steps& steps,
                                 PatternMatch& match) const {
    FAKEMX_ASSERT(from <= subject.size());
    for (std::size_t start = from; start <= subject.size(); ++start) {
        if (!steps.take()) return Outcome::out_of_steps;
        const Outcome outcome = match_at(subject, start, steps, match);
        if (outcome != Outcome::no_match || anchored_) return outcome;
    }
    return Outcome::no_match;
}

}  // namespace fakemx::script
