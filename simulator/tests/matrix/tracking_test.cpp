// What counts as tracking in links, text and HTML, and what is left once it is gone.
#include "matrix/tracking.h"

#include "matrix/texts.h"
#include "support/catch.h"

namespace fakemx::matrix::test {

namespace {

std::string kind_of(std::string_view url) {
    const Untracked link = without_tracking(url);
    if (link.opaque) return "opaque";
    if (link.redirect) return "redirect";
    return link.parameters ? "parameters" : "none";
}

}  // namespace

TEST_CASE("a redirect that says its target leads there") {
    const auto target = [](std::string_view url) { return without_tracking(url).url; };
    CHECK(target("https://click.mailer.example/r?u=7&to=https%3A%2F%2Fbrand.example%2Fa%3Fb%3Dc") ==
          "https://brand.example/a?b=c");
    CHECK(target("http://t.example/?url=http://brand.example/x") == "http://brand.example/x");
    // Amazon SES, and base64.
    CHECK(target("https://x.r.awstrack.me/L0/https:%2F%2Fbrand.example%2Fpage/1/0102-0000/sig=1") ==
          "https://brand.example/page");
    CHECK(target("https://t.example/go?r=aHR0cHM6Ly9icmFuZC5leGFtcGxlL3BhZ2U") ==
          "https://brand.example/page");
    // A redirect to a redirect, with parameters at its end.
    CHECK(target("https://a.example/?u=https%3A%2F%2Fb.example%2F%3Fu%3Dhttps%253A%252F%252F"
                 "brand.example%252F%253Futm_source%253Dx") == "https://brand.example/");
}

TEST_CASE("known parameters are taken out, and others stay in their order") {
    const Untracked link = without_tracking(
        "https://brand.example/p?a=1&utm_source=n&UTM_Medium=e&b=2&gclid=x&mc_eid=y#part");
    CHECK(link.url == "https://brand.example/p?a=1&b=2#part");
    CHECK(link.parameters);
    CHECK(without_tracking("https://brand.example/?utm_source=n").url == "https://brand.example/");
}

TEST_CASE(
    "a link that counts clicks without a target in it is opaque, and an ordinary one is not") {
    CHECK(kind_of("https://u1.ct.sendgrid.example/ls/click?upn=u001Bq9Zk3X7f0aPd2mW5sYt") ==
          "opaque");
    CHECK(kind_of("https://email.brand.example/c/eJwVzDEOwyAMQNHThBHZ2") == "opaque");
    CHECK(without_tracking("https://click.mailer.example/c/eJwVzDEOwyAMQNHThBHZ2").url.empty());
    CHECK(kind_of("https://brand.example/catalogue") == "none");
    CHECK(kind_of("https://brand.example/click") == "none");
    CHECK(kind_of("https://brand.example/orders/0123456789abcdef0123") == "none");
    CHECK(kind_of("https://brand.example/find?q=https") == "none");
    CHECK(kind_of("https://brand.example/?next=%2Fhome") == "none");
    // A target that is no URL is none.
    CHECK(kind_of("https://t.example/?to=https%3A%2F%2Fbad%22host%2F") == "none");
}

TEST_CASE("HTML loses its tracking, and nothing else") {
    TrackingCount found;
    const std::string html =
        "<p title='a > b'>Hi <A HREF=\"https://t.example/r?to=https%3A%2F%2Fb.example%2F%3Fa%3D1%26"
        "b%3D2&amp;u=7\">there</A> <img src='o.gif' width=1 height=1><img src='p.png' "
        "width=600 height=1> <a href='https://c.example/track/0123456789abcdef01'>x</a> "
        "<a href=\"https://b.example/?a=1&amp;utm_id=5\">y</a><a href='mailto:a@b.example'>z</a>";
    CHECK(untracked_html(html, found) ==
          "<p title='a > b'>Hi <A HREF=\"https://b.example/?a=1&amp;b=2\">there</A> "
          "<img src='p.png' width=600 height=1> <a href='#'>x</a> "
          "<a href=\"https://b.example/?a=1\">y</a><a href='mailto:a@b.example'>z</a>");
    CHECK(found.redirects == 1);
    CHECK(found.pixels == 1);
    CHECK(found.opaque == 1);
    CHECK(found.parameters == 1);
    TrackingCount none;
    const std::string plain =
        "<p>a < b &amp; <a href=https://b.example/?x=1>c</a><!-- <img width=1 "
        "height=1> --><";
    CHECK(untracked_html(plain, none) == plain);
    CHECK_FALSE(none.any());
}

TEST_CASE("plain text loses tracking, or all links with the brackets around them") {
    TrackingCount found;
    const std::string text =
        "See <https://t.example/?u=https%3A%2F%2Fb.example%2F>, www.b.example.\r\n"
        "https://c.example/track/0123456789abcdef01!\r\n";
    CHECK(untracked_text(text, found) == "See <https://b.example/>, www.b.example.\r\n!\r\n");
    CHECK(found.redirects + found.opaque == 2);
    CHECK(without_links(text) == "See , .\r\n!\r\n");
    CHECK(without_links("http:// is no link") == "http:// is no link");
    LinkList links;
    add_links_of_text(text, links);
    add_links_of_text(text, links);
    CHECK(links.links() == std::vector<std::string>{"https://b.example/", "www.b.example"});
}

TEST_CASE("HTML becomes the text that is seen") {
    CHECK(text_of_html("<html><head><title>T</title><style>p{}</style></head><body><p>A&nbsp;b\n "
                       "c</p><div>&lt;d&gt; &#20013;&#x6587; &bad; &#0;</div>e<br>f") ==
          "A b c\r\n<d> 中文 &bad; &#0;\r\ne\r\nf\r\n");
    CHECK(text_of_html("").empty());
}

}  // namespace fakemx::matrix::test
