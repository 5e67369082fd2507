package entrustment_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/tradesurety/surety/events"
	. "github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/trade"
)

// everyEvent has an event of each kind, and one more where a field is optional.
func everyEvent() []Event {
	return []Event{
		Drafted{Seller: "alice", Reference: "PO-17", Title: "光学镜片 \"lenses\""}, Drafted{Seller: "alice"},
		Submitted{}, Cancelled{Reason: "no buyer"}, Cancelled{},
		ChangeRequested{Need: NeedCustomerChange, Note: "as told"}, ChangeRequested{Need: NeedSignedLetter},
		Resubmitted{}, Approved{}, Declared{Declaration: declaration()},
		Returned{Reason: "HS code"}, Released{ReleasedAt: released}, Released{ReleasedAt: declared, Void: true},
		CustomsClosed{ClosedAt: released.Add(1)},
		Linked{Order: orderOne, DraftedAt: draftDay, Currency: usd},
		Unlinked{Order: orderOne, Cause: CauseUnlinked}, Unlinked{Order: orderOne, Cause: CauseClosed}, Unlinked{Order: orderTwo, Cause: CauseCancelled},
		Declared{Declaration: full()},
		Released{ReleasedAt: declared.Add(-1), BeforeDeclared: true}, ReleasedBeside{ReleasedAt: released},
		CustomsClosed{ClosedAt: released.Add(-1), BeforeReleased: true},
	}
}

func TestBadCommands(t *testing.T) {
	for _, c := range [][2]string{
		{"", `{}`},
		{"Submit", `{}`},
		{"entrustment.submitted", `{}`},
		{"submit", `{"by":"alice"}`},
		{"return", `{"reason":""}`},
		{"request-change", `{"need":"INFORMATION"}`},
		{"unlink", `{"order":"` + orderOne.String() + `","cause":"cancelled"}`},
		{"declare", `{"declaration":{}}`},
	} {
		if got, err := DecodeCommand(c[0], []byte(c[1])); err == nil || got != nil {
			t.Errorf("%s %s is decoded as %+v, %v", c[0], c[1], got, err)
		}
	}
}

func TestBadInput(t *testing.T) {
	id := orderOne.String()
	for _, c := range [][2]string{
		{"submitted", ``},
		{"submitted", `null`},
		{"submitted", `[]`},
		{"submitted", `{} {}`},
		{"submitted", `{"note":"x"}`},
		{"drafted", `{}`},
		{"drafted", `{"seller":""}`},
		{"drafted", `{"seller":"a b"}`},
		{"drafted", `{"seller":7}`},
		{"drafted", `{"seller":null}`},
		{"drafted", `{"Seller":"alice"}`},
		{"drafted", `{"seller":"alice","seller":"mallory"}`},
		{"drafted", `{"seller":"alice","SELLER":"mallory"}`},
		{"drafted", `{"seller":"alice","title":"a\u0000b"}`},
		{"drafted", "{\"seller\":\"alice\",\"title\":\"a\nb\"}"},
		{"drafted", "{\"seller\":\"alice\",\"title\":\"\xff\"}"},
		{"drafted", `{"seller":"alice","title":"` + strings.Repeat("x", 201) + `"}`},
		{"change-requested", `{"need":"nothing"}`},
		{"change-requested", `{"note":"x"}`},
		{"returned", `{"reason":""}`},
		{"released", `{"released_at":"2025-03-10T10:00:00+08:00"}`},
		{"released", `{"released_at":"2025-03-10"}`},
		{"released", `{"released_at":"1970-01-01T00:00:00Z"}`},
		{"released", `{"released_at":"20000-01-01T00:00:00Z"}`},
		{"released", `{"released_at":0}`},
		{"released", `{"released_at":"2025-03-10T10:00:00Z","void":"true"}`},
		{"linked", `{"order":"","drafted_at":"2025-03-10T10:00:00Z","currency":"USD"}`},
		{"linked", `{"order":"` + strings.ToUpper(orderOne.String()[:35]) + `A","drafted_at":"2025-03-10T10:00:00Z","currency":"USD"}`},
		{"linked", `{"order":"` + id + `","drafted_at":"2025-03-10T10:00:00Z","currency":"usd"}`},
		{"linked", `{"order":"` + id + `","drafted_at":"2025-03-10T10:00:00Z","currency":""}`},
		{"linked", `{"order":"` + id + `","drafted_at":"2025-03-10T10:00:00Z"}`},
		{"unlinked", `{"order":"` + id + `","cause":"lost"}`},
		{"unlinked", `{"order":"` + id + `","cause":""}`},
	} {
		if e, err := DecodeEvent("entrustment."+c[0], 1, []byte(c[1])); err == nil || e != nil {
			t.Errorf("%s %s is decoded as %+v, %v", c[0], c[1], e, err)
		}
	}
}

