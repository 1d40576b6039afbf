"""Usage: pymemcache_secure_client.py PORT FOLDER KEYS

Works through pymemcache with a server that asks for a certificate and for a password. The folder
holds server.crt, and certificates with keys of a client and of a stranger. So many keys are stored
at once.
"""

import os
import ssl
import sys

try:
    from pymemcache import exceptions
    from pymemcache.client.base import Client
except ImportError as error:
    print(f"pymemcache is not installed: {error}", file=sys.stderr)
    sys.exit(77)

PORT = int(sys.argv[1])
FOLDER = sys.argv[2]
KEYS_AT_ONCE = int(sys.argv[3])
ERRORS = (OSError, exceptions.MemcacheError)


def expect(actual, wanted, what):
    if actual != wanted:
        raise AssertionError(f"{what}: {str(actual)[:200]} instead of {str(wanted)[:200]}")


def new_client(certificate, authority="server"):
    context = ssl.create_default_context(cafile=os.path.join(FOLDER, authority + ".crt"))
    context.check_hostname = False  # the certificates here have no names but their own
    if certificate is not None:
        context.load_cert_chain(os.path.join(FOLDER, certificate + ".crt"),
                                os.path.join(FOLDER, certificate + ".key"))
    return Client(("127.0.0.1", PORT), timeout=20, connect_timeout=20, default_noreply=False,
                  tls_context=context)


def log_in(client, password=b"someone secret"):
    """A connection's first command sets any key to the name and the password."""
    return client.set("auth", password)


def is_refused(call, what):
    try:
        call()
    except ERRORS:
        return
    raise AssertionError(f"{what}: not refused")


def main():
    client = new_client("client")
    is_refused(lambda: client.get("key"), "a request before the password")
    client.close()
    is_refused(lambda: log_in(client, b"someone guess"), "a wrong password")
    client.close()
    expect(log_in(client), True, "set with the right password")
    expect(client.get("auth"), None, "the password is no item")

    large = os.urandom(700000)
    values = {f"many{i}": b"%d " % i * i for i in range(KEYS_AT_ONCE)}
    expect(client.set("large", large), True, "set of 700,000 bytes")
    expect(client.get("large"), large, "700,000 bytes")
    expect(client.set_many(values), [], "keys that set_many failed to set")
    expect(client.get_many(list(values)), values, "get_many")
    for _ in range(KEYS_AT_ONCE):
        client.set("quiet", b"1", noreply=True)
    expect(client.incr("quiet", 1), 2, "incr behind sets without replies")

    other = new_client("client")
    expect(log_in(other), True, "set with the right password, once a connection")
    expect(other.get("quiet"), b"2", "what another connection has stored")
    other.close()
    other.close()
    is_refused(lambda: other.get("quiet"), "a new connection without a password")

    for certificate in (None, "stranger"):
        is_refused(lambda: log_in(new_client(certificate)), f"with certificate {certificate}")
    is_refused(lambda: log_in(new_client("client", authority="stranger")),
               "a server that the client does not trust")
    expect(client.get("large"), large, "the first connection, behind all that")
    client.close()
    print("all well")


main()
