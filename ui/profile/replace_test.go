package profile_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"keyfob/client"
)

func TestReplacingLooksAsDesignedAndSaysWhatIsNotKnown(t *testing.T) {
	for name, variant := range faces {
		t.Run(name, func(t *testing.T) {
			_, screen, w := show(t, still{tokens: sample(), rotate: client.ErrTimeout}, variant, wide)
			screen.Press(fyne.KeyDown)
			screen.Tap("Lost the secret? Replace…")
			test.AssertRendersToImage(t, "replace-"+name+".png", w.Canvas())
			screen.Press(fyne.KeyReturn)
			screen.Has("Trying again is safe")
			test.AssertRendersToImage(t, "replace-failed-"+name+".png", w.Canvas())
		})
	}
}

// What has ended cannot be replaced, only followed by a new one.
func TestOnlyALiveTokenIsReplaced(t *testing.T) {
	_, screen, _ := show(t, still{tokens: sample()[len(sample())-1:]}, fynetheme.VariantLight, wide)
	screen.Press(fyne.KeyDown)
	screen.Has("Revoked by")
	screen.HasNot("Lost the secret? Replace…")
}

// One that was replaced ends with its overlap, however long it was to live.
func TestAReplacedTokenSaysWhenItEnds(t *testing.T) {
	old := sample()[2]
	old.OverlapEndsAt = now.Add(time.Hour)
	_, screen, _ := show(t, still{tokens: []client.Token{old}}, fynetheme.VariantLight, wide)
	screen.Press(fyne.KeyDown)
	screen.Has("in 1 h", "It was replaced, and", "Expiring 1")
	screen.HasNot("months")
}
