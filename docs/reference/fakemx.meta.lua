---@meta fakemx
-- What a profile may use, for editors with the Lua language server. Generated from
-- simulator/script/definition.cpp; docs/reference/lua.md explains it.

---@class fakemx
---@field profile fun(declaration: fakemx.Profile) Declares the profile; called once, at the top of the file
---@field reply fun(code: integer, enhanced?: string, text?: string|string[]): fakemx.Verdict Any reply, sent as it is
---@field accept fun(text?: string): fakemx.Verdict The server's own positive reply for the moment
---@field defer fun(text?: string): fakemx.Verdict The server's own temporary refusal (4yz)
---@field reject fun(text?: string): fakemx.Verdict The server's own permanent refusal (5yz)
---@field raw fun(octets: string): fakemx.Verdict These octets and no more
---@field silence fun(): fakemx.Verdict No reply, now or later
---@field close fun(): fakemx.Verdict Closes the connection without a reply
---@field reset fun(): fakemx.Verdict Resets the connection without a reply
---@field half_close fun(): fakemx.Verdict Sends no more, without a reply, and reads on
---@field sleep fun(duration: string) Waits by the server's clock
---@field now fun(): integer Seconds since 1970 by the server's clock
---@field chance fun(numerator: integer|string, ...: string|integer): boolean True in so many of so many cases; addressed by line and keys
---@field pick fun(list: any[], ...: string|integer): any One element of a list; addressed by line and keys
---@field between fun(low: integer|string, high: integer|string, ...: string|integer): integer|string A number or duration between two; addressed by line and keys
---@field token fun(length: integer, ...: string|integer): string A text of letters and digits; addressed by line and keys
---@field state fun(name: string): fakemx.Store A store that remembers between sessions
---@field log fun(text: string) Writes a note into the journal
---@field on fakemx.Hooks The hooks: function mx.on.message(s, message) … end
---@field params table<string, any> The values of the profile's parameters
---@field param fakemx.Param Constructors of parameters
local mx = {}

---@class fakemx.Param
---@field integer fun(default: integer, doc: string): any A whole number
---@field boolean fun(default: boolean, doc: string): any true or false
---@field string fun(default: string, doc: string): any Any text
---@field duration fun(default: string, doc: string): any Such as "90s"
---@field ratio fun(default: string, doc: string): any Such as "1/50"
---@field choice fun(choices: string[], doc: string): any One of these; the first is the default

---@class fakemx.Profile
---@field summary string One line for `fakemx list profiles`
---@field host? string Name of the one host
---@field hosts? fakemx.Host[] Several hosts
---@field domains? string[] The domains served
---@field extensions? table What EHLO offers
---@field extensions_in_tls? table What EHLO offers inside TLS, where that differs
---@field users? table For AUTH: user name to password
---@field auth_required? boolean No MAIL before AUTH
---@field replies? table<string, string> The server's own words, by occasion
---@field tls? fakemx.TlsOptions What the hosts are like as TLS servers
---@field recipients_max? integer Recipients of one transaction
---@field idle_timeout? string Silence after which the hook idle is asked
---@field connections? string accept, refuse, ignore or full
---@field receive_window? integer|string Octets that a client may send ahead
---@field params? table<string, any> Parameters that a user may set

---@class fakemx.Host
---@field name string The host's name
---@field address? string The IP address it listens on
---@field domains? string[] As in the profile
---@field extensions? table As in the profile
---@field extensions_in_tls? table As in the profile
---@field users? table As in the profile
---@field auth_required? boolean As in the profile
---@field replies? table<string, string> On top of the profile's
---@field tls? fakemx.TlsOptions On top of the profile's
---@field recipients_max? integer As in the profile
---@field idle_timeout? string As in the profile
---@field connections? string As in the profile
---@field receive_window? integer|string As in the profile

