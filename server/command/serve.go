package command

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"keyfob/server"
	"keyfob/server/certificate"
	"keyfob/server/instance"
	"keyfob/server/origin"
	"keyfob/server/signin"
)

// closeTime is for what is still in memory when the last request is answered.
const closeTime = 10 * time.Second

type serveCmd struct {
	Listen    string `help:"Address to listen on." default:"127.0.0.1:8642" env:"KEYFOBD_LISTEN"`
	PublicURL string `name:"public-url" help:"How clients reach the server, if not by the address it listens on, such as the https address of the proxy before it." placeholder:"URL" env:"KEYFOBD_PUBLIC_URL"`
	Cache     int    `help:"How many tokens to remember, so that checking them again needs no read; 0: none." default:"100000" env:"KEYFOBD_CACHE"`

	TLSCert        string        `name:"tls-cert" help:"The server's own TLS certificate with its chain, in PEM. Read again when it changes." placeholder:"FILE" type:"path" env:"KEYFOBD_TLS_CERT"`
	TLSKey         string        `name:"tls-key" help:"Its key." placeholder:"FILE" type:"path" env:"KEYFOBD_TLS_KEY"`
	TrustedProxies []string      `name:"trusted-proxy" help:"Networks of proxies that may say, in X-Forwarded-For or Forwarded, who calls." placeholder:"CIDR" env:"KEYFOBD_TRUSTED_PROXIES"`
	MetricsListen  string        `name:"metrics-listen" help:"Address to answer /metrics on, such as 127.0.0.1:9464. Without it there are none." placeholder:"ADDRESS" env:"KEYFOBD_METRICS_LISTEN"`
	CPUProfile     string        `name:"cpu-profile" help:"Write where the time went to this file." hidden:""`
	Drain          time.Duration `help:"How long to go on when told to stop, while /readyz already says no: as long as a load balancer takes to notice." default:"0s" env:"KEYFOBD_DRAIN"`
}

// Run serves until the process is told to stop.
func (c *serveCmd) Run(e *env) error {
	stopProfile, err := profile(c.CPUProfile)
	if err != nil {
		return err
	}
	defer stopProfile()
	spareTheCollector(c.Cache)
	public, err := publicURL(c.Listen, c.PublicURL, c.TLSCert != "")
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(e.stderr, nil))
	if e.json {
		log = slog.New(slog.NewJSONHandler(e.stderr, nil))
	}
	slog.SetDefault(slog.New(signin.Foreign(log)))
	config := instance.Config{Dir: e.data, Database: e.database, Rules: e.rules, PublicURL: public, Version: e.program.VersionText(), Log: log, Cache: c.Cache}
	if c.Cache <= 0 {
		config.Cache = -1 // 0 would be what is usual
	}
	if config.Trusted, err = origin.ParseTrusted(c.TrustedProxies); err != nil {
		return usageError{"--trusted-proxy: " + err.Error() + "."}
	}
	how := server.Listening{Drain: c.Drain, Log: log}
	if how.TLS, config.Expires, err = c.certificate(log); err != nil {
		return err
	}
	ln, metrics, err := c.listen(e.ctx)
	if err != nil {
		return err
	}
	if public == "" {
		config.PublicURL = how.Scheme() + "://" + ln.Addr().String()
	}
	in, err := instance.Open(e.ctx, config)
	if err != nil {
		return errors.Join(err, closeAll(ln, metrics))
	}
	// It already answers: the listener queues calls until Serve takes them.
	at := map[string]string{"url": config.PublicURL}
	if metrics != nil {
		at["metrics"] = "http://" + metrics.Addr().String() + "/metrics"
	}
	if err := e.print(config.PublicURL, at); err != nil {
		return errors.Join(err, closeAll(ln, metrics), in.Close(e.ctx))
	}
	log.InfoContext(e.ctx, "serving", "url", config.PublicURL, "address", ln.Addr().String(), "metrics", at["metrics"], "version", config.Version)
	c.warn(log)
	served := c.serve(e.ctx, how, ln, metrics, in)
	log.InfoContext(e.ctx, "stopped taking requests")
	closing, cancel := context.WithTimeout(context.WithoutCancel(e.ctx), closeTime)
	defer cancel()
	return errors.Join(served, in.Close(closing))
}

