package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"keyfob/api"
	"keyfob/server/tokens"
)

type changeApp struct {
	ID   string `path:"id" maxLength:"64"`
	Body api.AppChange
}

type newAppToken struct {
	ID             string `path:"id" maxLength:"64"`
	IdempotencyKey string `header:"Idempotency-Key" minLength:"22" maxLength:"200" doc:"As for a PAT."`
	Body           api.NewToken
}

type appTokenQuery struct {
	ID string `path:"id" maxLength:"64"`
	TokenQuery
}

// routeManager registers what administrators do (requirement 35).
func (s *Server) routeManager() {
	tags := []string{"Instance Manager"}
	call(s, administrator, huma.Operation{
		OperationID: "apps", Method: http.MethodGet, Path: "/manager/apps", Tags: tags,
		Summary: "All trusted applications, with their token counts",
	}, s.apps)
	call(s, administrator, huma.Operation{
		OperationID: "app", Method: http.MethodGet, Path: "/manager/apps/{id}", Tags: tags,
		Summary: "One trusted application", Errors: []int{http.StatusNotFound},
	}, s.app)
	call(s, administrator, huma.Operation{
		OperationID: "addApp", Method: http.MethodPost, Path: "/manager/apps", Tags: tags,
		Summary: "Add a trusted application", DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, s.addApp)
	call(s, administrator, huma.Operation{
		OperationID: "changeApp", Method: http.MethodPatch, Path: "/manager/apps/{id}", Tags: tags,
		Summary: "Change a trusted application: policy, scopes, System User", Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, s.changeApp)
	call(s, administrator, huma.Operation{
		OperationID: "appTokens", Method: http.MethodGet, Path: "/manager/apps/{id}/tokens", Tags: tags,
		Summary: "All tokens of an application, PAT and SAT", Errors: []int{http.StatusNotFound},
	}, s.appTokens)
	call(s, administrator, huma.Operation{
		OperationID: "createAppToken", Method: http.MethodPost, Path: "/manager/apps/{id}/tokens", Tags: tags,
		Summary: "Issue a SAT for an application", DefaultStatus: http.StatusCreated,
		Description: "It acts as the application's System User. The secret is in this reply and in no other.",
		Errors:      []int{http.StatusNotFound, http.StatusConflict},
	}, s.createAppToken)
	callEmpty(s, administrator, huma.Operation{
		OperationID: "revokeAnyToken", Method: http.MethodDelete, Path: "/manager/tokens/{id}", Tags: tags,
		Summary: "Revoke any token, at once and for good", Errors: []int{http.StatusNotFound},
	}, s.revokeAny)
	call(s, administrator, huma.Operation{
		OperationID: "users", Method: http.MethodGet, Path: "/manager/users", Tags: tags,
		Summary: "All users",
	}, s.users)
	s.routeRotate(administrator, "rotateAnyToken", "/manager/tokens/{id}/rotate", tags[0], s.tokens.RotateAny)
	s.routeLifecycle(tags)
	s.routePolicy(tags)
}

func (s *Server) apps(ctx context.Context, c tokens.Caller, in *struct{ Paging }) (api.Page[api.App], error) {
	return page(s.tokens.Apps(ctx, c, in.request()))
}

func (s *Server) app(ctx context.Context, c tokens.Caller, in *byID) (api.App, error) {
	return s.tokens.App(ctx, c, in.ID)
}

func (s *Server) addApp(ctx context.Context, c tokens.Caller, in *struct{ Body api.NewApp }) (api.App, error) {
	return s.tokens.AddApp(ctx, c, in.Body)
}

func (s *Server) changeApp(ctx context.Context, c tokens.Caller, in *changeApp) (api.App, error) {
	return s.tokens.ChangeApp(ctx, c, in.ID, in.Body)
}

func (s *Server) appTokens(ctx context.Context, c tokens.Caller, in *appTokenQuery) (api.Page[api.Token], error) {
	return page(s.tokens.AppTokens(ctx, c, in.ID, in.filter(), in.request()))
}

func (s *Server) createAppToken(ctx context.Context, c tokens.Caller, in *newAppToken) (api.Issued, error) {
	return s.tokens.CreateSAT(ctx, c, in.ID, in.Body, in.IdempotencyKey)
}

func (s *Server) revokeAny(ctx context.Context, c tokens.Caller, in *byID) error {
	return s.tokens.RevokeAny(ctx, c, in.ID)
}

func (s *Server) users(ctx context.Context, c tokens.Caller, in *struct{ Paging }) (api.Page[api.User], error) {
	return page(s.tokens.Users(ctx, c, in.request()))
}
