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

// Violation says which invariant a log breaks, and where.
type Violation struct {
	Invariant string // such as "I14", or the id of a rule
	Stream    events.StreamID
	Position  events.Position // of the record at which it was noticed
	Text      string          // with the figures
}

// Error says everything in one line.
func (v *Violation) Error() string {
	return fmt.Sprintf("audit: %s: %s, position %d: %s", v.Invariant, v.Stream, v.Position, v.Text)
}

// ErrIncomplete says that a log does not keep the records of a commit next to each other, so that
// Log cannot tell where a commit ends.
var ErrIncomplete = errors.New("audit: the records of a commit do not follow each other")

// Auditor keeps the books of a log. It is for one goroutine at a time.
type Auditor struct {
	policy Policy
	funds  func(merchant string) FundsPolicy // nil where nobody said
	alone  bool                              // see Alone
	second bool                              // see SecondEdition
	// charges says that the payments of pay-later orders have streams of their own from here on.
	charges bool

	orders   map[string]*orderBook // by id
	sales    map[string]*saleBook
	incoming map[string]*incomingBook // by the payment's stream, without its category
	goods    map[string]*goodsBook    // by the entrustment's id
	services map[string]*serviceBook
	lines    map[events.StreamID]*lineBook
	balances map[events.StreamID]*fundsBook

	seed      maphash.Seed
	accounts  map[uint64]struct{} // the receiving accounts ever reserved
	numbers   map[uint64]struct{} // the declaration numbers ever reserved
	forgotten map[uint64]struct{} // the payments of forgotten orders
	digits    map[currency]int    // how many fraction digits the amounts of a currency have
	names     map[string]string   // see keep
	sums      sums                // what forgotten streams add to the totals

	position events.Position
	fault    *Violation

	// of the commit at hand
	commit   uint64 // counts the commits
	first    *events.Record
	record   *events.Record
	at       instant
	by       actor
	asked    *right // what the command may write where it is addressed to
	target   events.StreamID
	fact     object
	inner    object // a second one, for what is nested in a fact
	touched  []book
	mine     []effect // what streams say that others have to say as well
	theirs   []effect // and what those say
	expected freezing
	named    []string // the payments whose streams the commit writes to
}

// book is what is kept of one stream.
type book interface {
	// settle checks what has to hold between commits.
	settle(a *Auditor)
}

// head is what every book begins with.
type head struct {
	stream  events.StreamID
	version events.Version
	last    instant  // the latest instant of its events
	stamp   uint64   // the last commit that wrote to it
	checked uint64   // the last commit that changed what is kept of it
	commits []uint64 // hashes of the commits that were addressed to it
}

// New returns an auditor of an empty log.
func New(opts ...Option) *Auditor {
	a := &Auditor{
		policy: DefaultPolicy(),
		orders: make(map[string]*orderBook), sales: make(map[string]*saleBook), goods: make(map[string]*goodsBook),
		services: make(map[string]*serviceBook), incoming: make(map[string]*incomingBook), lines: make(map[events.StreamID]*lineBook), balances: make(map[events.StreamID]*fundsBook),
		seed: maphash.MakeSeed(), accounts: make(map[uint64]struct{}), numbers: make(map[uint64]struct{}),
		forgotten: make(map[uint64]struct{}), digits: make(map[currency]int), names: make(map[string]string), sums: newSums(),
	}
	for _, opt := range opts {
		opt(a)
	}
	return a
}

// Commit books the records of one commit, all of them and in their order, and checks the
// invariants. The error is a *Violation. After one the books are wrong, and every later call
// returns the same.
func (a *Auditor) Commit(records []events.Record) error {
	if len(records) > 0 && a.fault == nil {
		a.begin(records)
		for i := range records {
			if a.fault != nil {
				break
			}
			a.see(&records[i], i)
		}
		a.end()
	}
	if a.fault != nil {
		return a.fault
	}
	return nil
}

// Log books a whole log. The error is a *Violation, ErrIncomplete, or the store's own.
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

// failf notes the first violation.
func (a *Auditor) failf(invariant, format string, args ...any) {
	if a.fault != nil {
		return
	}
	a.fault = &Violation{Invariant: invariant, Text: fmt.Sprintf(format, args...)}
	if r := a.record; r != nil {
		a.fault.Stream, a.fault.Position = r.Stream, r.Position
		if a.fault.Text = r.Type + ": " + a.fault.Text; r.Type == "" {
			a.fault.Text = "a record without a type: " + a.fault.Text
		}
	}
}

// begin reads who asked for the commit and what for.
func (a *Auditor) begin(records []events.Record) {
	r := &records[0]
	a.commit++
	a.first, a.record, a.expected = r, r, freezing{}
	a.touched, a.mine, a.theirs = a.touched[:0], a.mine[:0], a.theirs[:0]
	a.at, a.target = instant(r.At.UnixNano()), r.Stream
	a.by, a.asked = actor{}, nil
	if !a.read(r.Meta) {
		return
	}
	a.by = actor{role: roleOf(a.text("role")), account: a.keep(a.text("account"))}
	a.asked = a.lookUp(r.Stream.Category(), a.text("command"))
	a.adopts(records)
}

