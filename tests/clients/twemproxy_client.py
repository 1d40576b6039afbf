"""Usage: twemproxy_client.py PORT SOCKET PORT PORT

Works with servers through twemproxy (Debian's nutcracker), which spreads the keys of its clients over
three of them, by ketama, and pipelines what many clients ask on one connection to each.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading

try:
    from pymemcache import exceptions
    from pymemcache.client.base import Client
except ImportError as error:
    print(f"pymemcache is not installed: {error}", file=sys.stderr)
    sys.exit(77)

from checks import MORE_PORTS, PORT, TIMEOUT, eventually, expect, restart_server

CONFIGURATION = """
pool:
  listen: {folder}/proxy 0600
  hash: fnv1a_64
  distribution: ketama
  auto_eject_hosts: false
  servers:
   - 127.0.0.1:{ports[0]}:1
   - 127.0.0.1:{ports[1]}:1
   - 127.0.0.1:{ports[2]}:2
"""
PORTS = [PORT, *MORE_PORTS]


def new_client(address):
    return Client(address, timeout=TIMEOUT, connect_timeout=TIMEOUT, default_noreply=False)


def retried(call):
    """Until the proxy has a connection to the server of the key again."""

    def succeeds():
        try:
            return call() is not False
        except (OSError, exceptions.MemcacheError):
            return False

    eventually(succeeds, "the proxy finds no server")


def commands(client):
    retried(lambda: client.delete_many(["key", "n"]))
    retried(lambda: client.set("key", b"value", flags=7))
    expect(client.get("key"), b"value", "get")
    expect(client.add("key", b"x"), False, "add of an existing key")
    expect(client.replace("key", b"new"), True, "replace")
    expect(client.append("key", b">"), True, "append")
    expect(client.prepend("key", b"<"), True, "prepend")
    value, unique = client.gets("key")
    expect(value, b"<new>", "gets")
    expect(client.cas("key", b"swapped", unique), True, "cas")
    expect(client.cas("key", b"again", unique), False, "cas with an old unique")
    expect(client.touch("key", 1000), True, "touch")
    retried(lambda: client.set("n", b"10"))
    expect(client.incr("n", 5), 15, "incr")
    expect(client.decr("n", 20), 0, "decr below zero")
    expect(client.delete("key"), True, "delete")
    expect(client.get("key"), None, "get after delete")


def many_clients(address):
    """All at once; the proxy mixes their requests on the connections that it has."""
    problems = []

    def work(number):
        try:
            client = new_client(address)
            values = {f"client{number}-{i}": b"%d " % i * (i % 300) for i in range(60)}
            for key, value in values.items():
                retried(lambda key=key, value=value: client.set(key, value))
            for _ in range(5):
                expect(client.get_many(list(values)), values, "get_many")
            client.close()
        except Exception as error:  # pylint: disable=broad-except
            problems.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(problems, [], "problems of threads")
    for port in PORTS:
        alone = new_client(("127.0.0.1", port))
        expect(int(alone.stats()[b"curr_items"]) > 0, True, "each server has a share of the keys")
        alone.close()


def main():
    if shutil.which("nutcracker") is None:
        print("nutcracker is not installed", file=sys.stderr)
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        configuration = os.path.join(folder, "configuration.yml")
        with open(configuration, "w", encoding="ascii") as file:
            file.write(CONFIGURATION.format(folder=folder, ports=PORTS))
        # It insists on a port for its statistics: each run takes an address of its own for that.
        pid = os.getpid()
        proxy = subprocess.Popen(["nutcracker", "-c", configuration, "-o", f"{folder}/log",
                                  "-a", f"127.{pid >> 16 & 255}.{pid >> 8 & 255}.{pid & 255}"])
        try:
            address = os.path.join(folder, "proxy")
            eventually(lambda: os.path.exists(address), "the proxy does not start")
            client = new_client(address)
            commands(client)
            many_clients(address)
            restart_server()
            commands(client)
            many_clients(address)
            expect(proxy.poll(), None, "exit code of the proxy, which still runs")
        finally:
            proxy.terminate()
            proxy.wait(TIMEOUT)
    print("all well")


main()
