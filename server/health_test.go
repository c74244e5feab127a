package server_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"keyfob/server"
	"keyfob/server/audit"
	"keyfob/server/tokens"
)

var operator = tokens.Operator()

// probe asks a server of its own over the house's records.
func (h *house) probe(s *server.Server, path string) (status int, body string) {
	h.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(h.Context(), http.MethodGet, path, nil))
	return w.Code, strings.TrimSpace(w.Body.String())
}

// A change log that does not verify is an alarm: one row that
// was edited must not take all servers away.
func TestReadyzSaysNoWhenTheServerStopsAndNotForABrokenChangeLog(t *testing.T) {
	h := newHouse(t)
	log, said := audit.Status{Intact: true}, new(logs)
	s, err := server.New(server.Config{
		Tokens: h.in.Tokens, SignIn: h.in.SignIn, Store: h.in.Store, PublicURL: h.url, Version: "1",
		ChangeLog: func() audit.Status { return log }, Log: slog.New(slog.NewTextHandler(said, nil)),
	})
	h.must(err)
	says := func(path string, status int, body string) {
		t.Helper()
		if got, text := h.probe(s, path); got != status || text != body {
			t.Errorf("%s: %d %s, want %d", path, got, text, status)
		}
	}
	const ok, no = `{"status":"ok"}`, `{"status":"unavailable"}`
	says("/readyz", 200, ok)
	intact := func(want float64) {
		t.Helper()
		if got := seriesOf(h, s)["keyfob_changelog_intact"]; got != want {
			t.Errorf("keyfob_changelog_intact is %v, want %v", got, want)
		}
	}
	intact(1)
	log.Intact = false
	says("/readyz", 200, ok)
	says("/readyz", 200, ok)
	intact(0)
	log.Intact = true
	intact(1)
	if n := strings.Count(said.String(), "level=ERROR msg=\"the change log is broken: run audit verify\""); n != 1 {
		t.Errorf("it was said %d times: %s", n, said)
	}
	s.Drain()
	says("/readyz", 503, no)
	says("/healthz", 200, ok)
	if status, _ := h.probe(s, "/tools/auto-discovery"); status != 200 {
		t.Errorf("while it stops, a call is answered %d", status)
	}
	if now := h.series(); now["keyfob_store_up"] != 1 || now["keyfob_ready"] != 1 {
		t.Errorf("%v", now)
	}
	h.must(h.in.Store.Close())
	if gone := h.series(); gone["keyfob_store_up"] != 0 || gone["keyfob_ready"] != 0 {
		t.Error("a database that is gone counts as up")
	}
}

// series is every metric by its name and labels.
func (h *house) series() map[string]float64 {
	h.Helper()
	w := httptest.NewRecorder()
	h.in.Metrics.ServeHTTP(w, httptest.NewRequestWithContext(h.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		h.Fatalf("/metrics: %d %s", w.Code, w.Body)
	}
	return seriesOf(h, h.in.Handler.(*server.Server))
}

func seriesOf(h *house, s *server.Server) map[string]float64 {
	h.Helper()
	families, err := s.Gatherer().Gather()
	h.must(err)
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			name := f.GetName()
			for _, l := range m.Label {
				name += " " + l.GetName() + "=" + l.GetValue()
			}
			out[name] = value(m)
		}
	}
	return out
}

func value(m *dto.Metric) float64 {
	switch {
	case m.Counter != nil:
		return m.Counter.GetValue()
	case m.Histogram != nil:
		return float64(m.Histogram.GetSampleCount())
	}
	return m.Gauge.GetValue()
}

