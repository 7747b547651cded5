// Sends one message with nodemailer, with the timeouts that it has. FAKEMX_NODE_MODULES says where it is.
'use strict';
const fs = require('fs');
const nodemailer = require(process.env.FAKEMX_NODE_MODULES + '/nodemailer');

const env = process.env;
const [DELIVERED, FAILED, DEFERRED] = [0, 69, 75];

function beliefOf(code) {
    return code >= 500 && code < 600 ? 'failed' : 'deferred';
}

function believes(recipient, belief, words) {
    const line = [env.FAKEMX_MESSAGE, recipient, belief, String(words).replace(/\s+/g, ' ')].join('\t');
    fs.appendFileSync(env.FAKEMX_RESULTS, line + '\n');
}

const transport = nodemailer.createTransport({
    host: env.FAKEMX_IP,
    port: Number(env.FAKEMX_PORT),
    name: 'mta.example.test',
    tls: { ca: fs.readFileSync(env.FAKEMX_CA), servername: env.FAKEMX_HOST }
});

function reportRefusals(errors) {
    for (const error of errors || []) believes(error.recipient, beliefOf(error.responseCode), error.response);
}

const raw = fs.readFileSync(env.FAKEMX_MESSAGE);
// It looks at the size and declares 8BITMIME for those who say so.
const envelope = {
    from: env.FAKEMX_FROM,
    to: env.FAKEMX_TO.split(' '),
    size: raw.length,
    use8BitMime: raw.some(octet => octet > 127)
};

transport
    .sendMail({ envelope, raw })
    .then(sent => {
        for (const recipient of sent.accepted) believes(recipient, 'delivered', sent.response);
        reportRefusals(sent.rejectedErrors);
        process.exitCode = DELIVERED;
    })
    .catch(error => {
        console.error(error.message);
        reportRefusals(error.rejectedErrors);
        process.exitCode = beliefOf(error.responseCode) === 'failed' ? FAILED : DEFERRED;
    });
