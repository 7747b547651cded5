// Notices in the shapes in which MTAs write them, and mail that looks a little like one.
#include "message/notice.h"

#include <fmt/format.h>

#include "core/limits.h"
#include "support/catch.h"

using namespace fakemx;
using message::read_notice;

namespace {

/// With CRLF, as it comes over the wire.
std::string wire(std::string_view text) {
    std::string octets;
    for (const char c : text) {
        if (c == '\n') octets += '\r';
        octets += c;
    }
    return octets;
}

/// "structured <1@a.test> failed bob@163.com 4.3.2; …", or "none".
std::string read(std::string_view text) {
    const auto notice = read_notice(wire(text));
    if (!notice) return "none";
    std::string said =
        fmt::format("{} <{}>", notice->structured ? "structured" : "plain", notice->message_id);
    for (const auto& recipient : notice->recipients) {
        said += fmt::format("; {} {} {}", name(recipient.action), recipient.address,
                            recipient.status.empty() ? "-" : recipient.status);
    }
    return said;
}

std::string postfix(std::string_view action, std::string_view more = "") {
    return fmt::format(R"(From: MAILER-DAEMON@mta.a.test (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: ann@a.test
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4C3.1767657600/mta.a.test"
Message-Id: <20260106000000.4C3@mta.a.test>

This is a MIME-encapsulated message.

--4C3.1767657600/mta.a.test
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mta.a.test.

<bob@163.com>: host mx1.163.com[127.0.0.2] said: 451 4.3.2 Internal server
    error (in reply to end of DATA command). For help write to help@a.test

--4C3.1767657600/mta.a.test
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mta.a.test
X-Postfix-Sender: rfc822; ann@a.test
Arrival-Date: Thu,  1 Jan 2026 00:00:00 +0000 (UTC)

Final-Recipient: rfc822; bob@163.com
Original-Recipient: rfc822;friend@a.test
Action: {}
Status: 4.3.2
Remote-MTA: dns; mx1.163.com
Diagnostic-Code: smtp; 451 4.3.2 Internal server error
{}
--4C3.1767657600/mta.a.test
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <ann@a.test>
Received: by mta.a.test (Postfix, from userid 0) id 4C3
From: ann@a.test
To: bob@163.com
Message-Id: <1@a.test>
Subject: hello

Message-Id: <2@a.test> stands in the text
--4C3.1767657600/mta.a.test--
)",
                       action, more);
}

}  // namespace

TEST_CASE("a notice says whether it is a report, and who made it") {
    const auto whole = read_notice(wire(postfix("failed")));
    REQUIRE(whole);
    CHECK(whole->report);
    CHECK(whole->reporting_mta);
    std::string text = postfix("failed");
    text.erase(text.find("Reporting-MTA: dns; mta.a.test\n"), 31);
    CHECK_FALSE(read_notice(wire(text))->reporting_mta);
    const auto plain = read_notice(
        wire("From: MAILER-DAEMON@a.test\nSubject: Undelivered\n\nNothing went to bob@163.com\n"));
    REQUIRE(plain);
    CHECK_FALSE(plain->report);
    CHECK_FALSE(plain->reporting_mta);
}

TEST_CASE("a delivery status notification: Postfix") {
    CHECK(read(postfix("failed")) == "structured <1@a.test>; failed bob@163.com 4.3.2");
    CHECK(read(postfix("delayed")) == "structured <1@a.test>; delayed bob@163.com 4.3.2");
    CHECK(read(postfix("Delivered (to the mailbox)")) ==
          "structured <1@a.test>; delivered bob@163.com 4.3.2");
    CHECK(read(postfix("failed", "\nFinal-Recipient: RFC822;<cat@163.com>\nAction: expanded\n")) ==
          "structured <1@a.test>; failed bob@163.com 4.3.2; expanded cat@163.com -");
    // An action that does not exist says nothing.
    CHECK(
        read(postfix("exploded", "\nOriginal-Recipient: rfc822; cat@163.com\nAction: relayed\n")) ==
        "structured <1@a.test>; relayed cat@163.com -");
}

