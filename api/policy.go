package api

// Policy is what administrators demand of new tokens beyond the server's
// rules: GET /manager/policy.
type Policy struct {
	MaxExpirySeconds    *int64 `json:"maxExpirySeconds" doc:"The longest that a new token may live; null: as the rules say. Tokens without an expiry are refused while it is set."`
	RulesMaxSeconds     int64  `json:"rulesMaxSeconds" doc:"The rules' own maximum; 0: none."`
	EffectiveMaxSeconds int64  `json:"effectiveMaxSeconds" doc:"The stricter of both; 0: none."`
}

// PolicyChange changes it: PATCH /manager/policy. Existing tokens stay as they
// are.
type PolicyChange struct {
	MaxExpirySeconds *int64 `json:"maxExpirySeconds" nullable:"true"`
}
