package task

// Turns numbers what is asked for one place on screen, so that of answers that
// overtake each other only the one to the latest question is shown. It is for
// the UI thread alone.
type Turns struct{ latest int }

// Next is the number of a new question; the answers to earlier ones are stale.
func (t *Turns) Next() int {
	t.latest++
	return t.latest
}

// Stale reports whether something was asked after turn.
func (t *Turns) Stale(turn int) bool { return turn != t.latest }