// see books one record.
func (a *Auditor) see(r *events.Record, index int) {
	first := a.first
	a.record = r
	switch {
	case r.Index != index || r.Commit != first.Commit:
		a.failf("I31", "record %d of commit %s stands in place %d of commit %s", r.Index, r.Commit, index, first.Commit)
	case r.Position <= a.position:
		a.failf("I28", "position %d after %d", r.Position, a.position)
	case !bytes.Equal(r.Meta, first.Meta) || !r.At.Equal(first.At):
		a.failf("I31", "another actor or instant than the rest of the commit")
	case r.Schema != 1:
		a.failf("I28", "schema %d", r.Schema)
	}
	a.position = r.Position
	if a.fault != nil || !a.read(r.Data) || !a.permitted(r) {
		return
	}
	category, key, _ := strings.Cut(string(r.Stream), "-")
	switch category {
	case "order":
		a.seeOrder(a.orderOf(key))
	case "paylater":
		a.seeSale(a.saleOf(key))
	case "entrustment":
		a.seeGoods(a.goodsOf(r.Stream))
	case "line", "paylater_line":
		a.seeLine(a.lineOf(r.Stream))
	case "funds":
		a.seeFunds(a.balanceOf(r.Stream))
	case "service":
		a.seeService(a.serviceOf(r.Stream))
	case "payment":
		a.seeIncoming(key)
	case "receiving_account", "declaration":
		a.seeReserved(category)
	default:
		a.failf("I28", "an unknown category")
	}
}

// enter checks that the record is the next of its stream, and notes that the stream was touched.
func (a *Auditor) enter(h *head, b book) bool {
	r := a.record
	if r.Version != h.version+1 {
		a.failf("I28", "version %d after %d", r.Version, h.version)
		return false
	}
	h.version = r.Version
	if h.stamp != a.commit {
		h.stamp = a.commit
		a.touch(h, b)
		if r.Stream == a.target {
			a.addressed(h)
		}
	}
	h.last = max(h.last, a.at)
	return a.fault == nil
}

// touch notes that the commit changed what is kept of a stream, be it by an event of another.
func (a *Auditor) touch(h *head, b book) {
	if h.checked != a.commit {
		h.checked = a.commit
		a.touched = append(a.touched, b)
	}
}

// addressed checks that the command comes neither twice (I29) nor too early (D61).
func (a *Auditor) addressed(h *head) {
	id := a.hash(a.record.Commit)
	for _, known := range h.commits {
		if known == id {
			a.failf("I29", "commit %s is in the log twice", a.record.Commit)
		}
	}
	h.commits = append(h.commits, id)
	if a.at < h.last && a.by.role != elsewhere {
		a.failf("D61", "at %s, the stream is at %s", a.at, h.last)
	}
}

// end checks what has to hold between commits.
func (a *Auditor) end() {
	if a.fault != nil {
		return
	}
	for _, b := range a.touched {
		b.settle(a)
	}
	if !a.alone {
		a.matchEffects()
	}
	a.expected.settle(a)
}

func (a *Auditor) hash(id uuid.UUID) uint64 { return maphash.Bytes(a.seed, id[:]) }

func (a *Auditor) has(set map[uint64]struct{}, key string) bool {
	if len(set) == 0 {
		return false
	}
	_, ok := set[maphash.String(a.seed, key)]
	return ok
}

func (a *Auditor) put(set map[uint64]struct{}, key string) {
	set[maphash.String(a.seed, key)] = struct{}{}
}

// Forget lets go of a stream that has ended: an order, a pay-later order, or an entrustment whose
// order was forgotten or that never had one. Its sums stay in the totals, and the hash of its
// receiving account or declaration number. A record that still comes to it is a violation of I28,
// for its version has nothing before it. Other streams, and orders that hold quota or wait for
// money, are kept.
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
				a.forgetIncoming(p.stream)
			}
		}
		for _, l := range o.links {
			l.goods.order, l.goods.spent = nil, true
		}
	case "paylater":
		s := a.sales[key]
		if s == nil || s.outstanding != 0 || s.waiting() {
			return
		}
		a.sums.addSale(s)
		delete(a.sales, key)
		for _, reference := range slices.Concat(s.references, s.surplus) {
			a.forgetIncoming(streamOf("charge", "", reference))
		}
	case "entrustment":
		id, _ := stream.Key()
		g := a.goods[id]
		if g == nil || g.order != nil {
			return
		}
		delete(a.goods, id)
	}
}

// forgetIncoming lets go of the stream of a payment, and remembers that an order has it.
func (a *Auditor) forgetIncoming(key string) {
	if a.incoming[key] != nil {
		delete(a.incoming, key)
		a.put(a.forgotten, key)
	}
}
