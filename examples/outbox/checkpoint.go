package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// checkpointFile stores the mark of one destination.
type checkpointFile struct{ path, source, to string }

// checkpoint is the content of the file.
type checkpoint struct {
	Source string `json:"source"`
	To     string `json:"to"`
	mark
}

// load returns the mark, or the zero mark if there is no file. A file that cannot be read is an error,
// because everything would be published again; so is one of another destination, because the events
// before it would never be published.
func (c checkpointFile) load() (mark, error) {
	text, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return mark{}, nil
	}
	var k checkpoint
	if err == nil {
		err = json.Unmarshal(text, &k)
	}
	switch {
	case err != nil:
		return mark{}, fmt.Errorf("checkpoint %s: %w", c.path, err)
	case k.Position == 0 || k.Event == "":
		return mark{}, fmt.Errorf("checkpoint %s has no position", c.path)
	case k.Source != c.source || k.To != c.to:
		return mark{}, fmt.Errorf("checkpoint %s is of source %q to %q, not of %q to %q", c.path, k.Source, k.To, c.source, c.to)
	}
	return k.mark, nil
}

// save replaces the file. A crash leaves the old mark or the new one, and at worst a second file that
// the next save replaces.
func (c checkpointFile) save(m mark) error {
	text, err := json.Marshal(checkpoint{c.source, c.to, m})
	if err == nil {
		err = writeSynced(c.path+".new", text)
	}
	if err == nil {
		err = os.Rename(c.path+".new", c.path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(c.path))
	}
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", c.path, err)
	}
	return nil
}

// writeSynced writes a file and forces it to the disk.
func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir forces the names in a directory to the disk. On Windows there is no such call, and none is
// needed.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