func TestMetricsCountWhatHappensAndNameNobody(t *testing.T) {
	h := newHouse(t)
	before := h.series()
	pat := h.pat(h.bobIn, h.open, "read")
	sat := h.sat(h.open, "introspect")
	h.get("/profile/me", pat.Secret).want(http.StatusOK)
	h.get("/profile/tokens/"+pat.Token.ID, h.bobIn).want(http.StatusOK)
	h.get("/profile/me", "nobody's").want(http.StatusUnauthorized)
	h.get("/"+pat.Secret, "").want(http.StatusNotFound)
	h.call("X"+pat.Secret, "/", "", nil).want(http.StatusNotFound)
	h.get("/id/"+pat.Secret, "").want(http.StatusNotFound)
	h.asked(sat.Secret, pat.Secret).want(http.StatusOK)
	h.call(http.MethodDelete, "/profile/tokens/"+pat.Token.ID, h.bobIn, nil).want(http.StatusNoContent)
	h.asked(sat.Secret, pat.Secret).want(http.StatusOK)
	after := h.series()
	for name, more := range map[string]float64{
		"keyfob_http_requests_total method=GET route=/profile/me status=200":          1,
		"keyfob_http_requests_total method=GET route=/profile/tokens/{id} status=200": 1,
		"keyfob_http_requests_total method=GET route=none status=404":                 1,
		"keyfob_http_requests_total method=other route=none status=404":               1,
		"keyfob_http_requests_total method=GET route=/id/ status=404":                 1,
		"keyfob_http_request_duration_seconds method=GET route=/profile/me":           2,
		"keyfob_checks_total result=refused what=caller":                              1,
		"keyfob_checks_total result=accepted what=introspected":                       1,
		"keyfob_checks_total result=refused what=introspected":                        1,
		"keyfob_changes_total action=token.created":                                   2,
		"keyfob_cache_lookups_total result=hit":                                       2, // the PAT that is asked about, the SAT that asks again
		"keyfob_changes_total action=token.revoked":                                   1,
	} {
		if got := after[name] - before[name]; got != more {
			t.Errorf("%s: %v more, want %v", name, got, more)
		}
	}
	for name, want := range map[string]float64{
		"keyfob_ready": 1, "keyfob_store_up": 1, "keyfob_store_writable": 1, "keyfob_changelog_intact": 1, "keyfob_http_requests_in_flight": 0,
	} {
		if got, there := after[name]; !there || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if after["keyfob_store_write_duration_seconds"] < 3 || after["keyfob_changelog_last_sequence"] <= before["keyfob_changelog_last_sequence"] {
		t.Error("no writes were counted")
	}
	for name := range after {
		h.searched("a metric: "+name, name, pat.Secret, sat.Secret, pat.Token.ID, h.bob.ID, h.open.ID, "127.0.0.1", strings.ToUpper(pat.Secret))
	}
	h.get("/metrics", "").want(http.StatusNotFound) // not where the world can read them
}

// Every query of the dashboard and of the alerts names metrics, and labels,
// that there are.
func TestDashboardAndAlertsNameMetricsThatExist(t *testing.T) {
	h := newHouse(t)
	names := h.metricNames()
	used := map[string]bool{}
	for _, file := range []string{"../packaging/grafana/keyfobd.json", "../packaging/prometheus/keyfobd.rules.yml"} {
		text, err := os.ReadFile(file)
		h.must(err)
		queries := regexp.MustCompile(`(?m)"?expr"?: .*$`).FindAllString(string(text), -1)
		if len(queries) < 8 {
			t.Errorf("%s: only %d queries are found", file, len(queries))
		}
		for _, q := range queries {
			found := regexp.MustCompile(`\b(?:keyfob|go|process)_[a-z_]+`).FindAllString(q, -1)
			if len(found) == 0 && !strings.Contains(q, "up{") {
				t.Errorf("%s: no metric in %s", file, q)
			}
			for _, name := range found {
				if used[name] = true; !slices.Contains(names, name) {
					t.Errorf("%s: there is no %s", file, name)
				}
			}
		}
	}
	for _, name := range names {
		if strings.HasPrefix(name, "keyfob_") && !strings.HasSuffix(name, "_sum") && !strings.HasSuffix(name, "_count") && !used[strings.TrimSuffix(name, "_bucket")] && !used[name] && !strings.Contains(name, "in_flight") && !used[name+"_bucket"] {
			t.Logf("nobody looks at %s", name)
		}
	}
}

// metricNames are all that a scrape can have: what a server without own TLS
// leaves out too.
func (h *house) metricNames() []string {
	h.Helper()
	h.get("/profile/me", h.bobIn).want(http.StatusOK)
	families, err := h.in.Handler.(*server.Server).Gatherer().Gather()
	h.must(err)
	names := []string{"keyfob_tls_certificate_expiry_timestamp_seconds"}
	for _, f := range families {
		names = append(names, f.GetName())
		if f.GetType() == dto.MetricType_HISTOGRAM {
			names = append(names, f.GetName()+"_bucket", f.GetName()+"_sum", f.GetName()+"_count")
		}
	}
	return names
}