// serve answers until the process is told to stop; metrics as long as the rest.
func (c *serveCmd) serve(ctx context.Context, how server.Listening, ln, metrics net.Listener, in *instance.Instance) error {
	if metrics == nil {
		return how.Serve(ctx, ln, in.Handler)
	}
	beside, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() {
		ended <- server.Listening{Log: how.Log, Grace: time.Second}.Serve(beside, metrics, in.Metrics)
	}()
	served := how.Serve(ctx, ln, in.Handler)
	stop()
	return errors.Join(served, <-ended)
}

// listen takes the addresses. metrics is nil if there are to be none.
func (c *serveCmd) listen(ctx context.Context) (ln, metrics net.Listener, err error) {
	var lc net.ListenConfig
	if ln, err = lc.Listen(ctx, "tcp", c.Listen); err != nil {
		return nil, nil, failure{"Cannot listen on " + c.Listen + ". Is another program using it? Choose another address with --listen. (" + err.Error() + ")"}
	}
	if c.MetricsListen == "" {
		return ln, nil, nil
	}
	if metrics, err = lc.Listen(ctx, "tcp", c.MetricsListen); err != nil {
		return nil, nil, errors.Join(failure{"Cannot listen on " + c.MetricsListen + ". Is another program using it? Choose another address with --metrics-listen. (" + err.Error() + ")"}, ln.Close())
	}
	return ln, metrics, nil
}

func closeAll(listeners ...net.Listener) error {
	var errs []error
	for _, ln := range listeners {
		if ln != nil {
			errs = append(errs, ln.Close())
		}
	}
	return errors.Join(errs...)
}

// certificate opens the server's own TLS certificate; both are nil if it has none.
func (c *serveCmd) certificate(log *slog.Logger) (*tls.Config, func() time.Time, error) {
	if c.TLSCert == "" && c.TLSKey == "" {
		return nil, nil, nil
	}
	if c.TLSCert == "" || c.TLSKey == "" {
		return nil, nil, usageError{"--tls-cert and --tls-key go together."}
	}
	k, err := certificate.Open(certificate.Files{Cert: c.TLSCert, Key: c.TLSKey}, time.Now, log)
	if err != nil {
		return nil, nil, failure{err.Error()}
	}
	return k.Config(), k.Expires, nil
}

// warn says what is allowed and unwise.
func (c *serveCmd) warn(log *slog.Logger) {
	host, _, _ := net.SplitHostPort(c.Listen) // was read before
	switch proxied := len(c.TrustedProxies) > 0; {
	case !loopback(host) && c.TLSCert == "" && !proxied:
		log.Warn("listening beyond this machine in the clear, with no proxy that is trusted: secrets can be read on the way; set --tls-cert, or --trusted-proxy for the proxy that does TLS")
	case loopback(host) && c.PublicURL != "" && c.TLSCert == "" && !proxied:
		log.Warn("behind a proxy that is not trusted: who calls is not known, so failed checks are not limited by network; set --trusted-proxy 127.0.0.1")
	}
	if at, _, err := net.SplitHostPort(c.MetricsListen); err == nil && !loopback(at) {
		log.Warn("metrics are readable beyond this machine, in the clear")
	}
}

// publicURL checks how clients will reach the server. Empty: by the address
// that it listens on. Tokens never travel beyond this machine in the clear.
func publicURL(listen, public string, ownTLS bool) (string, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return "", usageError{"--listen must be like 127.0.0.1:8642."}
	}
	if public == "" {
		if !loopback(host) {
			return "", usageError{"Listening beyond this machine needs --public-url https://…: the address that clients use, of a proxy that does TLS or of this server with --tls-cert. Without it secrets would travel in the clear."}
		}
		return "", nil
	}
	u, err := url.Parse(public)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "", strings.Trim(u.Path, "/") != "":
		return "", usageError{"--public-url must be like https://tokens.example.org, without a path."}
	case u.Scheme == "http" && ownTLS:
		return "", usageError{"--public-url must begin with https:// when the server does TLS."}
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
