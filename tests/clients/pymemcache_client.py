"""Usage: pymemcache_client.py PORT SOCKET PORT PORT

Works with servers through pymemcache the way applications do.
"""

import pickle
import random
import sys
import threading
import zlib

try:
    from pymemcache import exceptions
    from pymemcache.client.base import Client, PooledClient
    from pymemcache.client.hash import HashClient
    from pymemcache.client.retrying import RetryingClient
    from pymemcache.serde import pickle_serde
except ImportError as error:
    print(f"pymemcache is not installed: {error}", file=sys.stderr)
    sys.exit(77)

from checks import (CLOSED_PORT, MORE_PORTS, PORT, SOCKET, TIMEOUT, eventually, expect,
                    expect_error, restart_server)

ADDRESS = ("127.0.0.1", PORT)


def new_client(address=ADDRESS, **options):
    return Client(address, timeout=TIMEOUT, connect_timeout=TIMEOUT, **options)


def basic_commands(address):
    client = new_client(address, default_noreply=False)
    expect(client.set("key", b"value", flags=7), True, "set")
    expect(client.get("key"), b"value", "get")
    expect(client.get("missing"), None, "get of a missing key")
    expect(client.add("key", b"other"), False, "add of an existing key")
    expect(client.add("added", b"x"), True, "add")
    expect(client.replace("nobody", b"x"), False, "replace of a missing key")
    expect(client.replace("key", b"replaced"), True, "replace")
    expect(client.append("key", b">"), True, "append")
    expect(client.prepend("key", b"<"), True, "prepend")
    expect(client.get("key"), b"<replaced>", "get")
    expect(client.touch("key", 1000), True, "touch")
    expect(client.touch("nobody", 1000), False, "touch of a missing key")
    expect(client.delete("key"), True, "delete")
    expect(client.delete("key"), False, "delete of a missing key")
    expect(client.set("n", b"10"), True, "set")
    expect(client.incr("n", 5), 15, "incr")
    expect(client.decr("n", 20), 0, "decr below zero")
    expect(client.incr("nobody", 1), None, "incr of a missing key")
    value, unique = client.gets("n")
    expect(client.cas("n", b"1", unique), True, "cas")
    expect(client.cas("n", b"2", unique), False, "cas with an old unique")
    expect(client.cas("nobody", b"2", unique), None, "cas of a missing key")
    client.delete_many(["added", "n"])
    expect(isinstance(client.version(), bytes), True, "version")
    client.close()


def errors_leave_the_connection_usable():
    client = new_client(default_noreply=False)
    client.set("text", b"abc")
    expect_error(exceptions.MemcacheClientError, lambda: client.incr("text", 1), "incr of a text")
    expect_error(exceptions.MemcacheServerError, lambda: client.set("huge", b"x" * (3 << 20)),
                 "set of 3 MB")
    expect_error(exceptions.MemcacheIllegalInputError, lambda: client.get("k" * 251), "long key")
    expect(client.get("huge"), None, "value that was refused")
    expect(client.get("text"), b"abc", "get after errors")
    client.close()


def many_at_once():
    client = new_client(default_noreply=False)
    values = {f"many{i}": f"value {i}".encode() * (i % 50) for i in range(1000)}
    expect(client.set_many(values), [], "keys that set_many failed to set")
    expect(client.get_many(list(values) + ["missing"]), values, "get_many")
    expect(set(client.gets_many(list(values)[:100])), set(list(values)[:100]), "gets_many")
    expect(client.delete_many(list(values)[::2]), True, "delete_many")
    expect(len(client.get_many(list(values))), 500, "keys left")
    client.close()


def without_replies():
    client = new_client(default_noreply=True)
    for i in range(500):
        client.set(f"quiet{i % 7}", b"%d" % i)
    client.incr("quiet0", 1000, noreply=True)
    client.delete("quiet1")
    client.append("quiet2", b"!")
    expect(client.get("quiet0"), b"1497", "get after noreply")
    expect(client.get("quiet1"), None, "get after noreply")
    expect(client.get("quiet2"), b"%d!" % max(range(2, 500, 7)), "get")
    client.close()


def objects():
    client = new_client(serde=pickle_serde, default_noreply=False)
    for number, thing in enumerate([1, "text \u20ac", {"a": [1, 2.5, None]}, b"\x00\xff", True]):
        client.set(f"object{number}", thing)
        expect(client.get(f"object{number}"), thing, "object")
    big = {i: pickle.dumps(i) for i in range(20000)}
    client.set("big", big)
    expect(client.get("big"), big, "large object")
    client.close()


def model(seed):
    """Random commands, checked against a dictionary."""
    chance = random.Random(seed)
    client = new_client(default_noreply=False)
    expected = {}
    keys = [f"model{seed}-{i}" for i in range(20)]
    for _ in range(1500):
        key = chance.choice(keys)
        action = chance.randrange(7)
        if action == 0:
            value = chance.randbytes(chance.choice([0, 10, 1000, 50000]))
            client.set(key, value)
            expected[key] = value
        elif action == 1:
            expect(client.delete(key), expected.pop(key, None) is not None, "delete")
        elif action == 2:
            added = client.add(key, b"added")
            expect(added, key not in expected, "add")
            expected.setdefault(key, b"added")
        elif action == 3:
            expect(client.append(key, b"+"), key in expected, "append")
            if key in expected:
                expected[key] += b"+"
        elif action == 4:
            expect(client.get_many(keys), expected, "get_many")
        else:
            expect(client.get(key), expected.get(key), "get")
    client.close()


