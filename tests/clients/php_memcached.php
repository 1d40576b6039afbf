<?php
// Usage: php php_memcached.php PORT SOCKET PORT PORT
// Works with servers through PHP's memcached extension (on libmemcached), sessions included.

require __DIR__ . '/checks.php';
need_extension('memcached');

function new_client(array $options = [], array $servers = []): Memcached
{
    $client = new Memcached();
    $client->setOptions($options);
    $client->addServers($servers ?: [['127.0.0.1', PORT]]);
    return $client;
}

function basic_commands(Memcached $client): void
{
    $client->setOption(Memcached::OPT_COMPRESSION, false);  // append needs that
    expect($client->set('key', 'value'), true, 'set');
    expect($client->get('key'), 'value', 'get');
    expect($client->get('missing'), false, 'get of a missing key');
    expect($client->getResultCode(), Memcached::RES_NOTFOUND, 'its result code');
    expect($client->add('key', 'other'), false, 'add of an existing key');
    expect($client->getResultCode(), Memcached::RES_NOTSTORED, 'its result code');
    expect($client->replace('nobody', 'x'), false, 'replace of a missing key');
    expect($client->append('key', '>'), true, 'append');
    expect($client->prepend('key', '<'), true, 'prepend');
    expect($client->get('key'), '<value>', 'get');
    expect($client->touch('key', 1000), true, 'touch');
    expect($client->touch('nobody', 1000), false, 'touch of a missing key');
    expect($client->set('n', 10), true, 'set of a number');
    expect($client->increment('n', 5), 15, 'increment');
    expect($client->decrement('n', 20), 0, 'decrement below zero');
    expect($client->increment('nobody'), false, 'increment of a missing key');
    $extended = $client->get('n', null, Memcached::GET_EXTENDED);
    expect($client->cas($extended['cas'], 'n', 7), true, 'cas');
    expect($client->cas($extended['cas'], 'n', 8), false, 'cas with an old unique');
    expect($client->getResultCode(), Memcached::RES_DATA_EXISTS, 'its result code');
    expect($client->get('n'), 7, 'get after cas');
    $made = $client->get('made', fn($client, $key, &$value) => (bool) ($value = 'on a miss'));
    expect($made, 'on a miss', 'get with a callback that makes what is missing');
    expect($client->get('made'), 'on a miss', 'get after the callback');
    expect($client->delete('key'), true, 'delete');
    expect($client->delete('key'), false, 'delete of a missing key');
    expect($client->set(str_repeat('k', 251), 1), false, 'set with a long key');
    $client->setOption(Memcached::OPT_COMPRESSION, true);
}

function kinds_of_values(): void
{
    $things = [1, -1, 1.5, true, false, null, "\0\xff", '', 'text €', ['a' => [1, null]],
               str_repeat('again and again ', 300000)];
    $serializers = [Memcached::SERIALIZER_PHP, Memcached::SERIALIZER_JSON_ARRAY];
    if (Memcached::HAVE_IGBINARY) $serializers[] = Memcached::SERIALIZER_IGBINARY;
    if (Memcached::HAVE_MSGPACK) $serializers[] = Memcached::SERIALIZER_MSGPACK;
    $client = new_client([Memcached::OPT_PREFIX_KEY => 'kinds:']);
    foreach ($serializers as $serializer) {
        expect($client->setOption(Memcached::OPT_SERIALIZER, $serializer), true, 'setOption');
        foreach ([Memcached::COMPRESSION_ZLIB, Memcached::COMPRESSION_FASTLZ] as $compression) {
            $client->setOption(Memcached::OPT_COMPRESSION_TYPE, $compression);
            foreach ($things as $number => $thing) {
                expect($client->set("thing$number", $thing), true, 'set');
                expect($client->get("thing$number"), $thing, 'value');
            }
        }
    }
    $client->setOption(Memcached::OPT_USER_FLAGS, 42);
    $client->set('flagged', 'x');
    $back = $client->get('flagged', null, Memcached::GET_EXTENDED);
    expect($back['flags'], 42, 'flags of the application');
}

function large_values(): void
{
    $client = new_client([Memcached::OPT_COMPRESSION => false]);
    $noise = random_bytes(1500000);
    expect($client->set('large', $noise), true, 'set of 1.5 MB');
    expect($client->get('large'), $noise, 'large value');
    expect($client->set('large', $noise . $noise), false, 'set of 3 MB');
    expect($client->getResultCode(), Memcached::RES_E2BIG, 'its result code');
    expect($client->get('large'), false, 'large value after a larger one was refused');
}

function many_at_once(Memcached $client): void
{
    $values = [];
    for ($i = 0; $i < 1000; ++$i) $values["many$i"] = str_repeat("$i ", $i % 50);
    expect($client->setMulti($values), true, 'setMulti');
    expect($client->getMulti([...array_keys($values), 'missing'], Memcached::GET_PRESERVE_ORDER),
           [...$values, 'missing' => null], 'getMulti, in order');
    // Ask now, fetch later.
    expect($client->getDelayed(array_keys($values), true), true, 'getDelayed');
    $fetched = $client->fetchAll();
    expect(count($fetched), 1000, 'fetchAll');
    expect(isset($fetched[0]['cas']), true, 'cas unique of getDelayed');
    $deleted = $client->deleteMulti(array_keys(array_slice($values, 0, 500)));
    expect(count(array_filter($deleted, fn($result) => $result === true)), 500, 'deleteMulti');
    expect(count($client->getMulti(array_keys($values))), 500, 'keys left');
}

