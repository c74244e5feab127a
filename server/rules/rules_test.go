package rules

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, name string) Rules {
	t.Helper()
	r, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// requirements 1, 41, 46, 53, 54, 55, 58, 71, 72, 74, 82, 100, 101
func TestPresetsAreWhatTheirSystemsDemand(t *testing.T) {
	type row struct {
		Prefix, Grants, List, Verb, Recommended string
		Label                                   Label
		Limit                                   Limit
		Never, Exchange, StaysListed            bool
		Default, Promise                        string
	}
	want := map[string]row{
		"erp":        {Prefix: "enrt_", Grants: "scopes", List: "own", Verb: "Revoke", Recommended: "no", Label: Label{false, 0, 128, false}, Never: true, Default: "365d", Promise: "0s"},
		"digitalhub": {Prefix: "dhp_", Grants: "scopes", List: "own", Verb: "Delete", Recommended: "no", Label: Label{true, 1, 255, false}, Never: true, Exchange: true, Default: "0s", Promise: "0s"},
		"lucanet":    {Prefix: "pat_{tenant}_", Grants: "scopes", List: "tenant", Verb: "Revoke", Recommended: "yes", Label: Label{true, 8, 128, false}, Limit: Limit{PerTenant: 25}, Never: true, StaysListed: true, Default: "0s", Promise: "1m"},
		"socotra":    {Prefix: "socp_", Grants: "permissions", List: "own", Verb: "Delete", Recommended: "strongly", Label: Label{true, 1, 128, true}, Limit: Limit{PerUser: 3, RaisedPerUser: 10}, Never: true, Default: "0s", Promise: "0s"},
	}
	for _, name := range Names() {
		r := load(t, name)
		got := row{r.Prefix, r.Grants, r.List, r.Revoke.Verb, r.Expiry.Recommended, r.Label, r.Limit, r.Expiry.Never, r.Exchange, r.Revoke.StaysListed, r.Expiry.Default.String(), r.Revoke.Promise.String()}
		if d := cmp.Diff(want[name], got); d != "" || r.Preset != name {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// requirement 92
func TestLucanetsScopesHaveItsLabelsAndImplyNothing(t *testing.T) {
	r := load(t, "lucanet")
	labels := map[string]string{}
	for _, s := range r.Scopes[:3] {
		labels[s.Name] = s.Label
	}
	if d := cmp.Diff(map[string]string{"um:read": "Read", "um:write": "Write", "um:bulk": "Read and write"}, labels); d != "" {
		t.Error(d)
	}
	if got := r.Holding([]string{"um:bulk"}); !slices.Equal(got, []string{"um:bulk"}) {
		t.Errorf("um:bulk holds %q", got)
	}
}

// requirement 2
func TestSecretPrefixNamesTheTenant(t *testing.T) {
	r := load(t, "lucanet")
	if got := r.SecretPrefix("acme"); got != "pat_acme_" || !r.PerTenant() {
		t.Errorf("prefix %q", got)
	}
	for _, name := range Names() {
		if got := load(t, name).SecretPrefix(""); !regexp.MustCompile(`^[a-z]+_$`).MatchString(got) {
			t.Errorf("%s: prefix %q", name, got)
		}
	}
}

func TestHoldingFollowsImplicationsToTheirEnd(t *testing.T) {
	r := Rules{Scopes: []Scope{{Name: "a"}, {Name: "b", Implies: []string{"a"}}, {Name: "c", Implies: []string{"b", "a"}}, {Name: "d"}}}
	if got := r.Holding([]string{"c", "gone"}); !slices.Equal(got, []string{"c", "gone", "b", "a"}) {
		t.Errorf("holding %q", got)
	}
}

func TestNoRulesAreThoseOfErp(t *testing.T) {
	if got := (Rules{}).OrDefault(); got.Preset != "erp" {
		t.Errorf("preset %q", got.Preset)
	}
	if got := load(t, ""); got.Preset != "erp" {
		t.Errorf("preset %q", got.Preset)
	}
	if _, err := Load("acme"); err == nil {
		t.Error("rules that nobody knows were loaded")
	}
}
