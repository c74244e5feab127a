package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"keyfob/api"
	"keyfob/server/tokens"
)

// Paging is what every list takes. It is exported because huma fills only
// exported embedded structs; so is TokenQuery.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Rows in the page."`
	Cursor string `query:"cursor" maxLength:"512" doc:"nextCursor of the page before, as it was."`
	Sort   string `query:"sort" maxLength:"32" example:"-createdAt" doc:"A field to sort by; a leading minus turns the order round."`
}

func (p Paging) request() tokens.PageRequest {
	return tokens.PageRequest{Limit: p.Limit, Cursor: p.Cursor, Sort: p.Sort}
}

// TokenQuery narrows a list of tokens.
type TokenQuery struct {
	Paging
	Status        []string  `query:"status" enum:"active,expired,revoked" doc:"Absent: active and expired, and revoked where the rules keep those listed. Several, separated by commas."`
	Kind          string    `query:"kind" enum:"pat,sat"`
	App           string    `query:"app" maxLength:"64" doc:"Id of a trusted application."`
	Query         string    `query:"q" maxLength:"128" doc:"Part of the description, the application, the owner or the hint."`
	ExpiresBefore time.Time `query:"expiresBefore"`
	UnusedSince   time.Time `query:"unusedSince"`
}

func (q TokenQuery) filter() tokens.TokenFilter {
	return tokens.TokenFilter{
		Status: q.Status, Kind: q.Kind, AppID: q.App, Query: strings.TrimSpace(q.Query),
		ExpiresBefore: q.ExpiresBefore, UnusedSince: q.UnusedSince,
	}
}

type byID struct {
	ID string `path:"id" maxLength:"64"`
}

type newToken struct {
	IdempotencyKey string `header:"Idempotency-Key" minLength:"22" maxLength:"200" doc:"At least 128 random bits. The same key with the same body answers with the same token for ten minutes."`
	Body           api.NewToken
}

// routeProfile registers what a user does with their own account and tokens.
func (s *Server) routeProfile() {
	call(s, reader, huma.Operation{
		OperationID: "capabilities", Method: http.MethodGet, Path: "/capabilities", Tags: []string{"Server"},
		Summary: "What this server demands of tokens, and what it can do",
	}, s.capabilities)
	call(s, reader, huma.Operation{
		OperationID: "me", Method: http.MethodGet, Path: "/profile/me", Tags: []string{"Profile"},
		Summary: "Who am I", Description: "Answers as the user for a sign-in and for a PAT. A SAT is no user: 403.",
	}, s.me)
	call(s, keeper, huma.Operation{
		OperationID: "profileApps", Method: http.MethodGet, Path: "/profile/apps", Tags: []string{"Profile"},
		Summary: "The trusted applications for which the caller may issue a PAT",
	}, s.profileApps)
	call(s, keeper, huma.Operation{
		OperationID: "profileTokens", Method: http.MethodGet, Path: "/profile/tokens", Tags: []string{"Profile"},
		Summary: "The caller's PATs over all applications",
	}, s.profileTokens)
	call(s, keeper, huma.Operation{
		OperationID: "profileToken", Method: http.MethodGet, Path: "/profile/tokens/{id}", Tags: []string{"Profile"},
		Summary: "One of the caller's PATs", Errors: []int{http.StatusNotFound},
	}, s.profileToken)
	call(s, keeper, huma.Operation{
		OperationID: "createToken", Method: http.MethodPost, Path: "/profile/tokens", Tags: []string{"Profile"},
		Summary: "Issue a PAT to the caller", DefaultStatus: http.StatusCreated,
		Description: "The secret is in this reply and in no other.",
	}, s.createToken)
	callEmpty(s, keeper, huma.Operation{
		OperationID: "revokeToken", Method: http.MethodDelete, Path: "/profile/tokens/{id}", Tags: []string{"Profile"},
		Summary: "Revoke one of the caller's PATs, at once and for good", Errors: []int{http.StatusNotFound},
	}, s.revokeToken)
	s.routeRotate(keeper, "rotateToken", "/profile/tokens/{id}/rotate", "Profile", s.tokens.RotateOwn)
}

func (s *Server) capabilities(ctx context.Context, c tokens.Caller, _ *struct{}) (api.Capabilities, error) {
	return s.tokens.Capabilities(ctx, c)
}

func (s *Server) me(ctx context.Context, c tokens.Caller, _ *struct{}) (api.Me, error) {
	return s.tokens.Me(ctx, c)
}

func (s *Server) profileApps(ctx context.Context, c tokens.Caller, in *struct{ Paging }) (api.Page[api.App], error) {
	return page(s.tokens.AppsForPAT(ctx, c, in.request()))
}

func (s *Server) profileTokens(ctx context.Context, c tokens.Caller, in *TokenQuery) (api.Page[api.Token], error) {
	return page(s.tokens.OwnTokens(ctx, c, in.filter(), in.request()))
}

func (s *Server) profileToken(ctx context.Context, c tokens.Caller, in *byID) (api.Token, error) {
	return s.tokens.OwnToken(ctx, c, in.ID)
}

func (s *Server) createToken(ctx context.Context, c tokens.Caller, in *newToken) (api.Issued, error) {
	return s.tokens.CreatePAT(ctx, c, in.Body, in.IdempotencyKey)
}

func (s *Server) revokeToken(ctx context.Context, c tokens.Caller, in *byID) error {
	return s.tokens.RevokeOwn(ctx, c, in.ID)
}
