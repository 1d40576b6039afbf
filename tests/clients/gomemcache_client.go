// Usage: gomemcache_client PORT SOCKET PORT PORT
//
// Works with servers through gomemcache, Go's most used client.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
)

const (
	timeout       = 20 * time.Second
	closedAddress = "127.0.0.1:1" // nobody listens there
)

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(1)
}

func expect(actual, wanted interface{}, what string) {
	if actual != wanted {
		fail("%s: %.200v instead of %.200v", what, actual, wanted)
	}
}

func eventually(condition func() bool, what string) {
	for deadline := time.Now().Add(timeout); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			fail("%s", what)
		}
	}
}

func newClient(addresses ...string) *memcache.Client {
	client := memcache.New(addresses...)
	client.Timeout = timeout
	return client
}

func text(client *memcache.Client, key string) string {
	item, err := client.Get(key)
	if err != nil {
		return err.Error()
	}
	return string(item.Value)
}

func item(key, value string) *memcache.Item {
	return &memcache.Item{Key: key, Value: []byte(value)}
}

func basicCommands(client *memcache.Client) {
	expect(client.Set(&memcache.Item{Key: "key", Value: []byte("value"), Flags: 1<<32 - 1}), nil, "set")
	stored, err := client.Get("key")
	expect(err, nil, "get")
	expect(string(stored.Value), "value", "value")
	expect(stored.Flags, uint32(1<<32-1), "flags")
	_, err = client.Get("missing")
	expect(err, memcache.ErrCacheMiss, "get of a missing key")
	expect(client.Add(item("key", "other")), memcache.ErrNotStored, "add of an existing key")
	expect(client.Replace(item("nobody", "x")), memcache.ErrNotStored, "replace of a missing key")
	expect(client.Replace(item("key", "replaced")), nil, "replace")
	expect(client.Touch("key", 1000), nil, "touch")
	expect(client.Touch("nobody", 1000), memcache.ErrCacheMiss, "touch of a missing key")
	stale, _ := client.Get("key")
	stored.Value = []byte("swapped")
	expect(client.CompareAndSwap(stored), memcache.ErrCASConflict, "cas with an old unique")
	stale.Value = []byte("swapped")
	expect(client.CompareAndSwap(stale), nil, "cas")
	expect(text(client, "key"), "swapped", "get after cas")
	expect(client.Delete("key"), nil, "delete")
	expect(client.Delete("key"), memcache.ErrCacheMiss, "delete of a missing key")
	expect(client.Set(item("n", "10")), nil, "set of a number")
	sum, err := client.Increment("n", 1<<63)
	expect(err, nil, "increment")
	expect(sum, uint64(1<<63+10), "increment")
	sum, _ = client.Decrement("n", 1<<63+20)
	expect(sum, uint64(0), "decrement below zero")
	_, err = client.Increment("nobody", 1)
	expect(err, memcache.ErrCacheMiss, "increment of a missing key")
	_ = client.Set(item("text", "abc"))
	_, err = client.Increment("text", 1)
	expect(err != nil && strings.Contains(err.Error(), "non-numeric"), true, "increment of a text")
	expect(client.Set(item(strings.Repeat("k", 251), "x")), memcache.ErrMalformedKey, "long key")
}

func manyAtOnce(client *memcache.Client) {
	var keys []string
	for i := 0; i < 1000; i++ {
		key := fmt.Sprintf("many%d", i)
		keys = append(keys, key)
		expect(client.Set(item(key, strings.Repeat(key, i%50))), nil, "set")
	}
	found, err := client.GetMulti(append(keys, "missing"))
	expect(err, nil, "GetMulti")
	expect(len(found), len(keys), "items of GetMulti")
	for i, key := range keys {
		expect(string(found[key].Value), strings.Repeat(key, i%50), "value of "+key)
	}
}

