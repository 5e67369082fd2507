package postgres_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/postgres"
	"github.com/tradesurety/surety/events/postgres/pgtest"
)

// DATABASE_URL names a database in which the role may create a schema.
func ExampleOpen() {
	ctx, dsn := context.Background(), os.Getenv("DATABASE_URL")
	if err := postgres.Migrate(ctx, dsn); err != nil {
		log.Fatal(err)
	}
	store, err := postgres.Open(ctx, dsn)
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
	// It prints:
	// position 1 repeated false
	// position 1 repeated true
	// 1 order.drafted
	// durability fsync
}

// An invoice and the event that announces it are committed together, or neither is.
func ExampleStore_AppendTx() {
	ctx, dsn := context.Background(), os.Getenv("DATABASE_URL")
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	if err := postgres.Migrate(ctx, dsn); err != nil {
		log.Fatal(err)
	}
	store, err := postgres.New(ctx, pool)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	if _, err := pool.Exec(ctx, "CREATE TABLE invoices (number text)"); err != nil {
		log.Fatal(err)
	}

	commit := events.Commit{
		ID:     uuid.MustParse("0199a3c8-7c1e-7d3a-b4a5-0f6e2d1c9b8b"),
		Digest: sha256.Sum256([]byte("issue invoice 7")),
		Batches: []events.Batch{{
			Stream: "invoice-7",
			Events: []events.Event{{Type: "invoice.issued", Schema: 1, At: time.Now()}},
		}},
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO invoices VALUES ('7')"); err != nil {
			return err
		}
		// Last, because no one else can append until the transaction ends.
		_, err := store.AppendTx(ctx, tx, commit)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	receipt, found, err := store.Lookup(ctx, commit.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("found", found, "commit", receipt.Commit)
	// It prints:
	// found true commit 0199a3c8-7c1e-7d3a-b4a5-0f6e2d1c9b8b
}

// TestExamples runs the examples, which need a server, and checks what they print.
func TestExamples(t *testing.T) {
	t.Setenv("DATABASE_URL", pgtest.Start(t).DSN())
	for _, tt := range []struct {
		run  func()
		want string
	}{
		{ExampleOpen, "position 1 repeated false\nposition 1 repeated true\n1 order.drafted\ndurability fsync\n"},
		{ExampleStore_AppendTx, "found true commit 0199a3c8-7c1e-7d3a-b4a5-0f6e2d1c9b8b\n"},
	} {
		if got := printed(t, tt.run); got != tt.want {
			t.Errorf("it prints %q, want %q", got, tt.want)
		}
	}
}

// printed returns what f prints.
func printed(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	stdout := os.Stdout
	os.Stdout = w
	f()
	os.Stdout = stdout
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
