//go:build e2e && demo

package e2e

import (
	"path/filepath"
	"strings"
)

// many is the tour of several connections: another server with two people, one
// of them by a token that is pasted; and of what is said when that is gone.
func (d *tour) many() {
	d.t.Helper()
	d.installBrowser()
	d.write("config/fyne/io.github.keyfob.Keyfob/preferences.json", `{"lockSignIn": true}`)
	server, serving := d.serveFor("grace", "Grace Hopper", "Compilers")
	d.elsewhere("user", "add", "heidi", "--name", "Heidi Byte")
	d.elsewhere("app", "add", "Desktop", "--policy", "AuthenticatedUsers", "--scopes", "read,tokens")
	token := d.elsewhere("token", "create", "--app", "Desktop", "--scope", "read,tokens", "--user", "heidi", "--description", "Desktop")
	p := d.open()
	d.useBuiltIn()
	d.quit(p)
	d.nameAda()

	p = d.open()
	d.sees("Ada Admin", "No tokens yet")
	d.add()
	d.shot("add-connection", "Another server", "Back to Built-in server")
	d.byCode(server)
	d.byBrowser()
	d.add()
	d.byToken(server, token)
	d.openSwitcher()
	d.shot("switcher", "Add a connection", "Ada Admin", "Grace Hopper", "Heidi Byte")
	d.press("Escape")
	d.locks(token)
	d.removes(serving)
	d.quit(p)

	p = d.open()
	d.shot("sign-out-left", "Not signed out yet")
	d.quit(p)
	d.do("secret-tool", "clear", "service", "Keyfob")
	p = d.open()
	d.shot("sign-out-lost-first", "Another server", "could not be ended")
	d.press("Return")
	d.shot("sign-out-lost", "Signed in as ada", "could not be ended")
	d.quit(p)
}

// elsewhere is operator for the other server.
func (d *tour) elsewhere(args ...string) string {
	d.t.Helper()
	return strings.TrimSpace(d.do(program(d.t, "keyfobd"), append([]string{"--data", filepath.Join(d.home, "server")}, args...)...))
}

// openSwitcher opens the menu of the account card; the focus is on the
// connection in use.
func (d *tour) openSwitcher() {
	d.t.Helper()
	d.do("xdotool", "mousemove", "110", "64", "click", "1")
	d.sees("Add a connection", "Manage connections")
}

// add goes to the first screen from the last of the connections.
func (d *tour) add() {
	d.t.Helper()
	d.openSwitcher()
	d.press("Down", "Return")
	d.sees("Another server", "Back to")
}

func (d *tour) byCode(server string) {
	d.t.Helper()
	d.typeText(server)
	d.press("Tab", "Tab", "Return")
	d.shot("signin-ways", "With a code", "With an access token", "Advanced")
	d.press("Down", "Return")
	d.shot("signin-code", "type this code", "Waiting for you to type the code")
	d.press("Escape")
	d.sees("Sign in with a code")
}

func (d *tour) byBrowser() {
	d.t.Helper()
	d.press("Tab", "Tab", "Return", "Down", "Return")
	d.shot("signin-browser", "Waiting for your browser")
	d.logIn("grace", password)
	d.sees("Signed in as grace")
}

func (d *tour) byToken(server, token string) {
	d.t.Helper()
	d.typeText(server)
	d.press("Tab", "Tab", "Return", "Down", "Down", "Return")
	d.shot("signin-token", "Check and sign in", "For servers that have nothing else")
	d.typeText("enrt_pNone")
	d.press("Return")
	d.shot("signin-token-refused", "does not accept this token")
	d.typeText(token)
	d.press("Return")
	d.sees("Signed in as heidi")
}

// locks shows the lock of a pasted token and of a browser, where the settings
// demand to sign in.
func (d *tour) locks(token string) {
	d.t.Helper()
	d.press("ctrl+l")
	d.shot("lock-again", "Keyfob is locked", "Sign in again to unlock")
	d.press("Return")
	d.shot("lock-again-token", "Sign in to unlock", "Access token")
	d.typeText(token)
	d.press("Return")
	d.sees("Signed in as heidi")
	d.press("ctrl+shift+2")
	d.sees("Signed in as grace")
	d.press("ctrl+l")
	d.shot("lock-browser", "Keyfob is locked", "Sign in with your browser to unlock")
	d.press("Return")
	d.shot("lock-browser-waiting", "Waiting for your browser")
	d.logIn("grace", password)
	d.sees("Signed in as grace")
	d.press("ctrl+shift+1")
	d.sees("Signed in as ada")
}

// removes removes the connection of a server that is gone.
func (d *tour) removes(serving *process) {
	d.t.Helper()
	must(d.t, serving.cmd.Process.Kill())
	<-serving.ended
	d.openSwitcher()
	d.press("Down", "Down", "Down", "Down", "Return") // two others, Add, Manage
	d.shot("connections", "Ada Admin", "Grace Hopper", "Heidi Byte", "Remove")
	d.press("Tab", "Tab", "Tab", "Tab", "Tab", "Return")
	d.shot("connection-change", "Grace Hopper", "Colour")
	d.press("Escape")
	d.press("Tab", "Tab", "Tab", "Return")
	d.shot("connection-remove", "Remove connection?", "deletes the credential from this computer")
	d.press("Tab", "Return")
	d.shot("connection-removed", "has not confirmed the sign-out")
	d.press("Return")
	d.shot("connections-left", "sign-out is not confirmed yet")
	d.press("Escape")
	d.sees("Signed in as ada")
}
