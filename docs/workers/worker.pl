#!/usr/bin/env perl
# A worker for presque: worker.pl URL QUEUE. Its work is to add up the numbers of {"numbers":[…]}.
use strict;
use warnings FATAL => 'all';
use HTTP::Tiny;
use JSON::PP;
use List::Util 'sum0';

sub work {    # returns the result, or dies
    my $sum = sum0 @{ $_[0]{numbers} || die "numbers are missing\n" };
    return $sum =~ /inf|nan/i ? die "the sum is too large\n" : $sum;
}

my $http = HTTP::Tiny->new(timeout => 30);
$SIG{TERM} = sub { our $stop = 1 };
until (our $stop) {
    my $answer = $http->get("$ARGV[0]/q/$ARGV[1]?lease=60s&wait=8s");
    warn "$answer->{content}\n" if $answer->{status} !~ /200|404/;
    sleep 1, next if $answer->{status} != 200;
    my $result = eval { encode_json(work(decode_json($answer->{content}))) };
    my ($act, $said) = defined $result ? (done => $result) : (fail => encode_json({ error => $@ }));
    my ($link) = $answer->{headers}{link} =~ /<([^>]+)>; rel="$act"/;
    sleep 1 while $http->post($link, { content => $said })->{status} >= 500;
}
