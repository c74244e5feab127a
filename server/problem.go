package server

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"keyfob/api"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// problem is an api.Problem as an error that huma and this package can write.
type problem struct {
	api.Problem
	headers http.Header
}

func (p *problem) Error() string           { return p.Code }
func (p *problem) GetStatus() int          { return p.Status }
func (p *problem) GetHeaders() http.Header { return p.headers }

// ContentType makes huma send RFC 9457's media type.
func (p *problem) ContentType(string) string { return "application/problem+json" }

// statusOf is the one place that gives a code its HTTP status.
var statusOf = map[string]int{
	api.CodeInvalid:          http.StatusUnprocessableEntity,
	api.CodeBadRequest:       http.StatusBadRequest,
	api.CodeUnauthenticated:  http.StatusUnauthorized,
	api.CodeDenied:           http.StatusForbidden,
	api.CodeScope:            http.StatusForbidden,
	api.CodeInteractive:      http.StatusForbidden,
	api.CodeNotFound:         http.StatusNotFound,
	api.CodeMethod:           http.StatusMethodNotAllowed,
	api.CodeConflict:         http.StatusConflict,
	api.CodeIdempotency:      http.StatusUnprocessableEntity,
	api.CodePolicyNone:       http.StatusForbidden,
	api.CodePolicyAdmins:     http.StatusForbidden,
	api.CodeAppDisabled:      http.StatusForbidden,
	api.CodeNoSystemUser:     http.StatusConflict,
	api.CodeLimit:            http.StatusConflict,
	api.CodeTokenRevoked:     http.StatusConflict,
	api.CodeTokenExpired:     http.StatusConflict,
	api.CodeTokenReplaced:    http.StatusConflict,
	api.CodeAppInUse:         http.StatusConflict,
	api.CodeLastAdmin:        http.StatusConflict,
	api.CodeTooLarge:         http.StatusRequestEntityTooLarge,
	api.CodeUnsupportedMedia: http.StatusUnsupportedMediaType,
	api.CodeTooMany:          http.StatusTooManyRequests,
	api.CodeInternal:         http.StatusInternalServerError,
	api.CodeUnavailable:      http.StatusServiceUnavailable,
}

// codeOf is the code for a status that did not begin as one: what huma or
// net/http refused before a rule was asked.
func codeOf(status int) string {
	switch status {
	case http.StatusUnprocessableEntity:
		return api.CodeInvalid
	case http.StatusUnauthorized:
		return api.CodeUnauthenticated
	case http.StatusForbidden:
		return api.CodeDenied
	case http.StatusNotFound:
		return api.CodeNotFound
	case http.StatusMethodNotAllowed:
		return api.CodeMethod
	case http.StatusRequestEntityTooLarge:
		return api.CodeTooLarge
	case http.StatusUnsupportedMediaType:
		return api.CodeUnsupportedMedia
	case http.StatusTooManyRequests:
		return api.CodeTooMany
	}
	if status >= 400 && status < 500 {
		return api.CodeBadRequest
	}
	return api.CodeInternal
}

func newProblem(code, detail string) *problem {
	status, known := statusOf[code]
	if !known {
		code, status = api.CodeInternal, http.StatusInternalServerError
	}
	return &problem{Problem: api.Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail,
	}}
}

// fromRules turns what the rules answered into a problem. ok is false for an
// error that is nobody's fault but the server's: it must be logged.
func fromRules(err error) (p *problem, ok bool) {
	e, ok := errors.AsType[*tokens.Error](err)
	if errors.Is(err, store.ErrUnavailable) {
		return newProblem(api.CodeUnavailable, "The server cannot use its database now. Try again later."), false
	}
	if !ok {
		return newProblem(api.CodeInternal, "Something went wrong here. The request id helps to find it."), false
	}
	p = newProblem(e.Code, e.Detail)
	p.Errors = e.Fields
	if e.Code == api.CodeUnauthenticated {
		p = unauthenticated(true)
	}
	return p, true
}

