package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/seller"
)

// orderCommits returns the commits that open a seller's service and line, and those of one completed order.
func orderCommits(tb testing.TB) (opening, completed [][]events.Record) {
	s := newDeskStory(tb)
	s.do(acme, desk.OnSeller(acme.Account, seller.Activate{Route: seller.RouteConsole}))
	s.do(platform, desk.OnLine(acme.Account, usd, credit.AssessLimit{Limit: money("50000 USD")}))
	s.shipped(1, order.CoveragePostDelivery, "E1")
	s.wire(1, "balance", "4000")
	s.onOrder(bruno, 1, order.ConfirmReceipt{}, order.Review{Rating: 5})
	s.onEntrustment(platform, "E1", entrustment.CloseCustoms{ClosedAt: s.now})
	var all [][]events.Record
	for r, err := range s.store.ReadAll(tb.Context(), 0, events.Filter{}) {
		if err != nil {
			tb.Fatal(err)
		}
		if r.Index == 0 {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], r)
	}
	return all[:2], all[2:]
}

// orderCopies makes copies of one order's commits under other IDs and audits them.
type orderCopies struct {
	a           *audit.Auditor
	commits     [][]events.Record
	lineVersion events.Version
	position    events.Position
	n           int
	events      int
}

func newOrderCopies(tb testing.TB) *orderCopies {
	opening, whole := orderCommits(tb)
	l := &orderCopies{a: audit.New(), commits: whole, lineVersion: 1, position: 2}
	for _, c := range opening {
		if err := l.a.Commit(c); err != nil {
			tb.Fatal(err)
		}
	}
	return l
}

// next returns the commits of another order. A benchmark calls it while the timer is stopped.
func (l *orderCopies) next() (commits [][]events.Record) {
	l.n++
	number := fmt.Sprintf("%012d", l.n)
	change := func(b []byte) []byte {
		b = bytes.ReplaceAll(b, []byte("-000000000001"), []byte("-"+number))
		b = bytes.ReplaceAll(b, []byte(`"E1"`), []byte(`"E`+number+`"`))
		b = bytes.ReplaceAll(b, []byte("DE1"), []byte("D"+number))
		return bytes.ReplaceAll(b, []byte(`"account":"TA`), []byte(`"account":"TA`+number))
	}
	for _, c := range l.commits {
		id := uuid.New()
		var commit []events.Record
		for _, r := range c {
			l.position++
			r.Position, r.Commit, r.Data = l.position, id, change(r.Data)
			switch r.Stream.Category() {
			case "line":
				l.lineVersion++
				r.Version = l.lineVersion
			case "receiving_account":
				r.Stream = events.StreamID("receiving_account-TA" + number + string(r.Stream)[len("receiving_account-TA"):])
			case "entrustment":
				r.Stream = events.StreamID("entrustment-E" + number)
			case "payment":
				var p struct{ Method, Account, Reference string }
				if err := json.Unmarshal(r.Data, &p); err != nil {
					panic(err)
				}
				r.Stream = events.StreamID(paymentStream(p.Method, p.Account, p.Reference))
			default:
				r.Stream = events.StreamID(change([]byte(r.Stream)))
			}
			commit = append(commit, r)
		}
		commits = append(commits, commit)
	}
	return commits
}

func (l *orderCopies) audit(tb testing.TB, commits [][]events.Record) {
	for _, c := range commits {
		l.events += len(c)
		if err := l.a.Commit(c); err != nil {
			tb.Fatal(err)
		}
	}
	l.a.Forget(commits[0][0].Stream)
	l.a.Forget(events.StreamID(fmt.Sprintf("entrustment-E%012d", l.n)))
}

// BenchmarkCommit audits completed orders and forgets them.
func BenchmarkCommit(b *testing.B) {
	l := newOrderCopies(b)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		commits := l.next()
		b.StartTimer()
		l.audit(b, commits)
	}
	b.ReportMetric(float64(l.events)/b.Elapsed().Seconds(), "events/s")
}

// TestForgetKeepsLittle audits many orders and measures the memory that a forgotten order needs.
func TestForgetKeepsLittle(t *testing.T) {
	const orders = 4000
	l := newOrderCopies(t)
	l.audit(t, l.next())
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for range orders {
		l.audit(t, l.next())
	}
	kept := (heap() - before) / orders
	runtime.KeepAlive(l)
	t.Logf("%d bytes for a forgotten order", kept)
	if kept > 150 {
		t.Errorf("%d bytes for a forgotten order, want at most 150", kept)
	}
	if n := l.a.Totals().Orders["completed"]; n != orders+1 {
		t.Errorf("%d orders are completed, want %d", n, orders+1)
	}
}

// suspensions returns commits that suspend and resume the line of the opening commits, n in all.
func suspensions(opening []events.Record, n int) [][]events.Record {
	var list [][]events.Record
	for i := range n {
		r := opening[0]
		r.Position, r.Version, r.Commit = r.Position+events.Position(i+1), r.Version+events.Version(i+1), uuid.New()
		r.Meta, r.Type, r.Data = []byte(meta(byPlatform, "suspend")), "credit.line-suspended", []byte(`{}`)
		if i%2 == 1 {
			r.Meta, r.Type = []byte(meta(byPlatform, "resume")), "credit.line-resumed"
		}
		list = append(list, []events.Record{r})
	}
	return list
}

// TestRequestsOfLongStreams audits one line with many commands: a commit that is in the log twice is found at
// any distance (I29).
func TestRequestsOfLongStreams(t *testing.T) {
	const commands = 40_000
	opening, _ := orderCommits(t)
	for _, repeated := range []int{0, commands / 2, commands - 2} {
		a := audit.New()
		log := suspensions(opening[1], commands+1)
		last := log[commands]
		last[0].Commit = log[repeated][0].Commit
		for _, c := range slices.Concat(opening, log[:commands]) {
			if err := a.Commit(c); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Commit(last); !violates(err, "I29") {
			t.Errorf("commit %d is repeated: %v, want a violation of I29", repeated, err)
		}
	}
}
