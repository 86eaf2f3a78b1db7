#!/usr/bin/env perl
# A worker for presque: worker.pl URL QUEUE. Its work is to add up the numbers of {"numbers":[…]}.
use strict;
use warnings FATAL => 'numeric';
use HTTP::Tiny;
use JSON::PP;
use List::Util 'sum0';

sub work {    # returns the result or dies; calls $extend->(0.5), say, when it takes long
    my ($job, $extend) = @_;
    ref $job eq 'HASH' && ref $job->{numbers} eq 'ARRAY' or die "numbers are missing\n";
    return sum0 @{ $job->{numbers} };
}

@ARGV == 2 or die "worker.pl URL QUEUE\n";
my $poll = "$ARGV[0]/q/$ARGV[1]?lease=60s&wait=20s&worker_id=worker.pl-$$";
my $http = HTTP::Tiny->new(timeout => 30);
my $json = JSON::PP->new->utf8->allow_nonref;
my ($stop, $idle);

sub ask {    # until the server answers, or this worker is to stop
    while (1) {
        my $answer = $http->request(@_);
        return $answer if $answer->{status} < 500;
        warn "$answer->{status} $answer->{content}\n";    # 599: there was no answer
        exit 0 if $stop;
        sleep 1;
    }
}

$| = 1;
$SIG{TERM} = sub { $stop = 1; alarm 1 };    # what is on its way still arrives within that second
$SIG{ALRM} = sub { exit 0 if $idle };
until ($stop) {
    $idle = 1;
    my $got = ask(GET => $poll);
    $idle = 0;
    if ($got->{status} == 200) {
        my %link = reverse $got->{headers}{link} =~ /<(.+?)>; rel="(\w+)"/g;
        my $settle = sub { ask(POST => $link{ $_[0] }, { content => $_[1] }) };
        my $extend = sub { $settle->(extend => $json->encode({ progress => $_[0] })) };
        my $result = eval { $json->encode(work($json->decode($got->{content}), $extend)) };
        my ($act, $said) = defined $result ? (done => $result) : (fail => $json->encode({ error => $@ =~ s/\n$//r }));
        my $answer = $settle->($act, $said);
        $answer = $settle->($act = 'fail', $answer->{content}) if $answer->{status} == 400;    # inf is not JSON
        print "job $got->{headers}{'presque-job'} $act $answer->{status} $answer->{content}\n";
    }
    elsif ($got->{content} !~ /no job|queue is closed/) { die "$got->{content}\n" }
}
