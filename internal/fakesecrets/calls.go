package fakesecrets

import (
	"errors"

	"github.com/godbus/dbus/v5"
)

// value is a secret as the Secret Service puts it on the bus.
type value struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

func (s *Service) openSession(_ string, _ dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	s.now()
	return dbus.MakeVariant(""), root + "/session/1", nil
}

func (s *Service) readAlias(string) (dbus.ObjectPath, *dbus.Error) { return login, nil }

func (s *Service) unlock(paths []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if !s.now().Locked {
		return paths, none, nil
	}
	return nil, s.newPrompt(func() dbus.Variant {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults.Locked = false
		return dbus.MakeVariant(paths)
	}, dbus.MakeVariant([]dbus.ObjectPath{})), nil
}

func (s *Service) searchItems(want map[string]string) ([]dbus.ObjectPath, *dbus.Error) {
	s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []dbus.ObjectPath{}
	for path, it := range s.items {
		if matches(it.attributes, want) {
			found = append(found, path)
		}
	}
	return found, nil
}

func (s *Service) createItem(properties map[string]dbus.Variant, v value, _ bool) (path, prompt dbus.ObjectPath, err *dbus.Error) {
	f := s.now()
	attributes, _ := properties["org.freedesktop.Secret.Item.Attributes"].Value().(map[string]string)
	keep := func() dbus.ObjectPath { return s.keep(item{attributes, v.Value}) }
	switch {
	case f.Max > 0 && len(v.Value) > f.Max:
		return none, none, dbus.NewError("org.freedesktop.DBus.Error.LimitsExceeded", nil)
	case f.AskToCreate:
		return none, s.newPrompt(func() dbus.Variant { return dbus.MakeVariant(keep()) }, dbus.MakeVariant(none)), nil
	case f.Drop:
		return s.newPath("collection/login/"), none, nil
	case f.FailAfter:
		keep()
		return none, none, dbus.MakeFailedError(errors.New("disk full"))
	}
	return keep(), none, nil
}

// keep puts an item in the place of one with its attributes, or in a new one.
func (s *Service) keep(it item) dbus.ObjectPath {
	path := s.newPath("collection/login/")
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, old := range s.items {
		if matches(old.attributes, it.attributes) {
			s.items[p] = it
			return p
		}
	}
	s.items[path] = it
	s.export(path, "Item", map[string]any{
		"GetSecret": func(session dbus.ObjectPath) (value, *dbus.Error) { return s.getSecret(path, session) },
		"Delete":    func() (dbus.ObjectPath, *dbus.Error) { return s.remove(path), nil },
	}, map[string]func() any{"Locked": s.locked})
	return path
}

func (s *Service) getSecret(path, session dbus.ObjectPath) (value, *dbus.Error) {
	s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return value{Session: session, Parameters: []byte{}, Value: s.items[path].value, ContentType: "text/plain"}, nil
}

func (s *Service) remove(path dbus.ObjectPath) (prompt dbus.ObjectPath) {
	f := s.now()
	drop := func() dbus.Variant {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.items, path)
		return dbus.MakeVariant("")
	}
	switch {
	case f.AskToDelete:
		return s.newPrompt(drop, dbus.MakeVariant(""))
	case !f.Hold:
		drop()
	}
	return none
}

// newPrompt is a prompt that does something when the person says yes.
func (s *Service) newPrompt(yes func() dbus.Variant, no dbus.Variant) dbus.ObjectPath {
	path := s.newPath("prompt/p")
	complete := func(dismissed bool, result dbus.Variant) {
		_ = s.conn.Emit(path, "org.freedesktop.Secret.Prompt.Completed", dismissed, result)
	}
	ask := func(caller dbus.Sender, _ string) *dbus.Error {
		f := s.now()
		s.Prompts <- struct{}{}
		if f.Noise {
			s.makeNoise(caller, path)
		}
		switch f.Answer {
		case Yes:
			go func() { complete(false, yes()) }()
		case No:
			go complete(true, no)
		}
		return nil
	}
	dismiss := func() *dbus.Error {
		s.Dismissed <- struct{}{}
		complete(true, no)
		return nil
	}
	s.export(path, "Prompt", map[string]any{"Prompt": ask, "Dismiss": dismiss}, nil)
	return path
}

// makeNoise is what a desktop's other programs send, one of which lies.
func (s *Service) makeNoise(caller dbus.Sender, path dbus.ObjectPath) {
	_ = s.other.Emit("/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings.SettingChanged",
		"org.freedesktop.appearance", "color-scheme", dbus.MakeVariant(uint32(1)))
	_ = s.conn.Emit(root+"/prompt/another", "org.freedesktop.Secret.Prompt.Completed", false, dbus.MakeVariant(""))
	forged := &dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldPath: dbus.MakeVariant(path), dbus.FieldDestination: dbus.MakeVariant(string(caller)),
		dbus.FieldInterface: dbus.MakeVariant("org.freedesktop.Secret.Prompt"), dbus.FieldMember: dbus.MakeVariant("Completed"),
		dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(false, dbus.MakeVariant(""))),
	}, Body: []any{false, dbus.MakeVariant("")}}
	s.other.Send(forged, nil)
}
