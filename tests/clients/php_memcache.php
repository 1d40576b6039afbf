<?php
// Usage: php php_memcache.php PORT SOCKET PORT PORT
// Works with servers through PHP's memcache extension, an older one with a text protocol of its own.

require __DIR__ . '/checks.php';
need_extension('memcache');

function new_client(): Memcache
{
    $client = new Memcache();
    expect($client->connect('127.0.0.1', PORT, 10), true, 'connect');
    return $client;
}

function basic_commands(Memcache $client): void
{
    expect($client->set('key', 'value'), true, 'set');
    expect($client->get('key'), 'value', 'get');
    expect($client->get('missing'), false, 'get of a missing key');
    expect($client->add('key', 'other'), false, 'add of an existing key');
    expect($client->replace('nobody', 'x'), false, 'replace of a missing key');
    expect($client->replace('key', 'replaced'), true, 'replace');
    expect($client->append('key', '>'), true, 'append');
    expect($client->prepend('key', '<'), true, 'prepend');
    expect($client->get('key'), '<replaced>', 'get');
    expect($client->set('n', 10), true, 'set of a number');
    expect($client->increment('n', 5), 15, 'increment');
    expect($client->decrement('n', 20), 0, 'decrement below zero');
    expect($client->increment('nobody'), false, 'increment of a missing key');
    $flags = $cas = null;
    expect($client->get('n', $flags, $cas), 0, 'get with its unique');
    expect($client->cas('n', 7, 0, 0, $cas), true, 'cas');
    expect($client->cas('n', 8, 0, 0, $cas), false, 'cas with an old unique');
    expect($client->get('n'), 7, 'get after cas');
    expect($client->delete('key'), true, 'delete');
    expect($client->delete('key'), false, 'delete of a missing key');
}

function kinds_of_values(Memcache $client): void
{
    $things = [1, -1, 1.5, true, false, "\0\xff", '', 'text €', ['a' => [1, null]],
               str_repeat('again and again ', 300000)];
    foreach ([0, MEMCACHE_COMPRESSED] as $flags) {
        foreach ($things as $number => $thing) {
            expect($client->set("thing$number", $thing, $flags | 1 << 16), true, 'set');
            $back = null;
            expect($client->get("thing$number", $back), $thing, 'value');
            expect($back & 1 << 16, 1 << 16, 'flag of the application');
        }
        array_pop($things);
        $client->setCompressThreshold(1000, 0.2);
    }
    $noise = random_bytes(1500000);
    expect($client->set('large', $noise), true, 'set of 1.5 MB');
    expect($client->get('large'), $noise, 'large value');
    expect(@$client->set('large', $noise . $noise), false, 'set of 3 MB');
    expect($client->get('large'), false, 'large value after a larger one was refused');
}

function many_at_once(Memcache $client): void
{
    for ($i = 0; $i < 1000; ++$i) $values["many$i"] = str_repeat("$i ", $i % 50);
    expect($client->set($values), true, 'set of many');
    expect($client->get([...array_keys($values), 'missing']) == $values, true, 'get of many');
    expect($client->delete(array_keys(array_slice($values, 0, 500))), true, 'delete of many');
    expect(count($client->get(array_keys($values))), 500, 'keys left');
}

function several_servers(): void
{
    $ports = [PORT, ...MORE_PORTS];
    for ($i = 0; $i < 300; ++$i) $values["hashed$i"] = $i;
    $client = new Memcache();
    foreach ($ports as $port) $client->addServer('127.0.0.1', $port);
    $client->set($values);
    expect($client->get(array_keys($values)) == $values, true, 'get of many on three servers');
    foreach ($ports as $port) {
        $alone = new Memcache();
        $alone->connect('127.0.0.1', $port);
        $found = count($alone->get(array_keys($values)));
        expect($found > 0 && $found < 300, true, 'each server has a share of the keys');
        $alone->close();
    }
    // One of the addresses is wrong: its keys go to the others.
    $failures = 0;
    $client->addServer('127.0.0.1', CLOSED_PORT, true, 1, 1, 1000, true,
                       function () use (&$failures): void { ++$failures; });
    foreach ($values as $key => $value) expect(@$client->set($key, $value), true, 'set');
    expect($client->get(array_keys($values)) == $values, true, 'get beside a dead server');
    expect($failures > 0, true, 'failure callback');
    // Connections that outlive their objects.
    for ($request = 0; $request < 20; ++$request) {
        $persistent = new Memcache();
        expect($persistent->pconnect('127.0.0.1', PORT), true, 'pconnect');
        expect($persistent->set('request', $request), true, 'set of a persistent client');
        unset($persistent);
    }
}

function statistics(Memcache $client): void
{
    $stats = $client->getStats();
    foreach (['curr_items', 'cmd_get', 'get_hits', 'threads', 'version'] as $name) {
        expect(isset($stats[$name]), true, "$name in stats");
    }
    expect((int) $client->getStats('items')['items'][1]['number'] > 0, true, 'stats items');
    expect(preg_match('/^1\.6\./', $client->getVersion()), 1, 'version');
}

function flush_all(Memcache $client): void
{
    $client->set('long', 1, 0, 1000);
    expect($client->get('long'), 1, 'item with a long TTL');
    expect($client->flush(), true, 'flush');
    expect($client->get('long'), false, 'get after flush');
}

function reconnection(Memcache $client): void
{
    // Of its 15 seconds until a server that failed is tried again we do not wait.
    expect($client->setServerParams('127.0.0.1', PORT, 1, 1, true), true, 'setServerParams');
    $client->set('before', 1);
    restart_server();
    eventually(fn() => @$client->set('after', 2), 'no connection to the new server');
    expect($client->get('before'), false, 'item of the old server');
    expect($client->get('after'), 2, 'item of the new server');
    expect($client->close(), true, 'close');
}

$expiring = new Memcache();
expect($expiring->connect('unix://' . SOCKET, 0), true, 'connect to the UNIX socket');
$expiring->set('short', 1, 0, 1);
$client = new_client();
foreach ([$client, $expiring] as $each) {
    basic_commands($each);
    kinds_of_values($each);
    many_at_once($each);
}
several_servers();
ini_set('memcache.session_redundancy', 1);
sessions('memcache', 'tcp://127.0.0.1:' . PORT);
statistics($client);
flush_all($client);
reconnection($client);
eventually(fn() => $expiring->get('short') === false, 'an item with a TTL of a second stays');
echo "all well\n";