func largeValues(client *memcache.Client) {
	large := bytes.Repeat([]byte("large\r\n"), 200000)
	expect(client.Set(&memcache.Item{Key: "large", Value: large}), nil, "set of 1.4 MB")
	back, err := client.Get("large")
	expect(err, nil, "get of 1.4 MB")
	expect(bytes.Equal(back.Value, large), true, "large value")
	err = client.Set(&memcache.Item{Key: "large", Value: append(large, large...)})
	expect(err != nil, true, "set of 2.8 MB is an error")
	expect(text(client, "large"), memcache.ErrCacheMiss.Error(), "get after a larger one was refused")
}

// Goroutines share the client's pool of connections.
func goroutines(client *memcache.Client) {
	expect(client.Set(item("total", "0")), nil, "set")
	var group sync.WaitGroup
	for worker := 0; worker < 16; worker++ {
		group.Add(1)
		go func(key string) {
			defer group.Done()
			for i := 0; i < 100; i++ {
				if _, err := client.Increment("total", 1); err != nil {
					fail("increment: %v", err)
				}
				value := fmt.Sprint(i)
				expect(client.Set(item(key, value)), nil, "set of an own key")
				expect(text(client, key), value, "own value")
			}
		}(fmt.Sprintf("goroutine%d", worker))
	}
	group.Wait()
	expect(text(client, "total"), "1600", "total")
}

func severalServers(addresses []string) {
	client := newClient(addresses...)
	for i := 0; i < 300; i++ {
		expect(client.Set(item(fmt.Sprintf("hashed%d", i), "x")), nil, "set on three servers")
	}
	for _, address := range addresses {
		alone, share := newClient(address), 0
		for i := 0; i < 300; i++ {
			if _, err := alone.Get(fmt.Sprintf("hashed%d", i)); err == nil {
				share++
			}
		}
		expect(share > 0 && share < 300, true, "each server has a share of the keys")
	}
	expect(client.FlushAll(), nil, "flush of all")
	// One of the addresses is wrong: its keys are errors, the others are not concerned.
	client = newClient(append(addresses, closedAddress)...)
	stored := 0
	for i := 0; i < 300; i++ {
		if client.Set(item(fmt.Sprintf("hashed%d", i), "x")) == nil {
			stored++
		}
	}
	expect(stored > 100 && stored < 300, true, "keys beside a dead server")
}

func flush(client *memcache.Client) {
	expect(client.Set(&memcache.Item{Key: "long", Value: []byte("x"), Expiration: 1000}), nil, "set")
	expect(text(client, "long"), "x", "item with a long TTL")
	expect(client.DeleteAll(), nil, "flush_all")
	expect(text(client, "long"), memcache.ErrCacheMiss.Error(), "get after flush_all")
}

func reconnection(client *memcache.Client, port string) {
	expect(client.Set(item("before", "x")), nil, "set")
	_, source, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(source), "restart_server.sh")
	if output, err := exec.Command("bash", script, port).CombinedOutput(); err != nil {
		fail("restart_server.sh: %v %s", err, output)
	}
	eventually(func() bool { return client.Set(item("after", "y")) == nil }, "no new connection")
	expect(text(client, "before"), memcache.ErrCacheMiss.Error(), "item of the old server")
	expect(text(client, "after"), "y", "item of the new server")
}

func main() {
	port, socket := os.Args[1], os.Args[2]
	var addresses []string
	for _, each := range []string{port, os.Args[3], os.Args[4]} {
		addresses = append(addresses, "127.0.0.1:"+each)
	}
	expiring := newClient(socket)
	_ = expiring.Set(&memcache.Item{Key: "short", Value: []byte("x"), Expiration: 1})
	client := newClient(addresses[0])
	for _, each := range []*memcache.Client{client, expiring} {
		basicCommands(each)
		manyAtOnce(each)
		largeValues(each)
		goroutines(each)
	}
	severalServers(addresses)
	flush(client)
	reconnection(client, port)
	eventually(func() bool {
		_, err := expiring.Get("short")
		return err == memcache.ErrCacheMiss
	}, "an item with a TTL of a second does not leave")
	fmt.Println("all well")
}
