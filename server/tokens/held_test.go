package tokens

import (
	"strconv"
	"strings"
	"testing"

	"keyfob/api"
	"keyfob/server/store"
)

func TestAUserHoldsWellFormedPermissionsAndTenants(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		permission string
		ok         bool
	}{
		{"policies.list", true},
		{"underwritingFlags.write", true},
		{"policies.*", true},
		{"*.*", true},
		{"", false},
		{"policies", false},
		{"*.write", false},
		{"*", false},
		{"policies.list.all", false},
		{"policies.", false},
		{".list", false},
		{"pol icies.list", false},
		{"a." + strings.Repeat("b", 127), false},
	} {
		if got := checkPermissions([]string{c.permission}) == nil; got != c.ok {
			t.Errorf("permission %q: %v", c.permission, got)
		}
	}
	for tenant, ok := range map[string]bool{"north": true, "any": true, "type:test": true, "0190-ab": true, "": false, "a_b": false, "a b": false, "ä": false} {
		if got := checkTenants([]string{tenant}) == nil; got != ok {
			t.Errorf("tenant %q: %v", tenant, got)
		}
	}
	_, err := f.AddUser(t.Context(), f.admin, store.User{Login: "dee", Permissions: []string{"x"}, Tenants: []string{"a_b"}, TokenLimit: -1})
	equal(t, pointers(err), []string{"/permissions format", "/tenants format", "/tokenLimit format"})
	many := make([]string, 201)
	for i := range many {
		many[i] = strconv.Itoa(i)
	}
	_, err = f.ChangeUser(t.Context(), f.admin, f.user.User.ID, api.UserChange{Tenants: &many}, "")
	equal(t, pointers(err), []string{"/tenants too_long"})
}

// requirements 65, 66: what a user holds is kept sorted and noted in the change log.
func TestWhatAUserHoldsIsChangedAsAWholeAndLogged(t *testing.T) {
	f := newFixture(t)
	u := try(f.AddUser(t.Context(), f.admin, store.User{Login: "dee", IsActive: true, Permissions: []string{"b.b", "a.a", "b.b"}, TokenLimit: 5}))(t)
	equal(t, u.Permissions, []string{"a.a", "b.b"})
	equal(t, u.Tenants, []string{})
	u = try(f.ChangeUser(t.Context(), f.admin, u.ID, api.UserChange{Permissions: new([]string{}), Tenants: new([]string{"south", "north"})}, ""))(t)
	equal(t, u, userOf(try(f.Store.UserByID(t.Context(), u.ID))(t)))
	equal(t, u.Permissions, []string{})
	equal(t, u.Tenants, []string{"north", "south"})
	equal(t, u.TokenLimit, 5)
	events := try(f.Store.EventsOf(t.Context(), u.ID))(t)
	equal(t, events[len(events)-1].Detail, `{"permissions":{"new":"","old":"a.a b.b"},"tenants":{"new":"north south","old":""}}`)
}
