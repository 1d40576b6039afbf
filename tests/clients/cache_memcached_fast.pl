#!/usr/bin/perl
# Usage: cache_memcached_fast.pl PORT SOCKET PORT PORT
# Works with servers through Cache::Memcached::Fast.
use strict;
use warnings;
use utf8;
use FindBin;
use lib $FindBin::Bin;
use checks;

BEGIN {
    eval { require Cache::Memcached::Fast; 1 } or do {
        print STDERR "Cache::Memcached::Fast is not installed\n";
        exit 77;
    };
}
alarm 55;    # never hang

my ($port, $socket, @more_ports) = @ARGV;

sub new_client {
    return Cache::Memcached::Fast->new({
        servers         => ["127.0.0.1:$port"],
        connect_timeout => 10,
        io_timeout      => 10,
        max_size        => 1 << 20,
        utf8            => 1,
        @_
    });
}

sub basic_commands {
    my $client = new_client(namespace => 'basic:', @_);
    expect($client->set('key', 'value'), 1, 'set');
    expect($client->get('key'), 'value', 'get');
    expect($client->get('missing'), undef, 'get of a missing key');
    expect($client->add('key', 'other') ? 1 : 0, 0, 'add of an existing key');
    expect($client->replace('nobody', 'x') ? 1 : 0, 0, 'replace of a missing key');
    expect($client->append('key', '>'), 1, 'append');
    expect($client->prepend('key', '<'), 1, 'prepend');
    expect($client->get('key'), '<value>', 'get');
    expect($client->set('n', 10), 1, 'set');
    expect($client->incr('n', 5), 15, 'incr');
    expect($client->decr('n', 20) + 0, 0, 'decr below zero');
    expect($client->incr('nobody', 1) ? 1 : 0, 0, 'incr of a missing key');
    expect($client->touch('key', 1000), 1, 'touch');
    expect($client->touch('nobody', 1000) ? 1 : 0, 0, 'touch of a missing key');
    expect($client->gat(1000, 'key'), '<value>', 'gat');
    my $pair = $client->gats(1000, 'n');
    expect($client->cas('n', $pair->[0], 7), 1, 'cas');
    expect($client->cas('n', $pair->[0], 8) ? 1 : 0, 0, 'cas with an old unique');
    expect($client->get('n'), 7, 'get after cas');
    expect($client->delete('key'), 1, 'delete');
    expect($client->delete('key') ? 1 : 0, 0, 'delete of a missing key');
}

sub multi_commands {
    my $client = new_client(namespace => 'multi:', @_);
    my %values = map { ("key$_" => "value $_ " x ($_ % 40)) } 1 .. 800;
    my $stored = $client->set_multi(map { [$_, $values{$_}] } keys %values);
    expect(scalar(grep { $stored->{$_} } keys %values), 800, 'set_multi');
    my $fetched = $client->get_multi(keys %values, 'missing');
    expect(scalar(keys %$fetched), 800, 'keys of get_multi');
    expect($fetched->{$_}, $values{$_}, $_) for keys %values;
    my $pairs = $client->gats_multi(1000, map { "key$_" } 1 .. 100);
    expect(scalar(keys %$pairs), 100, 'keys of gats_multi');
    my $cas = $client->cas_multi(map { [$_, $pairs->{$_}[0], 'new'] } keys %$pairs);
    expect(scalar(grep { $_ } values %$cas), 100, 'cas_multi');
    $client->set("n$_", $_) for 1 .. 50;
    my $sums = $client->incr_multi(map { ["n$_", 100] } 1 .. 50);
    expect($sums->{"n$_"}, 100 + $_, 'incr_multi') for 1 .. 50;
    my $deleted = $client->delete_multi(keys %values);
    expect(scalar(grep { $_ } values %$deleted), 800, 'delete_multi');
}

# In void context with nowait the client sends noreply and reads nothing.
sub without_waiting {
    my $client = new_client(namespace => 'quiet:', nowait => 1);
    $client->set('n', 0);
    for my $i (1 .. 1000) {
        $client->incr('n');
        $client->set("key$i", $i);
        $client->delete("key" . ($i - 1));
    }
    $client->nowait_push;
    expect($client->get('n'), 1000, 'counter after 1000 silent incrs');
    expect($client->get('key1000'), 1000, 'last key');
    expect($client->get('key999'), undef, 'deleted key');
}

