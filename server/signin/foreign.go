package signin

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
)

// Foreign is for slog.SetDefault in a process that serves: it takes what
// libraries log there, in their own words, into the server's log.
//
// The OpenID library logs each refusal with what the client sent, and has no
// setting against it. Of each record stays the message and who said it; the
// values are dropped: no one has looked at what is in them. The library's own
// are for debugging only, as the server logs each request that it refuses.
func Foreign(log *slog.Logger) slog.Handler { return foreign{log.Handler()} }

type foreign struct{ to slog.Handler }

// Enabled is part of slog.Handler.
func (f foreign) Enabled(ctx context.Context, level slog.Level) bool { return f.to.Enabled(ctx, level) }

// WithAttrs is part of slog.Handler.
func (f foreign) WithAttrs([]slog.Attr) slog.Handler { return f }

// WithGroup is part of slog.Handler.
func (f foreign) WithGroup(string) slog.Handler { return f }

// Handle is part of slog.Handler.
func (f foreign) Handle(ctx context.Context, r slog.Record) error {
	frame, _ := runtime.CallersFrames([]uintptr{r.PC}).Next()
	level := r.Level
	if strings.HasPrefix(frame.Function, "github.com/zitadel/oidc/") {
		level = slog.LevelDebug
	}
	if !f.to.Enabled(ctx, level) {
		return nil
	}
	kept := slog.NewRecord(r.Time, level, r.Message, r.PC)
	kept.AddAttrs(slog.String("by", frame.Function))
	return f.to.Handle(ctx, kept)
}
