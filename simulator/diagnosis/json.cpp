// The report for programs: one object, its members in a fixed order. Names are those of the text and of the page in docs/.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "core/series.h"
#include "core/words.h"
#include "diagnosis/print.h"

namespace fakemx::diagnosis {

namespace {

namespace json = boost::json;

json::string text_of(std::string_view text) {
    return json::string{utf8_of(text)};
}

template <class Range, class Value>
json::array list_of(const Range& range, const Value& value) {
    json::array list;
    for (const auto& element : range) list.push_back(value(element));
    return list;
}

json::array texts(const std::vector<std::string>& texts) {
    return list_of(texts, text_of);
}

json::value instant(Instant at) {
    return json::string{format_instant(at)};
}

/// Whole microseconds are exact in a double for as long as any queue lives.
json::value seconds(Duration duration) {
    if (duration % 1s == Duration{}) return duration / 1s;
    return std::chrono::duration<double>{duration}.count();
}

json::string named(std::string_view name) {
    return json::string{name};
}

void add_tally(json::object& object, const Tally& tally) {
    object["attempted"] = tally.attempted;
    object["accepted"] = tally.accepted;
    object["deferred"] = tally.deferred;
    object["rejected"] = tally.rejected;
    object["lost"] = tally.lost;
    object["under_way"] = tally.under_way;
}

json::object pattern(const Pattern& pattern) {
    json::object object;
    object["label"] = named(name(pattern.label));
    object["deliveries"] = pattern.deliveries;
    object["refusals"] = pattern.refusals;
    object["never_failed"] = pattern.clean;
    object["recovered"] = pattern.recovered;
    object["unaccepted"] = pattern.unaccepted;
    if (pattern.recovered + pattern.unaccepted != 0) {
        object["first_failure"] = instant(pattern.first_failure);
        object["last_failure"] = instant(pattern.last_failure);
    }
    object["accepted_on_try"] = json::value_from(pattern.accepted_on);
    return object;
}

json::object segment(const Segment& segment) {
    json::object object;
    if (segment.value.empty()) {
        object["value"] = nullptr;
    } else {
        object["value"] = text_of(segment.value);
    }
    add_tally(object, segment.tally);
    object["failed_permille"] = segment.tally.failure_permille();
    object["pattern"] = pattern(segment.pattern);
    return object;
}

json::object source(const Source& source) {
    json::object object;
    object["journal"] = text_of(source.name);
    object["profile"] = text_of(source.profile);
    object["seed"] = text_of(source.seed);
    object["clock"] = text_of(source.clock);
    object["begin"] = instant(source.begin);
    object["end"] = instant(source.end);
    return object;
}

json::object verdict(const Verdict& verdict) {
    json::object object;
    object["finding"] = named(name(verdict.finding));
    object["headline"] = text_of(verdict.headline);
    object["points"] = texts(verdict.points);
    object["next"] = text_of(verdict.next);
    return object;
}

json::object outage(const Outage& outage) {
    json::object object;
    object["from"] = instant(outage.from);
    object["until"] = instant(outage.until);
    object["attempts"] = outage.attempts;
    object["refused"] = outage.refused;
    object["deliveries"] = outage.deliveries;
    object["senders"] = outage.senders;
    return object;
}

json::object contrast(const Contrast& contrast) {
    json::object object;
    object["failing"] = contrast.failing;
    object["passing"] = contrast.passing;
    object["looked_at"] = contrast.looked_at;
    object["traits"] = list_of(contrast.traits, [&](const Trait& trait) {
        json::object one;
        one["key"] = named(name(trait.facet));
        one["value"] = text_of(trait.value);
        one["failing_with"] = trait.counts.failing_with;
        one["failing_without"] = trait.counts.failing_without;
        one["passing_with"] = trait.counts.passing_with;
        one["passing_without"] = trait.counts.passing_without;
        one["by_chance_one_in"] = one_in(trait, contrast);
        one["alike"] = list_of(trait.alike, [](const auto& other) {
            json::object alike;
            alike["key"] = named(name(other.first));
            alike["value"] = text_of(other.second);
            return alike;
        });
        return one;
    });
    return object;
}

json::object volume(const Volumes& volumes) {
    json::object object;
    object["interval"] = seconds(volumes.length);
    object["intervals"] = list_of(volumes.intervals, [](const Interval& interval) {
        json::object one;
        one["from"] = instant(interval.from);
        add_tally(one, interval.tally);
        one["first_tries"] = interval.first;
        one["expired"] = interval.expired;
        return one;
    });
    json::object sum;
    add_tally(sum, volumes.sum);
    sum["expired"] = volumes.expired;
    object["sum"] = std::move(sum);
    return object;
}

json::object latency(const Latency& latency) {
    json::object object;
    object["accepted"] = latency.sorted.size();
    object["at_first_try"] = latency.at_once;
    if (latency.sorted.empty()) return object;
    for (const std::uint32_t percent : {50, 95, 99})
        object[fmt::format("p{}", percent)] = seconds(percentile(latency.sorted, percent));
    object["most"] = seconds(latency.sorted.back());
    return object;
}

json::object discipline(const Discipline& one) {
    json::object object;
    object["sender"] = text_of(one.sender);
    object["deliveries"] = one.deliveries;
    object["failed_for_now"] = one.failed;
    object["retried"] = one.retried;
    json::object waits;
    waits["count"] = one.waits.size();
    if (!one.waits.empty()) {
        waits["least"] = seconds(one.waits.front());
        waits["p50"] = seconds(percentile(one.waits, 50));
        waits["most"] = seconds(one.waits.back());
    }
    waits["deliveries_with_several"] = one.several_waits;
    waits["growing"] = one.growing;
    waits["steady"] = one.steady;
    object["waits"] = std::move(waits);
    object["hinted"] = one.hinted;
    object["early"] = one.early;
    object["tried_again_after_5yz"] = one.after_5yz;
    object["tries_at_once"] = one.at_once;
    object["tries_per_hour_of_one_delivery"] = one.tries_per_hour;
    object["attempts_per_hour"] = one.attempts_per_hour;
    object["storms"] = one.storms;
    object["rotated"] = one.rotated;
    object["rotated_to"] = one.rotated_to;
    object["rotated_unproven"] = one.rotated_unproven;
    json::object bursts;
    bursts["window"] = seconds(burst_window);
    bursts["windows"] = one.windows;
    bursts["peak"] = one.window_peak;
    if (one.burst) bursts["burst"] = instant(*one.burst);
    object["new_deliveries"] = std::move(bursts);
    return object;
}

json::object manners(const Manners& manners) {
    json::object object;
    object["senders"] = list_of(manners.senders, discipline);
    object["head_of_line"] = list_of(manners.blocking, [](const Blocking& blocking) {
        json::object one;
        one["sender"] = text_of(blocking.sender);
        one["domain"] = text_of(blocking.domain);
        one["from"] = instant(blocking.from);
        one["until"] = instant(blocking.until);
        one["others_expected"] = blocking.others_expected;
        one["others"] = blocking.others;
        one["blocked"] = blocking.blocked();
        return one;
    });
    object["mixed_streams"] = list_of(manners.mixtures, [](const Mixture& mixture) {
        json::object one;
        one["sending_ip"] = text_of(mixture.sending_ip);
        one["streams"] = texts(mixture.streams);
        return one;
    });
    return object;
}

json::object cause(const Cause& cause) {
    json::object object;
    object["cause"] = text_of(cause.words);
    add_tally(object, cause.tally);
    object["replies"] = texts(cause.replies);
    return object;
}

}  // namespace

std::string json(const Diagnosis& diagnosis) {
    json::object object;
    object["journals"] = list_of(diagnosis.all.sources, source);
    object["verdict"] = verdict(diagnosis.verdict);
    json::object fates;
    for (const auto& [fate, count] : diagnosis.fates) fates[oracle::name(fate)] = count;
    object["deliveries"] = std::move(fates);
    object["outages"] = list_of(diagnosis.outages, outage);
    json::object traits;
    traits["failing"] = contrast(diagnosis.traits.first);
    traits["never_accepted"] = contrast(diagnosis.traits.stays);
    traits["refused_connections"] = contrast(diagnosis.traits.refused);
    object["traits"] = std::move(traits);
    object["senders"] = list_of(diagnosis.senders, segment);
    json::object& segments = object["segments"].emplace_object();
    for (const Segments& of : diagnosis.segments) {
        json::object one;
        one["values"] = list_of(of.segments, segment);
        one["left_out"] = of.left_out;
        segments[name(of.facet)] = std::move(one);
    }
    object["volume"] = volume(diagnosis.volumes);
    object["latency"] = latency(diagnosis.latency);
    object["discipline"] = manners(diagnosis.manners);
    object["changed_between_journals"] =
        list_of(diagnosis.changed, [](Facet facet) { return named(name(facet)); });
    object["receiver_knew"] = list_of(diagnosis.causes, cause);
    object["attempts_left_out"] = diagnosis.all.dropped;
    return json::serialize(object) + '\n';
}

}  // namespace fakemx::diagnosis
