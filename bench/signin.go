//go:build bench

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"keyfob/server/instance"
	"keyfob/server/signin"
)

// signIn signs users in on a data directory that nobody serves, as the desktop
// does on its own.
func signIn(ctx context.Context, dir string) (refresh [clients]string, err error) {
	in, err := instance.Open(ctx, instance.Config{Dir: dir, PublicURL: "http://127.0.0.1:1"})
	if err != nil {
		return refresh, err
	}
	for i := range refresh {
		var one error
		refresh[i], one = in.SignIn.SignInLocally(ctx, userID(i))
		err = errors.Join(err, one)
	}
	return refresh, errors.Join(err, in.Close(ctx))
}

// access is what the server gives for a refresh token: good for some minutes.
func (p *process) access(ctx context.Context, refresh string) (string, error) {
	c, err := dial(ctx, p.address)
	if err != nil {
		return "", err
	}
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {signin.DesktopClient}, "refresh_token": {refresh}}
	var body bytes.Buffer
	status, err := c.do(request("POST", "/id/connect/token", "", "application/x-www-form-urlencoded", form.Encode()), &body)
	if err := errors.Join(err, c.Close()); err != nil {
		return "", err
	}
	var reply struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(body.Bytes(), &reply); err != nil || reply.Token == "" {
		return "", fmt.Errorf("signing in: status %d: %s", status, body.String())
	}
	return reply.Token, nil
}
