"""Usage: pylibmc_client.py PORT SOCKET PORT PORT

Works with servers through pylibmc, Python's binding of libmemcached.
"""

import sys
import threading

try:
    import pylibmc
except ImportError as error:
    print(f"pylibmc is not installed: {error}", file=sys.stderr)
    sys.exit(77)

from checks import (CLOSED_PORT, MORE_PORTS, PORT, SOCKET, eventually, expect, expect_error,
                    restart_server)


def new_client(servers=(f"127.0.0.1:{PORT}",), **behaviors):
    return pylibmc.Client(list(servers), binary=False,
                          behaviors={"tcp_nodelay": True, "cas": True, **behaviors})


def basic_commands(client):
    client.delete("key")
    expect(client.set("key", "value"), True, "set")
    expect(client.get("key"), "value", "get")
    expect(client.get("missing", "default"), "default", "get of a missing key")
    expect("key" in client, True, "in")
    expect(client.add("key", "other"), False, "add of an existing key")
    expect(client.replace("nobody", "x"), False, "replace of a missing key")
    expect(client.replace("key", "replaced"), True, "replace")
    expect(client.append("key", ">"), True, "append")
    expect(client.prepend("key", "<"), True, "prepend")
    expect(client.get("key"), "<replaced>", "get")
    expect(client.append("nobody", ">"), False, "append to a missing key")
    expect(client.touch("key", 1000), True, "touch")
    expect(client.touch("nobody", 1000), False, "touch of a missing key")
    expect(client.delete("key"), True, "delete")
    expect(client.delete("key"), False, "delete of a missing key")
    client.set("n", 10)
    expect(client.incr("n", 5), 15, "incr")
    expect(client.decr("n", 20), 0, "decr below zero")
    expect_error(pylibmc.NotFound, lambda: client.incr("nobody"), "incr of a missing key")
    value, unique = client.gets("n")
    expect(client.cas("n", value + 1, unique), True, "cas")
    expect(client.cas("n", 2, unique), False, "cas with an old unique")
    expect_error(pylibmc.NotFound, lambda: client.cas("nobody", 2, unique), "cas, key missing")
    expect(client.get("n"), 1, "get after cas")


def mapping(client):
    client["as-a-dictionary"] = 5
    expect(client["as-a-dictionary"], 5, "item")
    del client["as-a-dictionary"]
    expect_error(KeyError, lambda: client["as-a-dictionary"], "item that was deleted")


def kinds_of_values(client):
    things = [b"\x00\xff", "text \u20ac", 7, -1, 2**70, 1.5, None, {"a": [1, None]}, b"", ""]
    for number, thing in enumerate(things):
        client.set(f"kind{number}", thing)
        expect(client.get(f"kind{number}"), thing, "value")


def many_at_once(client):
    values = {f"many{i}": b"%d " % i * (i % 50) for i in range(1000)}
    expect(client.set_multi(values), [], "keys that set_multi failed to set")
    expect(client.get_multi([*values, "missing"]), values, "get_multi")
    expect(sorted(client.add_multi({"many1": b"", "fresh": b""})), ["many1"],
           "keys that add_multi failed to add")
    client.set_multi({"one": 1, "two": 2}, key_prefix="p:")
    expect(client.incr_multi(["one", "two"], key_prefix="p:", delta=10), None, "incr_multi")
    expect(client.get_multi(["one", "two"], key_prefix="p:"), {"one": 11, "two": 12}, "get_multi")
    client.delete_multi(list(values)[::2])
    expect(len(client.get_multi(list(values))), 500, "keys left")


def compression_and_size(client):
    text = b"again and again " * 300000
    expect(client.set("compressed", text, min_compress_len=1000), True, "set of 4.8 MB, compressed")
    expect(client.get("compressed"), text, "compressed value")
    noise = bytes(i * i % 251 for i in range(1500000))
    expect(client.set("large", noise), True, "set of 1.5 MB")
    expect(client.get("large"), noise, "large value")
    expect_error(pylibmc.Error, lambda: client.set("large", noise + noise), "set of 3 MB")
    expect(client.get("large"), None, "large value after a larger one was refused")


def without_waiting():
    for behavior in ("_noreply", "no_block"):
        client = new_client(**{behavior: True})
        for i in range(500):
            client.set(f"quiet{i % 7}", i)
        expect(client.get("quiet0"), 497, f"get behind sets with {behavior}")
        client.disconnect_all()


def pools():
    client = new_client()
    client.set("total", 0)
    problems = []
    mapped = pylibmc.ThreadMappedPool(client)
    shared = pylibmc.ClientPool(client, 3)

    def work(number):
        try:
            for i in range(150):
                with mapped.reserve() as own:
                    own.incr("total")
                with shared.reserve(block=True) as borrowed:
                    borrowed.set(f"thread{number}", i)
                    expect(borrowed.get(f"thread{number}"), i, "own value")
        except Exception as error:  # pylint: disable=broad-except
            problems.append(error)
        finally:
            mapped.relinquish()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(problems, [], "problems of threads")
    expect(client.get("total"), 900, "total")


def several_servers():
    addresses = [f"127.0.0.1:{port}" for port in [PORT, *MORE_PORTS]]
    values = {f"hashed{i}": i for i in range(300)}
    for behaviors in ({"ketama": True}, {"ketama_weighted": True, "hash": "md5"},
                      {"distribution": "modula", "hash": "crc"}):
        client = new_client(addresses, **behaviors)
        client.set_multi(values)
        expect(client.get_multi(list(values)), values, f"get_multi with {behaviors}")
        for address in addresses:
            found = new_client([address]).get_multi(list(values))
            expect(0 < len(found) < 300, True, f"each server has a share of the keys: {behaviors}")
        client.flush_all()
    # One of the addresses is wrong: after a failure its keys go to the others.
    client = new_client([*addresses, f"127.0.0.1:{CLOSED_PORT}"], ketama=True, auto_eject=True,
                        failure_limit=1, retry_timeout=1000)

    def stores_all():
        for key, value in values.items():
            try:
                client.set(key, value)
            except pylibmc.Error:
                return False
        return True

    eventually(stores_all, "keys of a dead server go nowhere")
    expect(client.get_multi(list(values)), values, "get_multi without the dead server")


def statistics(client):
    (_name, stats), = client.get_stats()
    for name in ("curr_items", "cmd_get", "get_hits", "threads", "version"):
        expect(name in stats, True, f"{name} in stats")


def flush(client):
    client.set("long", 1, time=1000)
    expect(client.get("long"), 1, "item with a long TTL")
    expect(client.flush_all(), True, "flush_all")
    expect(client.get("long"), None, "get after flush_all")


def reconnection():
    client = new_client(retry_timeout=1)
    client.set("before", 1)
    restart_server()

    def stored():
        try:
            return client.set("after", 2)
        except pylibmc.Error:
            return False

    eventually(stored, "no connection to the new server")
    expect(client.get("before"), None, "item of the old server")
    expect(client.get("after"), 2, "item of the new server")


def main():
    expiring = new_client([SOCKET])
    expiring.set("short", 1, time=1)
    client = new_client()
    for each in (client, expiring):
        basic_commands(each)
        kinds_of_values(each)
        many_at_once(each)
    mapping(client)
    compression_and_size(client)
    without_waiting()
    pools()
    several_servers()
    statistics(client)
    flush(client)
    reconnection()
    eventually(lambda: expiring.get("short") is None,
               "an item with a TTL of a second does not leave")
    print("all well")


main()