func TestBadDeclarations(t *testing.T) {
	_, _, good, err := EncodeEvent(nil, Declared{Declaration: declaration()})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{`"number":"531620250000000001"`, `"number":"5316 2025"`},
		{`"number":"531620250000000001"`, `"number":531620250000000001`},
		{`"packages":12`, `"packages":-1`},
		{`"packages":12`, `"packages":4294967296`},
		{`"packages":12`, `"packages":1.5`},
		{`"gross_weight":"480.5"`, `"gross_weight":480.5`},
		{`"gross_weight":"480.5"`, `"gross_weight":"4.805e2"`},
		{`"gross_weight":"480.5"`, `"gross_weight":"1e1000000000"`},
		{`"gross_weight":"480.5"`, `"gross_weight":"` + strings.Repeat("9", 60000) + `"`},
		{`"total":"1250.00 USD"`, `"total":"1250.001 USD"`},
		{`"total":"1250.00 USD"`, `"total":"1250.00 XXX"`},
		{`"total":"1250.00 USD"`, `"total":""`},
		{`"no":1,`, `"no":65536,`},
		{`"no":1,`, `"No":1,`},
		{`"no":1,`, ``},
		{`"hs_code":"9001909090"`, `"hs_code":"9001"`},
		{`"items":[`, `"items":null,"x":[`},
		{`"trade_term":"FOB"`, `"trade_term":{}`},
	} {
		bad := strings.Replace(string(good), c[0], c[1], 1)
		if bad == string(good) {
			t.Fatalf("no %s in %s", c[0], good)
		}
		if _, err := DecodeEvent("entrustment.declared", 1, []byte(bad)); err == nil {
			t.Errorf("%s in place of %s is decoded", c[1], c[0])
		}
	}
}

// TestLargestDeclarationFits declares as many bytes as the bounds allow, of characters that JSON
// writes twice as long.
func TestLargestDeclarationFits(t *testing.T) {
	quotes := func(n int) string { return strings.Repeat(`"`, n) }
	firm := Enterprise{Code: quotes(64), Name: quotes(200)}
	d := Declaration{
		Number: DeclarationNo(strings.Repeat("9", 32)), UnifiedNumber: quotes(64), ContractNumber: quotes(64), TransportMode: quotes(64),
		DeclaringCustoms: quotes(64), ExitCustoms: quotes(64), DeparturePort: quotes(64), TradeCountry: quotes(64), Destination: quotes(64),
		TradeTerm: quotes(64), Packages: 1<<32 - 1, GrossWeight: num("9000000000000.999999"), NetWeight: num("9000000000000.999999"),
		Packing: quotes(64), SupervisionMode: quotes(64), DutyNature: quotes(64), SourceDistrict: quotes(64),
		Consignor: firm, Producer: firm, Declarant: firm, BillNumber: quotes(64), DeclaredAt: declared.Add(999_999_999),
	}
	texts := 32 + 14*64 + 3*264
	for i := range 50 {
		it := Item{
			No: uint16(i + 1), HSCode: "9001909090", Name: quotes(255), Unit: quotes(64), Origin: quotes(64),
			Quantity: num("100000.000001"), Price: num("100000.000001"),
		}
		it.Total = must(it.Quantity.Times(it.Price, usd))
		texts += 255 + 2*64
		d.Items = append(d.Items, it)
	}
	for i := range d.Items {
		n := min(1000, 24<<10-texts)
		d.Items[i].Elements = quotes(n)
		texts += n
	}
	w := in(t, PhaseAccepted)
	w.facts.Reservation.Number = d.Number
	w.do(Declare{d})
	_, _, data, err := EncodeEvent(nil, w.history[len(w.history)-1].Event)
	if err != nil || texts != 24<<10 || len(data) > events.MaxData {
		t.Errorf("%d bytes of text become %d, %v", texts, len(data), err)
	}
	t.Logf("%d bytes of text become %d", texts, len(data))
}

func FuzzDecodeEvent(f *testing.F) {
	for _, e := range everyEvent() {
		typ, _, data, _ := EncodeEvent(nil, e)
		f.Add(typ, data)
	}
	f.Add("entrustment.linked", []byte(`{"order":"x"}`))
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		e, err := DecodeEvent(typ, 1, data)
		if err != nil {
			return
		}
		back, schema, first, err := EncodeEvent(nil, e)
		if err != nil || back != typ {
			t.Fatalf("%s became %s, %v", typ, back, err)
		}
		again, err := DecodeEvent(back, schema, first)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%+v became %+v, %v", e, again, err)
		}
		if _, _, second, err := EncodeEvent(nil, again); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%s became %s, %v", first, second, err)
		}
		for p := range roads {
			s := Entrustment{ID: ours, Phase: p}
			if err := s.Apply(e, declared); err != nil && !errors.As(err, new(*trade.InvalidError)) {
				t.Fatal(err)
			}
		}
	})
}

func FuzzDecodeCommand(f *testing.F) {
	for _, c := range samples() {
		name, data := EncodeCommand(c)
		f.Add(name, data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		c, err := DecodeCommand(name, data)
		if err != nil {
			return
		}
		back, again := EncodeCommand(c)
		same, err := DecodeCommand(back, again)
		if err != nil || back != name || !reflect.DeepEqual(same, c) {
			t.Fatalf("%s %s became %s %s, %v", name, data, back, again, err)
		}
		w := &world{t: t, s: Entrustment{ID: ours, Phase: PhaseAccepted, Seller: alice}}
		w.given.At = draftDay
		if _, err := w.try(c); err != nil && !errors.As(err, new(*trade.Refusal)) && !errors.As(err, new(*trade.InvalidError)) {
			t.Fatal(err)
		}
	})
}
