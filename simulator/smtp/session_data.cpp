// Message data, behind DATA and in the chunks of BDAT.
#include <algorithm>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/limits.h"
#include "core/text.h"
#include "smtp/session.h"

namespace fakemx::smtp {

namespace {

MessageSeen summary_of(const Message& message) {
    return {.octets = message.octets,
            .chunks = message.chunks,
            .lines = message.lines,
            .bare_cr = message.bare_cr,
            .bare_lf = message.bare_lf,
            .long_lines = message.long_lines,
            .dotted_lines = message.dotted_lines,
            .bare_dot_lines = message.bare_dot_lines,
            .nul = message.nul,
            .control = message.control,
            .eight_bit = message.eight_bit,
            .lookalikes = message.lookalikes,
            .too_big = message.too_big,
            .before_354 = message.before_354};
}

}  // namespace

/// False when it needs more octets to go on.
bool Session::take_message_data(Instant now, Effects& out) {
    std::string_view octets = input_.rest();
    const bool ordered = orders_ && orders_->in_body;
    if (ordered)
        octets = octets.substr(0, std::min<std::uint64_t>(octets.size(), orders_->in_body_left));
    const std::size_t taken = intake_->feed(octets);
    data_before_354_ = data_before_354_ || octets_before_reply_ != 0;
    input_.drop(taken);
    octets_before_reply_ -= std::min(octets_before_reply_, taken);
    if (intake_->done()) {
        end_message(out);
        return true;
    }
    if (!ordered) return false;
    orders_->in_body_left -= taken;
    if (orders_->in_body_left != 0) return false;
    give_in_body(now, out);
    return true;
}

void Session::end_message(Effects& out) {
    Message message = intake_->finish();
    message.before_354 = data_before_354_;
    intake_.reset();
    if (orders_) orders_->in_body.reset();
    out.emplace_back(Observe{summary_of(message)});
    if (host_.lmtp) message.recipient = 1;
    ask(Hook::message, std::move(message), out);
}

// RFC 2033 §4.2: one reply for each successful RCPT, in their order; §4.3: also behind the last chunk.
bool Session::recipients_left() const {
    const auto* message = std::get_if<Message>(argument_.get());
    return message != nullptr && message->recipient != 0 &&
           message->recipient < facts_.envelope.recipients.size();
}

void Session::ask_next_recipient(Effects& out) {
    Message message = std::move(std::get<Message>(*argument_));
    ++message.recipient;
    ask(Hook::message, std::move(message), out);
}

void Session::begin_chunk(Instant now, std::string_view argument, Admission admitted,
                          Effects& out) {
    const auto chunk = parse_chunk_argument(trim(argument));
    if (!chunk) {
        // Nobody knows where the chunk ends and the next command begins.
        refuse(now, Hook::bdat, Occasion::bad_chunk_size, out);
        return end(Ended::How::server_closed, Close::How::flush, {}, out);
    }
    std::optional<Occasion> refusal;
    if (admitted == Admission::no_recipients && recipients_tried_ && !host_.lmtp) {
        refusal = Occasion::no_recipients;
    } else if (admitted != Admission::yes || (state_ == State::bdat && !intake_)) {
        // Also behind a chunk that was refused: RFC 3030 §2 leaves RSET only.
        refusal = Occasion::bad_sequence;
    }
    if (!refusal && !intake_) {
        intake_ = std::make_unique<MessageIntake>(host_.message_octets_max, rest_reader_);
        data_before_354_ = false;  // chunks wait for nothing (RFC 3030 §4.2)
    }
    chunk_ = std::make_unique<Chunk>(Chunk{chunk->octets, chunk->octets, chunk->last, refusal});
}

void Session::take_chunk(Instant now, Effects& out) {
    const auto taken =
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk_->left, input_.rest().size()));
    if (!chunk_->refusal) intake_->feed_chunk(input_.rest().substr(0, taken));
    input_.drop(taken);
    octets_before_reply_ -= std::min(octets_before_reply_, taken);
    chunk_->left -= taken;
    if (chunk_->left != 0) return;
    const auto chunk = std::exchange(chunk_, nullptr);
    if (chunk->refusal) return refuse(now, Hook::bdat, *chunk->refusal, out);
    intake_->end_chunk();
    state_ = next_state(state_, Verb::bdat);
    if (!chunk->last) return ask(Hook::bdat, ChunkFacts{chunk->octets, intake_->octets()}, out);
    intake_->end_chunks();
    end_message(out);
}

}  // namespace fakemx::smtp
