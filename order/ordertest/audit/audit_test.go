package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
)

// TestValidLog audits a log with an event of every type, in which the auditor finds no violation.
func TestValidLog(t *testing.T) {
	log := validLog(t)
	a := audit.New(settings()...)
	if err := a.Log(t.Context(), newLog(log)); err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{"reservation.reserved": true}
	for _, r := range log {
		written[r.Type] = true
	}
	for _, typ := range eventTypes() {
		if !written[typ] {
			t.Errorf("the log has no %s", typ)
		}
	}
}

// eventTypes returns the types of all events that commands may write.
func eventTypes() (list []string) {
	for _, p := range order.Life().Permits() {
		list = append(list, names(p.Makes)...)
	}
	for _, product := range []credit.Product{credit.Assurance, credit.PayLater} {
		for _, p := range credit.Life(product).Permits() {
			list = append(list, names(p.Makes)...)
		}
	}
	for _, p := range entrustment.Life().Permits() {
		list = append(list, names(p.Makes)...)
	}
	for _, p := range paylater.Life().Permits() {
		list = append(list, names(p.Makes)...)
	}
	for _, p := range funds.Life().Permits() {
		list = append(list, names(p.Makes)...)
	}
	for _, p := range seller.Life().Permits() {
		list = append(list, names(p.Makes)...)
	}
	return list
}

func names[K fmt.Stringer](kinds []K) (list []string) {
	for _, k := range kinds {
		list = append(list, k.String())
	}
	return list
}

// TestLogErrors distinguishes the errors of Log.
func TestLogErrors(t *testing.T) {
	log := validLog(t)
	broken := newLog(log[:10])
	broken.err = errors.New("the disk is gone")
	if err := audit.New(settings()...).Log(t.Context(), broken); !errors.Is(err, broken.err) {
		t.Errorf("a broken store: %v", err)
	}
	i := indexOf(log, "credit.held", o(1))
	if err := audit.New(settings()...).Log(t.Context(), newLog(log[i:])); !errors.Is(err, audit.ErrIncomplete) {
		t.Errorf("a log that begins in the middle of a commit: %v", err)
	}
	if err := audit.New().Commit(nil); err != nil {
		t.Errorf("a commit without records: %v", err)
	}
}

// TestRecordNumbers requires a violation for each wrong number of a record.
func TestRecordNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		invariant string
		edit      func(r *events.Record)
	}{
		"a version is missing":       {"I28", func(r *events.Record) { r.Version++ }},
		"a version is repeated":      {"I28", func(r *events.Record) { r.Version-- }},
		"a position is repeated":     {"I28", func(r *events.Record) { r.Position-- }},
		"an index is missing":        {"I31", func(r *events.Record) { r.Index++ }},
		"two IDs in one commit":      {"I31", func(r *events.Record) { r.Commit[0]++ }},
		"two instants in one commit": {"I31", func(r *events.Record) { r.At = r.At.Add(1) }},
		"data that is not an object": {"I28", func(r *events.Record) { r.Data = []byte(`[]`) }},
	} {
		log := validLog(t)
		i := indexOf(log, "credit.held", o(1))
		first := i - log[i].Index
		a := audit.New(settings()...)
		if err := a.Log(t.Context(), newLog(log[:first])); err != nil {
			t.Fatal(err)
		}
		c.edit(&log[i])
		var v *audit.Violation
		if err := a.Commit(log[first : i+2]); !errors.As(err, &v) || v.Invariant != c.invariant {
			t.Errorf("%s: found %v, want a violation of %s", name, err, c.invariant)
		}
	}
}

// orderHistory returns the records of the n-th order, in the form of an order that is decided without a
// desk.
func orderHistory(log []events.Record, n int) []events.Record {
	var list []events.Record
	for _, r := range log {
		if r.Stream != events.StreamID("order-"+o(n)) {
			continue
		}
		if bytes.Contains(r.Meta, []byte(`"release"`)) {
			r.Meta = []byte(`{"role":"desk","command":"record-release"}`)
		}
		list = append(list, r)
	}
	return renumber(list)
}

