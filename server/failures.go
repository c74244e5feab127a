package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"keyfob/api"
	"keyfob/server/limit"
	"keyfob/server/metrics"
	"keyfob/server/origin"
)

// How often a check may fail. What is presented is checked first, always: a
// secret of 250 random bits cannot be guessed, so nobody who has a good one is
// kept waiting for what a neighbour does behind the same address, or a stranger
// does with the name of the same application. Only a refusal counts, and only
// refusals are limited: they are told to come back later.
const (
	networkFailures = 60 // of one network, at once
	networkEvery    = time.Second / 2
	clientFailures  = 30 // of one application's credentials, at once
	clientEvery     = time.Second
	mostNetworks    = 100_000 // about 14 MiB
	mostClients     = 10_000
)

// failures bounds the failed checks of each network and of each application's
// credentials. It is in memory, each server's own.
type failures struct {
	networks *limit.Keyed[netip.Prefix]
	clients  *limit.Keyed[string]
}

func newFailures() *failures {
	return &failures{
		networks: limit.New[netip.Prefix](networkEvery, networkFailures, mostNetworks),
		clients:  limit.New[string](clientEvery, clientFailures, mostClients),
	}
}

// charge takes a failure from the budgets. wait is 0 if it was in them, and
// otherwise how long until it would be. This machine itself is no network: it
// is the one person of a built-in server, or a proxy that does not say who
// calls, behind which one would pay for all.
func (f *failures) charge(from netip.Addr, client string, now time.Time) (wait time.Duration) {
	if !from.IsLoopback() {
		wait = take(f.networks, origin.Network(from), now)
	}
	if client != "" {
		wait = max(wait, take(f.clients, client, now))
	}
	return wait
}

func take[K comparable](of *limit.Keyed[K], key K, now time.Time) time.Duration {
	turn := of.Of(key).ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > 0 {
		turn.CancelAt(now)
	}
	return wait
}

// refusal holds back a reply that may be a failed check, until it is known
// whether there was one too many.
type refusal struct {
	http.ResponseWriter
	status int // of the reply that is held back; 0: there is none
	body   bytes.Buffer
}

// WriteHeader holds back what refuses a caller.
func (w *refusal) WriteHeader(status int) {
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		w.status = status
	default:
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *refusal) Write(b []byte) (int, error) {
	if w.status != 0 {
		return w.body.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (w *refusal) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// settle sends the reply that was held back, or, when too many checks failed,
// says when to come back.
func (s *Server) settle(w *refusal, r *http.Request, sent []byte) {
	if w.status == 0 {
		return
	}
	failed, client := failedCheck(w, r, sent)
	if !failed {
		w.send()
		return
	}
	wait := s.failures.charge(callOf(r.Context()).from, client, time.Now())
	if wait == 0 {
		s.metrics.Checked(metrics.Caller, metrics.Refused)
		w.send()
		return
	}
	s.metrics.Checked(metrics.Caller, metrics.Throttled)
	h := w.Header()
	h.Del("Www-Authenticate")
	h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	if strings.HasPrefix(r.URL.Path, idPrefix) { // in the words of RFC 8628, section 3.5
		writeOAuthError(w.ResponseWriter, http.StatusTooManyRequests, "slow_down", explain[api.CodeTooMany])
		return
	}
	writeProblem(w.ResponseWriter, r, newProblem(api.CodeTooMany, explain[api.CodeTooMany]))
}

func (w *refusal) send() {
	w.ResponseWriter.WriteHeader(w.status)
	_, _ = w.ResponseWriter.Write(w.body.Bytes()) // the client has gone: nothing to do
}

// failedCheck reports whether a reply says that something presented was not
// good, rather than that nothing was, or that it was not understood. client is
// the application whose credentials were not.
func failedCheck(w *refusal, r *http.Request, sent []byte) (failed bool, client string) {
	if !strings.HasPrefix(r.URL.Path, idPrefix+"connect/") {
		secret, err := presented(r.Header)
		return w.status == http.StatusUnauthorized && err == nil && secret != "", ""
	}
	var said oauthError
	if json.Unmarshal(w.body.Bytes(), &said) != nil {
		return false, ""
	}
	switch said.Error {
	case "invalid_grant", "invalid_token":
		return true, ""
	case "invalid_request": // what RFC 8693, section 2.2.2, has for a subject token that is not good
		return asksForExchange(string(sent)), ""
	case "invalid_client":
		form, err := parseForm(string(sent))
		if err != nil {
			return true, ""
		}
		id, _, err := clientOf(r.Header, form)
		if err != nil || len(id) > 64 {
			return true, ""
		}
		return true, id
	}
	return false, ""
}
