// One expectation on its way through the deliveries that it is about: collects what is wrong with each, and makes the result of
// it. Belongs to expectation.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oracle/expectation.h"

namespace fakemx::oracle {

class Check {
public:
    Check(const Context& context, const Selection& selection);

    // Each says what is wrong, delivery by delivery.
    void run(const DeliveredOnce& wanted);
    void run(const AttemptsBetween& wanted);
    void run(const WaitsBetween& wanted);
    void run(const WaitsAre& wanted);
    void run(const GaveUpAfter& wanted);
    void run(const NoAttemptWithin& wanted);
    void run(const NeverAfter5yz& wanted);
    void run(const OthersUnaffected& wanted);
    void run(const DuplicatesAtMost& wanted);
    void run(const NoticeSent& wanted);
    void run(const NotBounced& wanted);
    void run(const SameIdentity& wanted);
    void run(const Predicate& wanted);

    /// Without its title.
    Result take_result();

private:
    /// About this delivery, and these of its attempts.
    void wrong(const Delivery& delivery, const std::vector<std::uint64_t>& attempts,
               std::string text);
    /// The findings of the oracle of these kinds, as they are.
    void wrong_where(const std::vector<Wrong>& kinds);

    const Context& context_;
    std::vector<const Delivery*> selected_;
    std::uint64_t looked_at_ = 0;  // deliveries about which something could be said
    std::string nothing_;          // why nothing could be said of those selected
    std::uint64_t wrong_ = 0;      // deliveries
    std::string first_wrong_;
    std::optional<journal::DeliveryId> last_wrong_;
    std::string passing_;  // what to say where nothing is wrong
    Result result_;
};

}  // namespace fakemx::oracle
