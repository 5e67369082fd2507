package order_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
)

// actors are who asks, by the letters of the matrix.
var actors = map[string]order.Actor{"B": buyer, "S": seller, "P": platform, "Y": system, "D": deskRole}

var phases = []order.Phase{
	order.PhaseNone, order.PhaseDraft, order.PhaseSubmitted, order.PhaseConfirmed, order.PhaseReadyToShip,
	order.PhaseShipped, order.PhaseReceived, order.PhaseCompleted, order.PhaseClosed,
}

// TestMatrix holds Decide to testdata/matrix.txt: every command in every phase by every role,
// and by the wrong buyer and the wrong seller.
func TestMatrix(t *testing.T) {
	rows := readMatrix(t)
	var permitted []string
	for _, p := range order.Permissions() {
		permitted = append(permitted, p.Command)
	}
	slices.Sort(permitted)
	if listed := names(rows); !slices.Equal(listed, slices.Compact(permitted)) {
		t.Fatalf("the matrix has %v, the table of commands %v", listed, permitted)
	}
	for _, fault := range checkMatrix(t, rows, order.Decide) {
		t.Error(fault)
	}
}

// TestMatrixSeesAMissingAccountCheck runs the same check over a decision that takes every buyer
// and seller for the right one.
func TestMatrixSeesAMissingAccountCheck(t *testing.T) {
	lax := func(o order.Order, c order.Command, g order.Given) ([]order.Event, error) {
		switch {
		case g.By.Role == order.Seller && o.Phase != order.PhaseNone:
			g.By = seller
		case g.By.Role == order.Buyer:
			g.By = buyer
		}
		return order.Decide(o, c, g)
	}
	faults := checkMatrix(t, readMatrix(t), lax)
	for _, name := range []string{"confirm by b-2000", "submit by rival"} {
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, name) }) {
			t.Errorf("no fault of %s among %d", name, len(faults))
		}
	}
}

// decide is order.Decide, or what a test puts in its place.
type decide func(order.Order, order.Command, order.Given) ([]order.Event, error)

// checkMatrix returns where the decision differs from the table.
func checkMatrix(t *testing.T, rows []matrixRow, decide decide) (faults []string) {
	for i, phase := range phases {
		s := inPhase(t, phase)
		for _, row := range rows {
			o, ask, given := favourable(s, row.command)
			before := fmt.Sprintf("%+v", o)
			for letter, actor := range actors {
				given.By = actor
				got, err := decide(o, ask, given)
				name := fmt.Sprintf("%s by %s in %s", row.command, actor.Role, phase)
				if strings.Contains(row.cells[i], letter) {
					if err != nil || len(got) == 0 {
						faults = append(faults, fmt.Sprintf("%s: got %v, %v; it is allowed", name, got, err))
					}
				} else if reason := denied(got, err, row.rules[i]); reason != "" {
					faults = append(faults, name+": "+reason)
				}
			}
			for _, actor := range []order.Actor{otherBuyer, otherSeller} {
				given.By = actor
				got, err := decide(o, ask, given)
				if phase == order.PhaseNone && row.command == "draft" && actor.Role == order.Seller {
					if err != nil {
						faults = append(faults, fmt.Sprintf("draft by another seller: %v", err))
					}
				} else if reason := denied(got, err, row.rules[i]); reason != "" {
					faults = append(faults, fmt.Sprintf("%s by %s in %s: %s", row.command, actor.Account, phase, reason))
				}
			}
			if after := fmt.Sprintf("%+v", o); before != after {
				faults = append(faults, fmt.Sprintf("%s in %s wrote the state", row.command, phase))
			}
		}
	}
	return faults
}

// denied returns what is wrong with an answer that must be a refusal by that rule.
func denied(got []order.Event, err error, rule order.Rule) string {
	var no *order.Refusal
	if !errors.As(err, &no) || no.Rule != rule || len(got) > 0 {
		return fmt.Sprintf("got %v, %v; want a refusal by %s", got, err, string(rule))
	}
	return ""
}

