package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tradesurety/surety/events"
)

// checkpointFile stores the mark of one destination.
type checkpointFile struct{ path, source, to string }

// checkpoint is the content of the file.
//
// Stored: add fields, never rename or remove. An earlier version has no cursor and reads what this one
// writes.
type checkpoint struct {
	Source   string          `json:"source"`
	To       string          `json:"to"`
	Position events.Position `json:"position"`
	Event    string          `json:"event"`
	Cursor   events.Cursor   `json:"cursor,omitzero"` // of the event, in a log that knows its history
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
	case k.Cursor != (events.Cursor{}) && k.Cursor.Position != k.Position:
		return mark{}, fmt.Errorf("checkpoint %s has the position %d and the cursor %s", c.path, k.Position, k.Cursor)
	case k.Source != c.source || k.To != c.to:
		return mark{}, fmt.Errorf("checkpoint %s is of source %q to %q, not of %q to %q", c.path, k.Source, k.To, c.source, c.to)
	}
	k.Cursor.Position = k.Position
	return mark{k.Cursor, k.Event}, nil
}

// save replaces the file. A crash leaves the old mark or the new one, and at worst a second file that
// the next save replaces.
func (c checkpointFile) save(m mark) error {
	k := checkpoint{Source: c.source, To: c.to, Position: m.at.Position, Event: m.event}
	if !m.at.Mark.IsZero() {
		k.Cursor = m.at
	}
	text, err := json.Marshal(k)
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