TEST_CASE("a notice of Exim, with and without a part message/delivery-status") {
    const std::string head = R"(X-Failed-Recipients: bob@163.com,
  cat@163.com
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mta.a.test>
To: ann@a.test
)";
    CHECK(read(head + R"(Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@163.com
    retry timeout exceeded

------ This is a copy of the message, including all the headers. ------

From: ann@a.test
Message-Id:
 <1@a.test>

hello
)") == "plain <1@a.test>; failed bob@163.com -; failed cat@163.com -");
    CHECK(read(R"(Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mta.a.test>
To: ann@a.test
Content-Type: multipart/report; report-type=delivery-status; boundary=1767312000-eximdsn-2
Subject: Warning: message 1vbA-0001 delayed 24 hours

--1767312000-eximdsn-2
Content-type: text/plain; charset=us-ascii

A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mta.a.test.

  bob@163.com

--1767312000-eximdsn-2
Content-type: message/delivery-status

Reporting-MTA: dns; mta.a.test

Action: delayed
Final-Recipient: rfc822;bob@163.com
Status: 4.0.0

--1767312000-eximdsn-2
Content-type: text/rfc822-headers

Message-Id: <1@a.test>

--1767312000-eximdsn-2--
)") == "structured <1@a.test>; delayed bob@163.com 4.0.0");
}

TEST_CASE("a notice of sendmail") {
    CHECK(read(R"(From: Mail Delivery Subsystem <MAILER-DAEMON@mta.a.test>
To: <ann@a.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="605.1767657600/mta.a.test"
Subject: Returned mail: see transcript for details
Auto-Submitted: auto-generated (failure)

This is a MIME-encapsulated message

--605.1767657600/mta.a.test

The original message was received at Thu, 1 Jan 2026 00:00:00 GMT

   ----- The following addresses had permanent fatal errors -----
<bob@163.com>

--605.1767657600/mta.a.test
Content-Type: message/delivery-status

Reporting-MTA: dns; mta.a.test
Arrival-Date: Thu, 1 Jan 2026 00:00:00 GMT

Final-Recipient: RFC822; bob@163.com
Action: failed
Status: 4.4.7
Last-Attempt-Date: Tue, 6 Jan 2026 00:00:00 GMT

--605.1767657600/mta.a.test
Content-Type: message/rfc822

From: ann@a.test
Message-ID: <1@a.test>

hello
)") == "structured <1@a.test>; failed bob@163.com 4.4.7");
}

TEST_CASE("a notice of OpenSMTPD: a multipart/mixed with a part message/delivery-status") {
    const auto opensmtpd = [](std::string_view subject, std::string_view action) {
        return fmt::format(R"(Subject: Delivery status notification: {}
From: Mailer Daemon <MAILER-DAEMON@mta.a.test>
To: ann@a.test
MIME-Version: 1.0
Content-Type: multipart/mixed;boundary="12/mta.a.test"

This is a MIME-encapsulated message.

--12/mta.a.test
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

bob@163.com: 451 4.3.2 Internal server error

--12/mta.a.test
Content-Description: Delivery Report
Content-Type: message/delivery-status

Reporting-MTA: dns; mta.a.test

Final-Recipient: rfc822; bob@163.com
Action: {}
Status: 4.0.0

--12/mta.a.test
Content-Description: Message headers
Content-Type: text/rfc822-headers

Message-ID: <1@a.test>

--12/mta.a.test--
)",
                           subject, action);
    };
    CHECK(read(opensmtpd("error", "failed")) == "structured <1@a.test>; failed bob@163.com 4.0.0");
    CHECK(read(opensmtpd("delayed", "delayed")) ==
          "structured <1@a.test>; delayed bob@163.com 4.0.0");
}

TEST_CASE("a notice of qmail") {
    CHECK(read(R"(From: MAILER-DAEMON@mta.a.test
To: ann@a.test
Subject: failure notice

Hi. This is the qmail-send program at mta.a.test.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out. The
message will not be retried; a later one will be retried.

<bob@163.com>:
127.0.0.2 failed after I sent the message.
Remote host said: 451 4.3.2 Internal server error

--- Below this line is a copy of the message.

Return-Path: <ann@a.test>
Message-ID: <1@a.test>

hello to <dog@b.test>
)") == "plain <1@a.test>; failed bob@163.com -");
}

TEST_CASE("a notice of dma") {
    CHECK(read(R"(Received: from MAILER-DAEMON
	id 1a2
From: MAILER-DAEMON <>
To: ann@a.test
Subject: Mail delivery failed
Message-Id: <5@mta.a.test>

This is the DragonFly Mail Agent v0.13 at mta.a.test.

There was an error delivering your mail to <bob@163.com>.

mx1.163.com [127.0.0.2] did not like our DATA:
451 4.3.2 Internal server error

Original message follows.

From: ann@a.test
Message-Id: <1@a.test>

hello
)") == "plain <1@a.test>; failed bob@163.com -");
}

TEST_CASE("a notice of nullmailer") {
    CHECK(read(R"(From: Message Delivery Subsystem <MAILER-DAEMON@mta.a.test>
To: <ann@a.test>
Subject: Returned mail: Could not send message
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="=_1767225600.1_="

--=_1767225600.1_=
Content-Type: text/plain; charset=us-ascii

This is the nullmailer system. The message returned below could not be
delivered to one or more of its intended destinations.

--=_1767225600.1_=
Content-Type: message/delivery-status

Reporting-MTA: x-local-hostname; mta.a.test
Arrival-Date: Thu, 01 Jan 2026 00:00:00 +0000

Final-Recipient: rfc822; bob@163.com
Action: failed
Status: 4.3.0

--=_1767225600.1_=
Content-Type: message/rfc822

Message-Id: <1@a.test>

hello
--=_1767225600.1_=--
)") == "structured <1@a.test>; failed bob@163.com 4.3.0");
}

TEST_CASE("a warning in plain text is no failure") {
    const auto warning = [](std::string_view subject, std::string_view words) {
        return fmt::format(
            "From: Postmaster <postmaster@mta.a.test>\nSubject: {}\n\n{}\n"
            "Recipient: bob@163.com.\n",
            subject, words);
    };
    CHECK(read(warning("Mail delayed", "It waits.")) == "plain <>; delayed bob@163.com -");
    CHECK(read(warning("Returned mail", "Delivery will be retried.")) ==
          "plain <>; delayed bob@163.com -");
    CHECK(read(warning("Returned mail", "That was it.")) == "plain <>; failed bob@163.com -");
}

TEST_CASE("other mail is no notice") {
    // An automatic reply (RFC 3834), which has the null reverse path, too.
    CHECK(read("From: bob@163.com\nSubject: Auto: away\nAuto-Submitted: auto-replied\n\n"
               "I am away. bob@163.com\n") == "none");
    // A receipt (RFC 8098), and a complaint (RFC 5965).
    for (const std::string_view type : {"disposition-notification", "feedback-report"}) {
        CHECK(read(fmt::format("From: bob@163.com\nContent-Type: multipart/report; "
                               "report-type={};\n boundary=x\n\n--x\n"
                               "Content-Type: message/{}\n\nFinal-Recipient: rfc822;bob@163.com\n",
                               type, type)) == "none");
    }
    CHECK(read("From: postmaster@a.test\nSubject: The new mail server\n\nAsk bob@a.test.\n") ==
          "none");
    CHECK(read("From: ann@a.test\nSubject: Undelivered\n\nWhat does this mean? bob@163.com\n") ==
          "none");
    CHECK(read("From: MAILER-DAEMON@a.test\nSubject: Returned mail\n\nSomething failed.\n") ==
          "none");
    CHECK(read("") == "none");
}

TEST_CASE("a notice about very many recipients is read up to a bound") {
    std::string many =
        "From: MAILER-DAEMON\nSubject: failure notice\nX-Failed-Recipients: a@b\n"
        "Content-Type: multipart/report\n\nContent-Type: message/delivery-status\n\n";
    for (std::size_t i = 0; i < limits::notice_recipients_max + 10; ++i) {
        many += fmt::format("Final-Recipient: rfc822; r{}@b.test\nAction: failed\n\n", i);
    }
    CHECK(read_notice(wire(many))->recipients.size() == limits::notice_recipients_max);
    std::string text = "From: MAILER-DAEMON\nSubject: failure notice\n\n<first@b.test>\n";
    text += std::string(limits::notice_text_octets_max, 'x') + "\n<second@b.test>\n";
    const auto notice = read_notice(wire(text));
    REQUIRE(notice);
    REQUIRE(notice->recipients.size() == 1);
    CHECK(notice->recipients[0].address == "first@b.test");
}

TEST_CASE("reverse paths of notices") {
    for (const char* path :
         {"", "MAILER-DAEMON@a.test", "mailer-daemon@a.test", "Postmaster@a.test", "postmaster"}) {
        INFO(path);
        CHECK(message::is_notice_path(path));
    }
    for (const char* path : {"ann@a.test", "postmaster-ann@a.test", "ann@postmaster"}) {
        INFO(path);
        CHECK_FALSE(message::is_notice_path(path));
    }
}
