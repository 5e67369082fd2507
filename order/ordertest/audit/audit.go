package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
)

// Violation is a broken invariant and its place in the log.
type Violation struct {
	Invariant string // such as "I14", or the id of a rule
	Stream    events.StreamID
	Position  events.Position // of the record at which the auditor found it
	Text      string          // the description, with figures
}

// Error returns the violation in one line.
func (v *Violation) Error() string {
	return fmt.Sprintf("audit: %s: %s, position %d: %s", v.Invariant, v.Stream, v.Position, v.Text)
}

// ErrIncomplete reports that the records of a commit are not next to each other in a log, so that Log
// does not know where a commit ends.
var ErrIncomplete = errors.New("audit: the records of a commit are not next to each other")

// Auditor keeps the books of a log. It is not safe for concurrent use.
type Auditor struct {
	policy        Policy
	fundsPolicy   func(merchant string) FundsPolicy // nil without WithFunds
	ordersOnly    bool                              // see Alone
	secondEdition bool                              // see SecondEdition
	// chargeStreams reports whether the payments of pay-later orders have their own streams from here on.
	chargeStreams bool

	orders       map[string]*orderBook // by id
	payLater     map[string]*payLaterBook
	payments     map[string]*paymentBook     // by the payment's stream, without its category
	entrustments map[string]*entrustmentBook // by the entrustment's id
	services     map[string]*serviceBook
	lines        map[events.StreamID]*lineBook
	balances     map[events.StreamID]*fundsBook

	seed      maphash.Seed
	accounts  map[uint64]struct{} // all receiving accounts that were reserved, hashed
	numbers   map[uint64]struct{} // all declaration numbers that were reserved, hashed
	forgotten map[uint64]struct{} // the payments of forgotten orders, hashed
	digits    map[currency]int    // the number of fraction digits of a currency
	interned  map[string]string   // see intern
	sums      sums                // of forgotten streams

	position  events.Position
	violation *Violation

	// of the current commit
	commit         uint64 // counts the commits
	first          *events.Record
	record         *events.Record
	at             instant
	by             actor
	command        *commandRule
	target         events.StreamID // that the command is addressed to
	data           object          // the JSON object that is read: meta or data of the record, or a part of it
	nestedData     object          // see swapNested
	changed        []book
	stated         []effect // that counterpart streams must confirm
	confirmed      []effect // that counterpart streams confirm
	expectedFreeze lineFreeze
	commitPayments []string // the keys of the payment streams that the commit writes to
}

// book is the auditor's state of one stream.
type book interface {
	// check checks the invariants of the stream at the end of a commit.
	check(a *Auditor)
}

// head is the part that all books have in common.
type head struct {
	stream    events.StreamID
	version   events.Version
	lastAt    instant             // the latest instant of its events
	writtenIn uint64              // the last commit that wrote to it
	changedIn uint64              // the last commit that changed what is kept of it
	requests  map[uint64]struct{} // hashes of the commits that were addressed to it
}

// New returns an auditor of an empty log.
func New(opts ...Option) *Auditor {
	a := &Auditor{
		policy: DefaultPolicy(),
		orders: make(map[string]*orderBook), payLater: make(map[string]*payLaterBook), entrustments: make(map[string]*entrustmentBook),
		services: make(map[string]*serviceBook), payments: make(map[string]*paymentBook), lines: make(map[events.StreamID]*lineBook), balances: make(map[events.StreamID]*fundsBook),
		seed: maphash.MakeSeed(), accounts: make(map[uint64]struct{}), numbers: make(map[uint64]struct{}),
		forgotten: make(map[uint64]struct{}), digits: make(map[currency]int), interned: make(map[string]string), sums: newSums(),
	}
	for _, opt := range opts {
		opt(a)
	}
	return a
}

