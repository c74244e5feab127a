package tokens

import (
	"slices"
	"strings"
	"time"

	"keyfob/api"
)

// model is what the rules come to, kept in plain lists. Nothing in it is read
// back from a server, and it shares no code with one.
type model struct {
	preset string
	now    time.Time
	apps   map[string]*modelApp
	users  map[string]*modelUser
	tokens []*modelToken // in the order in which they were issued
}

type modelApp struct {
	enabled, allowed   bool
	policy, systemUser string
	scopes             []string
}

type modelUser struct {
	admin, active        bool
	permissions, tenants []string
}

type modelToken struct {
	parent *modelToken // of one that was exchanged

	kind, id, secret, app, owner string
	scopes, permissions, tenants []string // as granted
	created, expires             time.Time
	replaces                     *modelToken
	replaced, revoked            bool
	ends                         time.Time // of one that was replaced
}

// worth is what a token is accepted for: as whom it acts, and with what.
type worth struct {
	User                         string // empty: it is refused
	Scopes, Permissions, Tenants []string
}

// over reports whether a token has ended by itself or by anybody's doing.
func (m *model) over(k *modelToken) bool {
	return k.revoked || k.replaced && !m.now.Before(k.ends) || !k.expires.IsZero() && !m.now.Before(k.expires)
}

// worth is what the model says of a token now.
func (m *model) worth(k *modelToken) worth {
	if m.over(k) {
		return worth{}
	}
	if k.parent != nil {
		w := m.worth(k.parent)
		if w.User != "" {
			w.Scopes = without(m.implied(both(w.Scopes, k.scopes)), ScopeTokens)
		}
		return w
	}
	id := m.actsAs(k.kind, k.app, k.owner)
	if id == "" || !m.apps[k.app].enabled {
		return worth{}
	}
	u := m.users[id]
	w := worth{id, m.implied(both(k.scopes, m.apps[k.app].scopes)), both(actions(k.permissions), actions(u.permissions)), both(k.tenants, u.tenants)}
	if m.preset == "lucanet" && len(w.Tenants) == 0 {
		return worth{}
	}
	return w
}

// actsAs is who a token of that kind acts as, if that user is let in.
func (m *model) actsAs(kind, app, owner string) string {
	if a := m.apps[app]; kind == api.KindSAT {
		if owner = a.systemUser; !a.allowed {
			return ""
		}
	}
	if u := m.users[owner]; u == nil || !u.active {
		return ""
	}
	return owner
}

// mayHave reports whether a token of that kind may be issued for an app.
func (m *model) mayHave(kind, app, owner string) bool {
	a := m.apps[app]
	open := a.policy == api.PolicyAuthenticatedUsers || a.policy == api.PolicyAdministratorsOnly && (kind == api.KindSAT || m.users[owner].admin)
	return open && a.enabled && m.actsAs(kind, app, owner) != ""
}

// mayIssue reports whether k may be issued as it is asked for.
func (m *model) mayIssue(k *modelToken) bool {
	if !m.mayHave(k.kind, k.app, k.owner) || len(both(k.scopes, m.apps[k.app].scopes)) < len(k.scopes) {
		return false
	}
	holder := m.users[m.actsAs(k.kind, k.app, k.owner)]
	held := len(both(actions(k.permissions), actions(holder.permissions))) == len(actions(k.permissions)) &&
		len(both(k.tenants, holder.tenants)) == len(k.tenants)
	switch m.preset {
	case "socotra":
		return held && len(k.permissions) > 0 && len(k.tenants) > 0 && (k.kind == api.KindSAT || m.counted(k.owner) < 3)
	case "lucanet":
		return held && len(k.scopes) > 0 && len(k.tenants) == 1
	}
	return len(k.scopes) > 0
}

// counted is how many tokens count for a user's limit.
func (m *model) counted(owner string) int {
	n := 0
	for _, k := range m.tokens {
		if k.parent == nil && k.owner == owner && !m.over(k) && !m.replacedByALiveOne(k) {
			n++
		}
	}
	return n
}

func (m *model) replacedByALiveOne(k *modelToken) bool {
	return slices.ContainsFunc(m.tokens, func(next *modelToken) bool { return next.replaces == k && !m.over(next) })
}

// mayRotate reports whether old may be replaced, and fills in what of old's
// grants is left for next.
func (m *model) mayRotate(old, next *modelToken) bool {
	if old.replaced || m.over(old) || !m.mayHave(old.kind, old.app, old.owner) {
		return false
	}
	holder := m.users[m.actsAs(old.kind, old.app, old.owner)]
	next.scopes = both(old.scopes, m.apps[old.app].scopes)
	next.permissions = both(actions(old.permissions), actions(holder.permissions))
	next.tenants = both(old.tenants, holder.tenants)
	if m.preset == "socotra" || m.preset == "lucanet" {
		if p := old.replaces; p != nil && !m.over(p) {
			return false
		}
	}
	return len(old.scopes) == 0 == (len(next.scopes) == 0) && len(old.permissions) == 0 == (len(next.permissions) == 0) &&
		len(old.tenants) == 0 == (len(next.tenants) == 0)
}

// mayRevoke reports whether a user may end k without being an administrator.
func (m *model) mayRevoke(user string, k *modelToken) bool {
	return k.owner == user || m.preset == "lucanet" && len(both(k.tenants, m.users[user].tenants)) > 0
}

// mayExchange reports whether a token with these scopes may be had for k, and
// until when; none asked for: all.
func (m *model) mayExchange(k *modelToken, scopes *[]string) (time.Time, bool) {
	w := m.worth(k)
	may := without(w.Scopes, ScopeTokens)
	if len(*scopes) == 0 {
		*scopes = may
	}
	if m.preset != "digitalhub" && m.preset != implying || k.parent != nil || w.User == "" || len(may) == 0 || len(both(*scopes, may)) < len(*scopes) {
		return time.Time{}, false
	}
	until := m.now.Add(15 * time.Minute)
	for _, end := range []time.Time{k.expires, k.ends} {
		if !end.IsZero() && end.Before(until) {
			until = end
		}
	}
	return until, true
}

// implying is the name of rules of one's own, where update implies read.
const implying = "of one's own"

func (m *model) implied(scopes []string) []string {
	if m.preset == implying && slices.Contains(scopes, "update") {
		return set(append(scopes, "read"))
	}
	return scopes
}

// actions are all that permissions stand for, of those that there are. "other"
// stands for what nobody has heard of.
func actions(permissions []string) []string {
	var out []string
	for _, a := range []string{"policies.list", "policies.edit", "policies.other", "quotes.read", "quotes.other", "other.other"} {
		resource, _, _ := strings.Cut(a, ".")
		for _, p := range permissions {
			if p == a || p == resource+".*" || p == "*.*" {
				out = append(out, a)
			}
		}
	}
	return set(out)
}

// set is a list as a set: sorted, nothing twice, nil if empty.
func set(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

func both(a, b []string) []string {
	var out []string
	for _, x := range a {
		if slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return set(out)
}

func without(list []string, x string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == x })
}
