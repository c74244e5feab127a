// Package command is the token server's command line, and the operator's way
// in: it serves a data directory, and adds users and applications, issues and
// revokes tokens on the same directory, also while a server runs on it.
//
// Exit codes: 0 done, 1 failed, 2 not asked in a way it understands. What was
// asked for goes to standard output, alone; all else to standard error.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"keyfob/server/instance"
	"keyfob/server/rules"
	"keyfob/server/store"
)

// Program is who runs the command line.
type Program struct {
	Name    string // as in its messages: keyfobd
	Version string // as the build said; may be empty
}

const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands is the command line as kong reads it.
type commands struct {
	Data     string `help:"Data directory." placeholder:"DIR" env:"KEYFOBD_DATA" type:"path"`
	Database string `help:"PostgreSQL database, instead of a file in the data directory. A password is better kept in PGPASSWORD or PGPASSFILE." placeholder:"URL" env:"KEYFOBD_DATABASE"`
	Rules    string `help:"What is demanded of tokens: erp, digitalhub, lucanet, socotra, or a file of rules that ends in .toml. Give commands those that the server has." placeholder:"NAME|FILE" default:"erp" env:"KEYFOBD_RULES"`
	JSON     bool   `help:"Write results as JSON."`

	Serve serveCmd `cmd:"" help:"Serve the data directory. Prints the URL when ready."`
	User  struct {
		Add userAddCmd `cmd:"" help:"Add a user."`
		Set userSetCmd `cmd:"" help:"Change a user: let in or keep out, administrator, name, password."`
	} `cmd:"" help:"Users."`
	App struct {
		Add    appAddCmd    `cmd:"" help:"Add a trusted application."`
		Secret appSecretCmd `cmd:"" help:"Give an application a new client secret, for introspection. Prints it alone."`
	} `cmd:"" help:"Trusted applications."`
	Token struct {
		Create tokenCreateCmd `cmd:"" help:"Issue a token. Prints its secret alone."`
		Revoke tokenRevokeCmd `cmd:"" help:"Revoke a token, at once and for good."`
	} `cmd:"" help:"Tokens."`
	Audit struct {
		Verify auditVerifyCmd `cmd:"" help:"Is the change log as it was written? Names the first event that does not fit."`
		List   auditListCmd   `cmd:"" help:"Print the change log, one event a line."`
	} `cmd:"" help:"The change log."`
	Policy policyCmd `cmd:"" help:"Print or set the longest that new tokens may live."`
	Rule   struct {
		Check rulesCheckCmd `cmd:"" help:"Check a file of rules. Names each mistake by line and key."`
		Show  rulesShowCmd  `cmd:"" help:"Print rules as they work, as a file to begin with."`
	} `cmd:"" name:"rules" help:"What is demanded of tokens."`
	Pepper struct {
		List   pepperListCmd   `cmd:"" help:"Each pepper, and how much is still kept under it."`
		New    pepperNewCmd    `cmd:"" help:"Make the pepper that is to follow the current one."`
		Use    pepperUseCmd    `cmd:"" help:"Make the new pepper the current one, once all servers hold it."`
		Retire pepperRetireCmd `cmd:"" help:"End an old pepper that nothing needs any more, or a new one that is not wanted."`
	} `cmd:"" help:"The keys that secrets are kept under: exchange them while servers work."`
	Backup  backupCmd  `cmd:"" help:"Write all records to one file, also while servers run."`
	Restore restoreCmd `cmd:"" help:"Put the records of a backup into an empty place."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// env is what a command runs in.
type env struct {
	ctx      context.Context //nolint:containedctx // of the whole process, handed to each command
	program  Program
	data     string
	database string // URL; empty: in data
	rules    rules.Rules
	json     bool
	stdin    io.Reader
	stdout   io.Writer
	stderr   io.Writer
}

// usageError is a wish that cannot be understood or granted as it is said.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// failure is a sentence for the one who asked.
type failure struct{ text string }

func (e failure) Error() string { return e.text }

// Main runs the command line of this process and answers its exit code. A
// signal to end the process ends a server in order.
func (p Program) Main() int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-told
		signal.Stop(told) // first: a second signal ends it at once
		stop()
	}()
	e := &env{ctx: ctx, program: p, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	return e.run(os.Args[1:])
}

func (e *env) run(args []string) int {
	var cli commands
	helped := false
	parser, err := kong.New(&cli,
		kong.Name(e.program.Name), kong.Description("The Keyfob token server."), kong.UsageOnError(),
		kong.Writers(e.stdout, e.stderr), kong.Exit(func(int) { helped = true }))
	if err != nil {
		return e.fail(err)
	}
	parsed, err := parser.Parse(args)
	if helped {
		return exitDone
	}
	if err != nil {
		return e.fail(usageError{err.Error()})
	}
	e.data, e.database, e.json = cli.Data, cli.Database, cli.JSON
	if e.database != "" && !store.IsURL(e.database) {
		return e.fail(usageError{"--database must be like postgres://user@host/name."})
	}
	if e.rules, err = rules.Load(cli.Rules); err != nil {
		return e.fail(usageError{"--rules: " + err.Error()})
	}
	if e.data == "" {
		if e.data, err = defaultData(); err != nil {
			return e.fail(err)
		}
	}
	if err := parsed.Run(e); err != nil {
		return e.fail(err)
	}
	return exitDone
}

var pasted = regexp.MustCompile(`([A-Za-z][0-9A-Za-z-]*_)[0-9A-Za-z_-]*[0-9A-Za-z]{16,}`)

// fail says in one sentence what went wrong.
func (e *env) fail(err error) int {
	// A token pasted in the wrong place is not repeated.
	_, _ = fmt.Fprintln(e.stderr, e.program.Name+": "+pasted.ReplaceAllString(sentence(err), "${1}…"))
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

// records runs do on the data directory's records, which must be there: who
// names a wrong directory is told so, and finds nothing new in it.
func (e *env) records(do func(*instance.Records) error) error {
	return e.recordsOf(instance.Config{Existing: true}, do)
}

// newRecords is records for what may come first, and begins them.
func (e *env) newRecords(do func(*instance.Records) error) error {
	return e.recordsOf(instance.Config{}, do)
}

// recordsOf is records with more in its configuration.
func (e *env) recordsOf(c instance.Config, do func(*instance.Records) error) error {
	c.Dir, c.Database, c.Rules, c.Version = e.data, e.database, e.rules, e.program.VersionText()
	r, err := instance.OpenRecords(e.ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(do(r), r.Close(e.ctx))
}

// print writes text, or v with --json.
func (e *env) print(text string, v any) error {
	if e.json {
		enc := json.NewEncoder(e.stdout)
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	}
	_, err := fmt.Fprintln(e.stdout, text)
	return err
}

// defaultData is where programs of this system keep their data.
func defaultData() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", usageError{"There is no home directory to keep data in. Name a directory with --data."}
	}
	switch {
	case runtime.GOOS == "windows" && os.Getenv("LOCALAPPDATA") != "":
		return filepath.Join(os.Getenv("LOCALAPPDATA"), "keyfobd"), nil
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support", "keyfobd"), nil
	case filepath.IsAbs(os.Getenv("XDG_DATA_HOME")):
		return filepath.Join(os.Getenv("XDG_DATA_HOME"), "keyfobd"), nil
	}
	return filepath.Join(home, ".local", "share", "keyfobd"), nil
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(e *env) error {
	v := e.program.VersionText()
	return e.print(e.program.Name+" "+v, map[string]string{"version": v})
}

// VersionText is what the build said, or what Go knows of the module.
func (p Program) VersionText() string {
	if p.Version != "" {
		return p.Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}
