package assurance_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection/assurance"
	"github.com/tradesurety/surety/projection/internal/viewtest"
)

// TestTimeline reads histories as every actor who may see them.
func TestTimeline(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	w.trade(300)
	for _, id := range w.orders {
		o := w.order(id)
		history, err := w.desk.Timeline(ctx, platform, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, by := range []trade.Actor{platform, acme, orient, bruno, stranger} {
			moments, err := assurance.Timeline(ctx, w.log, by, id)
			if err != nil {
				t.Fatal(err)
			}
			if !o.VisibleTo(by) {
				if len(moments) > 0 {
					t.Errorf("%s sees %d events of an order that it may not see", by.Account, len(moments))
				}
				continue
			}
			if len(moments) != len(history) {
				t.Fatalf("%s sees %d facts of %d", by.Account, len(moments), len(history))
			}
			for i, m := range moments {
				h := history[i]
				if m.Version != h.Version || !m.At.Equal(h.At) || m.By != h.By.Role || m.Command != h.By.Command || m.Event.Kind() != h.Event.Kind() || m.Phase != h.Order.Phase || m.OwedByBuyer != h.Order.Ledger.OwedByBuyer() {
					t.Fatalf("%+v is the moment of %+v", m, h)
				}
				if shown := m.Account == h.By.Account; shown == (h.By.Account == platform.Account && by.Role != trade.Platform) {
					t.Errorf("%s sees account %q of %q", by.Account, m.Account, h.By.Account)
				}
			}
			if text := data(moments); strings.Contains(text, string(bruno.Email)) || strings.Contains(text, "Bruno Imports") ||
				strings.Contains(text, string(acme.Email)) || o.ReceivingAccount != "" && strings.Contains(text, string(o.ReceivingAccount)) {
				t.Errorf("%s sees %s", by.Account, text)
			}
		}
	}
	unknown := trade.NewID()
	if none, err := assurance.Timeline(ctx, w.log, platform, unknown); err != nil || len(none) > 0 {
		t.Errorf("the timeline of an unknown order is %v: %v", none, err)
	}
}

// data returns the data of all events of a timeline.
func data(moments []assurance.Moment) string {
	var b strings.Builder
	for _, m := range moments {
		_, _, data, err := order.EncodeEvent(nil, m.Event)
		if err != nil {
			panic(err)
		}
		b.Write(data)
	}
	return b.String()
}

// personal are the events that Masked changes.
var personal = []order.Event{
	order.Drafted{}, order.BuyerEntered{}, order.BuyerMatched{}, order.TermsModified{}, order.Submitted{}, order.PaymentReceived{},
}

// isPersonal reports whether a field of an event can hold personal data, by its name and type.
func isPersonal(name, typ string) bool {
	return typ == "Email" || typ == "ReceivingAccount" || typ == "string" && (strings.HasSuffix(name, "Name") && name != "Name" && name != "FileName" || strings.Contains(name, "Payer"))
}

// TestMasked fills the personal fields of events and expects them to come back masked.
func TestMasked(t *testing.T) {
	for _, e := range personal {
		v := reflect.New(reflect.TypeOf(e)).Elem()
		for i := range v.NumField() {
			if f := v.Type().Field(i); isPersonal(f.Name, f.Type.Name()) {
				v.Field(i).SetString("secret-0123456789@example.com")
			}
		}
		hidden := reflect.ValueOf(assurance.Masked(v.Interface().(order.Event)))
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if s := hidden.Field(i).String(); isPersonal(f.Name, f.Type.Name()) && (strings.Contains(s, "0123456789") || !strings.Contains(s, "***")) {
				t.Errorf("%s shows %s as %q", e.Kind(), f.Name, s)
			}
		}
	}
	for _, short := range []order.Event{order.Submitted{ReceivingAccount: "1234"}, order.PaymentReceived{ReceivingAccount: "12345678"}, order.BuyerEntered{Email: "x", BuyerName: "莉"}} {
		if text := data([]assurance.Moment{{Event: assurance.Masked(short)}}); strings.Contains(text, "1234") || !strings.Contains(text, "***") {
			t.Errorf("a short one is shown as %s", text)
		}
	}
}

// TestMaskedKnowsEveryEvent looks in the source of packages order and trade for events with fields
// that can hold personal data. A new one has to be added here and in Masked.
func TestMaskedKnowsEveryEvent(t *testing.T) {
	known := make(map[string]bool)
	for _, e := range personal {
		known[reflect.TypeOf(e).Name()] = true
	}
	found := 0
	structs, kinds := viewtest.Structs(t, "../../order", "../../order/trade")
	var hasPersonal func(name string) bool
	hasPersonal = func(name string) bool {
		return slices.ContainsFunc(structs[name], func(f viewtest.Field) bool {
			return isPersonal(f.Name, f.Type) || f.Type != name && hasPersonal(f.Type)
		})
	}
	for name := range kinds {
		if !hasPersonal(name) {
			continue
		}
		if found++; !known[name] {
			t.Errorf("order.%s has personal data, and Masked does not know it", name)
		}
	}
	if found != len(personal) {
		t.Errorf("%d events with personal data were found in the source, want %d", found, len(personal))
	}
}
