package credit

import (
	"strings"
	"testing"
)

// TestBadSnapshot is the table of bytes that are not a snapshot of a line in dollars.
func TestBadSnapshot(t *testing.T) {
	good, _ := save(nil, &stopped)
	if l := New(Assurance, "acme", usd); restore(good, &l) != nil || !same(l, stopped) {
		t.Fatalf("%s gives %+v", good, l)
	}
	for _, c := range []struct{ old, new string }{
		{`"phase":2`, `"phase":3`}, {`"phase":2`, `"phase":-1`}, {`"phase":2`, `"phase":300`},
		{`"open_holds":1`, `"open_holds":1,"overdue":1`}, {`"open_holds":1`, `"open_holds":0`}, {`"open_holds":1`, `"open_holds":-1`},
		{`"6000.00 USD"`, `"0.00 USD"`}, {`"6000.00 USD"`, `"-1.00 USD"`}, {`"6000.00 USD"`, `"6000.00 EUR"`},
		{`"limit":"10000.00 USD"`, `"limit":""`}, {`"limit":"10000.00 USD"`, `"limit":"-1.00 USD"`},
		{`"consumed":"0.00 USD"`, `"consumed":"-1.00 USD"`}, {`"consumed":"0.00 USD"`, `"consumed":"92233720368547758.07 USD"`},
		{`2025-01-01T`, `0000-01-01T`}, {`2025-01-01T`, `20000-01-01T`},
		{`}`, `,"seller":"mallory"}`}, {`}`, ``},
	} {
		bad := strings.Replace(string(good), c.old, c.new, 1)
		l := New(Assurance, "acme", usd)
		if err := restore([]byte(bad), &l); err == nil || bad == string(good) {
			t.Errorf("%s gives %+v", bad, l)
		}
	}
}

// TestBadPayLaterSnapshot is the table of bytes that are not a snapshot of a pay-later line in yuan.
func TestBadPayLaterSnapshot(t *testing.T) {
	owed := follow(twice, noted(orderA))
	good, _ := save(nil, &owed)
	if l := New(PayLater, "acme", cny); restore(good, &l) != nil || !same(l, owed) {
		t.Fatalf("%s gives %+v", good, l)
	}
	most, _ := save(nil, new(crowded(MaxFreezes)))
	if l := New(PayLater, "acme", cny); restore(most, &l) != nil || len(l.Freezes) != MaxFreezes {
		t.Fatalf("%s gives %+v", most, l)
	}
	for _, c := range []struct{ from, old, new string }{
		{string(good), `"phase":3`, `"phase":0`}, {string(good), `"phase":3`, `"phase":1`}, {string(good), `"phase":3`, `"phase":4`},
		{string(good), `"overdue":1`, `"overdue":2`}, {string(good), `"overdue":1`, `"overdue":-1`}, {string(good), `"overdue":1`, `"overdue":true`},
		{string(good), `"reason":"overdue"`, `"reason":"bankrupt"`}, {string(good), orderA.String(), "x"},
		{string(good), `"audit of the shop"`, `""`}, {string(good), `"freezes":[`, `"freezes":[{"reason":"other","ref":"audit of the shop"},`},
		{string(most), `"freezes":[`, `"freezes":[{"reason":"open-orders"},`},
	} {
		bad := strings.Replace(c.from, c.old, c.new, 1)
		l := New(PayLater, "acme", cny)
		if err := restore([]byte(bad), &l); err == nil || bad == c.from {
			t.Errorf("%s gives %+v", bad, l)
		}
	}
	for _, foreign := range []Line{New(Assurance, "acme", cny), New(PayLater, "acme", usd)} {
		if restore(good, &foreign) == nil {
			t.Errorf("a snapshot of another line gives %+v", foreign)
		}
	}
	if saved, _ := save(nil, &stopped); string(saved) != `{"phase":2,"last_at":"2025-01-01T12:00:00Z","limit":"10000.00 USD","held":"6000.00 USD","consumed":"0.00 USD","open_holds":1,"reason":"fraud"}` {
		t.Errorf("the format of assurance lines has changed without its fold id: %s", saved)
	}
}

func FuzzRestore(f *testing.F) {
	for _, l := range []Line{never, six, cut, stopped, claimed, unopened, lowered, twice, late} {
		data, _ := save(nil, &l)
		f.Add(l.Product == PayLater, data)
	}
	f.Fuzz(func(t *testing.T, payLater bool, data []byte) {
		l := New(Assurance, "acme", usd)
		if payLater {
			l = New(PayLater, "acme", cny)
		}
		again := l
		if restore(data, &l) != nil {
			return
		}
		saved, _ := save(nil, &l)
		if err := restore(saved, &again); err != nil || !same(again, l) {
			t.Fatalf("restored %+v, and again %+v, %v", l, again, err)
		}
	})
}
