// The rules of each chapter, in the order in which they are listed. rules.cpp puts them together.
#pragma once

#include <span>

#include "conformance/rule.h"

namespace fakemx::conformance {

std::span<const Rule> greeting_rules();
std::span<const Rule> ehlo_rules();
std::span<const Rule> command_rules();
std::span<const Rule> path_rules();
std::span<const Rule> data_rules();
std::span<const Rule> reply_rules();
std::span<const Rule> session_end_rules();
std::span<const Rule> size_rules();
std::span<const Rule> pipelining_rules();
std::span<const Rule> chunking_rules();
std::span<const Rule> starttls_rules();
std::span<const Rule> dsn_rules();
std::span<const Rule> auth_rules();
std::span<const Rule> message_rules();
std::span<const Rule> eight_bit_rules();
std::span<const Rule> smtputf8_rules();
std::span<const Rule> timeout_rules();
std::span<const Rule> limits_rules();
std::span<const Rule> retry_rules();
std::span<const Rule> tls_rules();
std::span<const Rule> submission_rules();
std::span<const Rule> auth_exchange_rules();
std::span<const Rule> reply_form_rules();
std::span<const Rule> group_rules();
std::span<const Rule> reuse_rules();
std::span<const Rule> fallback_rules();
std::span<const Rule> failure_rules();
std::span<const Rule> duplicate_rules();
std::span<const Rule> greylist_rules();
std::span<const Rule> load_rules();
std::span<const Rule> connection_rules();
std::span<const Rule> mx_rules();
std::span<const Rule> mx_answer_rules();
std::span<const Rule> null_mx_rules();
std::span<const Rule> fidelity_rules();
std::span<const Rule> envelope_rules();
std::span<const Rule> recipient_rules();
std::span<const Rule> notice_rules();

}  // namespace fakemx::conformance
