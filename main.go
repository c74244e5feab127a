// Keyfob issues, watches and revokes the access tokens that scripts and
// integrations use. This is the desktop program. Followed by a command, such as
// serve, it is the token server that cmd/keyfobd is on its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"fyne.io/fyne/v2/app"

	"keyfob/assets"
	"keyfob/client/connect"
	"keyfob/client/credentials"
	"keyfob/client/issued"
	"keyfob/internal/crash"
	"keyfob/internal/desktop"
	"keyfob/internal/dirs"
	"keyfob/internal/harden"
	"keyfob/internal/local"
	"keyfob/internal/screenlock"
	"keyfob/internal/single"
	"keyfob/server/command"
	"keyfob/ui"
	"keyfob/ui/clipboard"
	"keyfob/ui/settings"
)

const appID = "io.github.keyfob.Keyfob"

var version string // set by the build

func main() {
	if crash.Watching() {
		return
	}
	defer crash.Guard() // of the UI thread too, which is this one
	if err := harden.Process(); err != nil {
		fmt.Fprintln(os.Stderr, "keyfob: core dumps may be possible:", err)
	}
	program := command.Program{Name: "keyfob", Version: version}
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		os.Exit(program.Main())
	}
	server := flag.String("server", "", "address of a token server to sign in to")
	flag.Parse()
	if err := run(*server, program.VersionText()); err != nil {
		fmt.Fprintln(os.Stderr, "keyfob:", err)
		os.Exit(1)
	}
}

func run(server, version string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := desktop.Check(ctx); err != nil {
		return err
	}
	at, err := dirs.Find()
	if err != nil {
		return err
	}
	lock, err := single.Acquire(ctx, at.Config)
	if err != nil {
		return err
	}
	defer lock.Release()

	a := app.NewWithID(appID)
	a.SetIcon(assets.AppIcon)
	noLastWrite(a)
	own := local.New(at.Data, version)
	keyring := credentials.NewWatch(credentials.NewKeyring("Keyfob"))
	kept := credentials.NewFallback(keyring).WithFile(credentials.NewFile(filepath.Join(at.Config, "credentials.json")))
	clip := clipboard.New(func() time.Duration { return settings.ClipboardAfter(a) })
	var window *ui.UI
	connector := connect.New(connect.Config{
		Dir: at.Config, BuiltIn: own, Credentials: kept,
		OpenBrowser: func(address string) error { return window.OpenBrowser(address) },
	})
	finish := sync.OnceValue(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), leaving)
		defer cancel()
		err := clip.Clear(ctx)
		endSignIns(ctx, connector)
		err = errors.Join(err, own.Close(ctx))
		_ = window.Noted(ctx) // without a keyring it never is, as the dialog says
		return err
	})
	ending := quitting{App: a, over: make(chan struct{}), finish: finish, exit: os.Exit}
	window = ui.New(ui.Config{
		App: ending, Connector: connector, Clipboard: clip, Keyring: keyring, Kept: kept,
		Issued: issued.New(filepath.Join(at.Data, "issued.json"), kept), Probe: credentials.Probe, Unkept: kept.Why, Keep: kept.TryAgain,
		OpenURL: desktop.OpenURL(a), Address: server, Version: version, Crash: crashed(at.State), Now: time.Now,
	})
	lock.OnRaise(window.Raise)
	context.AfterFunc(ctx, func() { leave(a, clip) })
	screenlock.Watch(ctx, window.Lock)
	keepCrashes(at.State, version, clip)
	window.Start()
	ending.Run()
	return finish()
}
