//go:build e2e

package e2e

import "testing"

func TestTheMenusOpenAndActByKeyboardAlone(t *testing.T) {
	d := newDesktop(t, withoutKeyring)
	p := d.open()
	d.useBuiltIn()
	d.press("ctrl+f")
	d.press("F10")
	d.sees("Is this token mine", "Lock now (Ctrl+L)")
	d.press("Right", "Right")
	d.sees("Trusted apps (Ctrl+3)")
	d.seesNo("Lock now")
	d.press("Escape")
	d.seesNo("Trusted apps (Ctrl+3)")
	d.typeText("warehouse") // where the focus was
	d.sees("warehouse")
	d.press("F10", "Down", "Return")
	d.sees("New user access token")
	d.typeText("nightly")
	d.sees("nightly")
	d.press("Escape")
	d.seesNo("nightly")
	d.press("Alt_L")
	d.sees("Lock now")
	d.press("Alt_L")
	d.seesNo("Lock now")
	d.quit(p)
}
