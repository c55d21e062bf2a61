package attribute

// Watch is what is remembered of one level of a factor, a lot or a release: whether it looks
// bad, and whether that was told. It is plain data; the zero value has seen nothing.
type Watch struct {
	Streak int    `json:"streak"`           // runs in a row after which it looked bad
	Notice string `json:"notice,omitempty"` // the id of the notice that was given; "" for none
}

// Add adds a run after which the level looks bad or does not, and tells whether its notice is
// due: it has looked bad for so many runs in a row, and was not noticed before.
func (w *Watch) Add(bad bool, lasting int) (due bool) {
	if !bad {
		w.Streak = 0
		return false
	}
	w.Streak++
	return w.Streak >= lasting && w.Notice == ""
}
