package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
)

const (
	ipv4 = "127.0.0.1"
	ipv6 = "::1"
	name = "localhost"
)

var errHost = errors.New("the browser can only come back to 127.0.0.1 or localhost")

// loopback binds a free port of this computer, and of nothing else. A browser
// may take localhost for either address, and what it brings must reach no
// other program: then the port is bound on both, where there are both.
func loopback(ctx context.Context, host string) (sockets []net.Listener, address string, err error) {
	switch host {
	case "", ipv4:
		socket, err := bind(ctx, ipv4, 0)
		if err != nil {
			return nil, "", err
		}
		return []net.Listener{socket}, socket.Addr().String(), nil
	case name:
		return bothLoopbacks(ctx)
	}
	return nil, "", fmt.Errorf("%w, not to %q", errHost, host)
}

func bothLoopbacks(ctx context.Context) (sockets []net.Listener, address string, err error) {
	for range 10 { // the port that one address gave may be taken on the other
		sockets, address, err = samePort(ctx)
		if err == nil {
			return sockets, address, nil
		}
	}
	return nil, "", err
}

func samePort(ctx context.Context) ([]net.Listener, string, error) {
	six, err := bind(ctx, ipv6, 0)
	if err != nil { // this computer has no IPv6
		four, err := bind(ctx, ipv4, 0)
		if err != nil {
			return nil, "", err
		}
		return []net.Listener{four}, net.JoinHostPort(name, port(four)), nil
	}
	n, _ := strconv.Atoi(port(six))
	four, err := bind(ctx, ipv4, n)
	if err != nil {
		_ = six.Close()
		return nil, "", err
	}
	return []net.Listener{six, four}, net.JoinHostPort(name, port(six)), nil
}

func bind(ctx context.Context, ip string, port int) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
}

func port(l net.Listener) string {
	_, p, _ := net.SplitHostPort(l.Addr().String())
	return p
}

func closeAll(sockets []net.Listener) {
	for _, s := range sockets {
		_ = s.Close()
	}
}