// Commit books the records of one commit, all of them and in their order, and checks the
// invariants. The error is a *Violation. After a violation the books are wrong, and every later call
// returns the same error.
func (a *Auditor) Commit(records []events.Record) error {
	if len(records) > 0 && a.violation == nil {
		a.begin(records)
		for i := range records {
			if a.violation != nil {
				break
			}
			a.bookRecord(&records[i], i)
		}
		a.end()
	}
	if a.violation != nil {
		return a.violation
	}
	return nil
}

// Log books a whole log. The error is a *Violation, ErrIncomplete, or an error of the store.
func (a *Auditor) Log(ctx context.Context, store events.Store) error {
	var commit []events.Record
	for r, err := range store.ReadAll(ctx, 0, events.Filter{}) {
		if err != nil {
			return err
		}
		if len(commit) > 0 && commit[0].Commit != r.Commit {
			if err := a.Commit(commit); err != nil {
				return err
			}
			commit = commit[:0]
		}
		if len(commit) == 0 && r.Index != 0 {
			return ErrIncomplete
		}
		commit = append(commit, r)
	}
	return a.Commit(commit)
}

// failf records the first violation and ignores later ones.
func (a *Auditor) failf(invariant, format string, args ...any) {
	if a.violation != nil {
		return
	}
	a.violation = &Violation{Invariant: invariant, Text: fmt.Sprintf(format, args...)}
	if r := a.record; r != nil {
		a.violation.Stream, a.violation.Position = r.Stream, r.Position
		if a.violation.Text = r.Type + ": " + a.violation.Text; r.Type == "" {
			a.violation.Text = "a record without a type: " + a.violation.Text
		}
	}
}

// begin reads the actor and the command of a commit.
func (a *Auditor) begin(records []events.Record) {
	r := &records[0]
	a.commit++
	a.first, a.record, a.expectedFreeze = r, r, lineFreeze{}
	a.changed, a.stated, a.confirmed = a.changed[:0], a.stated[:0], a.confirmed[:0]
	a.at, a.target = instant(r.At.UnixNano()), r.Stream
	a.by, a.command = actor{}, nil
	if !a.parseData(r.Meta) {
		return
	}
	a.by = actor{role: roleOf(a.text("role")), account: a.intern(a.text("account"))}
	a.command = a.authorize(r.Stream.Category(), a.text("command"))
	a.adoptPayments(records)
}

// bookRecord checks the place of a record in its commit and log, and books it.
func (a *Auditor) bookRecord(r *events.Record, index int) {
	first := a.first
	a.record = r
	switch {
	case r.Index != index || r.Commit != first.Commit:
		a.failf("I31", "record %d of commit %s is at index %d of commit %s", r.Index, r.Commit, index, first.Commit)
	case r.Position <= a.position:
		a.failf("I28", "position %d after %d", r.Position, a.position)
	case !bytes.Equal(r.Meta, first.Meta) || !r.At.Equal(first.At):
		a.failf("I31", "the actor or the instant differs from the rest of the commit")
	case r.Schema != 1:
		a.failf("I28", "schema %d", r.Schema)
	}
	a.position = r.Position
	if a.violation != nil || !a.parseData(r.Data) || !a.permitted(r) {
		return
	}
	category, key, _ := strings.Cut(string(r.Stream), "-")
	switch category {
	case "order":
		a.bookOrder(a.orderOf(key))
	case "paylater":
		a.bookPayLater(a.payLaterOf(key))
	case "entrustment":
		a.bookEntrustment(a.entrustmentOf(r.Stream))
	case "line", "paylater_line":
		a.bookLine(a.lineOf(r.Stream))
	case "funds":
		a.bookFunds(a.balanceOf(r.Stream))
	case "service":
		a.bookService(a.serviceOf(r.Stream))
	case "payment":
		a.bookPayment(key)
	case "receiving_account", "declaration":
		a.bookReservation(category)
	default:
		a.failf("I28", "an unknown category")
	}
}