function without_replies(): void
{
    $ways = [[Memcached::OPT_NOREPLY => true], [Memcached::OPT_NO_BLOCK => true],
             [Memcached::OPT_BUFFER_WRITES => true]];
    foreach ($ways as $options) {
        $client = new_client($options);
        for ($i = 0; $i < 500; ++$i) $client->set('quiet' . $i % 7, $i);
        $client->flushBuffers();
        expect($client->get('quiet0'), 497, 'get behind sets without replies');
        $client->quit();
    }
}

function several_servers(): void
{
    $servers = array_map(fn($port) => ['127.0.0.1', $port], [PORT, ...MORE_PORTS]);
    $ways = [[Memcached::OPT_LIBKETAMA_COMPATIBLE => true],
             [Memcached::OPT_DISTRIBUTION => Memcached::DISTRIBUTION_MODULA],
             [Memcached::OPT_DISTRIBUTION => Memcached::DISTRIBUTION_CONSISTENT,
              Memcached::OPT_HASH => Memcached::HASH_MURMUR]];
    for ($i = 0; $i < 300; ++$i) $values["hashed$i"] = $i;
    foreach ($ways as $options) {
        $client = new_client($options, $servers);
        expect($client->setMulti($values), true, 'setMulti on three servers');
        expect($client->getMulti(array_keys($values)) == $values, true, 'getMulti on three');
        foreach ($servers as $server) {
            $found = count(new_client([], [$server])->getMulti(array_keys($values)));
            expect($found > 0 && $found < 300, true, 'each server has a share of the keys');
        }
        // All of a group of keys on one server.
        $client->setMultiByKey('group', $values);
        expect(count($client->getMultiByKey('group', array_keys($values))), 300, 'getMultiByKey');
        expect($client->flush(), true, 'flush of all');
    }
}

// Workers that one process forks, each with a connection of its own. Before any client is made: a
// child that ends says `quit` on what it inherited.
function forked_workers(): void
{
    $workers = [];
    for ($worker = 0; $worker < 4; ++$worker) {
        $pid = pcntl_fork();
        if ($pid > 0) {
            $workers[] = $pid;
            continue;
        }
        $own = new_client();
        $own->add('total', 0);
        for ($i = 0; $i < 200; ++$i) {
            $own->increment('total');
            $own->set("worker$worker", $i);
            if ($own->get("worker$worker") !== $i) exit(1);
        }
        exit(0);
    }
    foreach ($workers as $pid) {
        pcntl_waitpid($pid, $status);
        expect(pcntl_wexitstatus($status), 0, 'exit code of a worker');
    }
    expect(new_client()->get('total'), 800, 'total of the workers');
}

// A persistent client outlives its object, as between two requests of a PHP worker.
function persistence(): void
{
    for ($request = 0; $request < 20; ++$request) {
        $client = new Memcached('persistent');
        if (!$client->getServerList()) $client->addServer('127.0.0.1', PORT);
        expect($client->set('request', $request), true, 'set of a persistent client');
        unset($client);
    }
}

function statistics(Memcached $client): void
{
    $stats = $client->getStats()['127.0.0.1:' . PORT];
    foreach (['curr_items', 'cmd_get', 'get_hits', 'threads', 'version'] as $name) {
        expect(isset($stats[$name]), true, "$name in stats");
    }
    $settings = $client->getStats('settings')['127.0.0.1:' . PORT];
    expect((int) $settings['item_size_max'], 2 << 20, 'item_size_max');
    expect(preg_match('/^1\.6\./', $client->getVersion()['127.0.0.1:' . PORT]), 1, 'version');
}

function flush_all(Memcached $client): void
{
    $client->set('long', 1, 1000);
    expect($client->get('long'), 1, 'item with a long TTL');
    expect($client->set('past', 1, time() - 10), true, 'set that has expired already');
    expect($client->get('past'), false, 'its item');
    expect($client->set('future', 1, time() + 1000), true, 'set with an absolute time');
    expect($client->get('future'), 1, 'its item');
    expect($client->flush(), true, 'flush');
    expect($client->get('long'), false, 'get after flush');
}

function reconnection(): void
{
    $client = new_client([Memcached::OPT_RETRY_TIMEOUT => 1]);
    $client->set('before', 1);
    restart_server();
    eventually(fn() => $client->set('after', 2), 'no connection to the new server');
    expect($client->get('before'), false, 'item of the old server');
    expect($client->get('after'), 2, 'item of the new server');
    $client->quit();
    expect($client->get('after'), 2, 'get after quit');
}

forked_workers();
$expiring = new_client([], [[SOCKET, 0]]);
$expiring->set('short', 1, 1);
$client = new_client([Memcached::OPT_TCP_NODELAY => true]);
foreach ([$client, $expiring] as $each) {
    basic_commands($each);
    many_at_once($each);
}
kinds_of_values();
large_values();
without_replies();
several_servers();
persistence();
ini_set('memcached.sess_binary_protocol', 0);
ini_set('memcached.sess_lock_wait_min', 5);
ini_set('memcached.sess_lock_wait_max', 5);
sessions('memcached', '127.0.0.1:' . PORT);
statistics($client);
flush_all($client);
reconnection();
eventually(fn() => $expiring->get('short') === false, 'an item with a TTL of a second stays');
echo "all well\n";
