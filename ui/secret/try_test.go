package secret

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
)

// tested opens the dialog and tests the secret against a server that answers so.
func tested(t *testing.T, change func(*Params), answer func(client.Secret) (client.UserRef, error)) *Dialog {
	t.Helper()
	d, _ := open(t, fynetheme.VariantLight, func(p *Params) {
		p.Test = func(_ context.Context, s client.Secret) (client.UserRef, error) { return answer(s) }
		if change != nil {
			change(p)
		}
	})
	test.Tap(d.testIt)
	return d
}

func TestTheNewTokenItselfIsTestedAndSaysAsWhomItWorks(t *testing.T) {
	for want, who := range map[string]client.UserRef{
		"knows it as Ada Admin (ada).": {Login: "ada", Name: "Ada Admin"},
		"knows it as robot.":           {Login: "robot"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var shown string
			answer := make(chan struct{})
			d := tested(t, nil, func(s client.Secret) (client.UserRef, error) {
				<-answer
				shown = s.Reveal()
				return who, nil
			})
			synctest.Wait()
			if !strings.Contains(d.result.line.Text, "Testing") || !d.testIt.Disabled() {
				t.Errorf("meanwhile it says %q", d.result.line.Text)
			}
			close(answer)
			synctest.Wait()
			if shown != plain || !strings.Contains(d.result.line.Text, want) || d.testIt.Disabled() {
				t.Errorf("it says %q", d.result.line.Text)
			}
			d.close()
		})
	}
}

// requirement 100: what a server may still refuse is no failure; later it is one.
func TestARefusalIsOnlyThenNoFailureWhenTheServerTakesAWhile(t *testing.T) {
	for name, c := range map[string]struct {
		activation, after time.Duration
		want, says        string
	}{
		"at once":           {time.Minute, 0, "Not active yet", "up to 60 s"},
		"just before":       {time.Minute, time.Minute - 1, "Not active yet", "up to 60 s"},
		"after a minute":    {time.Minute, time.Minute, "does not accept", "did not succeed"},
		"works immediately": {0, 0, "does not accept", "did not succeed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, _ := open(t, fynetheme.VariantLight, func(p *Params) {
					p.Activation = c.activation
					p.Test = func(context.Context, client.Secret) (client.UserRef, error) {
						return client.UserRef{}, client.ErrNotWorking
					}
				})
				if said := d.result.line.Text; (c.activation > 0) != strings.Contains(said, "up to 60 s") {
					t.Errorf("beforehand it says %q", said)
				}
				time.Sleep(c.after)
				test.Tap(d.testIt)
				synctest.Wait()
				for _, part := range []string{c.want, c.says} {
					if !strings.Contains(d.result.line.Text, part) {
						t.Errorf("it says %q, not %q", d.result.line.Text, part)
					}
				}
				d.close()
			})
		})
	}
}

func TestATestThatCannotBeMadeSaysWhyAndCanBeRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := client.ErrOffline
		d := tested(t, nil, func(client.Secret) (client.UserRef, error) { return client.UserRef{Login: "ada"}, err })
		synctest.Wait()
		if !strings.Contains(d.result.line.Text, "cannot be reached") {
			t.Errorf("it says %q", d.result.line.Text)
		}
		err = nil
		test.Tap(d.testIt)
		synctest.Wait()
		if !strings.Contains(d.result.line.Text, "knows it as ada") {
			t.Errorf("it says %q", d.result.line.Text)
		}
		d.close()
	})
}

func TestClosingStopsATestUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended error
		d, _ := open(t, fynetheme.VariantLight, func(p *Params) {
			p.Test = func(ctx context.Context, _ client.Secret) (client.UserRef, error) {
				<-ctx.Done()
				ended = ctx.Err()
				return client.UserRef{}, ctx.Err()
			}
		})
		test.Tap(d.testIt)
		synctest.Wait()
		d.close()
		synctest.Wait()
		if !errors.Is(ended, context.Canceled) || d.result.line.Text != "" {
			t.Errorf("%v, it says %q", ended, d.result.line.Text)
		}
	})
}

func TestWithoutAWayToTestNoneIsOffered(t *testing.T) {
	d, _ := open(t, fynetheme.VariantLight, nil)
	if d.testIt.Visible() {
		t.Error("offers to test")
	}
}
