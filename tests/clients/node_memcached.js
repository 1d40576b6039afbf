// Usage: node node_memcached.js PORT SOCKET PORT PORT
// Works with servers through npm's package memcached, with many requests under way at once.
'use strict';

const assert = require('assert');
const { execFile } = require('child_process');
const fs = require('fs');
const { promisify } = require('util');

let Memcached;
try {
  // Where script/bootstrap puts it, or else where Node looks.
  const places = [`${__dirname}/../../build/npm`, ...module.paths];
  Memcached = require(require.resolve('memcached', {paths: places}));
} catch (error) {
  console.error("npm's memcached is not installed: " + error.message.split('\n')[0]);
  process.exit(77);
}

const [port, socket, ...morePorts] = process.argv.slice(2);
const address = `127.0.0.1:${port}`;
const closedAddress = '127.0.0.1:1';  // nobody listens there

// A client whose commands return promises. A miss is undefined.
function newClient(servers, options) {
  const client = new Memcached(servers || address,
                               {timeout: 10000, idle: 60000, maxValue: 1 << 30, ...options});
  const commands = ['get', 'gets', 'getMulti', 'set', 'add', 'replace', 'append', 'prepend', 'cas',
                    'touch', 'incr', 'decr', 'del', 'flush', 'version', 'stats', 'settings',
                    'slabs', 'items', 'cachedump'];
  const promising = {end: () => client.end()};
  for (const name of commands) promising[name] = promisify(client[name]).bind(client);
  return promising;
}

// Options of a client that does not give a server up when a connection fails.
const patient = {failures: 100, retry: 10, retries: 1, minTimeout: 10};

const sleep = promisify(setTimeout);

async function eventually(condition, what) {
  const deadline = Date.now() + 20000;
  while (!await condition()) {
    assert.ok(Date.now() < deadline, what);
    await sleep(20);
  }
}

// Whether a command succeeds. This client forgets the requests of a connection that is closed.
async function succeeds(command) {
  return Promise.race([command().catch(() => false), sleep(200).then(() => false)]);
}

async function basicCommands(client) {
  assert.strictEqual(await client.set('key', 'value', 0), true);
  assert.strictEqual(await client.get('key'), 'value');
  assert.strictEqual(await client.get('missing'), undefined);
  await assert.rejects(client.add('key', 'other', 0));
  await assert.rejects(client.replace('nobody', 'x', 0));
  assert.strictEqual(await client.replace('key', 'replaced', 0), true);
  assert.strictEqual(await client.append('key', '>'), true);
  assert.strictEqual(await client.prepend('key', '<'), true);
  assert.strictEqual(await client.get('key'), '<replaced>');
  assert.strictEqual(await client.touch('key', 1000), true);
  assert.strictEqual(await client.touch('nobody', 1000), false);
  assert.strictEqual(await client.set('n', 10, 0), true);
  assert.strictEqual(await client.incr('n', 5), 15);
  assert.strictEqual(await client.decr('n', 20), 0);
  assert.strictEqual(await client.incr('nobody', 1), false);
  const {n, cas} = await client.gets('n');
  assert.strictEqual(n, 0);
  assert.strictEqual(await client.cas('n', 7, cas, 0), true);
  assert.strictEqual(await client.cas('n', 8, cas, 0), false);
  assert.strictEqual(await client.get('n'), 7);
  assert.strictEqual(await client.del('key'), true);
  assert.strictEqual(await client.del('key'), false);
}

async function kindsOfValues(client) {
  const bytes = Buffer.from(Array.from({length: 100000}, (_, i) => i % 256));
  for (const thing of [1, -1.5, true, 'text €', '', 'a\nEND\nb', {a: [1, null]}, bytes]) {
    await client.set('thing', thing, 0);
    assert.deepStrictEqual(await client.get('thing'), thing);
  }
  const large = Buffer.alloc(1500000, 'large');
  assert.strictEqual(await client.set('large', large, 0), true);
  assert.deepStrictEqual(await client.get('large'), large);
  await assert.rejects(client.get('a b'));
}

// To this client a SERVER_ERROR is a failure of the connection, which it closes.
async function tooLarge() {
  const client = newClient(address, patient);
  await client.set('large', 'x', 0);
  assert.strictEqual(await client.set('large', Buffer.alloc(3000000, 'x'), 0), false);
  await eventually(() => succeeds(async () => await client.get('large') === undefined), 'get');
  client.end();
}

