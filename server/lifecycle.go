package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"keyfob/api"
	"keyfob/server/password"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

type rotation struct {
	ID             string `path:"id" maxLength:"64"`
	IdempotencyKey string `header:"Idempotency-Key" minLength:"22" maxLength:"200" doc:"As for a create."`
	Body           api.Rotation
}

type changeUser struct {
	ID   string `path:"id" maxLength:"64"`
	Body api.UserChange
}

type rotate func(ctx context.Context, c tokens.Caller, id string, want api.Rotation, idempotencyKey string) (api.Issued, error)

func (s *Server) routeRotate(need access, id, path, tag string, do rotate) {
	call(s, need, huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: path, Tags: []string{tag},
		Summary: "Replace a token by a new one that is the same but for its secret and its time", DefaultStatus: http.StatusCreated,
		Description: "The old one lives on for the overlap, then it is revoked. The new one gets the scopes of the old one that the application still allows. The secret is in this reply and in no other.",
		Errors:      []int{http.StatusNotFound, http.StatusConflict},
	}, func(ctx context.Context, c tokens.Caller, in *rotation) (api.Issued, error) {
		return do(ctx, c, in.ID, in.Body, in.IdempotencyKey)
	})
}

// routeLifecycle registers what ends, finds and keeps in order.
func (s *Server) routeLifecycle(tags []string) {
	call(s, administrator, huma.Operation{
		OperationID: "revokeTokens", Method: http.MethodPost, Path: "/manager/tokens/revoke", Tags: tags,
		Summary: "Revoke many tokens, at once and for good",
		Description: "Those that are named, or the active ones that fit. All of one call happens, or nothing. " +
			"With `more` in the reply, ask again; a repeat does no harm.",
	}, s.revokeMany)
	call(s, administrator, huma.Operation{
		OperationID: "findToken", Method: http.MethodPost, Path: "/manager/tokens/find", Tags: tags,
		Summary: "Whose secret was found", Errors: []int{http.StatusNotFound},
		Description: "The record of the token, also of one that is revoked or expired. The change log notes it.",
	}, s.findToken)
	callEmpty(s, administrator, huma.Operation{
		OperationID: "deleteApp", Method: http.MethodDelete, Path: "/manager/apps/{id}", Tags: tags,
		Summary: "Delete a trusted application that has no live tokens", Errors: []int{http.StatusNotFound, http.StatusConflict},
		Description: "Its tokens of old stay readable by its id.",
	}, s.deleteApp)
	call(s, administrator, huma.Operation{
		OperationID: "addUser", Method: http.MethodPost, Path: "/manager/users", Tags: tags,
		Summary: "Add a user", DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, s.addUser)
	call(s, administrator, huma.Operation{
		OperationID: "changeUser", Method: http.MethodPatch, Path: "/manager/users/{id}", Tags: tags,
		Summary: "Change a user: name, administrator, active, password, permissions, tenants", Errors: []int{http.StatusNotFound, http.StatusConflict},
		Description: "Tokens that act as a user work only while the user is active. The last active administrator stays one. " +
			"A permission or tenant that is taken away is out of reach of the user's tokens with the next call; given back, it works again.",
	}, s.changeUser)
}

func (s *Server) revokeMany(ctx context.Context, c tokens.Caller, in *struct{ Body api.Revocation }) (api.Revoked, error) {
	return s.tokens.RevokeMany(ctx, c, in.Body)
}

func (s *Server) findToken(ctx context.Context, c tokens.Caller, in *struct{ Body api.FoundSecret }) (api.Token, error) {
	return s.tokens.FindToken(ctx, c, in.Body.Secret)
}

func (s *Server) deleteApp(ctx context.Context, c tokens.Caller, in *byID) error {
	return s.tokens.DeleteApp(ctx, c, in.ID)
}

func (s *Server) addUser(ctx context.Context, c tokens.Caller, in *struct{ Body api.NewUser }) (api.User, error) {
	u := store.User{
		Login: in.Body.Login, Name: in.Body.Name, Email: in.Body.Email,
		IsAdmin: in.Body.IsAdmin, IsActive: in.Body.IsActive == nil || *in.Body.IsActive,
		Permissions: in.Body.Permissions, Tenants: in.Body.Tenants, TokenLimit: in.Body.TokenLimit,
	}
	var err error
	if u.PasswordHash, err = hash(ctx, &in.Body.Password); err != nil {
		return api.User{}, err
	}
	return s.tokens.AddUser(ctx, c, u)
}

func (s *Server) changeUser(ctx context.Context, c tokens.Caller, in *changeUser) (api.User, error) {
	hashed, err := hash(ctx, in.Body.Password)
	if err != nil {
		return api.User{}, err
	}
	return s.tokens.ChangeUser(ctx, c, in.ID, in.Body, hashed)
}

// hash is the hash of a password; empty for none.
func hash(ctx context.Context, word *string) (string, error) {
	if word == nil || *word == "" {
		return "", nil
	}
	return password.Hash(ctx, *word)
}
