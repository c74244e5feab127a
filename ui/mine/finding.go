package mine

import (
	"errors"
	"time"

	"fyne.io/fyne/v2"

	"keyfob/client"
	"keyfob/client/issued"
	"keyfob/ui/i18n"
	"keyfob/ui/widgets"
	"keyfob/ui/words"
)

// finding is what came of looking a token up.
type finding struct {
	issued.Answer
	here  bool         // it belongs to the connection that is open
	asked bool         // the server was asked whose it is
	token client.Token // as it is now, unless err
	err   error
}

func (f finding) revocable(now time.Time) bool {
	return (f.here || f.asked) && f.err == nil && f.token.Status(now) == client.Active
}

// banners say what was found, and what can be done.
func (m *Mine) banners(f finding) []fyne.CanvasObject {
	switch {
	case f.asked:
		return []fyne.CanvasObject{m.fromServer(f)}
	case f.Mine:
		return m.isMine(f)
	}
	out := []fyne.CanvasObject{m.notMine(f)}
	if f.Lost {
		out = append(out, widgets.NewBanner(widgets.Neutral, i18n.T("mine.lost"), "", nil))
	}
	if !f.Lasting {
		out = append(out, widgets.NewBanner(widgets.Neutral, i18n.T("mine.sinceStart"), "", nil))
	}
	return out
}

func (m *Mine) isMine(f finding) []fyne.CanvasObject {
	e := f.Entry
	text := i18n.T("mine.yours", "Name", name(e.Description), "Kind", kind(client.Kind(e.Kind)), "App", e.App,
		"Server", m.p.Server(e), "Login", e.Login, "Date", i18n.Date(e.At))
	out := []fyne.CanvasObject{widgets.NewBanner(widgets.Good, text, "", nil)}
	switch {
	case !f.here:
		return append(out, m.isElsewhere(e))
	case errors.Is(f.err, client.ErrNotFound):
		return append(out, widgets.NewBanner(widgets.Neutral, i18n.T("mine.gone"), "", nil))
	case f.err != nil:
		s := words.For(f.err)
		return append(out, widgets.NewBanner(widgets.Bad, s.Text, s.Action, m.check))
	}
	return append(out, m.status(f.token))
}

func (m *Mine) isElsewhere(e issued.Entry) fyne.CanvasObject {
	open := m.p.Switch(e)
	if open == nil {
		return widgets.NewBanner(widgets.Warn, i18n.T("mine.elsewhere", "Server", m.p.Server(e), "Login", e.Login), "", nil)
	}
	text := i18n.T("mine.switchText", "Server", m.p.Server(e), "Login", e.Login)
	return widgets.NewBanner(widgets.Warn, text, i18n.T("mine.switch"), func() { m.elsewhere(open) })
}

// status says whether there is anything left to do.
func (m *Mine) status(t client.Token) fyne.CanvasObject {
	switch t.Status(m.p.Now()) {
	case client.Revoked:
		return widgets.NewBanner(widgets.Neutral, i18n.T("mine.revoked"), "", nil)
	case client.Expired:
		return widgets.NewBanner(widgets.Neutral, i18n.T("mine.expired"), "", nil)
	}
	return widgets.NewBanner(widgets.Warn, i18n.T("mine.active"), "", nil)
}

func (m *Mine) notMine(f finding) fyne.CanvasObject {
	switch f.Shape {
	case issued.Whole:
		text := i18n.T("mine.foreign")
		if f.Lost || !f.Lasting {
			text = i18n.T("mine.foreignSince")
		}
		if m.p.Ask == nil {
			return widgets.NewBanner(widgets.Warn, text, "", nil)
		}
		return widgets.NewBanner(widgets.Warn, text, i18n.T("mine.ask", "Server", m.p.Asked), m.ask)
	case issued.Broken:
		return widgets.NewBanner(widgets.Warn, i18n.T("mine.broken"), "", nil)
	}
	return widgets.NewBanner(widgets.Neutral, i18n.T("mine.nothing"), "", nil)
}

// fromServer is the answer to an administrator.
func (m *Mine) fromServer(f finding) fyne.CanvasObject {
	switch {
	case errors.Is(f.err, client.ErrNotFound):
		return widgets.NewBanner(widgets.Neutral, i18n.T("mine.unknown"), "", nil)
	case f.err != nil:
		s := words.For(f.err)
		return widgets.NewBanner(widgets.Bad, s.Text, s.Action, m.ask)
	}
	t := f.token
	text := i18n.T("mine.theirs", "Name", name(t.Description), "Kind", kind(t.Kind), "App", t.App.Name, "Login", t.User.Login)
	if t.Kind == client.SAT {
		text = i18n.T("mine.theirsApp", "Name", name(t.Description), "Kind", kind(t.Kind), "App", t.App.Name, "Login", t.CreatedBy.Login)
	}
	if t.Status(m.p.Now()) != client.Active {
		return widgets.NewBanner(widgets.Neutral, text+" "+i18n.T("mine.over"), "", nil)
	}
	return widgets.NewBanner(widgets.Warn, text+" "+i18n.T("mine.active"), "", nil)
}

func kind(k client.Kind) string {
	if k == client.SAT {
		return i18n.T("mine.sat")
	}
	return i18n.T("mine.pat")
}

func name(description string) string {
	if description == "" {
		return i18n.T("mine.unnamed")
	}
	return i18n.T("mine.named", "Name", description)
}
