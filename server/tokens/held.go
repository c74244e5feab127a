package tokens

import (
	"regexp"
	"slices"

	"keyfob/api"
	"keyfob/server/store"
)

// What a user holds: permissions, each a resource and an action, and tenants,
// which are just names. The action may be all there are (policies.*), and so
// may both (*.*), but not the resource alone: an action means something else
// with each. A tenant has no underscore, which ends it in a secret's prefix.
var (
	permissionForm = regexp.MustCompile(`^(\*\.\*|[A-Za-z][A-Za-z0-9_-]*\.(\*|[A-Za-z][A-Za-z0-9_-]*))$`)
	tenantForm     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.:-]*$`)
)

const (
	heldMax       = 200 // of permissions, and of tenants
	permissionMax = 128 // characters
	tenantMax     = 64
)

// checkHeld checks what a user is to hold.
func checkHeld(u store.User) []api.FieldError {
	fields := append(checkPermissions(u.Permissions), checkTenants(u.Tenants)...)
	if u.TokenLimit < 0 {
		fields = append(fields, api.FieldError{Pointer: "/tokenLimit", Code: api.FieldFormat, Detail: "Choose a number of tokens, or 0 for what the rules say."})
	}
	return fields
}

func checkPermissions(permissions []string) []api.FieldError {
	return checkGrants("/permissions", permissions, permissionForm, permissionMax,
		"Write a permission like policies.list, policies.* or *.*.")
}

func checkTenants(tenants []string) []api.FieldError {
	return checkGrants("/tenants", tenants, tenantForm, tenantMax,
		"Name a tenant with at most 64 letters, digits, dots, colons and hyphens.")
}

func checkGrants(pointer string, list []string, form *regexp.Regexp, longest int, detail string) []api.FieldError {
	if len(list) > heldMax {
		return []api.FieldError{{Pointer: pointer, Code: api.FieldTooLong, Detail: "Name at most 200."}}
	}
	if slices.ContainsFunc(list, func(s string) bool { return len(s) > longest || !form.MatchString(s) }) {
		return []api.FieldError{{Pointer: pointer, Code: api.FieldFormat, Detail: detail}}
	}
	return nil
}

// grants is a list as kept: sorted, without repetition; nil if it is empty.
func grants(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// listed is a list on the wire, where an empty one is [].
func listed(list []string) []string { return append([]string{}, list...) }
