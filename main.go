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
	"strings"
	"syscall"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"keyfob/assets"
	"keyfob/client/connect"
	"keyfob/client/credentials"
	"keyfob/internal/desktop"
	"keyfob/internal/dirs"
	"keyfob/internal/local"
	"keyfob/internal/single"
	"keyfob/server/command"
	"keyfob/ui"
	"keyfob/ui/clipboard"
	"keyfob/ui/settings"
)

const appID = "io.github.keyfob.Keyfob"

var version = "0.1.0"

func main() {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		os.Exit(command.Program{Name: "keyfob", Version: version}.Main())
	}
	server := flag.String("server", "", "address of a token server to sign in to")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *showVersion {
		fmt.Println("keyfob", version)
		return
	}
	if err := run(*server); err != nil {
		fmt.Fprintln(os.Stderr, "keyfob:", err)
		os.Exit(1)
	}
}

func run(server string) error {
	if err := desktop.Check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	config, err1 := dirs.Config()
	data, err2 := dirs.Data()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	lock, err := single.Acquire(ctx, data)
	if errors.Is(err, single.ErrRunning) {
		return errors.New("Keyfob is already running; its window was brought to the front")
	}
	if err != nil {
		return fmt.Errorf("%w; Keyfob needs to write to %s", err, data)
	}
	defer lock.Release()

	a := app.NewWithID(appID)
	a.SetIcon(assets.AppIcon)
	own := local.New(data, version)
	kept := credentials.NewFallback(credentials.NewKeyring("Keyfob"))
	clip := clipboard.New(settings.ClipboardAfter(a))
	var window *ui.UI
	connector := connect.New(connect.Config{
		Dir: config, BuiltIn: own, Credentials: kept,
		OpenBrowser: func(address string) error { return window.OpenBrowser(address) },
	})
	window = ui.New(ui.Config{
		App: a, Connector: connector, Clipboard: clip, Probe: credentials.Probe, Unkept: kept.Why,
		OpenURL: desktop.OpenURL(a), Address: server, Version: version, Now: time.Now,
	})
	lock.OnRaise(window.Raise)
	context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	window.Start()
	a.Run()

	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return errors.Join(clip.Clear(ctx), own.Close(ctx))
}