---@class fakemx.TlsOptions
---@field certificate? string How it relates to what a client should expect: "valid", "expired", …
---@field oldest? string The oldest version taken, "TLSv1" to "TLSv1.3"
---@field newest? string The newest version taken
---@field ciphers? string In OpenSSL's notation, for TLS 1.2 and older
---@field ask_client_certificate? boolean Ask the client for a certificate; any is taken, and none
---@field implicit? boolean TLS from the first octet
---@field handshake? string What goes wrong in every handshake
---@field handshake_octets? integer So much of it leaves before

---@class fakemx.Hooks
---@field connect fun(s: fakemx.Session): fakemx.Verdict? A client has connected
---@field ehlo fun(s: fakemx.Session, hello: fakemx.Hello): fakemx.Verdict? EHLO
---@field helo fun(s: fakemx.Session, hello: fakemx.Hello): fakemx.Verdict? HELO
---@field starttls fun(s: fakemx.Session): fakemx.Verdict? STARTTLS, where it was offered
---@field auth fun(s: fakemx.Session, auth: fakemx.Auth): fakemx.Verdict? An AUTH exchange is complete
---@field mail fun(s: fakemx.Session, mail: fakemx.Mail): fakemx.Verdict? MAIL FROM
---@field rcpt fun(s: fakemx.Session, rcpt: fakemx.Rcpt): fakemx.Verdict? RCPT TO
---@field data fun(s: fakemx.Session): fakemx.Verdict? DATA
---@field bdat fun(s: fakemx.Session, chunk: fakemx.Chunk): fakemx.Verdict? A chunk that is not the last one
---@field message fun(s: fakemx.Session, message: fakemx.Message): fakemx.Verdict? The end of the message data
---@field rset fun(s: fakemx.Session): fakemx.Verdict? RSET
---@field vrfy fun(s: fakemx.Session, command: fakemx.Command): fakemx.Verdict? VRFY
---@field expn fun(s: fakemx.Session, command: fakemx.Command): fakemx.Verdict? EXPN
---@field help fun(s: fakemx.Session, command: fakemx.Command): fakemx.Verdict? HELP
---@field noop fun(s: fakemx.Session, command: fakemx.Command): fakemx.Verdict? NOOP
---@field quit fun(s: fakemx.Session): fakemx.Verdict? QUIT
---@field unknown fun(s: fakemx.Session, command: fakemx.Command): fakemx.Verdict? A verb that fakemx does not speak
---@field idle fun(s: fakemx.Session): fakemx.Verdict? The client was silent for the idle timeout
---@field close fun(s: fakemx.Session) The session is over

---@class fakemx.Session
---@field id integer Number of the session, from 1
---@field host string Name of the host that the client connected to
---@field ip string The client's address
---@field local_ip string The address it connected to
---@field tls fakemx.Tls? What the TLS handshake settled; nil in the clear
---@field user string? Whom a successful AUTH has shown
---@field helo string Argument of the last accepted EHLO or HELO
---@field esmtp boolean It was EHLO
---@field from string? Reverse path of the transaction
---@field recipients string[] Recipients accepted so far in the transaction
---@field transactions integer MAIL commands accepted so far
---@field messages integer Messages accepted so far
---@field commands integer Command lines so far
---@field errors integer Commands that the server itself refused

---@class fakemx.Tls
---@field version string TLSv1.3
---@field cipher string As IANA names it
---@field server_name string SNI as the client sent it, "" without
---@field client_subject string Of the client's certificate, "" without
---@field resumed boolean An earlier TLS session was taken up again

---@class fakemx.Hello
---@field name string As the client wrote it
---@field valid boolean A domain or an address literal

---@class fakemx.Mail
---@field address string The reverse path, "" for <>
---@field local_part string In front of the @
---@field domain string Behind it
---@field size integer? Of SIZE=
---@field body string? Of BODY=
---@field params table<string, string|true> All parameters

---@class fakemx.Rcpt
---@field address string The forward path
---@field local_part string In front of the @
---@field domain string Behind it
---@field params table<string, string|true> All parameters
---@field attempt integer Which try of this delivery, from 1

---@class fakemx.Auth
---@field mechanism string PLAIN, LOGIN, CRAM-MD5, XOAUTH2 or EXTERNAL
---@field user string The user name
---@field identity string Whom the user wants to act for, "" without
---@field fits boolean The proof is that of one of the users

