package session

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"keyfob/internal/crash"
)

const callbackPath = "/callback"

// answer is what the browser brought; outcome wants to know what came of it,
// for the page that the person sees.
type answer struct {
	query   url.Values
	outcome chan<- error
}

// listener receives one answer of the browser on this computer, on a port of
// the moment (RFC 8252, section 7.3).
type listener struct {
	redirect string
	answers  <-chan answer
	sockets  []net.Listener
	server   *http.Server
}

// listen is ready for the browser when it returns. It takes the first answer
// that has state, and refuses all else: another program or page could send
// one too.
func listen(ctx context.Context, host, state string) (*listener, error) {
	sockets, host, err := loopback(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("listening for the browser: %w", err)
	}
	answers := make(chan answer)
	h := &callback{ctx: ctx, host: host, state: state, answers: answers}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 1 << 16}
	for _, socket := range sockets {
		go func() {
			defer crash.Guard()
			_ = srv.Serve(socket)
		}()
	}
	return &listener{redirect: "http://" + host + callbackPath, answers: answers, sockets: sockets, server: srv}, nil
}

// close takes no more answers from now on. The page that is being sent goes
// out meanwhile; browsers hold idle connections open, so nobody waits for it.
func (l *listener) close() {
	closeAll(l.sockets)
	go func() {
		defer crash.Guard()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if l.server.Shutdown(ctx) != nil {
			_ = l.server.Close()
		}
	}()
}

type callback struct {
	ctx         context.Context // of the sign-in
	host, state string
	answers     chan<- answer
	used        atomic.Bool
}

func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Cache-Control", "no-store")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	head.Set("Connection", "close")
	switch {
	case r.URL.Path != callbackPath || r.Host != c.host:
		http.NotFound(w, r)
	case r.Method != http.MethodGet:
		head.Set("Allow", http.MethodGet)
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	case !c.expected(r.URL.Query()):
		show(w, http.StatusBadRequest, pageForeign)
	default:
		c.hand(w, r)
	}
}

// expected claims the one answer that is taken.
func (c *callback) expected(q url.Values) bool {
	same := subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(c.state)) == 1
	return same && c.used.CompareAndSwap(false, true)
}

// hand passes the answer on and tells the person what came of it.
func (c *callback) hand(w http.ResponseWriter, r *http.Request) {
	outcome := make(chan error, 1)
	select {
	case c.answers <- answer{r.URL.Query(), outcome}:
	case <-c.ctx.Done():
		show(w, http.StatusGone, pageLate)
		return
	}
	switch known, err := c.await(outcome); {
	case !known:
		show(w, http.StatusGone, pageLate)
	case err != nil:
		show(w, http.StatusBadRequest, pageRefused)
	default:
		show(w, http.StatusOK, pageSignedIn)
	}
}

// await is the outcome, if there comes one before the sign-in is given up. The
// sign-in's context ends right after its outcome too: that one is looked for
// once more.
func (c *callback) await(outcome <-chan error) (known bool, err error) {
	select {
	case err = <-outcome:
		return true, err
	case <-c.ctx.Done():
	}
	select {
	case err = <-outcome:
		return true, err
	default:
		return false, nil
	}
}

// page is what the browser shows at the end.
type page struct {
	Title, Text string
	Good        bool
}

var (
	pageSignedIn = page{"Signed in", "You can close this tab and return to Keyfob.", true}
	pageRefused  = page{"Not signed in", "The sign-in was refused. Return to Keyfob to see why and to try again.", false}
	pageForeign  = page{"Nothing to do here", "This page does not belong to a sign-in that Keyfob is waiting for. You can close this tab.", false}
	pageLate     = page{"Too late", "Keyfob has stopped waiting for this sign-in. Return to Keyfob to start again.", false}
)

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

func show(w http.ResponseWriter, status int, p page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, p)
}
