// Waits that replies ask for: every kind of reply that receivers are known to send.
#include "oracle/hint.h"

#include <utility>
#include <vector>

#include "support/catch.h"

using namespace fakemx;
using oracle::retry_hint;

TEST_CASE("a wait in a reply is found") {
    const std::vector<std::pair<const char*, Duration>> replies{
        {"DT:SPM 163 zwqz-mx-mta-g2-1,_____wCXz9f+_S9ktHAQAQ--.9992S2 1680866000, please try again "
         "15min later",
         15min},
        {"DT:SPM mx4,P8CowECpNVM_oEVaenoEAQ--.23796S2 1514513028, please try again 15min later",
         15min},
        {"4.2.0 <bob@b.test>: Recipient address rejected: Greylisted for 5 minutes", 5min},
        {"Greylisted for 5 minutes", 5min},
        {"4.7.1 <bob@b.test>: Recipient address rejected: Greylisted for 5 minutes", 5min},
        {"4.2.0 <bob@b.test>: Recipient address rejected: b.test greylisted for 60 seconds by "
         "ZEROSPAM",
         60s},
        {"4.7.1 Greylisting in action, please come back in 00:30:00", 30min},
        {"4.7.1 Greylisted, please try again in 300 seconds", 300s},
        {"4.7.1 Please retry in 5 minutes.", 5min},
        {"retry after 30 sec", 30s},
        {"4.7.1 Try again (in 10 minutes)", 10min},
        {"wait at least 2 hours before the next try", 2h},
        {"come back in 1 hour 30 minutes", 90min},
        {"try again in 1 hour and 5 minutes", 65min},
        {"try again in 1h30m", 90min},
        {"try again in 5-minutes", 5min},
        {"Please Try Again In 3 DAYS!", 72h},
        {"4.7.1 Greylisted retry=300", 300s},
        {"4.7.1 Greylisted; retry=00:05:00", 5min},
        {"4.7.1 Greylisted (retry=10min)", 10min},
    };
    for (const auto& [text, wait] : replies) {
        INFO(text);
        CHECK(retry_hint(451, text) == wait);
        CHECK_FALSE(retry_hint(551, text));
        CHECK_FALSE(retry_hint(250, text));
    }
}

TEST_CASE("a reply without a wait has none, whatever numbers stand in it") {
    for (const char* text : {
             // QQ
             "Ip frequency limited [<base64>/<token> Blocked IP 192.0.2.22]. "
             "http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000725",
             "Connection frequency limited. …no=1000722",
             // Gmail
             "4.7.28 Gmail has detected an unusual rate of mail originating from your IP address "
             "192.0.2.25. To protect our users from spam, mail sent from your IP address has been "
             "temporarily rate limited. - gsmtp",
             "4.7.0 [192.0.2.25 15] Our system has detected an unusual rate of unsolicited mail",
             "4.7.0 Try again later, closing connection. - gsmtp",
             "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents "
             "additional messages from being delivered",
             "4.3.0 Multiple destination domains per transaction is unsupported. Please try again.",
             "4.4.2 Timeout - closing connection.",
             // Microsoft
             "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
             "reputation. For e-mail delivery information, see https://postmaster.live.com (S775)",
             "4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77712344)",
             "RP-001 (SNT0-MC2-F19) Unfortunately, some messages from 192.0.2.1 weren't sent. "
             "Please try again. We have limits for how many messages can be sent per hour and per "
             "day.",
             "4.3.2 Temporary server error. Please try again later ATTR17",
             "4.7.0 Temporary server error. Please try again later. PRX4 NextHop: x",
             // Yahoo
             "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume "
             "or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes",
             "Max message per connection reached, closing transmission channel",
             "Resources temporarily unavailable. Please try again later [#4.16.1]",
             "4.3.2 Internal server error",
             // Apple
             "4.7.1 Messages to bob@icloud.com deferred due to excessive volume. Try again later - "
             "https://support.apple.com/en-us/HT204137",
             // Greylisters that do not say
             "4.2.0 <bob@b.test>: Recipient address rejected: Greylisted, see "
             "http://postgrey.schweikert.ch/help/b.test.html",
             "4.7.1 Greylisting in action, please come back later",
             "4.7.1 Try again later",
             "192.0.2.1 is not yet authorized to deliver mail from <a@a.test> to <b@b.test>. "
             "Please "
             "try later.",
             "4.7.1 Greylisted. Please come back later.",
             // Netease
             "DT:SPM,please try again 1235720034 "
             "http://mail.163.com/help/help_spam_16.htm?ip=1038939298",
             "HL:ICC 163 mx3,P8CowECpNVM 1514513028,please see "
             "http://mail.163.com/help/help_spam_16.htm?ip=192.0.2.1&hostid=mx3&time=1514513028",
             "MI:SFQ the sender exceeded 500 messages in 15 minutes, try again later",
             // Numbers that are no wait
             "try again within 5 minutes",
             "try again in 0 seconds",
             "try again in 5 apples",
             "try again in 99999999999999999999999 seconds",
             "try again in 31 days",
             "retry=0",
             "retry=soon",
             "see http://a.test/?retry=300",
             "in 5 minutes",
             "",
             "again 5",
             "try again in 00:99:00",
             "4.7.1 Try again later: Thu, 01 Jan 2026 00:05:00",
         }) {
        INFO(text);
        CHECK_FALSE(retry_hint(451, text));
    }
}
