package audit_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/ordertest/audit"
)

// firstEdition returns a log of the orders 1 to 9 that the first edition of the rule book wrote. A line has
// the number of the commit, its instant, stream, type and meta, and behind a tab the data.
func firstEdition(t testing.TB) (log []events.Record) {
	text, err := os.ReadFile("testdata/first-edition.log")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		head, data, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		f := strings.SplitN(head, " ", 5)
		if len(f) != 5 {
			t.Fatalf("not a record: %s", line)
		}
		log = append(log, events.Record{
			Commit: uuid.NewSHA1(uuid.Nil, []byte(f[0])), At: must(time.Parse(time.RFC3339, f[1])), Stream: events.StreamID(f[2]), Type: f[3],
			Schema: 1, Meta: []byte(f[4]), Data: []byte(data),
		})
	}
	return renumber(log)
}

// TestFirstEdition accepts a log of the first edition, but not with the option SecondEdition.
func TestFirstEdition(t *testing.T) {
	log := firstEdition(t)
	a := audit.New(settings()...)
	if err := a.Log(t.Context(), newLog(log)); err != nil {
		t.Fatal(err)
	}
	if f := orderFigures(t, a, 4); f["applied"] != int64(6000_00) || f["phase"] != "shipped" {
		t.Errorf("order 4: %v", f)
	}
	testControls(t, log, firstEditionControls)
	strict := append(settings(), audit.SecondEdition())
	if err := audit.New(strict...).Log(t.Context(), newLog(log)); !violates(err, "D65") {
		t.Errorf("a payment without a stream in the second edition: %v", err)
	}
	second := secondEdition(t)
	second = second[:indexOf(second, "order.payment-initiated", o(28))]
	if err := audit.New(strict...).Log(t.Context(), newLog(second)); err != nil {
		t.Errorf("a log of the second edition: %v", err)
	}
}

// firstEditionControls break rules of money in a log of the first edition.
var firstEditionControls = []control{
	{"A12", replace("order.payment-initiated", "C6", "1.00 USD", "6000.01 USD")},
	{"D18", replace("order.payment-received", "K-C4", `"payment":"C4"`, `"payment":"C5"`)},
	{"D18", replace("order.payment-received", "K-C4", `"method":"card"`, `"method":"e-check"`)},
	{"D18", duplicate("order.payment-failed", "C6")},
	{"D18", replace("order.payment-initiated", "T9", `,"notice_until":"2025-03-19T00:00:00Z"`, "")},
	{"D18", addCommit("order.payment-initiated", "C6", meta(byBuyer, "initiate-payment"), "order.payment-initiated", `{"payment":"C7","method":"card","amount":"1.00 USD"}`)},
	{"D19", replace("order.payment-received", "balance-1", `"balance-1"`, `"initial-1"`)},
	{"D19", replace("order.payment-received", "balance-1", "Bruno Imports", "Somebody")},
	{"D19", replace("order.unapplied-applied", o(8), `"reviewed":"600.00`, `"reviewed":"599.00`)},
	{"D19", replace("order.unapplied-returned", o(1), `"100.00 USD"`, `"100.00 USD","reviewed":"1.00 USD"`)},
	{"D20", replace("order.shortfall-accepted", o(5), "900.00", "899.00")},
	{"D20", addCommit("order.confirmed", o(1), meta(bySeller, "accept-shortfall"), "order.shortfall-accepted", `{"amount":"2000.00 USD"}`)},
	{"D24", replace("order.payment-reversed", o(4), `"applied":"4000.00`, `"applied":"3999.00`)},
	{"D24", replace("order.payment-reversed", o(4), `"applied":"4000.00 USD","unapplied":"0.00`, `"applied":"4001.00 USD","unapplied":"-1.00`)},
	{"D24", duplicate("order.payment-reversed", o(4))},
	{"D24", duplicate("order.chargeback-resolved", o(4))},
	{"D24", replace("order.chargeback-resolved", o(4), `"applied":"4000.00 USD"`, `"applied":"3999.00 USD"`)},
	{"D24", replace("order.chargeback-resolved", o(4), `"won":true`, `"won":false`)},
	{"D24", addCommit("order.completed", o(1), meta(byPlatform, "charge-back"), "order.payment-reversed", `{"reference":"initial-1","amount":"2000.00 USD","applied":"2000.00 USD","unapplied":"0.00 USD"}`)},
	{"D27", addCommit("order.payment-initiated", "C6", meta(byBuyer, "cancel"), "order.closed", `{"reason":"cancelled"}`)},
	{"D27", addCommit("order.payment-initiated", "T9", meta(byBuyer, "cancel"), "order.closed", `{"reason":"cancelled"}`)},
	{"D27", addCommit("order.payment-received", "initial-1", meta(byBuyer, "cancel"), "order.closed", `{"reason":"cancelled"}`)},
	{"D30", drop("order.closed", o(5))},
	{"D30", addRecord("order.refund-made", o(3), "order.closed", `{"reason":"refunded"}`)},
	{"I7", drop("order.funded", o(1))},
	{"I12", drop("order.chargeback-resolved", o(4))},
	{"I14", replace("order.payment-received", "initial-1", `"applied":"2000.00 USD","unapplied":"0.00`, `"applied":"1999.00 USD","unapplied":"1.00`)},
	{"I14", replace("order.unapplied-applied", o(8), `"amount":"600.00`, `"amount":"700.01`)},
	{"I14", replace("order.unapplied-applied", o(5), "500.00", "400.00")},
	{"I14", replace("order.unapplied-returned", o(1), "100.00", "100.01")},
	{"I14", replace("order.refund-made", o(5), "500.00", "500.01")},
	{"I15", addRecord("order.closed", o(5), "order.refund-made", `{"amount":"1.00 USD","cause":"agreed"}`)},
}
