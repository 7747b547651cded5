// Following a message beyond what the session keeps of it: its parts, however long it is.
#pragma once

#include <memory>
#include <string_view>

#include "message/structure.h"
#include "smtp/message_intake.h"

namespace fakemx::engine {

class MessageRest final : public smtp::RestReader {
public:
    void begin_rest(std::string_view kept) override {
        reader_ = std::make_unique<message::StructureReader>();
        reader_->feed(kept);
    }
    void read_rest(std::string_view octets) override { reader_->feed(octets); }

    /// The structure of the message that has ended, if it was longer than what is kept.
    std::shared_ptr<const message::Structure> take() {
        if (!reader_) return nullptr;
        auto structure = std::make_shared<const message::Structure>(reader_->finish(true));
        reader_.reset();
        return structure;
    }

private:
    std::unique_ptr<message::StructureReader> reader_;
};

}  // namespace fakemx::engine