// TestOrdersOnly audits orders without their counterparts: the auditor finds the violations that the
// order's own events show.
func TestOrdersOnly(t *testing.T) {
	log, options := validLog(t), append(settings(), audit.OrdersOnly())
	for n := 1; n <= 9; n++ {
		if err := audit.New(options...).Log(t.Context(), newLog(orderHistory(log, n))); err != nil {
			t.Errorf("order %d: %v", n, err)
		}
	}
	for i, c := range []struct {
		invariant string
		order     int
		edit      edit
	}{
		{"I4", 1, drop("order.hold-placed", o(1))},
		{"I5", 6, replace("order.hold-released", o(6), "6000.00", "5999.00")},
		{"I8", 1, replaceInMeta("order.entrustment-released", o(1), "record-release", "mark-shipped")},
		{"I10", 1, drop("order.entrustment-released", o(1))},
		{"I11", 1, duplicate("order.entrustment-linked", o(1))},
		{"I11", 6, replace("order.entrustment-unlinked", o(6), "E6", "E7")},
		{"I16", 2, replace("order.claim-posted", o(2), `"amount":"500.00`, `"amount":"500.01`)},
		{"D40", 6, drop("order.entrustment-unlinked", o(6))},
		{"D61", 2, shiftTime("order.arbitrated", o(2), -60*day)},
	} {
		err := audit.New(options...).Log(t.Context(), newLog(renumber(c.edit(orderHistory(log, c.order)))))
		var v *audit.Violation
		if !errors.As(err, &v) || v.Invariant != c.invariant {
			t.Errorf("control %d: found %v, want a violation of %s", i, err, c.invariant)
		}
	}
	release := orderHistory(log, 1)[indexOf(orderHistory(log, 1), "order.entrustment-released", ""):][:1]
	var v *audit.Violation
	if err := audit.New(settings()...).Commit(release); !errors.As(err, &v) || v.Invariant != "I8" {
		t.Errorf("a command of the role desk: %v", err)
	}
}

// TestTotals checks the totals of the log, and that forgotten streams stay in them.
func TestTotals(t *testing.T) {
	log := validLog(t)
	a := audit.New(settings()...)
	if err := a.Log(t.Context(), newLog(log)); err != nil {
		t.Fatal(err)
	}
	before := a.Totals()
	if err := before.Err(); err != nil {
		t.Fatal(err)
	}
	dollars, yuan := before.Money["USD"], before.Money["CNY"]
	for _, c := range []struct {
		what string
		got  decimal.Decimal
		want string
	}{
		{"received", dollars.Received, "21370"}, {"refunded", dollars.Refunded, "800"}, {"claimed", dollars.Claimed, "500"},
		{"shortfall", dollars.Shortfall, "900"}, {"held", dollars.Held, "2000"}, {"consumed", dollars.Consumed, "300"},
		{"ordered", yuan.Ordered, "5450"}, {"written off", yuan.WrittenOff, "600"}, {"credited", yuan.Credited, "4050"},
		{"paid out", yuan.PaidOut, "199.80"}, {"fees", yuan.Fees, "0.20"}, {"available", yuan.Available, "1350"},
	} {
		if !c.got.Equal(decimal.RequireFromString(c.want)) {
			t.Errorf("%s: %s, want %s", c.what, c.got, c.want)
		}
	}
	if before.Orders["completed"] != 1 || before.Orders["closed"] != 3 || before.PayLaterOrders["written-off"] != 1 {
		t.Errorf("counts of orders %v, of pay-later orders %v", before.Orders, before.PayLaterOrders)
	}
	for n := range 20 {
		a.Forget(events.StreamID("order-" + o(n)))
		a.Forget(events.StreamID("paylater-" + o(n)))
		a.Forget(events.StreamID(fmt.Sprint("entrustment-E", n)))
	}
	if after := a.Totals(); !reflect.DeepEqual(fmt.Sprint(after), fmt.Sprint(before)) {
		t.Errorf("the totals were\n%+v\nafter streams were forgotten\n%+v", before, after)
	}
	var v *audit.Violation
	if err := a.Commit(log[indexOf(log, "order.confirmed", o(1)):][:1]); !errors.As(err, &v) {
		t.Errorf("a record of a forgotten order: %v", err)
	}
	wrong := before.Money["USD"]
	wrong.Received = wrong.Received.Add(decimal.New(1, -2))
	before.Money["USD"] = wrong
	if err := before.Err(); err == nil {
		t.Error("totals that do not balance: no error")
	}
}

// TestImports checks the auditor's independence: of this module it imports only package events.
func TestImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if strings.HasPrefix(path, module) && path != module+"/events" {
				t.Errorf("%s imports %s", name, path)
			}
			seen++
		}
	}
	if seen < 10 {
		t.Errorf("only %d imports were checked", seen)
	}
}

const module = "github.com/tradesurety/surety"

// TestControlsAreComplete requires a control of every invariant that events can show.
func TestControlsAreComplete(t *testing.T) {
	controlled := map[string]bool{}
	for _, c := range slices.Concat(controls, moneyControls) {
		controlled[c.invariant] = true
	}
	for n := 1; n <= 36; n++ {
		// One log does not show that decisions are pure (I30), that orders commute (I33), or the result
		// without one order (I34).
		if id := fmt.Sprint("I", n); n != 30 && n != 33 && n != 34 && !controlled[id] {
			t.Errorf("%s has no control", id)
		}
	}
}
