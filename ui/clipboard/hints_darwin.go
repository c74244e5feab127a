package clipboard

// The type of nspasteboard.org for passwords; any value will do.
var hints = []hint{{"org.nspasteboard.ConcealedType", []byte{1}}}
