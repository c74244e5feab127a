// Package e2e drives the real programs on a desktop of its own: an X server,
// a window manager, a session bus, a keyring and a clipboard, all real, in a
// home directory made for one test.
//
// Everything is in tests behind the build tag e2e. They press keys and read
// what a person or another program would: the picture, by text recognition,
// the clipboard, the server's answers and the files left behind. They wait for
// such a thing to become true, never for time to pass.
//
// KEYFOB_BIN=DIR drives the keyfob and keyfobd of that folder instead of
// building them. What a failed test saw is kept in build/e2e.
package e2e