sub values_of_all_kinds {
    my $client = new_client(namespace => 'kinds:');
    my $structure = {list => [1 .. 1000], text => "\x{20ac} \x{1f600}", nested => {a => undef}};
    expect($client->set('structure', $structure), 1, 'set of a structure');
    my $back = $client->get('structure');
    expect(join(',', @{$back->{list}}), join(',', 1 .. 1000), 'list');
    expect($back->{text}, $structure->{text}, 'text');
    expect($client->set('text', "\x{20ac}" x 5000), 1, 'set of UTF-8');
    expect($client->get('text'), "\x{20ac}" x 5000, 'UTF-8');
    my $bytes = join '', map { chr($_ % 256) } 1 .. 700_000;
    utf8::downgrade($bytes);
    expect($client->set('bytes', $bytes), 1, 'set of 700,000 bytes');
    expect($client->get('bytes') eq $bytes ? 'same' : 'different', 'same', '700,000 bytes');
    expect($client->set('empty', ''), 1, 'set of nothing');
    expect($client->get('empty'), '', 'nothing');
}

sub compression {
    my $client = new_client(compress_threshold => 1000);
    my $text   = 'again and again ' x 300_000;
    expect($client->set('compressed', $text), 1, 'set of 4.8 MB, compressed');
    expect($client->get('compressed') eq $text ? 'same' : 'different', 'same', 'compressed value');
    # The client keeps to max_size by itself; with a larger one the server says no.
    $client = new_client(max_size => 1 << 30);
    expect($client->set('compressed', $text) ? 1 : 0, 0, 'set of 4.8 MB');
    expect($client->get('compressed'), undef, 'value after a larger one was refused');
}

sub several_servers {
    my @addresses = map { "127.0.0.1:$_" } $port, @more_ports;
    my %values    = map { ("hashed$_" => $_) } 1 .. 300;
    for my $ketama (0, 150) {
        my $servers = [$addresses[0], {address => $addresses[1], weight => 2}, $addresses[2]];
        my $client  = new_client(servers => $servers, ketama_points => $ketama);
        $client->set_multi(map { [$_, $values{$_}] } keys %values);
        expect(scalar(keys %{$client->get_multi(keys %values)}), 300, 'keys on three servers');
        for my $address (@addresses) {
            my $found = new_client(servers => [$address])->get_multi(keys %values);
            my $share = scalar keys %$found;
            expect($share > 0 && $share < 300 ? 1 : 0, 1, 'each server has a share of the keys');
        }
        my $flushed = $client->flush_all;
        expect(scalar(grep { $_ } values %$flushed), 3, 'flush_all');
    }
    # Keys of a server that does not exist are misses, the others are not concerned.
    my $client = new_client(servers => [@addresses, '127.0.0.1:1'], max_failures => 1,
                            failure_timeout => 1000);
    $client->set_multi(map { [$_, $values{$_}] } keys %values);
    my $found = scalar keys %{$client->get_multi(keys %values)};
    expect($found > 100 && $found < 300 ? 1 : 0, 1, 'keys beside a dead server');
}

sub reconnection {
    my $client = new_client();
    $client->set('before', 1);
    system('bash', "$FindBin::Bin/restart_server.sh", $port) == 0 or die "restart_server.sh\n";
    eventually(sub { $client->set('after', 2) }, 'no connection to the new server');
    expect($client->get('before'), undef, 'item of the old server');
    expect($client->get('after'), 2, 'item of the new server');
    $client->disconnect_all;
    expect($client->get('after'), 2, 'get after disconnect_all');
}

sub server_commands {
    my $client = new_client();
    my $versions = $client->server_versions;
    expect(scalar(keys %$versions), 1, 'server_versions');
    expect($client->set('key', 'value', 1000), 1, 'set with a TTL');
    expect($client->get('key'), 'value', 'get');
    my $flushed = $client->flush_all;
    expect(scalar(grep { $_ } values %$flushed), 1, 'flush_all');
    expect($client->get('key'), undef, 'get after flush_all');
}

my $expiring = new_client(servers => [$socket]);
expect($expiring->set('short', 1, 1), 1, 'set with a TTL');
for my $address ("127.0.0.1:$port", $socket) {
    basic_commands(servers => [$address]);
    multi_commands(servers => [$address]);
}
without_waiting();
values_of_all_kinds();
compression();
several_servers();
server_commands();
reconnection();
eventually(sub { !defined $expiring->get('short') }, 'an item with a TTL of a second stays');
print "all well\n";
