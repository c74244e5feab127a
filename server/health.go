package server

import (
	"context"
	"net/http"
	"time"

	"keyfob/server/metrics"
)

// probeTime is how long a monitor waits for the database at most.
const probeTime = 2 * time.Second

// routeHealth registers what an operator's monitor asks: is the process up, and
// can it do its work. Strangers may ask too, so no reply says why not: the log
// and the metrics do.
func (s *Server) routeHealth() {
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { health(w, http.StatusOK) })
	s.mux.HandleFunc("GET /readyz", s.ready)
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	s.changeLogIntact() // for the log
	status := http.StatusOK
	if why := s.notReady(r.Context()); why != "" {
		status = http.StatusServiceUnavailable
	}
	health(w, status)
}

// notReady is why no calls should come here now; empty if they may. A change
// is logged. A broken change log is no reason: it is an alarm, and the server
// that it would take away is what works as it should.
func (s *Server) notReady(ctx context.Context) (why string) {
	// What is found out does not hang on whether the prober is still there, or has only closed its side.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTime)
	defer cancel()
	switch {
	case s.draining.Load():
		why = "it is stopping"
	case s.store.Ping(ctx) != nil:
		why = "the database does not answer"
	case s.store.CheckWritable(ctx) != nil:
		why = "the database takes no writes"
	case s.tokens.PepperMissing():
		why = "the current pepper is not here"
	}
	if before := s.unready.Swap(&why); before == nil || *before != why {
		switch why {
		case "":
			s.log.InfoContext(ctx, "ready")
		default:
			s.log.WarnContext(ctx, "not ready", "why", why)
		}
	}
	return why
}

// changeLogIntact is what is known of the change log. A change is logged.
func (s *Server) changeLogIntact() bool {
	intact := !s.tokens.ChangeLogBroken() && (s.changeLog == nil || s.changeLog().Intact)
	if broken := !intact; s.broken.Swap(broken) != broken {
		switch {
		case broken:
			s.log.Error("the change log is broken: run audit verify")
		default:
			s.log.Info("the change log is whole again")
		}
	}
	return intact
}

func health(w http.ResponseWriter, status int) {
	text := map[string]string{"status": "ok"}
	if status != http.StatusOK {
		text["status"] = "unavailable"
	}
	writeJSON(w, status, text)
}

// Drain makes the server say that it is no longer ready, and ask each client
// to come back on another connection. It still answers everything.
func (s *Server) Drain() { s.draining.Store(true) }

// Metrics answers what the operator's monitoring reads: /metrics, and the two
// questions about health. It is for an address of its own: behind a proxy the
// main one cannot tell the operator from the world.
func (s *Server) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.Handler(s.log))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { health(w, http.StatusOK) })
	mux.HandleFunc("GET /readyz", s.ready)
	return mux
}

// watch says where the metrics come from that are not counted here.
func (s *Server) watch(expires func() time.Time) {
	s.store.OnWrite(s.metrics.Wrote)
	from := metrics.Sources{
		Ready:   func() bool { return s.notReady(context.Background()) == "" },
		SignIns: s.signIn.Tries,
		Cache: func() map[string]uint64 {
			at := s.tokens.CacheStats()
			return map[string]uint64{"hit": at.Hits, "miss": at.Misses, "bypassed": at.Bypassed}
		},
		Expires: expires,
		Store: func(ctx context.Context) metrics.Store {
			head, err := s.store.ChainHead(ctx)
			at := s.store.Stats()
			return metrics.Store{Up: err == nil, Writable: at.Writable, Waiting: at.Waiting, Last: head.Seq, Changes: at.Changes}
		},
		Log: func() metrics.ChangeLog {
			log := metrics.ChangeLog{Intact: s.changeLogIntact()}
			if s.changeLog != nil {
				at := s.changeLog()
				log.Signed, log.At = at.Signed, at.At
			}
			return log
		},
	}
	s.metrics.Register(from)
}
