"""Usage: pymemcache_client.py PORT

Works with a server through pymemcache the way applications do.
"""

import pickle
import random
import sys
import threading
import time

try:
    from pymemcache import exceptions
    from pymemcache.client.base import Client, PooledClient
    from pymemcache.client.hash import HashClient
    from pymemcache.serde import pickle_serde
except ImportError as error:
    print(f"pymemcache is not installed: {error}", file=sys.stderr)
    sys.exit(77)

ADDRESS = ("127.0.0.1", int(sys.argv[1]))
TIMEOUT = 20


def new_client(**options):
    return Client(ADDRESS, timeout=TIMEOUT, connect_timeout=TIMEOUT, **options)


def expect(actual, wanted, what):
    if actual != wanted:
        raise AssertionError(f"{what}: {str(actual)[:200]} instead of {str(wanted)[:200]}")


def basic_commands():
    client = new_client(default_noreply=False)
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
    expect(isinstance(client.version(), bytes), True, "version")
    client.close()


def errors_leave_the_connection_usable():
    client = new_client(default_noreply=False)
    client.set("text", b"abc")
    for call in (lambda: client.incr("text", 1), lambda: client.set("huge", b"x" * (3 << 20))):
        try:
            call()
        except (exceptions.MemcacheClientError, exceptions.MemcacheServerError):
            pass
        else:
            raise AssertionError("no error reported")
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


def hash_client():
    client = HashClient([ADDRESS], timeout=TIMEOUT, use_pooling=True, default_noreply=False)
    values = {f"hashed{i}": b"%d" % i for i in range(100)}
    client.set_many(values)
    expect(client.get_many(list(values)), values, "get_many of a HashClient")
    client.close()


def expiry_and_flush():
    client = new_client(default_noreply=False)
    client.set("short", b"x", expire=1)
    client.set("long", b"x", expire=1000)
    deadline = time.monotonic() + TIMEOUT
    while client.get("short") is not None:
        if time.monotonic() > deadline:
            raise AssertionError("an item with a TTL of a second does not leave")
        time.sleep(0.1)
    expect(client.get("long"), b"x", "item with a long TTL")
    expect(client.flush_all(), True, "flush_all")
    expect(client.get("long"), None, "get after flush_all")
    client.close()


def statistics():
    client = new_client()
    stats = client.stats()
    for name in (b"curr_items", b"cmd_get", b"get_hits", b"threads", b"version"):
        expect(name in stats, True, f"{name} in stats")
    expect(client.stats("settings")[b"item_size_max"], 2 << 20, "item_size_max")
    client.close()


def main():
    basic_commands()
    errors_leave_the_connection_usable()
    many_at_once()
    without_replies()
    objects()
    for seed in range(2):
        model(seed)
    pool_of_threads()
    hash_client()
    statistics()
    expiry_and_flush()
    print("all well")


main()
