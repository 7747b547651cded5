// Messages that are larger than anything should be: what is said of them is right, and takes little.
#include "core/limits.h"
#include "engine/message_rest.h"
#include "message/traits.h"
#include "smtp/message_intake.h"
#include "support/catch.h"
#include "tests/message/heap.h"

using namespace fakemx;
using message::Traits;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

/// A message on its way through a session.
class Delivery {
public:
    void send(std::string_view octets) { intake_.feed(octets); }
    /// This line so often.
    void send(std::string_view line, std::size_t times) {
        std::string block;
        while (times != 0) {
            block.clear();
            for (; times != 0 && block.size() < 60'000; --times) block += line;
            send(block);
        }
    }

    Traits traits() {
        send(".\r\n");
        REQUIRE(intake_.done());
        message_ = intake_.finish();
        const auto structure = rest_.take();
        return structure ? read_traits(message_.content, *structure)
                         : message::read_traits(message_.content, message_.octets);
    }
    const smtp::Message& message() const { return message_; }

private:
    engine::MessageRest rest_;
    smtp::MessageIntake intake_{0, &rest_};
    smtp::Message message_;
};

constexpr std::string_view head =
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below.\r\n";

std::string attachment(const std::string& name) {
    return "--b\r\nContent-Type: application/octet-stream; name=" + name +
           "\r\nContent-Transfer-Encoding: base64\r\n\r\n";
}

const std::string base64_line = std::string(76, 'A') + "\r\n";

}  // namespace

TEST_CASE("a message of 70 MiB is followed to its end") {
    const test::HeapPeak heap;
    Delivery delivery;
    delivery.send(head);
    delivery.send(attachment("big.pdf"));
    delivery.send(base64_line, 70 * mebibyte / base64_line.size());
    delivery.send(attachment("late.zip") + "AAAA\r\n--b--\r\n");
    const Traits traits = delivery.traits();
    CHECK(delivery.message().octets > 70 * mebibyte - 1000);
    CHECK(traits.octets == delivery.message().octets);
    CHECK(traits.structure.whole);
    CHECK(traits.structure.defects.empty());
    CHECK(traits.attachment_kinds() == std::vector<std::string>{"pdf", "zip"});
    REQUIRE(traits.attachments.size() == 2);
    CHECK(traits.attachments[0].octets == 70 * mebibyte / base64_line.size() * 57);
    CHECK(traits.attachments[1].octets == 3);
    CHECK(traits.letters.latin == 8);
    // What is kept of the message, and its double while that grows.
    CHECK(heap.octets() < 4 * limits::message_octets_kept);
}

TEST_CASE("of a long text the part that is kept is looked at") {
    Delivery delivery;
    delivery.send("Content-Type: text/plain; charset=gb18030\r\n\r\n");
    delivery.send("\xd6\xd0\xce\xc4\xd6\xd0\xce\xc4\xd6\r\n\xce\xc4\r\n", 100'000);
    const Traits traits = delivery.traits();
    CHECK(traits.structure.part_count == 1);
    CHECK(traits.charsets.at(0).errors > 10'000);
    CHECK(traits.charsets.at(0).errors < limits::message_octets_kept);
    CHECK(language(traits.letters) == "chinese");
}

TEST_CASE("ten thousand parts, in a few MiB") {
    const test::HeapPeak heap;
    Delivery delivery;
    delivery.send(head);
    delivery.send(attachment("part.docx") + base64_line, 9'999);
    delivery.send("--b--\r\n");
    const Traits traits = delivery.traits();
    CHECK(traits.structure.part_count == 10'000);
    CHECK(traits.attachment_kinds() == std::vector<std::string>{"docx"});
    CHECK(traits.attachments.size() == limits::mime_parts_max - 2);
    CHECK(traits.structure.defects.empty());
    CHECK(to_json(traits).size() < 16'384);
    CHECK(heap.octets() < 4 * mebibyte);
}

TEST_CASE("what is made to be expensive stays bounded") {
    const auto peak = [](std::string_view line, std::string_view begin) {
        const test::HeapPeak heap;
        Delivery delivery;
        delivery.send(begin);
        delivery.send(line, 2 * mebibyte / line.size());
        delivery.send("\r\n");
        delivery.traits();
        return heap.octets();
    };
    // Parts inside parts, delimiters and nothing else, header fields without end, one line, links, quotes that never close.
    for (const std::string_view line :
         {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", "--b\r\n", "X: y\r\n", "a",
          "\r", "www.a.test ", "<a href=\"http://a.test/\">", "<img style=\"a", "&#x4e2d;",
          "=?utf-8?q?=41?=", "Content-Disposition: attachment; a*0*=x; filename=\"",
          "Content-Type: message/rfc822\r\n\r\n"}) {
        for (const std::string_view begin :
             {"", "Content-Type: text/html; charset=utf-8\r\n\r\n", head.data(),
              "Content-Type: multipart/mixed; boundary=b; x=\""}) {
            INFO(begin << line);
            CHECK(peak(line, begin) < 6 * mebibyte);
        }
    }
}
