// Package tokens is what every view of tokens shares: the list with its
// search, filters and details, the dialog that creates a token, and the one
// that revokes some. It does not know whose tokens they are: profile and
// manager give it the records and say what to do when something is chosen.
package tokens
