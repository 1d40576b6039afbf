# What the Perl clients' scripts share: their expectations.
package checks;

use strict;
use warnings;
use Exporter 'import';
use Time::HiRes qw(sleep time);

our @EXPORT = qw(expect eventually);

# The prototype calls in scalar context: in list context a miss is an empty list.
sub expect($$$) {
    my ($actual, $wanted, $what) = @_;
    my ($a, $w) = map { defined $_ ? $_ : '(undefined)' } $actual, $wanted;
    die "$what: " . substr($a, 0, 200) . " instead of " . substr($w, 0, 200) . "\n" if $a ne $w;
}

sub eventually {
    my ($condition, $what) = @_;
    my $deadline = time + 20;
    until ($condition->()) {
        die "$what\n" if time > $deadline;
        sleep 0.02;
    }
}

1;
