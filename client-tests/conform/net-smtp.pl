#!/usr/bin/env perl
# Sends one message with Perl's Net::SMTP, with the timeout that it has: two minutes.
use strict;
use warnings;
use Net::SMTP;

my ($delivered, $failed, $deferred) = (0, 69, 75);

open my $file, '<:raw', $ENV{FAKEMX_MESSAGE} or die "$ENV{FAKEMX_MESSAGE}: $!\n";
my $message = do { local $/; <$file> };

sub belief_of { my $code = shift; return $code =~ /^4/ ? 'deferred' : 'failed' }

sub believes {
    my ($recipient, $belief, $words) = @_;
    $words =~ s/\s+/ /g;
    open my $results, '>>', $ENV{FAKEMX_RESULTS} or die "$ENV{FAKEMX_RESULTS}: $!\n";
    print $results join("\t", $ENV{FAKEMX_MESSAGE}, $recipient, $belief, $words), "\n";
}

# What it says of its last command; 000 and 599 stand for a connection that is lost.
sub give_up {
    my $smtp = shift;
    my $code = $smtp->code;
    print STDERR "$code ", $smtp->message;
    $smtp->quit;
    exit($code =~ /^[04]/ || $code eq '599' ? $deferred : $failed);
}

my $smtp = Net::SMTP->new(
    $ENV{FAKEMX_IP},
    Port => $ENV{FAKEMX_PORT},
    Hello => 'mta.example.test',
    ExactAddresses => 1,
    SSL_ca_file => $ENV{FAKEMX_CA},
    SSL_verifycn_name => $ENV{FAKEMX_HOST},
    SSL_hostname => $ENV{FAKEMX_HOST},
);
if (!$smtp) {
    print STDERR "$@\n";
    exit($@ =~ /Net::SMTP: 5/ ? $failed : $deferred);
}
if (defined $smtp->supports('STARTTLS') && !$smtp->starttls) {
    give_up($smtp);
}
my @options;
push @options, Size => length $message if defined $smtp->supports('SIZE');
push @options, Bits => 8 if $message =~ /[\x80-\xff]/ && defined $smtp->supports('8BITMIME');
$smtp->mail("<$ENV{FAKEMX_FROM}>", @options) or give_up($smtp);
my @accepted;
for my $recipient (split ' ', $ENV{FAKEMX_TO}) {
    if ($smtp->recipient("<$recipient>")) {
        push @accepted, $recipient;
    } else {
        believes($recipient, belief_of($smtp->code), $smtp->code . ' ' . $smtp->message);
    }
}
if (!@accepted) {
    $smtp->quit;
    exit $failed;
}
$smtp->data or give_up($smtp);
$smtp->datasend($message) or give_up($smtp);
$smtp->dataend or give_up($smtp);
believes($_, 'delivered', $smtp->message) for @accepted;
$smtp->quit;
exit $delivered;
