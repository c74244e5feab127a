// Package torture breaks what a token server stands on, while it works, and
// checks what is left: the real keyfobd is killed in the middle of concurrent
// writes, its disk fills up or fails, its database goes away and comes back.
//
// Each test keeps a plain model of what the server acknowledged, and demands
// afterwards, without a hand in between:
//
//	lost          0  what was acknowledged is there
//	ghosts        0  what was not acknowledged is absent, or complete and what was asked for
//	revived       0  what was revoked stays revoked
//	chain breaks  0  the change log verifies, and fits the records
//	5xx              none, or only 503 while the fault lasts
//
// A revocation at one of three servers, whose connections for announcements are
// cut again and again, is looked at in the same way: no server takes the token
// for good later than the five seconds that are promised.
//
// Each says so in one line. `make test` runs a short form; `make torture N=…`
// runs each N times.
package torture
