// Package metrics counts what the server does, for Prometheus, on a registry
// of its own. No id, address or secret is in any of it: labels are route
// patterns and words of our own, so that their number is bounded whatever is
// sent.
//
// What others count for themselves is asked for when somebody looks: see
// Sources.
package metrics

import (
	"log/slog"
	"maps"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// What was checked: the credentials of a caller, or a token that a caller asks
// about.
const (
	Caller       = "caller"
	Introspected = "introspected"
)

// What it was worth.
const (
	Accepted  = "accepted"
	Refused   = "refused"
	Throttled = "throttled" // refused, and told to come back later
)

// Metrics is what one server counts. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	inFlight prometheus.Gauge
	checks   *prometheus.CounterVec
	writes   prometheus.Histogram

	replied series[reply, replied]
	checked series[[2]string, prometheus.Counter]
}

// reply is what is said of a request that was answered, and replied where that
// is counted.
type reply struct {
	route, method string
	status        int
}

type replied struct {
	requests prometheus.Counter
	took     prometheus.Observer
}

// series are counters by their labels: to find one here is quicker than among
// all that the library has. Labels are bounded, and so is this.
type series[K comparable, V any] struct {
	mu   sync.Mutex              // held by who adds one
	kept atomic.Pointer[map[K]V] // never changed, but replaced
}

func (s *series[K, V]) of(key K, find func() V) V {
	if kept := s.kept.Load(); kept != nil {
		if v, ok := (*kept)[key]; ok {
			return v
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	more := map[K]V{key: find()}
	if kept := s.kept.Load(); kept != nil {
		maps.Copy(more, *kept)
	}
	s.kept.Store(&more)
	return more[key]
}

// fine is for what takes from a tenth of a millisecond to seconds.
var fine = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// New makes the metrics of a server.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "keyfob_http_requests_total", Help: "Requests that were answered.",
		}, []string{"route", "method", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "keyfob_http_request_duration_seconds", Help: "How long an answer took.", Buckets: fine,
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "keyfob_http_requests_in_flight", Help: "Requests that are being answered.",
		}),
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "keyfob_checks_total", Help: "Tokens and client secrets that were presented, by what they were worth.",
		}, []string{"what", "result"}),
		writes: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "keyfob_store_write_duration_seconds", Help: "From asking for a write to knowing that it is durable, waiting included.", Buckets: fine,
		}),
	}
	for _, result := range []string{Accepted, Refused, Throttled} {
		m.checks.WithLabelValues(Caller, result) // there from the start, at 0
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "keyfob_build_info", Help: "Always 1.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.took, m.inFlight, m.checks, m.writes, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Began notes a request that came at start; call the result when it is answered.
// route is the pattern of a route, never a path.
func (m *Metrics) Began(start time.Time) (ended func(route, method string, status int)) {
	m.inFlight.Inc()
	return func(route, method string, status int) {
		m.inFlight.Dec()
		r := m.replied.of(reply{route, method, status}, func() replied {
			return replied{m.requests.WithLabelValues(route, method, strconv.Itoa(status)), m.took.WithLabelValues(route, method)}
		})
		r.requests.Inc()
		r.took.Observe(time.Since(start).Seconds())
	}
}

// Checked notes what a presented secret was worth.
func (m *Metrics) Checked(what, result string) {
	m.checked.of([2]string{what, result}, func() prometheus.Counter { return m.checks.WithLabelValues(what, result) }).Inc()
}

// Wrote notes how long a write took.
func (m *Metrics) Wrote(took time.Duration) { m.writes.Observe(took.Seconds()) }

// Handler answers with all metrics.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4,
	})
}

// Gatherer is the registry, to be read by tests.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }
