package server_test

import (
	"database/sql"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyfob/api"
	"keyfob/server/audit"
)

func (h *house) events(path, bearer string) []api.Event {
	h.Helper()
	var out []api.Event
	for cursor := ""; ; {
		var page api.EventPage
		r := h.get(path+"&limit=2&cursor="+url.QueryEscape(cursor), bearer).want(http.StatusOK)
		fits(h, "EventPage", r)
		r.into(&page)
		out = append(out, page.Items...)
		if cursor = page.NextCursor; cursor == "" {
			return out
		}
	}
}

// Requirements 22, 87: when, who, what and to which token.
func TestChangeLogTellsOfARevocation(t *testing.T) {
	h := newHouse(t)
	pat := h.pat(h.bobIn, h.open, "read")
	h.clock.forward(time.Minute)
	from := h.clock.now()
	h.call(http.MethodDelete, "/manager/tokens/"+pat.Token.ID, h.adaIn, nil).want(http.StatusNoContent)
	for path, bearer := range map[string]string{
		"/manager/events?actor=ada&from=" + from.Format(time.RFC3339): h.adaIn,
		"/manager/events?action=token.revoked":                        h.adaIn,
		"/manager/events?from=" + from.Format(time.RFC3339):           h.adaIn,
		"/profile/events?action=token.revoked&q=ada":                  h.bobIn,
		"/profile/events?actor=" + h.ada.ID:                           h.bobIn,
	} {
		got := h.events(path, bearer)
		if len(got) != 1 {
			t.Errorf("%s: %d events", path, len(got))
			continue
		}
		e := got[0]
		if !e.At.Equal(from) || e.Actor.Login != "ada" || e.Action != "token.revoked" || e.Object.ID != pat.Token.ID || e.User.Login != "bob" {
			t.Errorf("%s: %+v", path, e)
		}
	}
	all := h.events("/manager/events?object="+pat.Token.ID, h.adaIn)
	if len(all) != 2 || all[0].Action != "token.revoked" || all[1].Actor.Login != "bob" {
		t.Errorf("the newest first: %+v", all)
	}
	if got := h.events("/profile/events?object="+pat.Token.ID, h.adaIn); len(got) != 1 {
		t.Errorf("ada's own part: %+v", got)
	}
}

func TestChangeLogIsNarrowedByWellFormedFiltersOnly(t *testing.T) {
	h := newHouse(t)
	for _, query := range []string{"from=yesterday", "limit=201", "cursor=x", "sort=actor", "q=" + strings.Repeat("x", 129)} {
		h.get("/manager/events?"+query, h.adaIn).refused(http.StatusUnprocessableEntity, api.CodeInvalid)
	}
}

// Whatever happened to secrets, the events do not have them.
func TestEventsHoldNoSecret(t *testing.T) {
	h := newHouse(t)
	pat, sat := h.pat(h.bobIn, h.open, "read"), h.sat(h.open, "introspect")
	h.asked(sat.Secret, pat.Secret).want(http.StatusOK)
	h.form("/id/connect/revocation", http.Header{"Authorization": {"Bearer " + pat.Secret}}, url.Values{"token": {pat.Secret}}).want(http.StatusOK)
	h.get("/manager/events?q="+sat.Secret, h.adaIn).want(http.StatusOK)
	log := string(h.get("/manager/events?limit=200", h.adaIn).want(http.StatusOK).body)
	if !strings.Contains(log, `"presented"`) {
		t.Fatal("the revocation is not in the log: this test would find nothing")
	}
	h.searched("change log", log, pat.Secret, sat.Secret, h.bobIn, h.adaIn)
}

func (h *house) verified() api.Verified {
	h.Helper()
	r := h.get("/manager/events/verify", h.adaIn).want(http.StatusOK)
	fits(h, "Verified", r)
	var v api.Verified
	r.into(&v)
	return v
}

func TestVerifyNamesTheRowThatDoesNotFit(t *testing.T) {
	h := newHouse(t)
	h.pat(h.bobIn, h.open, "read")
	before := h.verified()
	if !before.OK || before.Broken != nil || before.Events < 9 {
		t.Fatalf("untouched: %+v", before)
	}
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(filepath.Join(h.dir, "keyfob.db"))+"?_pragma=busy_timeout(5000)")
	h.must(err)
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(t.Context(), `UPDATE events SET actor_id = $1 WHERE seq = 7`, h.bob.ID)
	h.must(err)
	v := h.verified()
	if v.OK || v.Events != 6 || v.Broken.Seq != 7 || v.Broken.Reason != audit.Altered || !strings.Contains(v.Broken.Detail, "event 7") {
		t.Errorf("edited: %+v, %+v", v, v.Broken)
	}
}
