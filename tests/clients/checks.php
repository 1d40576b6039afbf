<?php
// What the PHP clients' scripts share: their arguments and their expectations.

error_reporting(E_ALL & ~E_DEPRECATED);  // what the extensions do is deprecated by now
set_time_limit(55);

// Where to find the servers: a TCP port, the path of a UNIX socket, and two more TCP ports.
define('PORT', (int) $argv[1]);
define('SOCKET', $argv[2]);
define('MORE_PORTS', [(int) $argv[3], (int) $argv[4]]);

// Nobody listens there.
const CLOSED_PORT = 1;

// Whatever is wrong ends the script with 1: PHP's own status for an exception is 255.
set_exception_handler(function (Throwable $problem): void {
    fwrite(STDERR, $problem . "\n");
    exit(1);
});

function need_extension(string $name): void
{
    if (extension_loaded($name)) return;
    fwrite(STDERR, "PHP's extension $name is not installed\n");
    exit(77);
}

function expect(mixed $actual, mixed $wanted, string $what): void
{
    if ($actual === $wanted) return;
    $text = fn($value) => substr(var_export($value, true), 0, 200);
    throw new Exception("$what: {$text($actual)} instead of {$text($wanted)}");
}

function eventually(callable $condition, string $what): void
{
    $deadline = microtime(true) + 20;
    while (!$condition()) {
        if (microtime(true) > $deadline) throw new Exception($what);
        usleep(20000);
    }
}

// The server on PORT ends, and is back, empty, when this returns.
function restart_server(): void
{
    passthru('bash ' . escapeshellarg(__DIR__ . '/restart_server.sh') . ' ' . PORT, $status);
    expect($status, 0, 'restart_server.sh');
}

// Sessions kept in the cache: what one request of a visitor writes, the next one reads. The handler
// locks a session with `add`.
function sessions(string $handler, string $servers): void
{
    ini_set('session.save_handler', $handler);
    ini_set('session.save_path', $servers);
    ini_set('session.use_cookies', 0);
    ini_set('session.cache_limiter', '');
    session_id('visitor1');
    for ($request = 0; $request < 5; ++$request) {
        expect(session_start(), true, 'session_start');
        $_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
        $_SESSION['basket'][] = str_repeat('item ', 1000);
        expect(session_write_close(), true, 'session_write_close');
        $_SESSION = [];
    }
    session_start();
    expect($_SESSION['count'], 5, 'visits of a session');
    expect(count($_SESSION['basket']), 5, 'items of a session');
    expect(session_destroy(), true, 'session_destroy');
    session_id('visitor1');
    session_start();
    expect($_SESSION, [], 'session that was destroyed');
    session_write_close();
}
