package api

// Problem is an error as RFC 9457 has it. Code is stable and is what programs
// look at; Title and Detail are for people. A value that the caller sent is
// never part of it.
type Problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail,omitempty"`
	Code      string       `json:"code"`
	RequestID string       `json:"requestId,omitempty"`
	Errors    []FieldError `json:"errors,omitempty"`
}

// FieldError is one bad field. Pointer is a JSON pointer into the request
// body (RFC 6901), such as /expiresAt; for a query parameter it is its name.
type FieldError struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
}

// Codes of a Problem.
const (
	CodeInvalid          = "invalid"            // 422, errors[] says which fields
	CodeBadRequest       = "bad_request"        // 400, not readable as a request
	CodeUnauthenticated  = "unauthenticated"    // 401, no, unknown, expired or revoked credentials, alike
	CodeDenied           = "denied"             // 403, known, but not allowed
	CodeScope            = "insufficient_scope" // 403, the token lacks a scope
	CodeInteractive      = "sign_in_required"   // 403, needs an interactive sign-in
	CodeNotFound         = "not_found"          // 404
	CodeMethod           = "method_not_allowed" // 405
	CodeConflict         = "conflict"           // 409, such as a name already taken
	CodeIdempotency      = "idempotency"        // 422, the key was used with another body
	CodePolicyNone       = "policy_none"        // 403, the app's policy is None
	CodePolicyAdmins     = "policy_admins"      // 403, the app's policy is AdministratorsOnly
	CodeAppDisabled      = "app_disabled"       // 403, the app is not enabled
	CodeNoSystemUser     = "no_system_user"     // 409, a SAT needs a System User
	CodeLimit            = "limit_reached"      // 409
	CodeTokenRevoked     = "token_revoked"      // 409, what has ended cannot be rotated
	CodeTokenExpired     = "token_expired"      // 409, the same
	CodeTokenReplaced    = "token_replaced"     // 409, it was rotated before: rotate the one that replaced it
	CodeAppInUse         = "app_in_use"         // 409, it has live tokens
	CodeLastAdmin        = "last_administrator" // 409, somebody must be left who can administer
	CodeTooLarge         = "too_large"          // 413
	CodeUnsupportedMedia = "unsupported_media"  // 415
	CodeTooMany          = "too_many_requests"  // 429, too many failed checks: Retry-After says when to come back
	CodeInternal         = "internal"           // 500
	CodeUnavailable      = "unavailable"        // 503, try again later
)

// Codes of a FieldError.
const (
	FieldRequired = "required"
	FieldTooLong  = "too_long"
	FieldTooShort = "too_short"
	FieldPast     = "past"
	FieldUnknown  = "unknown"    // no such app, scope, user
	FieldTooMuch  = "not_within" // more than the app or the caller allows
	FieldTaken    = "taken"
	FieldForeign  = "foreign" // names somebody else
	FieldFormat   = "format"
	FieldRefused  = "refused" // these rules never take it
)