// advance checks that the record is the next of its stream, and marks the book as changed.
func (a *Auditor) advance(h *head, b book) bool {
	r := a.record
	if r.Version != h.version+1 {
		a.failf("I28", "version %d after %d", r.Version, h.version)
		return false
	}
	h.version = r.Version
	if h.writtenIn != a.commit {
		h.writtenIn = a.commit
		a.markChanged(h, b)
		if r.Stream == a.target {
			a.checkRequest(h)
		}
	}
	h.lastAt = max(h.lastAt, a.at)
	return a.violation == nil
}

// markChanged has the book checked at the end of the commit. An event of another stream can change it.
func (a *Auditor) markChanged(h *head, b book) {
	if h.changedIn != a.commit {
		h.changedIn = a.commit
		a.changed = append(a.changed, b)
	}
}

// checkRequest checks that the log has the command once (I29), and that its instant is not before the
// last one of the stream (D61).
func (a *Auditor) checkRequest(h *head) {
	id := a.hash(a.record.Commit)
	if _, known := h.requests[id]; known {
		a.failf("I29", "commit %s is in the log twice", a.record.Commit)
	}
	if h.requests == nil {
		h.requests = make(map[uint64]struct{})
	}
	h.requests[id] = struct{}{}
	if a.at < h.lastAt && a.by.role != desk {
		a.failf("D61", "at %s, the last event of the stream is at %s", a.at, h.lastAt)
	}
}

// end checks the invariants of all books that the commit changed.
func (a *Auditor) end() {
	if a.violation != nil {
		return
	}
	for _, b := range a.changed {
		b.check(a)
	}
	if !a.ordersOnly {
		a.matchEffects()
	}
	a.expectedFreeze.check(a)
}

func (a *Auditor) hash(id uuid.UUID) uint64 { return maphash.Bytes(a.seed, id[:]) }

func (a *Auditor) has(set map[uint64]struct{}, key string) bool {
	if len(set) == 0 {
		return false
	}
	_, ok := set[maphash.String(a.seed, key)]
	return ok
}

func (a *Auditor) insert(set map[uint64]struct{}, key string) {
	set[maphash.String(a.seed, key)] = struct{}{}
}

// Forget drops the book of a stream that has ended: an order, a pay-later order, or an entrustment
// whose order was forgotten or that has no order. The totals keep its sums, and the auditor keeps the
// hash of its receiving account or declaration number. A later record of the stream is a violation of
// I28, because its version does not follow. Forget keeps other streams, and orders that hold quota or
// wait for money.
func (a *Auditor) Forget(stream events.StreamID) {
	category, key, _ := strings.Cut(string(stream), "-")
	switch category {
	case "order":
		o := a.orders[key]
		if o == nil || o.hold.open != 0 || o.phase != orderCompleted && o.phase != orderClosed {
			return
		}
		a.sums.addOrder(o)
		delete(a.orders, key)
		for i := range o.payments {
			if p := &o.payments[i]; !p.voided {
				a.forgetPayment(p.stream)
			}
		}
		for _, l := range o.links {
			l.entrustment.order, l.entrustment.shipped = nil, true
		}
	case "paylater":
		s := a.payLater[key]
		if s == nil || s.outstanding != 0 || s.isOpen() {
			return
		}
		a.sums.addPayLater(s)
		delete(a.payLater, key)
		for _, reference := range slices.Concat(s.references, s.unappliedReferences) {
			a.forgetPayment(streamOf("charge", "", reference))
		}
	case "entrustment":
		id, _ := stream.Key()
		g := a.entrustments[id]
		if g == nil || g.order != nil {
			return
		}
		delete(a.entrustments, id)
	}
}

// forgetPayment drops the book of a payment's stream, and keeps a hash that shows that an order has the
// payment.
func (a *Auditor) forgetPayment(key string) {
	if a.payments[key] != nil {
		delete(a.payments, key)
		a.insert(a.forgotten, key)
	}
}
