package sqlite_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/sqlite"
)

func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "surety")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := sqlite.Open(ctx, filepath.Join(dir, "orders.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	commit := events.Commit{
		ID:     uuid.MustParse("0199a3c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"),
		Digest: sha256.Sum256([]byte("draft order 1")),
		Batches: []events.Batch{{
			Stream: "order-1",
			Events: []events.Event{{Type: "order.drafted", Schema: 1, At: time.Now(), Data: []byte(`{}`)}},
		}},
	}
	for range 2 { // asking twice is harmless
		receipt, err := store.Append(ctx, commit)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("position", receipt.Position, "repeated", receipt.Repeated)
	}
	for record, err := range store.Read(ctx, "order-1", 0) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(record.Version, record.Type)
	}
	fmt.Println("durability", store.Durability())
	// Output:
	// position 1 repeated false
	// position 1 repeated true
	// 1 order.drafted
	// durability fsync
}

// A backup is taken while the store is open. Restore refuses a path at which there is a log;
// MoveAside makes room and keeps it.
func ExampleStore_Backup() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "surety")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path, backup := filepath.Join(dir, "orders.db"), filepath.Join(dir, "backup.db")
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		log.Fatal(err)
	}
	last, err := store.Backup(ctx, backup)
	fmt.Println("backup up to position", last, err)
	if _, err := store.Check(ctx, sqlite.Deep(nil)); err != nil {
		log.Fatal(err)
	}
	if err := store.Close(); err != nil {
		log.Fatal(err)
	}

	_, err = sqlite.Restore(ctx, backup, path)
	fmt.Println("refused:", errors.Is(err, fs.ErrExist))
	if _, err := sqlite.MoveAside(path); err != nil {
		log.Fatal(err)
	}
	last, err = sqlite.Restore(ctx, backup, path)
	fmt.Println("restored up to position", last, err)
	// Output:
	// backup up to position 0 <nil>
	// refused: true
	// restored up to position 0 <nil>
}
