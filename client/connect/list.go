package connect

import (
	"slices"

	"keyfob/client"
	"keyfob/client/session"
)

// Way is how the person signs in to a connection, for the first time and again.
type Way string

// The ways.
const (
	Browser Way = ""       // the system's browser, on this computer
	Device  Way = "device" // a code, typed into a browser anywhere
	Token   Way = "token"  // an access token of the server, pasted in
)

// Colours are those that tell connections apart, beside their letter and name.
// A new connection gets the first that no other has.
var Colours = []string{"blue", "green", "violet", "amber", "teal", "rose"}

// Saved is what is remembered of a connection: which server and which account,
// and how it looks; never what signs it in.
type Saved struct {
	BuiltIn bool   `json:"builtIn,omitempty"`
	Address string `json:"address"`
	Issuer  string `json:"issuer,omitempty"`
	Subject string `json:"subject"`
	Login   string `json:"login"`
	Name    string `json:"name"`

	Label  string `json:"label,omitempty"` // the person's own name for it
	Colour string `json:"colour,omitempty"`

	Way          Way    `json:"way,omitempty"`
	LoopbackHost string `json:"loopbackHost,omitempty"` // where the browser comes back to; empty: 127.0.0.1
	CA           string `json:"ca,omitempty"`           // PEM, trusted beside those of the system

	// Revoked says that the server has confirmed the end of the sign-in: of one that
	// is leaving, only the credential here is still to be deleted.
	Revoked bool `json:"revoked,omitempty"`
}

// Key tells connections apart: one server and one account. The built-in
// server's port may change.
func (s Saved) Key() string {
	if s.BuiltIn {
		return "built-in|" + s.Subject
	}
	return s.Address + "|" + s.Subject
}

// Credential is the name under which what signs in is kept.
func (s Saved) Credential() string { return session.Key(s.Issuer, s.Subject) }

// list is the connections in the person's order, and which is in use. Its
// methods but put answer client.ErrNotFound for a key that it does not have.
type list struct {
	Version     int     `json:"version"`
	Current     string  `json:"current,omitempty"` // a key
	Connections []Saved `json:"connections"`

	// Leaving are those that the person removed and whose sign-out is not yet
	// confirmed. Their credentials, if there still are, are in the keyring.
	Leaving []Saved `json:"leaving,omitempty"`

	// Pending are servers at which a sign-in was begun and may not have been
	// kept, without an account: Finish looks there.
	Pending []Saved `json:"pending,omitempty"`
}

func (l *list) clone() list {
	out := *l
	out.Connections, out.Leaving, out.Pending = slices.Clone(l.Connections), slices.Clone(l.Leaving), slices.Clone(l.Pending)
	return out
}

func (l *list) index(key string) int {
	return slices.IndexFunc(l.Connections, func(s Saved) bool { return s.Key() == key })
}

func (l *list) find(key string) (*Saved, error) {
	i := l.index(key)
	if i < 0 {
		return nil, client.ErrNotFound
	}
	return &l.Connections[i], nil
}

// put adds s at the end and puts it in use. One that is there keeps its place
// and looks, one that was leaving stays.
func (l *list) put(s Saved) {
	l.stay(s.Key())
	l.decide(s.Issuer)
	l.Current = s.Key()
	if known, err := l.find(s.Key()); err == nil {
		s.Label, s.Colour = known.Label, known.Colour
		*known = s
		return
	}
	if s.Colour == "" {
		s.Colour = l.freeColour()
	}
	l.Connections = append(l.Connections, s)
}

func (l *list) freeColour() string {
	for _, c := range Colours {
		if !slices.ContainsFunc(l.Connections, func(s Saved) bool { return s.Colour == c }) {
			return c
		}
	}
	return Colours[len(l.Connections)%len(Colours)]
}

// look sets the person's own name, empty for the server's, and the colour.
func (l *list) look(key, label, colour string) error {
	s, err := l.find(key)
	if err != nil {
		return err
	}
	s.Label, s.Colour = label, colour
	return nil
}

// use puts the connection in use and takes over the server's names of the account.
func (l *list) use(key, login, name string) error {
	s, err := l.find(key)
	if err != nil {
		return err
	}
	l.Current, s.Login, s.Name = key, login, name
	return nil
}

// hasInUse reports whether use would change nothing.
func (l *list) hasInUse(key, login, name string) bool {
	s, err := l.find(key)
	return err == nil && l.Current == key && s.Login == login && s.Name == name
}

// leave notes that the sign-out of s is to be finished, of which its server may
// have confirmed its part.
func (l *list) leave(s Saved, revoked bool) {
	l.stay(s.Key())
	s.Revoked = revoked
	l.Leaving = append(l.Leaving, s)
}

func (l *list) stay(key string) {
	l.Leaving = slices.DeleteFunc(l.Leaving, func(s Saved) bool { return s.Key() == key })
}

// begin notes that a sign-in begins at the server of s.
func (l *list) begin(s Saved) {
	l.decide(s.Issuer)
	l.Pending = append(l.Pending, s)
}

// decide notes that no sign-in is left over at issuer.
func (l *list) decide(issuer string) {
	l.Pending = slices.DeleteFunc(l.Pending, func(s Saved) bool { return s.Issuer == issuer })
}

func (l *list) pending(issuer string) bool {
	return slices.ContainsFunc(l.Pending, func(s Saved) bool { return s.Issuer == issuer })
}

// move puts the connection by places nearer to the end, or to the start if
// negative, and no further than there is.
func (l *list) move(key string, by int) error {
	i := l.index(key)
	if i < 0 {
		return client.ErrNotFound
	}
	s := l.Connections[i]
	to := min(max(i+by, 0), len(l.Connections)-1)
	l.Connections = slices.Insert(slices.Delete(l.Connections, i, i+1), to, s)
	return nil
}

// remove forgets the connection. One in use gives way to its neighbour.
func (l *list) remove(key string) error {
	i := l.index(key)
	if i < 0 {
		return client.ErrNotFound
	}
	l.Connections = slices.Delete(l.Connections, i, i+1)
	if l.Current != key {
		return nil
	}
	l.Current = ""
	if n := len(l.Connections); n > 0 {
		l.Current = l.Connections[min(i, n-1)].Key()
	}
	return nil
}
