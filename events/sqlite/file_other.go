//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package sqlite

import "os"

// identity tells one file from another by its path: no more is known here.
type identity struct{ path string }

// identify returns the identity of the file at a path. Open files cannot be removed or replaced on
// Windows.
func identify(path string) (identity, error) {
	_, err := os.Stat(path)
	return identity{path}, err
}

// holder returns 0: it is not known here whether another process has the database open.
func holder(*os.File) int { return 0 }
