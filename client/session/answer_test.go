package session

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"keyfob/client"
	"keyfob/client/credentials"
)

func FuzzReadAnswer(f *testing.F) {
	f.Add("code=c&state=s", false)
	f.Add("code=c&state=s&iss=https://id.example.com", true)
	f.Add("error=access_denied&state=s", false)
	f.Add("code=c&code=d&state=s;iss=x", true)
	f.Fuzz(func(t *testing.T, query string, mustIss bool) {
		v, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		const issuer = "https://id.example.com"
		code, err := readAnswer(v, "s", issuer, mustIss)
		if err != nil {
			if !errors.Is(err, client.ErrSignInRefused) && !errors.Is(err, client.ErrSignInStopped) && !errors.Is(err, client.ErrServer) {
				t.Fatal(err)
			}
			return
		}
		if code == "" || len(v["code"]) != 1 || len(v["state"]) != 1 || v.Get("state") != "s" || v.Get("error") != "" {
			t.Fatalf("%q gave %q", query, code)
		}
		if iss, has := v["iss"]; has && iss[0] != issuer || mustIss && !has {
			t.Fatalf("%q gave %q", query, code)
		}
	})
}

func FuzzDecodeCredential(f *testing.F) {
	f.Add(`{"v":1,"issuer":"i","sub":"s","refresh_token":"r"}`)
	f.Add(`{"v":1,"issuer":"i","sub":"s","refresh_token":"r","created":"2026-11-22T00:00:00Z"}`)
	f.Add(`{"v":1,"issuer":"i","sub":"s","token":"enrt_p"}`)
	f.Add(`{"v":1,"issuer":"i","sub":"s","ending":["r"]}`)
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, item string) {
		c, err := decodeCredential(client.NewSecret(item), "i", "s")
		if err != nil && !errors.Is(err, credentials.ErrNotFound) {
			t.Fatal(err)
		}
		if err == nil && (c.RefreshToken+c.Token+strings.Join(c.Ending, "") == "" || c.Issuer != "i" || c.Subject != "s") {
			t.Fatalf("%q gave %+v", item, c)
		}
	})
}

func TestLongNamesAreLeftOutOfTheCredential(t *testing.T) {
	long := make([]byte, 900)
	for i := range long {
		long[i] = 'n'
	}
	s := credential{Issuer: "i", Subject: "s", Login: "ada", Name: string(long), RefreshToken: string(long[:300])}.sealed(time.Unix(0, 0))
	if n := len(s.Reveal()); n > credentials.MaxSize {
		t.Errorf("%d bytes", n)
	}
	c, err := decodeCredential(s, "i", "s")
	if err != nil || c.Name != "" || len(c.RefreshToken) != 300 {
		t.Errorf("got %v", err)
	}
}

func FuzzDecodeAttempt(f *testing.F) {
	f.Add(`{"v":1,"id":"a","run":"r","code":"c","verifier":"v","redirect":"http://127.0.0.1:1/callback"}`)
	f.Add(`{"v":1,"id":"a","device":"d"}`)
	f.Add(`{"v":1,"id":"a","sub":"s"}`)
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, item string) {
		a, err := decodeAttempt(client.NewSecret(item))
		if err != nil && !errors.Is(err, credentials.ErrNotFound) {
			t.Fatal(err)
		}
		if err == nil && (a.V != attemptVersion || a.ID == "" || a.Code+a.Device+a.Refresh+a.Subject == "") {
			t.Fatalf("%q gave %+v", item, a)
		}
	})
}

func FuzzReadDeviceAnswer(f *testing.F) {
	f.Add([]byte(`{"device_code":"d","user_code":"BCDF-GHJK","verification_uri":"https://id.example.com/d","expires_in":600}`))
	f.Add([]byte(`{"device_code":"d","user_code":"B","verification_uri":"http://127.0.0.1/d","verification_uri_complete":"javascript:1","expires_in":1e30}`))
	f.Add([]byte(`{"device_code":"d","user_code":"B","verification_uri":"https://[::1]/","expires_in":9223372036854775807,"interval":-5}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := readDeviceAnswer(body)
		if err != nil {
			if !errors.Is(err, client.ErrGarbled) && !errors.Is(err, client.ErrInsecure) {
				t.Fatal(err)
			}
			return
		}
		if d.DeviceCode == "" || d.UserCode == "" || d.lifetime() <= 0 || d.lifetime() > longestCode || d.interval() <= 0 || d.interval() > longestWait {
			t.Fatalf("%s gave %+v", body, d)
		}
		for _, page := range []string{d.Page, d.PageFilled} {
			u, err := url.Parse(page)
			if page != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
				t.Fatalf("%s may be opened", page)
			}
		}
	})
}
