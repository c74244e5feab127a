package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Sources are asked at each look. They must be quick, and safe for concurrent
// use. One that is nil has no metric.
type Sources struct {
	Ready   func() bool
	SignIns func() map[string]uint64 // by result
	Store   func(context.Context) Store
	Log     func() ChangeLog
	Cache   func() map[string]uint64 // looks into the cache of tokens, by result
	Expires func() time.Time         // of the server's own TLS certificate
}

// Store is the state of the database.
type Store struct {
	Up, Writable bool
	Waiting      int               // writes that are asked for and not done
	Last         int64             // sequence number of the newest event of the change log
	Changes      map[string]uint64 // events that this server wrote, by action
}

// ChangeLog is what is known of the change log's chain.
type ChangeLog struct {
	Intact bool
	Signed int64     // sequence number of the last signed checkpoint
	At     time.Time // of that checkpoint; zero: none since the start
}

const askFor = time.Second // then the database counts as gone

// Register has the sources asked from now on.
func (m *Metrics) Register(from Sources) { m.registry.MustRegister(sources{from}) }

var (
	ready    = describe("keyfob_ready", "1 if /readyz says so.")
	signIns  = describe("keyfob_sign_ins_total", "Passwords that were tried, by result.", "result")
	up       = describe("keyfob_store_up", "1 if the database answers.")
	writable = describe("keyfob_store_writable", "1 if the last write to the database did not fail.")
	waiting  = describe("keyfob_store_writes_waiting", "Writes that are asked for and not yet durable.")
	changes  = describe("keyfob_changes_total", "Changes that this server made, by the action in the change log, such as token.created.", "action")
	last     = describe("keyfob_changelog_last_sequence", "Number of the newest event of the change log.")
	signed   = describe("keyfob_changelog_checkpoint_sequence", "Number of the event that the last signed checkpoint is of.")
	signedAt = describe("keyfob_changelog_checkpoint_timestamp_seconds", "When this server signed it; 0: not since its start.")
	intact   = describe("keyfob_changelog_intact", "0 once the change log's hash chain was found broken.")
	cache    = describe("keyfob_cache_lookups_total", "Looks into the memory of checked tokens: hit, miss, or bypassed while it was not sure what had changed.", "result")
	expires  = describe("keyfob_tls_certificate_expiry_timestamp_seconds", "When the server's own TLS certificate ends.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

type sources struct{ Sources }

// Describe is part of prometheus.Collector.
func (s sources) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(s, to) }

// Collect is part of prometheus.Collector.
func (s sources) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64) { to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	counts := func(d *prometheus.Desc, of map[string]uint64) {
		for label, n := range of {
			to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), label)
		}
	}
	if s.Ready != nil {
		gauge(ready, number(s.Ready()))
	}
	if s.SignIns != nil {
		counts(signIns, s.SignIns())
	}
	if s.Cache != nil {
		counts(cache, s.Cache())
	}
	if s.Expires != nil {
		gauge(expires, float64(s.Expires().Unix()))
	}
	s.collectRecords(gauge, counts)
}

func (s sources) collectRecords(gauge func(*prometheus.Desc, float64), counts func(*prometheus.Desc, map[string]uint64)) {
	if s.Store != nil {
		ctx, cancel := context.WithTimeout(context.Background(), askFor)
		defer cancel()
		at := s.Store(ctx)
		gauge(up, number(at.Up))
		gauge(writable, number(at.Writable))
		gauge(waiting, float64(at.Waiting))
		counts(changes, at.Changes)
		if at.Up {
			gauge(last, float64(at.Last))
		}
	}
	if s.Log != nil {
		at := s.Log()
		gauge(intact, number(at.Intact))
		gauge(signed, float64(at.Signed))
		seconds := 0.0
		if !at.At.IsZero() {
			seconds = float64(at.At.Unix())
		}
		gauge(signedAt, seconds)
	}
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
