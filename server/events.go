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

// EventQuery narrows the change log. It is exported as Paging is.
type EventQuery struct {
	Paging
	From   time.Time `query:"from" doc:"Not before this."`
	To     time.Time `query:"to" doc:"Before this."`
	Actor  string    `query:"actor" maxLength:"128" doc:"Id or login of who did it; or operator, server, unknown."`
	Action string    `query:"action" maxLength:"64" example:"token.revoked"`
	Object string    `query:"object" maxLength:"64" doc:"Id of what it was done to."`
	Query  string    `query:"q" maxLength:"128" doc:"Part of the action, the change or a name."`
}

func (q EventQuery) filter() tokens.EventFilter {
	return tokens.EventFilter{
		From: q.From, To: q.To, Actor: strings.TrimSpace(q.Actor), Action: q.Action, ObjectID: q.Object, Query: strings.TrimSpace(q.Query),
	}
}

// routeEvents registers the change log.
func (s *Server) routeEvents() {
	call(s, administrator, huma.Operation{
		OperationID: "events", Method: http.MethodGet, Path: "/manager/events", Tags: []string{"Instance Manager"},
		Summary: "The change log, the newest first", Description: "Sorted by at or -at.",
	}, s.events)
	call(s, administrator, huma.Operation{
		OperationID: "verifyEvents", Method: http.MethodGet, Path: "/manager/events/verify", Tags: []string{"Instance Manager"},
		Summary:     "Is the change log as it was written",
		Description: "Recomputes its hash chain and compares it with the signed checkpoints. A log that is broken is no error of the call: ok is false, and broken names the first row that does not fit.",
	}, s.verifyEvents)
	call(s, interactive, huma.Operation{
		OperationID: "profileEvents", Method: http.MethodGet, Path: "/profile/events", Tags: []string{"Profile"},
		Summary: "What the caller did, and what was done to the caller and their tokens",
	}, s.profileEvents)
}

func (s *Server) events(ctx context.Context, c tokens.Caller, in *EventQuery) (api.EventPage, error) {
	return s.tokens.Events(ctx, c, in.filter(), in.request())
}

func (s *Server) profileEvents(ctx context.Context, c tokens.Caller, in *EventQuery) (api.EventPage, error) {
	return s.tokens.OwnEvents(ctx, c, in.filter(), in.request())
}

func (s *Server) verifyEvents(ctx context.Context, c tokens.Caller, _ *struct{}) (api.Verified, error) {
	return s.tokens.VerifyEvents(ctx, c)
}
