// The report for programs: one object, its members in a fixed order.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "core/time.h"
#include "core/words.h"
#include "report/report.h"
#include "report/summary.h"

namespace fakemx::report {

namespace {

namespace json = boost::json;

json::string text_of(std::string_view text) {
    return json::string{utf8_of(text)};
}

json::value wait_of(Duration duration) {
    return json::string{format_duration(duration < Duration{} ? Duration{} : duration)};
}

json::object attempt(const oracle::Delivery& delivery, std::size_t index) {
    const oracle::Attempt& attempt = delivery.attempts[index];
    json::object object;
    object["try"] = index + 1;
    object["attempt"] = attempt.id;
    object["session"] = number(attempt.session);
    object["since_first"] = wait_of(attempt.at - delivery.first_at());
    if (index != 0) object["wait"] = wait_of(attempt.at - delivery.attempts[index - 1].end());
    object["host"] = text_of(attempt.host);
    object["sending_ip"] = text_of(attempt.sending_ip);
    object["helo"] = text_of(attempt.helo);
    object["stage"] = std::string{journal::stage_name(attempt.stage)};
    if (attempt.code != 0) object["code"] = attempt.code;
    object["text"] = text_of(attempt.text);
    object["outcome"] = std::string{journal::name(attempt.outcome)};
    object["taken"] = attempt.taken;
    return object;
}

json::object finding(const oracle::Finding& finding) {
    json::object object;
    object["finding"] = std::string{oracle::name(finding.wrong)};
    object["fault"] = oracle::is_fault(finding.wrong);
    if (!oracle::section(finding.wrong).empty())
        object["section"] = std::string{oracle::section(finding.wrong)};
    object["attempts"] = json::value_from(finding.attempts);
    object["explanation"] = text_of(finding.explanation);
    return object;
}

json::object delivery(const oracle::Delivery& delivery, const oracle::Judgement& judgement) {
    json::object object;
    object["delivery"] = number(delivery.id);
    object["mail_from"] = text_of(delivery.mail_from);
    object["recipient"] = text_of(delivery.recipient);
    if (!delivery.identity.empty()) object["identity"] = text_of(delivery.identity);
    if (delivery.is_notice) object["notice"] = true;
    object["fate"] = std::string{oracle::name(judgement.fate)};
    object["taken"] = judgement.taken;
    json::array& attempts = object["attempts"].emplace_array();
    for (std::size_t i = 0; i < delivery.attempts.size(); ++i) {
        attempts.push_back(attempt(delivery, i));
    }
    if (!delivery.notices.empty()) {
        json::array& notices = object["notices"].emplace_array();
        for (const oracle::Notice& notice : delivery.notices) {
            json::object one;
            one["attempt"] = notice.attempt;
            one["since_first"] = wait_of(notice.at - delivery.first_at());
            one["to"] = text_of(notice.recipient);
            one["action"] = std::string{message::name(notice.action)};
            if (!notice.status.empty()) one["status"] = text_of(notice.status);
            notices.push_back(std::move(one));
        }
    }
    if (!judgement.findings.empty()) {
        json::array& findings = object["findings"].emplace_array();
        for (const oracle::Finding& one : judgement.findings) findings.push_back(finding(one));
    }
    return object;
}

json::object result(const oracle::Result& result) {
    json::object object;
    object["title"] = text_of(result.title);
    object["passed"] = result.passed;
    object["explanation"] = text_of(result.explanation);
    if (!result.exhibits.empty()) {
        json::array& exhibits = object["exhibits"].emplace_array();
        for (const oracle::Exhibit& exhibit : result.exhibits) {
            json::object one;
            one["delivery"] = number(exhibit.delivery);
            one["attempts"] = json::value_from(exhibit.attempts);
            exhibits.push_back(std::move(one));
        }
    }
    if (result.exhibits_left_out != 0) object["exhibits_left_out"] = result.exhibits_left_out;
    return object;
}

}  // namespace

std::string json(const Report& report) {
    const Run& run = report.run;
    json::object object;
    object["passed"] = report.passed();
    if (!run.scenario.empty()) object["scenario"] = text_of(run.scenario);
    if (!run.profile.empty()) object["profile"] = text_of(run.profile);
    // Decimal: many readers of JSON have no integers of 64 bits.
    object["seed"] = fmt::format("{}", run.seed);
    if (!run.clock.empty()) object["clock"] = text_of(run.clock);
    if (!run.journal.empty()) object["journal"] = text_of(run.journal);
    object["duration"] = wait_of(report.account.end - report.account.begin);
    if (!run.ending.empty()) object["ending"] = text_of(run.ending);
    if (run.seconds) object["seconds"] = *run.seconds;
    if (!run.harness_failures.empty()) {
        json::array& failures = object["harness_failures"].emplace_array();
        for (const std::string& failure : run.harness_failures)
            failures.push_back(text_of(failure));
    }
    json::array& results = object["expectations"].emplace_array();
    for (const oracle::Result& one : report.results) results.push_back(result(one));
    json::array& deliveries = object["deliveries"].emplace_array();
    for (std::size_t i = 0; i < report.account.deliveries.size(); ++i) {
        deliveries.push_back(delivery(report.account.deliveries[i], report.judgements.at(i)));
    }
    object["attempts_without_recipient"] = report.account.unnamed.size();
    object["unmatched_notices"] = report.account.unmatched_notices;
    object["dropped"] = report.account.dropped;
    return json::serialize(object) + '\n';
}

}  // namespace fakemx::report
