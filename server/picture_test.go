package server_test

import (
	"bytes"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"keyfob/api"
)

// design, section 3: /profile/me/picture/{64|128}.
func TestTheCallersPictureIsWhereMeSays(t *testing.T) {
	h := newHouse(t)
	pat, sat := h.pat(h.bobIn, h.open, "read"), h.sat(h.open, "read")
	var me api.Me
	h.get("/profile/me", h.bobIn).want(http.StatusOK).into(&me)
	path, ok := strings.CutPrefix(me.PictureURL, h.url)
	if !ok || path != "/profile/me/picture/128" {
		t.Fatalf("pictureUrl %q", me.PictureURL)
	}
	r := h.get(path, h.bobIn).want(http.StatusOK)
	img, err := png.Decode(bytes.NewReader(r.body))
	if err != nil || img.Bounds().Dx() != 128 || r.header.Get("Content-Type") != "image/png" {
		t.Errorf("%v, %s", err, r.header.Get("Content-Type"))
	}
	if cache := r.header.Get("Cache-Control"); !strings.HasPrefix(cache, "private") || !strings.Contains(r.header.Get("Vary"), "Authorization") {
		t.Errorf("Cache-Control %q, Vary %q", cache, r.header.Get("Vary"))
	}
	tag := r.header.Get("ETag")
	for _, match := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		again := h.send(http.MethodGet, path, http.Header{"Authorization": {"Bearer " + h.bobIn}, "If-None-Match": {match}}, http.NoBody)
		if again.want(http.StatusNotModified); len(again.body) != 0 || again.header.Get("ETag") != tag {
			t.Errorf("%s: %d bytes, ETag %s", match, len(again.body), again.header.Get("ETag"))
		}
	}
	h.send(http.MethodGet, path, http.Header{"Authorization": {"Bearer " + h.bobIn}, "If-None-Match": {`"x"`}}, http.NoBody).want(http.StatusOK)
	h.get("/profile/me/picture/64", pat.Secret).want(http.StatusOK)
	h.get(path, sat.Secret).refused(http.StatusForbidden, api.CodeDenied)
	h.get(path, "").refused(http.StatusUnauthorized, api.CodeUnauthenticated)
	if r := h.get("/profile/me/picture/65", h.bobIn); r.status/100 != 4 {
		t.Errorf("size 65: %d", r.status)
	}
}
