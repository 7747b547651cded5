<?php
// Sends one message with PHPMailer, with the timeouts that it has: five minutes for each reply.
declare(strict_types=1);

foreach (['Exception', 'PHPMailer', 'SMTP'] as $class) {
    require "/usr/share/php/libphp-phpmailer/src/$class.php";
}

use PHPMailer\PHPMailer\Exception;
use PHPMailer\PHPMailer\PHPMailer;

const DELIVERED = 0, FAILED = 69, DEFERRED = 75;

// It composes messages itself. Ours is ready: this puts it where its own would be.
class ReadyMessage extends PHPMailer
{
    public function preSend()
    {
        $composed = parent::preSend();
        [$this->MIMEHeader, $this->MIMEBody] = explode("\r\n\r\n", file_get_contents(getenv('FAKEMX_MESSAGE')), 2);
        return $composed;
    }
}

function belief_of(string $code): string
{
    return str_starts_with($code, '5') ? 'failed' : 'deferred';
}

$mail = new ReadyMessage(true);
$mail->isSMTP();
$mail->Host = getenv('FAKEMX_IP');
$mail->Port = (int) getenv('FAKEMX_PORT');
$mail->Helo = 'mta.example.test';
$mail->SMTPOptions = ['ssl' => ['cafile' => getenv('FAKEMX_CA'), 'peer_name' => getenv('FAKEMX_HOST')]];
$mail->AllowEmpty = true;
$mail->action_function = function ($is_sent, $to) use ($mail) {
    $code = (string) ($mail->getSMTPInstance()->getError()['smtp_code'] ?? '');
    $line = [getenv('FAKEMX_MESSAGE'), $to[0][0], $is_sent ? 'delivered' : belief_of($code), $code];
    file_put_contents(getenv('FAKEMX_RESULTS'), implode("\t", $line) . "\n", FILE_APPEND);
};
try {
    $mail->setFrom(getenv('FAKEMX_FROM'), '', false);
    $mail->Sender = getenv('FAKEMX_FROM');
    foreach (explode(' ', getenv('FAKEMX_TO')) as $recipient) {
        $mail->addAddress($recipient);
    }
} catch (Exception $refused) {
    fwrite(STDERR, $refused->getMessage() . "\n");
    exit(FAILED);
}
try {
    $mail->send();
    exit(DELIVERED);
} catch (Exception $failure) {
    fwrite(STDERR, $failure->getMessage() . "\n");
    $code = (string) ($mail->getSMTPInstance()->getError()['smtp_code'] ?? '');
    exit(belief_of($code) === 'failed' ? FAILED : DEFERRED);
}
