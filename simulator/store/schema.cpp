// The schema as SQL. Everything that is inferred from attempts (waits, retry counts, what became of
// a delivery) is a view: the tables hold what happened and nothing else.
#include "store/schema.h"

namespace fakemx::store {

const char* const schema_sql = R"sql(

CREATE TABLE run (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version TEXT NOT NULL,
    profile TEXT NOT NULL,
    seed TEXT NOT NULL,             -- decimal, unsigned 64 bits: more than an INTEGER holds
    clock TEXT NOT NULL,            -- 'real', 'x60'
    started_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,       -- the last instant that anything in here speaks of
    ended_at INTEGER,               -- NULL: still running, or killed
    setup TEXT NOT NULL             -- JSON: what the receiver was made of, for replay; empty: not recorded
);

-- The files that the profile was read from.
CREATE TABLE source (
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    text BLOB NOT NULL
);

-- What the receiver was told from outside, in its order (simulator/engine/recording.h): one text, cut into rows as it
-- was written. For replay; people read the events.
CREATE TABLE input (
    id INTEGER PRIMARY KEY,
    recording BLOB NOT NULL
);

CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    client TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    helo TEXT NOT NULL,
    ended_at INTEGER,
    ended TEXT NOT NULL,
    peer TEXT NOT NULL              -- where the connection came from, as opposed to whom it speaks for
);

-- One row for the events of a session that were written together: a row for each event costs twice
-- as much. The view event_log takes them apart again.
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    first INTEGER NOT NULL,         -- number of the first event
    count INTEGER NOT NULL,
    events TEXT NOT NULL            -- JSON array
);

CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,         -- order of arrival
    session INTEGER NOT NULL,
    transaction_number INTEGER NOT NULL,
    delivery INTEGER,               -- NULL: no recipient was named
    number INTEGER NOT NULL,        -- which try of its delivery
    at INTEGER NOT NULL,            -- arrival
    sending_ip TEXT NOT NULL,
    helo TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    recipient TEXT NOT NULL,
    stage TEXT NOT NULL,
    code INTEGER NOT NULL,          -- 0: no reply, or none yet
    text TEXT NOT NULL,
    outcome TEXT NOT NULL,          -- pending accepted deferred rejected lost
    ended_at INTEGER,
    identity TEXT NOT NULL,
    header_from_domain TEXT NOT NULL,
    template_id TEXT NOT NULL,
    message_octets INTEGER,
    taken INTEGER NOT NULL,         -- 1: 2yz was decided at the end of data, whether or not it arrived
    cause TEXT NOT NULL             -- why, in the profile's words; the sender does not see it
);

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    transaction_number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    identity TEXT NOT NULL,
    octets INTEGER NOT NULL,
    content BLOB NOT NULL           -- the first 256 KiB
);

CREATE VIEW event_log AS
SELECT event.session AS session,
       json_extract(one.value, '$.number') AS number,
       json_extract(one.value, '$.at') AS at,
       json_extract(one.value, '$.event') AS event,
       one.value AS json
FROM event, json_each(event.events) AS one;

-- One row for each delivery, with what became of it. A delivery that was never accepted has expired
-- when its sender has been silent for longer than four times the longest wait between two of its
-- tries at the same host (where no host was tried twice: five days), counted to the end of the
-- journal. A sender that goes on to the next MX at once has not waited.
CREATE VIEW delivery AS
WITH
    tries AS (
        SELECT attempt.*,
               at - lag(at) OVER (PARTITION BY delivery, host ORDER BY attempt.id) AS wait,
               row_number() OVER (PARTITION BY delivery ORDER BY attempt.id DESC) AS from_last
        FROM attempt LEFT JOIN session ON session.id = attempt.session
        WHERE delivery IS NOT NULL),
    sums AS (
        SELECT delivery AS id,
               count(*) AS tries,
               sum(outcome = 'accepted') AS accepted,
               min(at) AS first_at,
               max(at) AS last_at,
               max(wait) AS longest_wait,
               max(CASE WHEN from_last = 1 THEN outcome END) AS last_outcome,
               max(CASE WHEN from_last = 1 THEN coalesce(ended_at, at) END) AS silent_since
        FROM tries GROUP BY delivery)
SELECT sums.id, tries, accepted, first_at, sums.last_at, longest_wait, last_outcome, silent_since,
       CASE
           WHEN accepted > 1 THEN 'duplicated'
           WHEN accepted = 1 THEN 'delivered'
           WHEN last_outcome = 'rejected' THEN 'bounced'
           WHEN last_outcome IN ('deferred', 'lost')
                AND coalesce(run.ended_at, run.last_at) - silent_since
                    > coalesce(4 * longest_wait, 5 * 86400 * 1000000)
               THEN 'expired'
           ELSE 'deferred'
       END AS status
FROM sums, run;

-- The columns that people who diagnose deliverability ask for, by the names they use. What is not
-- known is NULL; attachment_types stays NULL as long as messages are not taken apart.
CREATE VIEW bounce_log AS
SELECT strftime('%Y-%m-%dT%H:%M:%S', at / 1000000, 'unixepoch')
           || CASE at % 1000000 WHEN 0 THEN 'Z' ELSE printf('.%06dZ', at % 1000000) END AS timestamp,
       sending_ip,
       nullif(helo, '') AS helo_name,
       -- The domain stands behind the last "@"; a quoted local part may hold others.
       CASE WHEN instr(mail_from, '@') > 0
            THEN lower(substr(mail_from, length(rtrim(mail_from, replace(mail_from, '@', ''))) + 1))
       END AS mail_from_domain,
       lower(nullif(header_from_domain, '')) AS header_from_domain,
       CASE WHEN instr(recipient, '@') > 0
            THEN lower(substr(recipient, length(rtrim(recipient, replace(recipient, '@', ''))) + 1))
       END AS recipient_domain,
       stage AS smtp_stage,
       nullif(code, 0) AS smtp_reply_code,
       nullif(text, '') AS smtp_reply_text,
       nullif(template_id, '') AS message_template_id,
       message_octets AS message_size_bytes,
       NULL AS attachment_types,
       number - 1 AS retry_count,
       coalesce(delivery.status, CASE outcome WHEN 'accepted' THEN 'delivered'
                                              WHEN 'rejected' THEN 'bounced'
                                              ELSE 'deferred' END) AS final_queue_status
FROM attempt LEFT JOIN delivery ON delivery.id = attempt.delivery
ORDER BY attempt.id;

)sql";

}  // namespace fakemx::store
