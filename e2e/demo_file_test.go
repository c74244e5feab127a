//go:build e2e && demo

package e2e

// file is the tour without a keyring: in memory first, then in an encrypted file.
func (d *tour) file() {
	const passphrase = "three words of mine"
	p := d.open()
	d.shot("no-keyring", "lasts only until you quit", "Keep in an encrypted file")
	d.useBuiltIn()
	d.shot("no-keyring-tokens", "signed in until you quit")
	d.press("ctrl+l")
	d.shot("lock-memory", "Keyfob is locked", "so the lock only hides the window")
	d.press("Return")
	d.sees("No tokens yet")
	d.quit(p)

	p = d.open()
	d.sees("lasts only until you quit", "Keep in an encrypted file")
	d.press("Tab", "Tab", "Tab", "Tab", "Return") // from the built-in server to keeping
	d.shot("passphrase-choose", "New passphrase", "Nobody can open the file without it")
	d.typeText("short")
	d.press("Return")
	d.shot("passphrase-short", "needs at least 12 characters")
	d.press("ctrl+a")
	d.typeText(passphrase)
	d.press("Tab")
	d.typeText(passphrase)
	d.press("Return")
	d.shot("file-first-start", "kept in your encrypted file")
	d.quit(p)

	p = d.open()
	d.shot("passphrase-ask", "Your sign-ins are in an encrypted file")
	d.typeText(passphrase)
	d.press("Return")
	d.sees("Use the built-in server")
	d.press("Return")
	d.sees("No tokens yet", "Sign-in kept in an encrypted file")
	d.press("ctrl+4")
	d.shot("settings-file", "Appearance", "encrypted file")
	d.press("ctrl+l")
	d.shot("lock-file", "Keyfob is locked", "Give its passphrase to unlock")
	d.typeText("other words of mine")
	d.press("Return")
	d.shot("lock-file-wrong", "This is not the passphrase")
	d.typeText(passphrase)
	d.press("Return")
	d.sees("Appearance", "encrypted file")
	d.quit(p)
}