def pool_of_threads():
    pool = PooledClient(ADDRESS, max_pool_size=6, timeout=TIMEOUT, default_noreply=False)
    pool.set("total", b"0")
    problems = []

    def work(number):
        try:
            for i in range(200):
                pool.incr("total", 1)
                pool.set(f"thread{number}", b"%d" % i)
                expect(pool.get(f"thread{number}"), b"%d" % i, "own value")
        except Exception as error:  # pylint: disable=broad-except
            problems.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(problems, [], "problems of threads")
    expect(pool.get("total"), b"1200", "total")
    pool.close()


def prefixes_and_unicode_keys():
    client = new_client(default_noreply=False, key_prefix=b"app:", allow_unicode_keys=True,
                        encoding="utf-8")
    client.set("\u20ac", b"euro")
    client.set("k" * 246, b"long")
    expect(client.get_many(["\u20ac", "k" * 246]), {"\u20ac": b"euro", "k" * 246: b"long"},
           "get_many of keys with a prefix")
    client.close()
    bare = new_client()
    expect(bare.get(b"app:\xe2\x82\xac"), b"euro", "key as it is on the wire")
    bare.close()


class CompressingSerde:
    """A serialiser of an application's own: flag 1 << 8 marks what is compressed."""

    def serialize(self, _key, value):
        return zlib.compress(value), 1 << 8

    def deserialize(self, _key, value, flags):
        return zlib.decompress(value) if flags == 1 << 8 else value


def own_serialiser():
    client = new_client(serde=CompressingSerde(), default_noreply=False)
    text = b"again and again " * 200000
    client.set("compressed", text)
    expect(client.get("compressed"), text, "compressed value")
    client.close()


def several_servers():
    addresses = [("127.0.0.1", port) for port in [PORT, *MORE_PORTS]]
    client = HashClient(addresses, timeout=TIMEOUT, use_pooling=True, default_noreply=False)
    values = {f"hashed{i}": b"%d" % i for i in range(300)}
    expect(client.set_many(values), [], "keys that set_many failed to set")
    expect(client.get_many(list(values)), values, "get_many of a HashClient")
    for address in addresses:
        alone = new_client(address)
        found = alone.get_many(list(values))
        expect(0 < len(found) < 300, True, "each server has a share of the keys")
        alone.close()
    client.close()
    # One of the addresses is wrong: after a failure its keys go to the others.
    client = HashClient([*addresses, ("127.0.0.1", CLOSED_PORT)], retry_attempts=0,
                        dead_timeout=1000, timeout=TIMEOUT, ignore_exc=True,
                        default_noreply=False)
    for key in values:
        client.get(key)
    client.set_many(values)
    expect(client.get_many(list(values)), values, "get_many without the dead server")
    client.close()


def reconnection():
    plain = new_client(default_noreply=False)
    retrying = RetryingClient(new_client(default_noreply=False), attempts=2,
                              retry_for=[OSError, exceptions.MemcacheUnexpectedCloseError])
    pool = PooledClient(ADDRESS, max_pool_size=2, timeout=TIMEOUT, default_noreply=False)
    for client in (plain, retrying, pool):
        client.set("before", b"x")
    restart_server()
    expect_error((OSError, exceptions.MemcacheUnexpectedCloseError),
                 lambda: plain.get("before"), "get on a connection that was closed")
    expect(plain.get("before"), None, "get on a new connection")
    expect(retrying.set("after", b"y"), True, "set, retried")
    expect_error((OSError, exceptions.MemcacheUnexpectedCloseError),
                 lambda: pool.get("after"), "get of a pool that was closed")
    expect(pool.get("after"), b"y", "get of a pool")
    plain.close()
    pool.close()


def statistics():
    client = new_client()
    stats = client.stats()
    for name in (b"curr_items", b"cmd_get", b"get_hits", b"threads", b"version"):
        expect(name in stats, True, f"{name} in stats")
    expect(client.stats("settings")[b"item_size_max"], 2 << 20, "item_size_max")
    client.close()


def flush():
    client = new_client(default_noreply=False)
    client.set("long", b"x", expire=1000)
    expect(client.get("long"), b"x", "item with a long TTL")
    expect(client.flush_all(), True, "flush_all")
    expect(client.get("long"), None, "get after flush_all")
    client.close()


def main():
    expiring = new_client(SOCKET, default_noreply=False)
    expiring.set("short", b"x", expire=1)
    for address in (ADDRESS, ("localhost", PORT), SOCKET, "unix:" + SOCKET):
        basic_commands(address)
    errors_leave_the_connection_usable()
    many_at_once()
    without_replies()
    objects()
    prefixes_and_unicode_keys()
    own_serialiser()
    for seed in range(2):
        model(seed)
    pool_of_threads()
    several_servers()
    statistics()
    flush()
    reconnection()
    eventually(lambda: expiring.get("short") is None,
               "an item with a TTL of a second does not leave")
    print("all well")


main()
