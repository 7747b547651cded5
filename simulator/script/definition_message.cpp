// What a hook may ask of a message: a part of the table that definition.h describes.
#include <array>

#include "script/definition.h"

namespace fakemx::script {

namespace {

constexpr std::array<Member, 43> message_members{{
    {"attempt", "integer", "Which try of this delivery, from 1"},
    {"recipient", "string?", "LMTP: whom the verdict is about"},
    {"size", "integer", "Octets"},
    {"chunks", "integer", "BDAT commands that brought it; 0: DATA"},
    {"lines", "integer", "Lines"},
    {"id", "string?", "Content of Message-ID"},
    {"from_domain", "string?", "Domain of the header field From"},
    {"content", "string", "Its first 256 KiB"},
    {"bare_cr", "integer", "How many"},
    {"bare_lf", "integer", "How many"},
    {"eight_bit", "boolean", "Has octets over 127"},
    {"nul", "boolean", "Has NUL octets"},
    {"header", "fun(self: fakemx.Message, name: string): string?",
     "The first field of that name, unfolded"},
    {"header_text", "fun(self: fakemx.Message, name: string): string?",
     "The same with its encoded words decoded"},
    {"template_id", "string?", "Of the header field that template_header names"},
    {"decoded_size", "integer", "Octets of all bodies with their transfer encodings undone"},
    {"parts", "fakemx.Part[]", "Its parts, the message first"},
    {"part_count", "integer", "Parts that have no parts of their own"},
    {"mime_sound", "boolean", "Nothing is wrong with its parts"},
    {"mime_defects", "string[]", "What is wrong with them"},
    {"attachments", "fakemx.Attachment[]", "Files that come with it"},
    {"attachment_types", "string[]", "Their extensions, each once"},
    {"has_attachment", "fun(self: fakemx.Message, type?: string): boolean",
     "A file of this extension or MIME type, or any"},
    {"charsets", "string[]", "Charsets that its texts say they are in"},
    {"charset_valid", "boolean", "They are"},
    {"language", "string", "\"chinese\", \"bilingual\", \"latin\", \"other\" or \"none\""},
    {"chinese", "string?", "\"simplified\" or \"traditional\""},
    {"han_share", "integer", "Thousandths of its letters that are Chinese"},
    {"has_html", "boolean", "A text of it is HTML"},
    {"has_alternative", "boolean", "It has the same as plain text and as HTML"},
    {"links", "integer", "Links in its texts"},
    {"link_domains", "string[]", "Their hosts, each once"},
    {"images", "integer", "Images that its HTML shows"},
    {"tracking_pixels", "integer", "Of them not larger than 1×1"},
    {"spf", "string?", "\"pass\", \"fail\", …; nil without zones of the sender"},
    {"spf_why", "string?", "What decided it"},
    {"dkim", "string?", "The best of its signatures; \"none\" without any"},
    {"signatures", "fakemx.Signature[]?", "All of them"},
    {"dmarc", "string?", "Of the domain in From"},
    {"dmarc_why", "string?", "What decided it"},
    {"dmarc_policy", "string?", "\"none\", \"quarantine\", \"reject\"; \"\" without a record"},
    {"spf_aligned", "boolean?", "From goes by the domain that SPF passes for"},
    {"dkim_aligned", "boolean?", "From goes by the domain of a signature that holds"},
}};

constexpr std::array<Member, 9> part_members{{
    {"type", "string", "MIME type: text/plain"},
    {"charset", "string", "As it says, \"\" without"},
    {"encoding", "string", "Transfer encoding as it says, \"\" without"},
    {"disposition", "string", "attachment, inline, \"\" without"},
    {"file_name", "string", "Decoded, \"\" without"},
    {"octets", "integer", "Of its body as sent"},
    {"decoded_octets", "integer", "With its transfer encoding undone"},
    {"depth", "integer", "0: the message itself"},
    {"has_parts", "boolean", "What is inside are parts of their own"},
}};

constexpr std::array<Member, 5> attachment_members{{
    {"name", "string", "File name, decoded; \"\" without"},
    {"extension", "string", "Of the name, lower case; \"\" without"},
    {"type", "string", "MIME type"},
    {"octets", "integer", "With its transfer encoding undone"},
    {"holds", "string[]", "Names of the files in a ZIP archive"},
}};

constexpr std::array<Member, 4> signature_members{{
    {"result", "string", "\"pass\", \"fail\", …"},
    {"domain", "string", "Who has signed: d="},
    {"selector", "string", "s="},
    {"why", "string", "What decided it"},
}};

}  // namespace

const Group message_group{"message", "fakemx.Message", message_members};
const Group part_group{"a part", "fakemx.Part", part_members};
const Group attachment_group{"an attachment", "fakemx.Attachment", attachment_members};
const Group signature_group{"a signature", "fakemx.Signature", signature_members};

}  // namespace fakemx::script
