package desk_test

import (
	"context"
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// account is what a balance says to its merchant at an instant.
type account struct {
	Pending, Available, Debt trade.Money
	Waiting                  []funds.Waiting
	Withdrawals              []funds.Withdrawal
	Cards                    []funds.CardNo
}

// stateOf is the state that a stream replays to.
func stateOf(t testing.TB, store events.Store, stream events.StreamID) any {
	t.Helper()
	ctx := context.Background()
	var (
		state any
		err   error
	)
	switch stream.Category() {
	case order.Category:
		state, _, err = order.Model().Replay(ctx, store, stream)
	case seller.Category:
		state, _, err = seller.Model().Replay(ctx, store, stream)
	case entrustment.Category:
		state, _, err = entrustment.Model().Replay(ctx, store, stream)
	case credit.Category:
		state, _, err = credit.Model(credit.Assurance).Replay(ctx, store, stream)
	case credit.PayLaterCategory:
		state, _, err = credit.Model(credit.PayLater).Replay(ctx, store, stream)
	case paylater.Category:
		state, _, err = paylater.Model().Replay(ctx, store, stream)
	case funds.Category:
		var b funds.Balance
		b, _, err = funds.Model().Replay(ctx, store, stream)
		at := start.Add(5 * day)
		state = account{b.Pending(at), b.Available(at), b.Debt(), b.Waiting(at), b.Withdrawals(), b.Cards()}
	default: // the number of an account or a declaration
		for r, failed := range store.Read(ctx, stream, 0) {
			if err = failed; err == nil {
				state, err = desk.DecodeEvent(r.Type, r.Schema, r.Data)
			}
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", stream, err)
	}
	return state
}

// texts is a state as a text for each field, by its path.
type texts map[string]string

// spell writes out what can be seen of a state. What is zero is left out; paths has it all the
// same, without the indices.
func spell(state any) (set texts, paths []string) {
	set, known := make(texts), make(map[string]bool)
	spellValue(reflect.ValueOf(state), reflect.TypeOf(state), "", set, known)
	return set, slices.Sorted(maps.Keys(known))
}

// spellValue goes through a type, and through a value of it if there is one.
func spellValue(v reflect.Value, typ reflect.Type, path string, set texts, known map[string]bool) {
	text, isText := "", typ.Implements(reflect.TypeFor[encoding.TextMarshaler]()) || typ.Implements(reflect.TypeFor[fmt.Stringer]())
	switch kind := typ.Kind(); {
	case kind == reflect.Slice && !isText:
		known[plainPath(path)] = true
		if v.IsValid() && v.Len() > 0 {
			set[path] = fmt.Sprint(v.Len())
			for i := range v.Len() {
				spellValue(v.Index(i), typ.Elem(), fmt.Sprintf("%s[%d]", path, i), set, known)
			}
		}
		spellValue(reflect.Value{}, typ.Elem(), path+"[0]", nil, known)
		return
	case kind == reflect.Struct && !isText:
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() {
				inner := reflect.Value{}
				if v.IsValid() {
					inner = v.Field(i)
				}
				spellValue(inner, f.Type, path+"."+f.Name, set, known)
			}
		}
		return
	}
	known[plainPath(path)] = true
	if !v.IsValid() || v.IsZero() {
		return
	}
	if at, ok := v.Interface().(time.Time); ok {
		text = at.UTC().Format(time.RFC3339Nano)
	} else {
		text = fmt.Sprint(v.Interface())
	}
	set[path] = text
}

var index = regexp.MustCompile(`\[\d+\]`)

func plainPath(path string) string { return index.ReplaceAllString(path, "[]") }

// changed names a field that differs from what it was, or nothing. Fields that were not known
// then may be anything; those that were are there for good.
func changed(was texts, known []string, is texts, knownNow []string) string {
	for _, path := range known {
		if !slices.Contains(knownNow, path) {
			return "there is no " + path + " any more"
		}
	}
	for _, path := range slices.Sorted(maps.Keys(was)) {
		if is[path] != was[path] {
			return fmt.Sprintf("%s is %q and was %q", path, is[path], was[path])
		}
	}
	for _, path := range slices.Sorted(maps.Keys(is)) {
		if was[path] == "" && slices.Contains(known, plainPath(path)) {
			return fmt.Sprintf("%s is %q and was not set", path, is[path])
		}
	}
	return ""
}

// TestChangedSeesEveryField holds the comparison of states to a change of each field of one.
func TestChangedSeesEveryField(t *testing.T) {
	tr := inMemory(t).opened("10000 USD")
	set, known := spell(tr.Order(tr.life("100 USD", "50 USD", order.CoveragePostDelivery)))
	if fault := changed(set, known, set, append(known, ".Newer")); fault != "" || len(set) < 20 {
		t.Fatalf("%d fields, %s", len(set), fault)
	}
	for path := range set {
		other, less := maps.Clone(set), maps.Clone(set)
		other[path] += "0"
		delete(less, path)
		gone := slices.DeleteFunc(slices.Clone(known), func(p string) bool { return p == plainPath(path) })
		if changed(set, known, other, known) == "" || changed(set, known, less, known) == "" || changed(less, known, set, known) == "" ||
			changed(set, known, set, gone) == "" {
			t.Errorf("a change of %s is not seen", path)
		}
	}
}
