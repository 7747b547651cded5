// Counting fates and findings.
#include "report/summary.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/limits.h"
#include "core/words.h"

namespace fakemx::report {

namespace {

const oracle::Delivery& find(const Report& report, journal::DeliveryId id) {
    const auto& deliveries = report.account.deliveries;
    const auto found =
        std::lower_bound(deliveries.begin(), deliveries.end(), id,
                         [](const oracle::Delivery& delivery, journal::DeliveryId wanted) {
                             return delivery.id < wanted;
                         });
    FAKEMX_ASSERT(found != deliveries.end() && found->id == id);
    return *found;
}

}  // namespace

bool Report::passed() const {
    return run.harness_failures.empty() && !results.empty() &&
           std::all_of(results.begin(), results.end(),
                       [](const oracle::Result& result) { return result.passed; });
}

Summary summary_of(const Report& report) {
    Summary summary;
    summary.unnamed = report.account.unnamed.size();
    summary.attempts = summary.unnamed;
    for (std::size_t i = 0; i < report.account.deliveries.size(); ++i) {
        const oracle::Delivery& delivery = report.account.deliveries[i];
        const oracle::Judgement& judgement = report.judgements.at(i);
        summary.attempts += delivery.attempts.size();
        summary.findings += judgement.findings.size();
        for (const oracle::Finding& finding : judgement.findings) {
            if (summary.shown.size() < limits::findings_shown_max) summary.shown.push_back(finding);
        }
        if (delivery.is_notice) {
            ++summary.notices;
            continue;
        }
        ++summary.deliveries;
        ++summary.fates[judgement.fate];
    }
    return summary;
}

std::string path_of(const Report& report, journal::DeliveryId id) {
    const oracle::Delivery& delivery = find(report, id);
    return fmt::format("{} → {}", fakemx::path_of(delivery.mail_from),
                       fakemx::path_of(delivery.recipient));
}

std::string tries_of(const Report& report, const oracle::Finding& finding) {
    const oracle::Delivery& delivery = find(report, finding.delivery);
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < delivery.attempts.size(); ++i) {
        const auto& ids = finding.attempts;
        if (std::find(ids.begin(), ids.end(), delivery.attempts[i].id) != ids.end())
            numbers.push_back(i + 1);
    }
    // A notice is brought by an attempt of another delivery.
    if (numbers.empty()) return {};
    std::string text = numbers.size() == 1 ? "try " : "tries ";
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i != 0) text += i + 1 == numbers.size() ? " and " : ", ";
        text += fmt::format("{}", numbers[i]);
    }
    return text;
}

}  // namespace fakemx::report