// favourable returns an order in the phase of the story to which nothing but role, account and
// phase can forbid the command, and the command.
func favourable(s story, command string) (order.Order, order.Command, order.Given) {
	o := s.order
	i := slices.IndexFunc(favourableCommands, func(c order.Command) bool { return c.Name() == command })
	ask := favourableCommands[i]
	switch c := ask.(type) {
	case order.Confirm:
		c.Terms = o.Revision
		ask = c
	case order.RecordPayment:
		c.Account = o.Account
		ask = c
	case order.FailPayment:
		o.Payments = append(slices.Clone(o.Payments), order.Payment{ID: c.Payment, Method: order.PayTT, Status: order.PaymentPending})
	case order.ApplyUnapplied:
		o.Ledger.Received = must(o.Ledger.Received.Add(c.Amount))
		o.Ledger.Unapplied = must(o.Ledger.Unapplied.Add(c.Amount))
	case order.AcceptShortfall:
		o.Ledger.Received = must(o.Ledger.Received.Add(money("1")))
		o.Ledger.Applied = must(o.Ledger.Applied.Add(money("1")))
	case order.Unlink, order.RecordRelease:
		o.Links = append(slices.Clone(o.Links), order.LinkedEntrustment{ID: "E9"})
	case order.Expire, order.AutoConfirmReceipt:
		s = s.after(100 * day)
	}
	return o, ask, s.given(order.Actor{}, ask)
}

// favourableCommands has every command as it can be accepted.
var favourableCommands = []order.Command{
	order.Draft{Mode: order.DraftOnline},
	order.SetBuyer{Email: buyer.Email, BuyerName: "Jane Doe"},
	order.MatchBuyer{Email: buyer.Email},
	contract("contract.pdf"),
	order.SetTerms{Terms: order.Terms{Total: money("10")}},
	order.SetTransport{Mode: order.TransportSea},
	order.ChooseCoverage{Coverage: order.CoverageNone},
	submit,
	order.Confirm{},
	card("C9", "1"),
	order.RecordPayment{Reference: "R9", Method: order.PayTT, Amount: money("1"), Payer: "Jane Doe", PaidAt: newYear},
	order.FailPayment{Payment: "N9", Reason: "recalled"},
	order.ApplyUnapplied{Amount: money("1")},
	order.AcceptShortfall{},
	order.Link{Entrustment: "E9"},
	order.Unlink{Entrustment: "E9"},
	order.RecordRelease{Entrustment: "E9", ReleasedAt: newYear},
	order.MarkShipped{},
	order.ConfirmReceipt{},
	order.AutoConfirmReceipt{},
	order.Review{Rating: 5},
	order.Cancel{},
	order.Expire{},
}

// matrixRow is a line of the table: what it says for each phase.
type matrixRow struct {
	command string
	rules   []order.Rule
	cells   []string
}

func names(rows []matrixRow) []string {
	var list []string
	for _, row := range rows {
		list = append(list, row.command)
	}
	slices.Sort(list)
	return list
}

func readMatrix(t *testing.T) (rows []matrixRow) {
	t.Helper()
	text, err := os.ReadFile("testdata/matrix.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		switch {
		case line[0] == '#':
		case len(fields) != 2+len(phases):
			t.Fatalf("not a row: %q", line)
		case fields[0] == "command":
			for i, phase := range phases {
				if fields[2+i] != phase.String() {
					t.Fatalf("column %d is %s, not %s", i, fields[2+i], phase)
				}
			}
		default:
			row := matrixRow{command: fields[0], cells: fields[2:]}
			before, after, two := strings.Cut(fields[1], "/")
			for _, phase := range phases {
				if two && phase >= order.PhaseConfirmed {
					row.rules = append(row.rules, order.Rule(after))
				} else {
					row.rules = append(row.rules, order.Rule(before))
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}