// All at once, over a pool of connections and pipelined on each.
async function manyAtOnce(client) {
  const values = {};
  for (let i = 0; i < 1000; ++i) values[`many${i}`] = `${i} `.repeat(i % 50 + 1);
  const keys = Object.keys(values);
  const stored = await Promise.all(keys.map(key => client.set(key, values[key], 0)));
  assert.ok(stored.every(result => result === true));
  assert.deepStrictEqual(await client.getMulti([...keys, 'missing']), values);
  await Promise.all(keys.map(async key => {
    assert.strictEqual(await client.get(key), values[key]);
  }));
  await client.set('total', 0, 0);
  await Promise.all(keys.map(() => client.incr('total', 1)));
  assert.strictEqual(await client.get('total'), 1000);
  await Promise.all(keys.slice(0, 500).map(key => client.del(key)));
  assert.strictEqual(Object.keys(await client.getMulti(keys)).length, 500);
}

async function severalServers() {
  const addresses = [port, ...morePorts].map(each => `127.0.0.1:${each}`);
  const values = {};
  for (let i = 0; i < 300; ++i) values[`hashed${i}`] = i;
  const keys = Object.keys(values);
  const weighted = {[addresses[0]]: 1, [addresses[1]]: 2, [addresses[2]]: 1};
  for (const servers of [addresses, weighted]) {
    const client = newClient(servers);
    await Promise.all(keys.map(key => client.set(key, values[key], 0)));
    assert.deepStrictEqual(await client.getMulti(keys), values);
    for (const server of addresses) {
      const alone = newClient(server);
      const share = Object.keys(await alone.getMulti(keys)).length;
      assert.ok(share > 0 && share < 300, 'each server has a share of the keys');
      alone.end();
    }
    assert.deepStrictEqual(await client.flush(), [true, true, true]);
    client.end();
  }
  // One of the addresses is wrong: it is removed, and its keys go to the others.
  const client = newClient([...addresses, closedAddress],
                           {remove: true, failures: 0, retries: 0, retry: 1});
  for (const key of keys) {
    await eventually(() => succeeds(() => client.set(key, values[key], 0)), 'set of ' + key);
  }
  assert.deepStrictEqual(await client.getMulti(keys), values);
  client.end();
}

async function statistics(client) {
  const [stats] = await client.stats();
  for (const name of ['curr_items', 'cmd_get', 'get_hits', 'threads', 'version']) {
    assert.ok(name in stats, `${name} in stats`);
  }
  const [settings] = await client.settings();
  assert.strictEqual(Number(settings.item_size_max), 2 << 20);
  assert.match((await client.version())[0].version, /^1\.6\./);
  const [items] = await client.items();
  const [slabs] = await client.slabs();
  assert.ok(Number(items[1].number) > 0 && Number(slabs[1].used_chunks) > 0);
}

async function flush(client) {
  await client.set('long', 1, 1000);
  assert.strictEqual(await client.get('long'), 1);
  assert.deepStrictEqual(await client.flush(), [true]);
  assert.strictEqual(await client.get('long'), undefined);
}

async function reconnection() {
  const client = newClient(address, patient);
  await client.set('before', 1, 0);
  await promisify(execFile)('bash', [`${__dirname}/restart_server.sh`, port]);
  await eventually(() => succeeds(() => client.set('after', 2, 0)), 'no new connection');
  assert.strictEqual(await client.get('before'), undefined);
  assert.strictEqual(await client.get('after'), 2);
  client.end();
}

async function main() {
  setTimeout(() => { throw new Error('too slow'); }, 55000).unref();
  // This client puts a port behind every name that has none, a path's too.
  fs.symlinkSync(socket, socket + ':11211');
  const expiring = newClient(socket);
  await expiring.set('short', 1, 1);
  const client = newClient();
  for (const each of [client, expiring]) {
    await basicCommands(each);
    await kindsOfValues(each);
    await manyAtOnce(each);
  }
  await tooLarge();
  await severalServers();
  await statistics(client);
  await flush(client);
  await reconnection();
  await eventually(async () => await expiring.get('short') === undefined,
                   'an item with a TTL of a second stays');
  client.end();
  expiring.end();
  console.log('all well');
  process.exit(0);  // timers of failed connections would keep it
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
