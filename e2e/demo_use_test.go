//go:build e2e && demo

package e2e

// colleague is a public key of age.
const colleague = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

// handOver passes a new secret on in the ways that its dialog has. The focus is
// on Copy, and the form, Copy as, Save, Seal and Test follow.
func (d *tour) handOver() {
	d.t.Helper()
	d.press("Tab", "space")
	d.shot("secret-forms", "curl command", "Kubernetes Secret")
	d.press("Escape", "Tab", "Tab", "space")
	d.shot("secret-save", "Save to a file", "A new file that only you can read")
	d.press("Return")
	d.shot("secret-saved", "Saved to")
	d.press("Tab", "space")
	d.shot("secret-seal", "Seal for a colleague", "Ask your colleague")
	d.typeText("age1 no key")
	d.shot("secret-seal-wrong", "This is no public key")
	d.press("ctrl+a")
	d.typeText(colleague)
	d.shot("secret-seal-key", "A public key")
	d.press("Return")
	d.shot("secret-sealed", "and copied")
	d.press("Tab", "space")
	d.shot("secret-tested", "It works")
}

// mine asks whose a token is: one that was made here, and what is none.
func (d *tour) mine() {
	d.t.Helper()
	d.press("ctrl+i")
	d.shot("mine", "Is this token mine?", "Paste a token")
	d.typeText("Bearer of good news")
	d.press("Return")
	d.shot("mine-nothing", "no token that was issued on this computer")
	d.press("ctrl+a")
	d.typeText(d.made)
	d.press("Return")
	d.shot("mine-yours", "It was issued here", "Holiday calendar", "If others may have seen it")
	d.press("Escape")
	d.seesNo("Is this token mine?")
}

// denied creates a token for an application that stopped taking any meanwhile.
func (d *tour) denied() {
	d.t.Helper()
	d.press("ctrl+n")
	d.sees("New user access token", "Local scripts")
	d.typeText("Delivery notes")
	d.sql(`UPDATE apps SET policy = 'None' WHERE name = 'Local scripts'`)
	d.press("Return")
	d.shot("create-denied", "policy is None")
	d.sql(`UPDATE apps SET policy = 'AuthenticatedUsers' WHERE name = 'Local scripts'`)
	d.press("Escape")
	d.seesNo("Generate token")
}
