package conformance

import (
	"net/http"

	"keyfob/api"
)

// wish is the body of a request for a token. It is a map, so that a test can
// leave anything out of it and put anything into it.
type wish map[string]any

func (m wish) with(key string, value any) wish {
	out := wish{key: value}
	for k, v := range m {
		if k != key {
			out[k] = v
		}
	}
	return out
}

func (m wish) without(key string) wish {
	out := m.with(key, nil)
	delete(out, key)
	return out
}

// wish is what the person may ask for under the rules in force, drawn from
// the capabilities alone, as a client's form is.
func (p *person) wish() wish {
	p.Helper()
	c := p.capabilities()
	m := wish{"appId": p.app.ID}
	if c.Rules.Label.Required {
		m["description"] = unique("Nightly export ")
	}
	switch c.Grants.Model {
	case "permissions":
		m["permissions"], m["tenants"] = c.Grants.Permissions[:1], c.Grants.Tenants[:1]
	default:
		m["scopes"] = []string{least(c.Scopes)}
	}
	return m
}

// all is wish for whatever the person holds.
func (p *person) all() wish {
	p.Helper()
	m, c := p.wish(), p.capabilities()
	if m["scopes"] == nil {
		return m.with("permissions", c.Grants.Permissions).with("tenants", c.Grants.Tenants)
	}
	var scopes []string
	for _, s := range c.Scopes {
		scopes = append(scopes, s.Name)
	}
	return m.with("scopes", scopes)
}

// least is the first scope that is not broad.
func least(scopes []api.Scope) string {
	for _, s := range scopes {
		if !s.Broad {
			return s.Name
		}
	}
	return ""
}

// create asks for a PAT.
func (p *person) create(m wish) reply {
	p.Helper()
	return p.post("/profile/tokens", m)
}

// pat issues a PAT.
func (p *person) pat(m wish) (out api.Issued) {
	p.Helper()
	p.create(m).is(http.StatusCreated).into(&out)
	return out
}

// createSAT asks for a SAT of an app.
func (p *person) createSAT(app api.App, m wish) reply {
	p.Helper()
	return p.post("/manager/apps/"+app.ID+"/tokens", m.without("appId"))
}

// sat issues a SAT as the administrator.
func (w *world) sat(app api.App, m wish) (out api.Issued) {
	w.Helper()
	w.ada.createSAT(app, m).is(http.StatusCreated).into(&out)
	return out
}

// revoke ends one of the person's tokens.
func (p *person) revoke(id string) reply {
	p.Helper()
	return p.call(http.MethodDelete, "/profile/tokens/"+id, p.access, nil)
}

// listed is the ids of a list.
func (p *person) listed(path string) []string {
	p.Helper()
	ids := []string{}
	for _, t := range p.tokens(path) {
		ids = append(ids, t.ID)
	}
	return ids
}

func (p *person) tokens(path string) []api.Token {
	p.Helper()
	var page api.Page[api.Token]
	p.get(path).is(http.StatusOK).into(&page)
	return page.Items
}
