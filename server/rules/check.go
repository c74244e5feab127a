package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"keyfob/internal/visible"
)

const (
	labelMax = 1024 // characters that a label may have under any rules
	countMax = 1_000_000
)

var (
	prefixForm = regexp.MustCompile(`^[A-Za-z][0-9A-Za-z-]{0,15}_(\{tenant\}_)?$`)
	scopeForm  = regexp.MustCompile(`^[a-z][a-z0-9:._-]{0,63}$`)
)

// finding is something wrong with a key's value. or are keys to blame where
// the file lacks that one.
type finding struct {
	key, text string
	or        []string
}

type findings []finding

func (f *findings) add(key, text string, or ...string) { *f = append(*f, finding{key, text, or}) }

// oneOf adds a finding unless value is one of allowed.
func (f *findings) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		f.add(key, "choose one of "+strings.Join(allowed, ", "))
	}
}

// count adds a finding unless n is a number of things.
func (f *findings) count(key string, n int) {
	if n < 0 || n > countMax {
		f.add(key, fmt.Sprintf("choose 0 to %d", countMax))
	}
}

// duration adds a finding unless d was read.
func (f *findings) duration(key string, d Duration) {
	if d == unreadable {
		f.add(key, `a duration is text such as "90d", "24h" or "30s", in whole seconds and at most 36500d`)
	}
}

// check finds all that is wrong with r: values that mean nothing, and rules
// that no token could keep.
func (r Rules) check() findings {
	var f findings
	if !prefixForm.MatchString(r.Prefix) {
		f.add("prefix", `begin with a letter, go on with up to 15 letters, digits or hyphens and end with _, or with _{tenant}_`)
	}
	f.oneOf("grants", r.Grants, GrantScopes, GrantPermissions)
	f.oneOf("list", r.List, ListOwn, ListTenant)
	if r.Grants == GrantPermissions && r.PerTenant() {
		f.add("grants", "permissions are granted in several tenants at once, and these rules give each token one: its prefix, list or limit is for a tenant", "prefix", "list", "limit.perTenant")
	}
	r.checkLabel(&f)
	r.checkExpiry(&f)
	r.checkLimit(&f)
	f.duration("activation", r.Activation)
	f.duration("revoke.promise", r.Revoke.Promise)
	f.oneOf("revoke.verb", r.Revoke.Verb, VerbRevoke, VerbDelete)
	r.checkScopes(&f)
	return f
}

func (r Rules) checkLabel(f *findings) {
	l := r.Label
	if l.MaxLength < 1 || l.MaxLength > labelMax {
		f.add("label.maxLength", fmt.Sprintf("choose 1 to %d", labelMax))
	}
	if l.MinLength < 0 || l.MinLength > l.MaxLength {
		f.add("label.minLength", "choose 0 to label.maxLength", "label.maxLength")
	}
}

func (r Rules) checkExpiry(f *findings) {
	e := r.Expiry
	f.duration("expiry.default", e.Default)
	f.duration("expiry.max", e.Max)
	f.oneOf("expiry.recommended", e.Recommended, RecommendNo, RecommendYes, RecommendStrongly)
	if e.Max.Duration > 0 && e.Default.Duration > e.Max.Duration {
		f.add("expiry.default", fmt.Sprintf("%s is more than expiry.max, %s", e.Default, e.Max), "expiry.max")
	}
	if e.Max.Duration > 0 && e.Never {
		f.add("expiry.never", "a token cannot live for ever where expiry.max is "+e.Max.String()+": say false", "expiry.max")
	}
}

func (r Rules) checkLimit(f *findings) {
	l := r.Limit
	f.count("limit.perUser", l.PerUser)
	f.count("limit.raisedPerUser", l.RaisedPerUser)
	f.count("limit.perTenant", l.PerTenant)
	switch {
	case l.RaisedPerUser > 0 && l.PerUser == 0:
		f.add("limit.raisedPerUser", "there is no limit.perUser to raise", "limit.perUser")
	case l.RaisedPerUser > 0 && l.RaisedPerUser < l.PerUser:
		f.add("limit.raisedPerUser", fmt.Sprintf("%d is less than limit.perUser, %d", l.RaisedPerUser, l.PerUser), "limit.perUser")
	}
}

func (r Rules) checkScopes(f *findings) {
	if len(r.Scopes) == 0 {
		f.add("scopes", "name at least one scope")
		return
	}
	names := r.ScopeNames()
	for i, s := range r.Scopes {
		key := func(field string) string { return fmt.Sprintf("scopes[%d].%s", i, field) }
		if !scopeForm.MatchString(s.Name) {
			f.add(key("name"), "begin with a small letter and go on with up to 63 small letters, digits, colons, dots, hyphens or underscores")
		}
		if slices.Index(names, s.Name) < i {
			f.add(key("name"), "there are two scopes of this name")
		}
		if !shownText(s.Label, 64) || s.Label == "" {
			f.add(key("label"), "use one line of 1 to 64 characters")
		}
		if !shownText(s.Description, 256) {
			f.add(key("description"), "use one line of at most 256 characters")
		}
		for _, implied := range s.Implies {
			if !slices.Contains(names, implied) || implied == s.Name {
				f.add(key("implies"), fmt.Sprintf("%q is no other scope of this catalogue", implied))
			}
		}
	}
	if r.ReadScope != "" && !slices.Contains(names, r.ReadScope) {
		f.add("readScope", fmt.Sprintf("%q is no scope of this catalogue; \"\" asks for none", r.ReadScope), "scopes")
	}
}

// shownText reports whether s can be shown as it is.
func shownText(s string, longest int) bool {
	hidden, _ := visible.Unseen(s)
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= longest && hidden == 0
}
