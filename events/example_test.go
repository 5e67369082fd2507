package events_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/events/memory"
)

// moved is what happens to an account: an amount comes in, or goes out when it is negative.
type moved int64

// accounts folds the movements of an account into its balance.
var accounts = &events.Model[int64, moved]{
	Category: "account",
	Evolve: func(balance *int64, m moved, _ time.Time) error {
		*balance += int64(m)
		return nil
	},
	Encode: func(buf []byte, m moved) (string, uint16, []byte, error) {
		return "account.moved", 1, strconv.AppendInt(buf, int64(m), 10), nil
	},
	Decode: func(typ string, schema uint16, data []byte) (moved, error) {
		if typ != "account.moved" || schema != 1 {
			return 0, events.ErrUnknownType
		}
		n, err := strconv.ParseInt(string(data), 10, 64)
		return moved(n), err
	},
}

var errShort = errors.New("the account is short")

// transfer moves an amount between two accounts, both or neither.
func transfer(ctx context.Context, store events.Store, id uuid.UUID, from, to events.StreamID, amount moved) (events.Receipt, error) {
	request := events.Request{ID: id, Digest: sha256.Sum256(fmt.Appendf(nil, "transfer %d from %s to %s", amount, from, to))}
	return events.Transact(ctx, store, request, func(_ context.Context, tx *events.Tx) error {
		balance, _, err := accounts.Load(tx, from)
		if err != nil {
			return err
		}
		if _, _, err := accounts.Load(tx, to); err != nil {
			return err
		}
		if balance < int64(amount) && from != "account-bank" {
			return errShort
		}
		tx.Stamp(time.Now(), nil)
		if err := accounts.Append(tx, from, -amount); err != nil {
			return err
		}
		return accounts.Append(tx, to, amount)
	})
}

func Example() {
	ctx, store := context.Background(), memory.New()
	defer store.Close()

	_, err := transfer(ctx, store, uuid.New(), "account-bank", "account-alice", 100)
	fmt.Println("deposit:", err)
	payment := uuid.New()
	_, err = transfer(ctx, store, payment, "account-alice", "account-bob", 70)
	fmt.Println("payment:", err)
	// A retry gets the first receipt.
	again, err := transfer(ctx, store, payment, "account-alice", "account-bob", 70)
	fmt.Println("the same payment: repeated", again.Repeated, err)
	_, err = transfer(ctx, store, uuid.New(), "account-alice", "account-bob", 70)
	fmt.Println("another payment:", err)

	balance, version, err := accounts.View(ctx, store, "account-alice")
	fmt.Println("alice:", balance, "at version", version, err)

	// Output:
	// deposit: <nil>
	// payment: <nil>
	// the same payment: repeated true <nil>
	// another payment: the account is short
	// alice: 30 at version 2 <nil>
}

func ExampleTail() {
	ctx, store := context.Background(), memory.New()
	defer store.Close()
	if _, err := transfer(ctx, store, uuid.New(), "account-bank", "account-alice", 100); err != nil {
		fmt.Println(err)
	}
	for record, err := range events.Tail(ctx, store, 0, events.Filter{Categories: []string{"account"}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(record.Position, record.Stream, record.Type, string(record.Data))
		if record.Position == 2 {
			break // without it the loop would wait for what comes next
		}
	}

	// Output:
	// 1 account-bank account.moved -100
	// 2 account-alice account.moved 100
}