---@class fakemx.Chunk
---@field octets integer Of this chunk
---@field message_octets integer Of the message so far

---@class fakemx.Message
---@field attempt integer Which try of this delivery, from 1
---@field size integer Octets
---@field chunks integer BDAT commands that brought it; 0: DATA
---@field lines integer Lines
---@field id string? Content of Message-ID
---@field from_domain string? Domain of the header field From
---@field content string Its first 256 KiB
---@field bare_cr integer How many
---@field bare_lf integer How many
---@field eight_bit boolean Has octets over 127
---@field nul boolean Has NUL octets
---@field header fun(self: fakemx.Message, name: string): string? The first field of that name, unfolded

---@class fakemx.Command
---@field verb string As written
---@field text string Behind the verb

---@class fakemx.Verdict
---@field after fun(self: fakemx.Verdict, duration: string): fakemx.Verdict Waits before the first octet
---@field drip fun(self: fakemx.Verdict, how: { octets: integer, every: string }): fakemx.Verdict So many octets at a time, so far apart
---@field slice fun(self: fakemx.Verdict, sizes: table): fakemx.Verdict Cuts into segments
---@field then_close fun(self: fakemx.Verdict): fakemx.Verdict Closes the connection behind it
---@field then_reset fun(self: fakemx.Verdict): fakemx.Verdict Resets the connection behind it
---@field then_stay fun(self: fakemx.Verdict): fakemx.Verdict Keeps the connection, even behind a 421
---@field then_half_close fun(self: fakemx.Verdict): fakemx.Verdict Sends no more behind it, and reads on
---@field then_cut fun(self: fakemx.Verdict): fakemx.Verdict Closes the connection behind it, without a close_notify inside TLS
---@field late fun(self: fakemx.Verdict, duration: string): fakemx.Verdict Leaves so much later, and nothing waits for it
---@field lost fun(self: fakemx.Verdict, octets?: integer): fakemx.Verdict Counts, and never leaves, or only its first octets
---@field and_then fun(self: fakemx.Verdict, wait: string, next: fakemx.Verdict): fakemx.Verdict Says this as well, unasked, so long behind it
---@field in_body fun(self: fakemx.Verdict, octets: integer, what: fakemx.Verdict): fakemx.Verdict Of the hook data: says this once so much of the message has arrived
---@field stop_reading fun(self: fakemx.Verdict, duration?: string): fakemx.Verdict Reads nothing for so long, or ever again
---@field read_slowly fun(self: fakemx.Verdict, how: { octets: integer, every: string }): fakemx.Verdict Reads so many octets at a time, so far apart
---@field handshake fun(self: fakemx.Verdict, fault: string, octets?: integer): fakemx.Verdict Of the hook starttls: what goes wrong in the handshake

---@class fakemx.Store
---@field add fun(self: fakemx.Store, key: string|integer, n?: integer, ttl?: string): integer Counter: adds, gives the new count
---@field set fun(self: fakemx.Store, key: string|integer, value: string|integer|boolean, ttl?: string) Value: sets it
---@field get fun(self: fakemx.Store, key: string|integer): string|integer|boolean|nil The value or the count
---@field hit fun(self: fakemx.Store, key: string|integer, window: string): integer Window: counts this, gives how many came in it
---@field hits fun(self: fakemx.Store, key: string|integer, window: string): integer Window: how many came in it
---@field include fun(self: fakemx.Store, key: string|integer, member: string|integer, ttl?: string): integer Set: puts it in, gives the size
---@field includes fun(self: fakemx.Store, key: string|integer, member: string|integer): boolean Set: is it in
---@field size fun(self: fakemx.Store, key: string|integer): integer Set: how many
---@field mark fun(self: fakemx.Store, key: string|integer, ttl?: string): boolean Mark: remembers this moment, once
---@field marked_for fun(self: fakemx.Store, key: string|integer, duration: string): boolean Mark: was it at least so long ago
---@field forget fun(self: fakemx.Store, key: string|integer) Forgets the key

return mx
