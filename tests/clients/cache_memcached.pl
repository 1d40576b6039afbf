#!/usr/bin/perl
# Usage: cache_memcached.pl PORT SOCKET PORT PORT
# Works with servers through Cache::Memcached, the first memcached client there was, in Perl alone.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use checks;

BEGIN {
    eval { require Cache::Memcached; 1 } or do {
        print STDERR "Cache::Memcached is not installed\n";
        exit 77;
    };
}
alarm 55;    # never hang

my ($port, $socket, @more_ports) = @ARGV;
my $address = "127.0.0.1:$port";

sub new_client {
    my %options = @_;
    $options{servers} ||= [$address];
    my $client = Cache::Memcached->new({connect_timeout => 10, select_timeout => 10, %options});
    return $client;
}

sub basic_commands {
    my $client = shift;
    expect($client->set('key', 'value'), 1, 'set');
    expect($client->get('key'), 'value', 'get');
    expect($client->get('missing'), undef, 'get of a missing key');
    expect($client->add('key', 'other') ? 1 : 0, 0, 'add of an existing key');
    expect($client->replace('nobody', 'x') ? 1 : 0, 0, 'replace of a missing key');
    expect($client->replace('key', 'replaced'), 1, 'replace');
    expect($client->append('key', '>'), 1, 'append');
    expect($client->prepend('key', '<'), 1, 'prepend');
    expect($client->get('key'), '<replaced>', 'get');
    expect($client->set('n', 10), 1, 'set of a number');
    expect($client->incr('n', 5), 15, 'incr');
    expect($client->decr('n', 20) + 0, 0, 'decr below zero');
    expect($client->incr('nobody') ? 1 : 0, 0, 'incr of a missing key');
    expect($client->delete('key'), 1, 'delete');
    expect($client->delete('key') ? 1 : 0, 0, 'delete of a missing key');
    # A key with a number that chooses its server.
    expect($client->set([7, 'chosen'], 'x'), 1, 'set with a hash value');
    expect($client->get([7, 'chosen']), 'x', 'get with a hash value');
}

sub kinds_of_values {
    my $client    = shift;
    my $structure = {list => [1 .. 1000], text => "\x{20ac}", nested => {a => undef}};
    expect($client->set('structure', $structure), 1, 'set of a structure');
    my $back = $client->get('structure');
    expect(join(',', @{$back->{list}}), join(',', 1 .. 1000), 'list');
    expect($back->{text}, $structure->{text}, 'text');
    my $bytes = join '', map { chr($_ % 256) } 1 .. 700_000;
    for my $value ('', "a\r\nEND\r\nb", $bytes) {
        expect($client->set('bytes', $value), 1, 'set of bytes');
        expect($client->get('bytes') eq $value ? 'same' : 'different', 'same', 'bytes');
    }
    $client->set_compress_threshold(1000);
    my $text = 'again and again ' x 300_000;
    expect($client->set('compressed', $text), 1, 'set of 4.8 MB, compressed');
    expect($client->get('compressed') eq $text ? 'same' : 'different', 'same', 'compressed value');
    $client->enable_compress(0);
    expect($client->set('compressed', $text) ? 1 : 0, 0, 'set of 4.8 MB');
    expect($client->get('compressed'), undef, 'value after a larger one was refused');
}

sub many_at_once {
    my $client = new_client(namespace => 'many:', @_);
    my %values = map { ("key$_" => "value $_ " x ($_ % 40)) } 1 .. 800;
    $client->set($_, $values{$_}) for keys %values;
    my $fetched = $client->get_multi(keys %values, 'missing');
    expect(scalar(keys %$fetched), 800, 'keys of get_multi');
    expect($fetched->{$_}, $values{$_}, $_) for keys %values;
}

# In void context the client sends noreply and reads nothing.
sub without_replies {
    my $client = new_client(namespace => 'quiet:');
    $client->set('n', 0);
    for my $i (1 .. 300) {
        $client->incr('n');
        $client->set("key$i", $i);
        $client->delete("key" . ($i - 1));
    }
    expect($client->get('n'), 300, 'counter after silent incrs');
    expect($client->get('key300'), 300, 'last key');
    expect($client->get('key299'), undef, 'deleted key');
}

sub several_servers {
    my @addresses = map { "127.0.0.1:$_" } $port, @more_ports;
    my %values    = map { ("hashed$_" => $_) } 1 .. 300;
    # The second has two shares; of the fourth, which does not exist, the others take over.
    for my $servers ([$addresses[0], [$addresses[1], 2], $addresses[2]], [@addresses, '127.0.0.1:1'])
    {
        my $client = new_client(servers => $servers);
        $client->set($_, $values{$_}) for keys %values;
        my $fetched = $client->get_multi(keys %values);
        expect(scalar(keys %$fetched), 300, 'keys of get_multi over several servers');
        for my $address (@addresses) {
            my $found = new_client(servers => [$address])->get_multi(keys %values);
            my $share = scalar keys %$found;
            expect($share > 0 && $share < 300 ? 1 : 0, 1, 'each server has a share of the keys');
        }
        expect($client->flush_all ? 1 : 0, 1, 'flush_all') if @$servers == 3;
    }
}

sub statistics {
    my $client = shift;
    my $stats  = $client->stats(['misc', 'items', 'slabs', 'sizes']);
    my $misc   = $stats->{hosts}{$address}{misc};
    for my $name (qw(curr_items cmd_get get_hits threads version)) {
        expect(exists $misc->{$name} ? 1 : 0, 1, "$name in stats");
    }
    expect($stats->{total}{curr_items}, $misc->{curr_items}, 'total of curr_items');
    expect($stats->{hosts}{$address}{items} =~ /number/ ? 1 : 0, 1, 'stats items');
}

sub flush {
    my $client = shift;
    $client->set('long', 1, 1000);
    expect($client->get('long'), 1, 'item with a long TTL');
    expect($client->flush_all, 1, 'flush_all');
    expect($client->get('long'), undef, 'get after flush_all');
}

sub reconnection {
    my $client = new_client();
    $client->set('before', 1);
    system('bash', "$FindBin::Bin/restart_server.sh", $port) == 0 or die "restart_server.sh\n";
    eventually(sub { $client->forget_dead_hosts; $client->set('after', 2) },
               'no connection to the new server');
    expect($client->get('before'), undef, 'item of the old server');
    expect($client->get('after'), 2, 'item of the new server');
    $client->disconnect_all;
    expect($client->get('after'), 2, 'get after disconnect_all');
}

my $expiring = new_client(servers => [$socket]);
expect($expiring->set('short', 1, 1), 1, 'set with a TTL');
my $client = new_client();
for my $each ($client, $expiring) {
    basic_commands($each);
    kinds_of_values($each);
}
many_at_once();
many_at_once(servers => [$socket]);
without_replies();
several_servers();
statistics($client);
flush($client);
reconnection();
eventually(sub { !defined $expiring->get('short') }, 'an item with a TTL of a second stays');
print "all well\n";
