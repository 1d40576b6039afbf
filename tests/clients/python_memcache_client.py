"""Usage: python_memcache_client.py PORT SOCKET PORT PORT

Works with servers through python-memcached (Debian's python3-memcache), the pure Python client.
"""

import sys
import threading

try:
    import memcache
except ImportError as error:
    print(f"python3-memcache is not installed: {error}", file=sys.stderr)
    sys.exit(77)

from checks import (CLOSED_PORT, MORE_PORTS, PORT, SOCKET, TIMEOUT, eventually, expect,
                    expect_error, restart_server)

ADDRESS = f"127.0.0.1:{PORT}"


def new_client(servers=(ADDRESS,), **options):
    return memcache.Client(list(servers), socket_timeout=TIMEOUT, **options)


def basic_commands(client):
    expect(client.set("key", "value"), True, "set")
    expect(client.get("key"), "value", "get")
    expect(client.get("missing"), None, "get of a missing key")
    expect(client.add("key", "other"), False, "add of an existing key")
    expect(client.replace("nobody", "x"), False, "replace of a missing key")
    expect(client.replace("key", "replaced"), True, "replace")
    expect(client.append("key", ">"), True, "append")
    expect(client.prepend("key", "<"), True, "prepend")
    expect(client.get("key"), "<replaced>", "get")
    expect(client.touch("key", 1000), 1, "touch")
    expect(client.touch("nobody", 1000), 0, "touch of a missing key")
    expect(client.delete("key"), 1, "delete")
    expect(client.delete("key"), 1, "delete of a missing key, which this client takes for done")
    expect(client.get("key"), None, "get after delete")
    client.set("n", 10)
    expect(client.incr("n", 5), 15, "incr")
    expect(client.decr("n", 20), 0, "decr below zero")
    expect(client.incr("nobody"), None, "incr of a missing key")


def compare_and_set(address):
    mine, other = new_client([address], cache_cas=True), new_client([address])
    mine.set("cas", "first")
    expect(mine.gets("cas"), "first", "gets")
    expect(mine.cas("cas", "second"), True, "cas")
    mine.reset_cas()
    expect(mine.gets("cas"), "second", "gets")
    other.set("cas", "third")
    expect(mine.cas("cas", "fourth"), False, "cas behind another's set")
    expect(other.get("cas"), "third", "get")


def kinds_of_values(client):
    things = [b"\x00\xff", "text \u20ac", 7, -1, 2**70, 1.5, None, {"a": [1, None]}, b"", ""]
    for number, thing in enumerate(things):
        expect(client.set(f"kind{number}", thing), True, "set")
        expect(client.get(f"kind{number}"), thing, "value")


def many_at_once(client):
    values = {f"many{i}": "%d " % i * (i % 50) for i in range(1000)}
    expect(client.set_multi(values), [], "keys that set_multi failed to set")
    expect(client.get_multi([*values, "missing"]), values, "get_multi")
    client.set_multi({"one": 1, "two": 2}, key_prefix="p:")
    expect(client.get_multi(["one", "two"], key_prefix="p:"), {"one": 1, "two": 2}, "get_multi")
    expect(client.delete_multi(list(values)[::2]), 1, "delete_multi")
    expect(len(client.get_multi(list(values))), 500, "keys left")


def compression_and_size():
    client = new_client(server_max_value_length=2 << 20)
    text = "again and again " * 300000
    expect(client.set("compressed", text, min_compress_len=1000), True, "set of 4.8 MB, compressed")
    expect(client.get("compressed"), text, "compressed value")
    noise = bytes(i * i % 251 for i in range(1500000))
    expect(client.set("large", noise), True, "set of 1.5 MB")
    expect(client.get("large"), noise, "large value")
    # A client that does not know the limit learns it from the server.
    client = new_client(server_max_value_length=1 << 30)
    expect(client.set("large", noise + noise), 0, "set of 3 MB")
    expect(client.get("large"), None, "large value after a larger one was refused")


def without_replies(client):
    for i in range(500):
        client.set(f"quiet{i % 7}", i, noreply=True)
    client.incr("quiet0", 1000, noreply=True)
    client.delete("quiet1", noreply=True)
    client.append("quiet2", "0", noreply=True)
    client.touch("quiet3", 1000, noreply=True)
    expect(client.get("quiet0"), 1497, "get after noreply")
    expect(client.get("quiet1"), None, "get after noreply")
    expect(client.get("quiet2"), 4990, "get after noreply")


def threads():
    problems = []
    client = new_client()
    client.set("total", 0)

    def work(number):
        try:
            for i in range(100):
                client.incr("total")
                client.set(f"thread{number}", i)
                expect(client.get(f"thread{number}"), i, "own value")
        except Exception as error:  # pylint: disable=broad-except
            problems.append(error)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    expect(problems, [], "problems of threads")
    expect(client.get("total"), 600, "total")


def several_servers():
    addresses = [f"127.0.0.1:{port}" for port in [PORT, *MORE_PORTS]]
    values = {f"hashed{i}": i for i in range(300)}
    client = new_client([addresses[0], (addresses[1], 2), addresses[2]])
    expect(client.set_multi(values), [], "keys that set_multi failed to set")
    expect(client.get_multi(list(values)), values, "get_multi")
    for address in addresses:
        found = new_client([address]).get_multi(list(values))
        expect(0 < len(found) < 300, True, "each server has a share of the keys")
    # One of the addresses is wrong: its keys go to the others.
    client = new_client([*addresses, f"127.0.0.1:{CLOSED_PORT}"], dead_retry=1000)
    for key, value in values.items():
        expect(client.set(key, value), True, "set beside a dead server")
    expect(client.get_multi(list(values)), values, "get_multi beside a dead server")


def statistics(client):
    (_name, stats), = client.get_stats()
    for name in ("curr_items", "cmd_get", "get_hits", "threads", "version"):
        expect(name in stats, True, f"{name} in stats")
    (_name, settings), = client.get_stats("settings")
    expect(settings["item_size_max"], str(2 << 20), "item_size_max")


def flush(client):
    client.set("long", 1, time=1000)
    expect(client.get("long"), 1, "item with a long TTL")
    client.flush_all()
    expect(client.get("long"), None, "get after flush_all")


def reconnection():
    client = new_client(dead_retry=1)
    client.set("before", 1)
    restart_server()
    eventually(lambda: client.set("after", 2), "no connection to the new server")
    expect(client.get("before"), None, "item of the old server")
    expect(client.get("after"), 2, "item of the new server")
    client.disconnect_all()
    expect(client.get("after"), 2, "get after disconnect_all")
    client.forget_dead_hosts()


def keys(client):
    expect_error(memcache.Client.MemcachedKeyLengthError, lambda: client.get("k" * 251), "long key")
    expect_error(memcache.Client.MemcachedKeyCharacterError, lambda: client.get("a b"), "a space")
    client.set("k" * 250, 1)
    expect(client.get("k" * 250), 1, "longest key")


def main():
    expiring = new_client(["unix:" + SOCKET])
    expiring.set("short", 1, time=1)
    client = new_client()
    for each in (client, expiring):
        basic_commands(each)
        kinds_of_values(each)
        many_at_once(each)
    for address in (ADDRESS, "unix:" + SOCKET):
        compare_and_set(address)
    compression_and_size()
    keys(client)
    without_replies(client)
    threads()
    several_servers()
    statistics(client)
    flush(client)
    reconnection()
    eventually(lambda: expiring.get("short") is None,
               "an item with a TTL of a second does not leave")
    print("all well")


main()
