//go:build linux || freebsd || netbsd || openbsd || dragonfly

package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/godbus/dbus/v5"
)

// The Secret Service as freedesktop.org specifies it; gnome-keyring, KWallet
// and KeePassXC are some.
const (
	secretService = "org.freedesktop.secrets"
	secretsPath   = dbus.ObjectPath("/org/freedesktop/secrets")
	loginPath     = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	noPath        = dbus.ObjectPath("/")

	serviceInterface    = "org.freedesktop.Secret.Service"
	collectionInterface = "org.freedesktop.Secret.Collection"
	itemInterface       = "org.freedesktop.Secret.Item"
)

// system is the keyring of these systems.
func system() backend { return secrets{} }

// secrets is the Secret Service as a backend. Each call opens a connection of
// its own to the session bus: on one that is shared, signals of other parts of
// the program would arrive amid a prompt. What it writes is found by programs
// that look for go-keyring's items, and the other way round.
//
// A context that ends dismisses the prompt that is open, or leaves it to the
// person and does no more once it is answered. What the service was
// asked without a prompt is waited for, since it may yet be done.
type secrets struct{}

// secretValue is a secret on the bus. It travels as it is: whoever may listen
// on a session bus may ask its keyring as well.
type secretValue struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

func (secrets) Get(ctx context.Context, service, user string) (string, error) {
	t, err := openTalk(ctx)
	if err != nil {
		return "", err
	}
	defer t.close()
	_, items, err := t.find(ctx, service, user)
	if err != nil {
		return "", err
	}
	if len(items) == 0 {
		return "", ErrNotFound
	}
	session, err := t.session()
	if err != nil {
		return "", err
	}
	if err := t.unlock(ctx, items[0], itemInterface); err != nil {
		return "", err
	}
	var v secretValue
	if err := t.call(items[0], itemInterface+".GetSecret", session).Store(&v); err != nil {
		return "", err
	}
	return string(v.Value), nil
}

func (secrets) Set(ctx context.Context, service, user, value string) error {
	t, err := openTalk(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	collection, err := t.collection()
	if err == nil && collection == noPath {
		collection, err = t.makeCollection(ctx)
	}
	if err != nil {
		return err
	}
	if err := t.unlock(ctx, collection, collectionInterface); err != nil {
		return err
	}
	session, err := t.session()
	if err != nil {
		return err
	}
	properties := map[string]dbus.Variant{
		itemInterface + ".Label":      dbus.MakeVariant(fmt.Sprintf("Password for '%s' on '%s'", user, service)),
		itemInterface + ".Attributes": dbus.MakeVariant(attributes(service, user)),
	}
	v := secretValue{Session: session, Parameters: []byte{}, Value: []byte(value), ContentType: "text/plain; charset=utf8"}
	var item, prompt dbus.ObjectPath
	if err := t.call(collection, collectionInterface+".CreateItem", properties, v, true).Store(&item, &prompt); err != nil {
		return err
	}
	_, err = t.prompt(ctx, prompt)
	return err
}

func (secrets) Delete(ctx context.Context, service, user string) error {
	t, err := openTalk(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	_, items, err := t.find(ctx, service, user)
	if err != nil {
		return err
	}
	for _, item := range items {
		var prompt dbus.ObjectPath
		if err := t.call(item, itemInterface+".Delete").Store(&prompt); err != nil {
			return err
		}
		if _, err := t.prompt(ctx, prompt); err != nil {
			return err
		}
	}
	return nil
}

func attributes(service, user string) map[string]string {
	return map[string]string{"service": service, "username": user}
}

// find unlocks the collection and looks for the items; no collection is none.
func (t *talk) find(ctx context.Context, service, user string) (collection dbus.ObjectPath, items []dbus.ObjectPath, err error) {
	collection, err = t.collection()
	if err != nil || collection == noPath {
		return collection, nil, err
	}
	if err := t.unlock(ctx, collection, collectionInterface); err != nil {
		return collection, nil, err
	}
	err = t.call(collection, collectionInterface+".SearchItems", attributes(service, user)).Store(&items)
	return collection, items, err
}

// collection is the one named login, else the default one, else noPath.
func (t *talk) collection() (dbus.ObjectPath, error) {
	var all []dbus.ObjectPath
	if err := t.property(secretsPath, serviceInterface, "Collections", &all); err != nil {
		return noPath, err
	}
	if slices.Contains(all, loginPath) {
		return loginPath, nil
	}
	var path dbus.ObjectPath
	err := t.call(secretsPath, serviceInterface+".ReadAlias", "default").Store(&path)
	return path, err
}

// makeCollection makes the default collection; the service asks the person for
// its password.
func (t *talk) makeCollection(ctx context.Context) (dbus.ObjectPath, error) {
	properties := map[string]dbus.Variant{collectionInterface + ".Label": dbus.MakeVariant("Login")}
	var path, prompt dbus.ObjectPath
	if err := t.call(secretsPath, serviceInterface+".CreateCollection", properties, "default").Store(&path, &prompt); err != nil {
		return noPath, err
	}
	result, err := t.prompt(ctx, prompt)
	if err != nil {
		return noPath, err
	}
	if path == noPath {
		path, _ = result.Value().(dbus.ObjectPath)
	}
	if path == noPath || !path.IsValid() {
		return noPath, errors.New("no collection was made")
	}
	return path, nil
}

// unlock has the service ask the person, if need be, and then looks.
func (t *talk) unlock(ctx context.Context, path dbus.ObjectPath, kind string) error {
	locked := false
	if err := t.property(path, kind, "Locked", &locked); err != nil || !locked {
		return err
	}
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	if err := t.call(secretsPath, serviceInterface+".Unlock", []dbus.ObjectPath{path}).Store(&unlocked, &prompt); err != nil {
		return err
	}
	if _, err := t.prompt(ctx, prompt); err != nil {
		return err
	}
	if ctx.Err() != nil { // unlocked too late for a caller who is gone
		return context.Cause(ctx)
	}
	if err := t.property(path, kind, "Locked", &locked); err != nil {
		return err
	}
	if locked {
		return errors.New("still locked")
	}
	return nil
}

func (t *talk) session() (path dbus.ObjectPath, err error) {
	var output dbus.Variant
	err = t.call(secretsPath, serviceInterface+".OpenSession", "plain", dbus.MakeVariant("")).Store(&output, &path)
	return path, err
}

func (t *talk) property(path dbus.ObjectPath, kind, name string, to any) error {
	return t.object(path).StoreProperty(kind+"."+name, to)
}

func (t *talk) call(path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	return t.object(path).Call(method, 0, args...)
}
