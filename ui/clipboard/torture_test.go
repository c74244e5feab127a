package clipboard

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"keyfob/client"
)

var runs = flag.Int("runs", 200, "rounds in which a second program copies, too")

// round is one secret on the clipboard, and a second program (xclip) that may
// copy something of its own at any moment.
type round struct {
	ours, theirs string
	before       bool          // the other program has copied something already
	copies       bool          // it copies while the secret is lent
	at           time.Duration // when it begins to
	ends         end
	after        time.Duration // when the secret is taken back
}

// end is what takes the secret back.
type end int

const (
	byTime end = iota
	byClear
	bySIGTERM
	bySIGINT
)

// draw draws a round; everything happens within span, in any order.
func draw(r *rand.Rand, n int, span time.Duration) round {
	p := round{
		ours: fmt.Sprintf("enrt_pOurs%06dOurs", n), theirs: fmt.Sprintf("shopping list %d", n),
		before: r.IntN(4) == 0, copies: r.IntN(4) > 0,
		at: rand.N(span), after: time.Millisecond + rand.N(span),
	}
	if n%20 == 0 { // a program of its own takes long to start
		p.ends = bySIGTERM + end(r.IntN(2))
		return p
	}
	p.ends = byTime + end(r.IntN(2))
	return p
}

// spanOf is how long a round takes where another program's copy takes copying: on a
// slow machine it would come after the end of each.
func spanOf(copying time.Duration) time.Duration { return max(16*time.Millisecond, 4*copying) }

// tally is what must stay at zero, and what shows that there were rounds of all
// kinds.
type tally struct {
	copying                                  time.Duration // what the latest copy of the other program took
	foreignCleared, oursLeft, primaryTouched int
	ended                                    map[string]int
}

// requirement 11; security requirements 3, 4: whatever another program copies, and when, is what stays; where it
// copies nothing, nothing of ours is left; the other selection is not touched.
func TestASecondProgramsCopiesAreNeverClearedAndOursIsNeverLeft(t *testing.T) {
	display(t)
	copyByXclip(t, "primary", "selected by mouse")
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	sum := tally{ended: map[string]int{}}
	for n := range *runs {
		sum.play(t, draw(r, n, spanOf(sum.copying)))
	}
	t.Logf("%d runs: foreign content cleared %d times, ours left over %d times, PRIMARY touched %d times; ended: %v",
		*runs, sum.foreignCleared, sum.oursLeft, sum.primaryTouched, sum.ended)
	if sum.foreignCleared+sum.oursLeft+sum.primaryTouched > 0 {
		t.Errorf("the seed of the draws was %d", seed)
	}
	if sum.ended["cleared"] == 0 || sum.ended["replaced"] == 0 || sum.ended["by a signal"] == 0 {
		t.Errorf("not all kinds of rounds came: %v", sum.ended)
	}
}

func (s *tally) play(t *testing.T, p round) {
	t.Helper()
	if p.before {
		copyByXclip(t, "clipboard", "before "+p.theirs)
		pastedSoon("before " + p.theirs)
	}
	takeBack := lendHere
	if p.ends >= bySIGTERM {
		takeBack = lendElsewhere
	}
	ended := takeBack(t, p)
	if p.copies {
		<-time.After(p.at)
		began := time.Now()
		copyByXclip(t, "clipboard", p.theirs)
		s.copying = time.Since(began)
	}
	s.ended[<-ended]++
	want := ""
	if p.copies {
		want = p.theirs
	}
	left := pastedSoon(want)
	switch {
	case strings.Contains(left, p.ours):
		s.oursLeft++
	case left != want:
		s.foreignCleared++
	}
	if pasted("primary") != "selected by mouse" {
		s.primaryTouched++
	}
}

// lendHere lends the secret in this process, and takes it back when it is time.
func lendHere(t *testing.T, p round) <-chan string {
	t.Helper()
	after := p.after
	if p.ends == byClear {
		after = time.Hour
	}
	c := New(always(after))
	loan, err := c.Copy(t.Context(), client.NewSecret(p.ours))
	if err != nil {
		t.Fatal(err)
	}
	if p.ends == byClear {
		time.AfterFunc(p.after, func() { _ = c.Clear(context.Background()) })
	}
	out := make(chan string, 1)
	go func() { out <- [...]string{"cleared", "replaced", "superseded", "not cleared"}[<-loan.End] }()
	return out
}

// lendElsewhere lends the secret in a program that a signal ends.
func lendElsewhere(t *testing.T, p round) <-chan string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestLendsUntilASignal$", "-test.v") //nolint:gosec // this test itself
	cmd.Env = append(os.Environ(), "KEYFOB_LENDS="+p.ours)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "lent" {
		continue
	}
	number := syscall.SIGTERM
	if p.ends == bySIGINT {
		number = syscall.SIGINT
	}
	time.AfterFunc(p.after, func() { _ = cmd.Process.Signal(number) })
	ended := make(chan string, 1)
	go func() {
		for lines.Scan() {
			continue
		}
		how := "by a signal"
		if err := cmd.Wait(); err != nil {
			how = err.Error()
		}
		ended <- how
	}()
	return ended
}

// TestLendsUntilASignal is the program that lendElsewhere starts. It ends as
// the desktop program does.
func TestLendsUntilASignal(t *testing.T) {
	secret, told := os.LookupEnv("KEYFOB_LENDS")
	if !told {
		return
	}
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := New(always(time.Hour))
	if _, err := c.Copy(ctx, client.NewSecret(secret)); err != nil {
		t.Fatal(err)
	}
	fmt.Println("lent")
	<-ctx.Done()
	if err := c.Clear(t.Context()); err != nil {
		t.Error(err)
	}
}

// copyByXclip returns a little before what it copies is there.
func copyByXclip(t *testing.T, selection, text string) {
	t.Helper()
	cmd := exec.Command("xclip", "-selection", selection, "-i")
	cmd.Stdin = strings.NewReader(text)
	if err := cmd.Run(); err != nil {
		t.Fatalf("xclip -i: %v", err)
	}
}

// pastedSoon is what another program gets, once it is what is wanted or will not
// be any more.
func pastedSoon(want string) string {
	left := pasted("clipboard")
	for range 200 {
		if left == want {
			break
		}
		left = pasted("clipboard")
	}
	return left
}

// pasted is what another program gets; empty if nobody has copied.
func pasted(selection string) string {
	out, _ := exec.Command("xclip", "-selection", selection, "-o", "-t", "UTF8_STRING").Output()
	return string(out)
}
