// A page of docs/ a part of which is generated: it stands between <!-- NAME: generated --> and <!-- /NAME -->. One test compares
// it with what it should be, another one, which is run by hand, writes it.
#pragma once

#include <cstddef>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace fakemx::test {

class GeneratedPage {
public:
    /// `path` is relative to the root of the repository, where tests run.
    GeneratedPage(std::string path, std::string_view name) : path_(std::move(path)) {
        std::ostringstream content;
        content << std::ifstream{path_}.rdbuf();
        text_ = content.str();
        const std::string mark = "<!-- " + std::string{name} + ": generated -->\n";
        begin_ = text_.find(mark) + mark.size();
        end_ = text_.find("<!-- /" + std::string{name} + " -->\n");
        if (text_.find(mark) == std::string::npos || end_ == std::string::npos || end_ < begin_)
            throw std::runtime_error{path_ + " has no generated part " + std::string{name}};
    }

    /// What stands there.
    std::string part() const { return text_.substr(begin_, end_ - begin_); }

    void write(std::string_view part) const {
        std::string text = text_;
        text.replace(begin_, end_ - begin_, part);
        std::ofstream{path_} << text;
    }

private:
    std::string path_;
    std::string text_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace fakemx::test