// writeProblem sends p outside huma.
func writeProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	p.RequestID = requestID(r.Context())
	maps.Copy(w.Header(), p.headers)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p.Problem) // the client has gone: nothing to do
}

// huma keeps its error factory in globals, so there is no better place than
// init: its own would repeat the offending value, which may be a token.
func init() {
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		p := &problem{Problem: api.Problem{
			Type: "about:blank", Title: http.StatusText(status), Status: status, Code: codeOf(status),
		}}
		p.Detail = explain[p.Code]
		if p.Code != api.CodeInvalid {
			return p
		}
		for _, err := range errs {
			if f, ok := fieldError(err); ok {
				p.Errors = append(p.Errors, f)
			}
		}
		return p
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		p := huma.NewError(status, msg, errs...).(*problem) //nolint:forcetypeassert // made four lines above
		p.RequestID = requestID(ctx.Context())
		return p
	}
	huma.DefaultArrayNullable = false // our lists are [], never null
}

// explain has the sentences for refusals that happen before a rule is asked.
var explain = map[string]string{
	api.CodeInvalid:          "Some fields are not right.",
	api.CodeBadRequest:       "The request cannot be read.",
	api.CodeTooLarge:         "The request body is larger than 64 KiB.",
	api.CodeUnsupportedMedia: "The request body must be JSON: Content-Type: application/json.",
	api.CodeNotFound:         "There is nothing here.",
	api.CodeMethod:           "This address does not take that method.",
	api.CodeTooMany:          "Too many failed attempts. Wait as long as Retry-After says, then try again.",
	api.CodeInternal:         "Something went wrong here. The request id helps to find it.",
}

// fieldError translates one of huma's validation errors. Neither the value nor
// a name that the caller made up is repeated.
func fieldError(err error) (api.FieldError, bool) {
	detailer, ok := err.(huma.ErrorDetailer)
	if !ok {
		return api.FieldError{}, false
	}
	d := detailer.ErrorDetail()
	f := api.FieldError{Pointer: pointer(d.Location), Code: api.FieldFormat, Detail: "This is not of the expected form."}
	switch msg := d.Message; {
	case strings.HasPrefix(msg, "unexpected property"):
		return api.FieldError{Pointer: "", Code: api.FieldUnknown, Detail: "There is a field that this call does not have."}, true
	case strings.HasPrefix(msg, "expected required property "):
		name := strings.TrimSuffix(strings.TrimPrefix(msg, "expected required property "), " to be present")
		return api.FieldError{Pointer: f.Pointer + "/" + name, Code: api.FieldRequired, Detail: "This is required."}, true
	case strings.HasPrefix(msg, "required "):
		f.Code, f.Detail = api.FieldRequired, "This is required."
	case strings.HasPrefix(msg, "expected length <= "), strings.HasPrefix(msg, "expected array length <= "):
		f.Code, f.Detail = api.FieldTooLong, "At most "+lastWord(msg)+"."
	case strings.HasPrefix(msg, "expected length >= "), strings.HasPrefix(msg, "expected array length >= "):
		f.Code, f.Detail = api.FieldTooShort, "At least "+lastWord(msg)+"."
	case strings.Contains(msg, "RFC 3339"):
		f.Detail = "This must be a time such as 2027-02-20T00:00:00Z."
	case strings.HasPrefix(msg, "expected number >= "):
		f.Detail = "At least " + lastWord(msg) + "."
	case strings.HasPrefix(msg, "expected number <= "):
		f.Detail = "At most " + lastWord(msg) + "."
	}
	return f, true
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }

// pointer turns huma's location into a JSON pointer for the body, and into the
// bare name for a query parameter or a header: body.scopes[0] is /scopes/0.
func pointer(location string) string {
	where, rest, _ := strings.Cut(location, ".")
	if where != "body" {
		name, _, _ := strings.Cut(rest, "[")
		return name
	}
	if rest == "" {
		return ""
	}
	return "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(rest)
}
