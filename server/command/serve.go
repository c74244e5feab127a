package command

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"keyfob/server"
	"keyfob/server/instance"
)

type serveCmd struct {
	Listen     string `help:"Address to listen on." default:"127.0.0.1:8642" env:"KEYFOBD_LISTEN"`
	PublicURL  string `name:"public-url" help:"How clients reach the server, if not by the address it listens on: the https address of the proxy before it." placeholder:"URL" env:"KEYFOBD_PUBLIC_URL"`
	CPUProfile string `name:"cpu-profile" help:"Write where the time went to this file." hidden:""`
}

// Run serves until the process is told to stop.
func (c *serveCmd) Run(e *env) error {
	stopProfile, err := profile(c.CPUProfile)
	if err != nil {
		return err
	}
	defer stopProfile()
	public, err := publicURL(c.Listen, c.PublicURL)
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(e.ctx, "tcp", c.Listen)
	if err != nil {
		return failure{"Cannot listen on " + c.Listen + ". Is another program using it? Choose another address with --listen. (" + err.Error() + ")"}
	}
	if public == "" {
		public = "http://" + ln.Addr().String()
	}
	log := slog.New(slog.NewTextHandler(e.stderr, nil))
	if e.json {
		log = slog.New(slog.NewJSONHandler(e.stderr, nil))
	}
	in, err := instance.Open(e.ctx, instance.Config{Dir: e.data, Database: e.database, Rules: e.rules, PublicURL: public, Version: e.program.VersionText(), Log: log})
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	// It already answers: the listener queues calls until Serve takes them.
	if err := e.print(public, map[string]string{"url": public}); err != nil {
		return errors.Join(err, ln.Close(), in.Close(e.ctx))
	}
	log.InfoContext(e.ctx, "serving", "url", public, "address", ln.Addr().String(), "version", e.program.VersionText())
	served := server.Serve(e.ctx, ln, in.Handler, log)
	log.InfoContext(e.ctx, "stopping")
	closing, cancel := context.WithTimeout(context.WithoutCancel(e.ctx), 10*time.Second)
	defer cancel()
	return errors.Join(served, in.Close(closing))
}

// profile writes a CPU profile to a file until it is stopped; empty: none.
func profile(name string) (stop func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close() // a torn profile says so when it is read
	}, nil
}

// publicURL checks how clients will reach the server. Empty: by the address
// that it listens on. Tokens never travel beyond this machine in the clear.
func publicURL(listen, public string) (string, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return "", usageError{"--listen must be like 127.0.0.1:8642."}
	}
	if public == "" {
		if !loopback(host) {
			return "", usageError{"Listening beyond this machine needs --public-url https://…: the address of a proxy that does TLS. Without it secrets would travel in the clear."}
		}
		return "", nil
	}
	u, err := url.Parse(public)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "", strings.Trim(u.Path, "/") != "":
		return "", usageError{"--public-url must be like https://tokens.example.org, without a path."}
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()) && loopback(host):
		return strings.TrimSuffix(public, "/"), nil
	}
	return "", usageError{"--public-url must begin with https:// unless all of it stays on this machine."}
}

// loopback reports whether host is this machine and nothing else.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
