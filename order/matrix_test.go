package order_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// actors are the actors of the matrix, by its letters.
var actors = map[string]trade.Actor{"B": buyer, "S": seller, "P": platform, "Y": system, "D": deskRole}

var phases = []order.Phase{
	order.PhaseNone, order.PhaseDraft, order.PhaseSubmitted, order.PhaseConfirmed, order.PhaseReadyToShip,
	order.PhaseShipped, order.PhaseReceived, order.PhaseCompleted, order.PhaseClosed,
}

// TestMatrix compares Decide with testdata/matrix.txt: every command in every phase by every role,
// and by another buyer and another seller, of an order that is not frozen and of one that is.
func TestMatrix(t *testing.T) {
	rows := readMatrix(t)
	var permitted []string
	for _, p := range order.Life().Permits() {
		permitted = append(permitted, p.Command)
	}
	slices.Sort(permitted)
	if listed := names(rows); !slices.Equal(listed, slices.Compact(permitted)) {
		t.Fatalf("the matrix has %v, the table of commands %v", listed, permitted)
	}
	for _, fault := range checkMatrix(t, rows, decided) {
		t.Error(fault)
	}
}

// TestMatrixSeesAMissingAccountCheck runs the same check on a decision that accepts every buyer and
// seller as the right one.
func TestMatrixSeesAMissingAccountCheck(t *testing.T) {
	lax := func(o order.Order, c order.Command, g given) ([]order.Event, error) {
		switch {
		case g.By.Role == trade.Seller && o.Phase != order.PhaseNone:
			g.By = seller
		case g.By.Role == trade.Buyer:
			g.By = buyer
		}
		return decided(o, c, g)
	}
	faults := checkMatrix(t, readMatrix(t), lax)
	for _, name := range []string{"confirm by b-2000", "submit by rival"} {
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, name) }) {
			t.Errorf("no fault of %s among %d", name, len(faults))
		}
	}
}

// decide is decided, or what a test uses instead.
type decide func(order.Order, order.Command, given) ([]order.Event, error)

// freezes are the orders of the matrix: one that is not frozen, one with a dispute and one with a
// chargeback, each in the phases in which it can be.
var freezes = []struct {
	name    string
	from    order.Phase
	to      order.Phase
	freeze  func(*order.Order)
	accepts func(matrixRow) bool
}{
	{"", order.PhaseNone, order.PhaseClosed, func(*order.Order) {}, func(matrixRow) bool { return true }},
	{" during a dispute", order.PhaseConfirmed, order.PhaseShipped, openDispute, func(r matrixRow) bool { return r.dispute }},
	{" during a chargeback", order.PhaseSubmitted, order.PhaseClosed, contest, func(r matrixRow) bool { return r.chargeback }},
}

// checkMatrix returns where the decision differs from the table.
func checkMatrix(t *testing.T, rows []matrixRow, decide decide) (faults []string) {
	for i, phase := range phases {
		s := inPhase(t, phase)
		for _, row := range rows {
			for _, frozen := range freezes {
				if phase < frozen.from || phase > frozen.to {
					continue
				}
				o, cmd, given := acceptable(s, row.command, frozen.freeze)
				cell := matrixCell{name: row.command + frozen.name, phase: phase, o: o, cmd: cmd, given: given, row: row, i: i, may: frozen.accepts(row)}
				faults = append(faults, cell.check(decide)...)
			}
		}
	}
	return faults
}

// matrixCell is one command in one phase, frozen or not.
type matrixCell struct {
	name  string
	phase order.Phase
	o     order.Order
	cmd   order.Command
	given given
	row   matrixRow
	i     int
	may   bool // those whom the cell names are not refused by D29
}

// check issues the command as every actor, and returns the results that differ from the table.
func (c matrixCell) check(decide decide) (faults []string) {
	before := fmt.Sprintf("%+v", c.o)
	for letter, actor := range actors {
		c.given.By = actor
		got, err := decide(c.o, c.cmd, c.given)
		name := fmt.Sprintf("%s by %s in %s", c.name, actor.Role, c.phase)
		switch {
		case !strings.Contains(c.row.cells[c.i], letter) && !(c.o.Frozen() && strings.Contains(c.row.cells[c.i], strings.ToLower(letter))):
			if reason := c.denies(letter, actor, got, err); reason != "" {
				faults = append(faults, name+": "+reason)
			}
		case !c.may:
			if reason := denied(got, err, rule.D29, c.phase.String()); reason != "" {
				faults = append(faults, name+": "+reason)
			}
		case err != nil || len(got) == 0:
			faults = append(faults, fmt.Sprintf("%s: got %v, %v; it is allowed", name, got, err))
		}
	}
	for _, actor := range []trade.Actor{otherBuyer, otherSeller} {
		c.given.By = actor
		got, err := decide(c.o, c.cmd, c.given)
		if c.phase == order.PhaseNone && c.row.command == "draft" && actor.Role == trade.Seller {
			if err != nil {
				faults = append(faults, fmt.Sprintf("draft by another seller: %v", err))
			}
		} else if reason := denied(got, err, c.row.rules[0], ""); reason != "" {
			faults = append(faults, fmt.Sprintf("%s by %s in %s: %s", c.name, actor.Account, c.phase, reason))
		}
	}
	if after := fmt.Sprintf("%+v", c.o); before != after {
		faults = append(faults, fmt.Sprintf("%s in %s wrote the state", c.name, c.phase))
	}
	return faults
}

// denies returns what is wrong with the answer to an actor whom the cell does not name. Who may issue
// the command in no phase, and a buyer or seller of no order yet, gets the row's first rule and learns
// no phase; all others may issue it in another phase.
func (c matrixCell) denies(letter string, by trade.Actor, got []order.Event, err error) string {
	party := by.Role != trade.Buyer && by.Role != trade.Seller || c.phase != order.PhaseNone &&
		(by.Role != trade.Buyer || c.phase != order.PhaseDraft || c.row.command == "attach-contract")
	if !party || !slices.ContainsFunc(c.row.cells, func(cell string) bool { return strings.Contains(cell, letter) }) {
		return denied(got, err, c.row.rules[0], "")
	}
	return denied(got, err, c.row.rules[c.i], c.phase.String())
}

// denied returns what is wrong with an answer that must be a refusal by that rule in that phase.
func denied(got []order.Event, err error, ruleID rule.ID, phase string) string {
	var no *trade.Refusal
	if !errors.As(err, &no) || no.Rule != ruleID || no.Phase != phase || len(got) > 0 {
		return fmt.Sprintf("got %v, %v; want a refusal by %s in %q", got, err, string(ruleID), phase)
	}
	return ""
}

// acceptable returns an order in the phase of the story on which only role, account, phase and a
// freeze can refuse the command, and the command.
func acceptable(s story, command string, freeze func(*order.Order)) (order.Order, order.Command, given) {
	o := s.order
	i := slices.IndexFunc(acceptableCommands, func(c order.Command) bool { return c.Name() == command })
	cmd := acceptableCommands[i]
	switch c := cmd.(type) {
	case order.Confirm:
		c.Terms = o.Revision
		cmd = c
	case order.RecordPayment:
		c.ReceivingAccount = o.ReceivingAccount
		cmd = c
	case order.FailPayment:
		o.Payments = append(slices.Clone(o.Payments), order.Payment{ID: c.Payment, Method: order.PayTT, Status: order.PaymentPending, InitiatedAt: s.now})
	case order.Unlink, order.RecordRelease:
		o.Links = append(slices.Clone(o.Links), order.LinkedEntrustment{ID: "E9"})
	case order.Expire, order.AutoConfirmReceipt:
		s = s.after(100 * day)
	case order.EditReview, order.Reply:
		o.Review, o.ReviewedAt = order.Reviewed{Rating: 3}, s.now
	case order.AcceptChange, order.RejectChange:
		changed := o.Terms
		changed.TradeTerm = "FOB Ningbo"
		o.Proposal = order.Proposal{Number: 1, Open: true, Terms: changed, Coverage: o.Coverage}
	case order.ApplyUnapplied:
		waits(&o)
		if o.Phase == order.PhaseCompleted { // it is not due unless money was taken back
			o.Ledger.Applied, o.Ledger.Reversed, o.Ledger.Taken = must(o.Ledger.Applied.Sub(money("1"))), money("1"), money("1")
		}
	case order.ReturnUnapplied, order.ChargeBack, order.ReverseTransfer, order.VoidPayment:
		waits(&o)
	case order.ResolveChargeback:
		contest(&o)
	case order.Unfund:
		o.Ledger.Applied, o.Ledger.Reversed, o.Ledger.Taken = money("0"), money("2000"), money("2000")
	case order.WithdrawDispute, order.Escalate, order.ProposeSettlement, order.AcceptSettlement, order.Arbitrate:
		openDispute(&o)
	}
	if needsMoney[command] && o.Phase != order.PhaseCompleted { // which has it
		o.Ledger.Received = must(o.Ledger.Received.Add(money("1")))
		o.Ledger.Applied = must(o.Ledger.Applied.Add(money("1")))
	}
	freeze(&o)
	if command == "arbitrate" {
		o.Dispute.Stage = order.StageEscalated
	}
	given := s.given(trade.Actor{}, cmd)
	given.facts.Incoming = incomingOf(cmd)
	return o, cmd, given
}

// incomingOf returns the payment of a dollar that a command names, unapplied, and with an open case if
// the command ends one.
func incomingOf(cmd order.Command) order.IncomingPayment {
	in := order.IncomingPayment{Order: orderID, Method: order.PayCard, Reference: "C9", Amount: money("1")}
	switch cmd.(type) {
	case order.ChargeBack, order.VoidPayment:
	case order.ReverseTransfer:
		in.Method = order.PayTT
	case order.ResolveChargeback:
		in.Cases = order.Cases{{Name: "case-1", OpenedAt: newYear, Status: order.CaseOpen, At: newYear}}
	default:
		return order.IncomingPayment{}
	}
	return in
}

// needsMoney are the commands that need applied money.
var needsMoney = map[string]bool{
	"accept-shortfall": true, "propose-change": true, "accept-change": true, "refund": true,
	"open-dispute": true, "withdraw": true, "escalate": true, "propose-settlement": true, "accept-settlement": true, "arbitrate": true,
}

// openDispute opens a dispute that every party may escalate, with an offer that every party may accept.
func openDispute(o *order.Order) {
	o.FrozenAt = o.LastAt
	o.Dispute = order.Dispute{
		Stage: order.StageNegotiating, Number: 1, Ground: order.GroundOther, Claimed: money("1"), OpenedAt: o.LastAt,
		Settlement: order.Settlement{Proposal: 1, By: trade.Platform, Refund: money("1")},
	}
}

// contest opens a chargeback of a payment of a dollar.
func contest(o *order.Order) {
	o.Ledger.Received = must(o.Ledger.Received.Add(money("1")))
	o.Ledger.Reversed = must(o.Ledger.Reversed.Add(money("1")))
	o.Ledger.Taken = must(o.Ledger.Taken.Add(money("1")))
	o.FrozenAt, o.OpenChargebacks = o.LastAt, o.OpenChargebacks+1
}

func waits(o *order.Order) {
	o.Ledger.Received = must(o.Ledger.Received.Add(money("1")))
	o.Ledger.Unapplied = must(o.Ledger.Unapplied.Add(money("1")))
}

// acceptableCommands has every command in a form that can be accepted.
var acceptableCommands = []order.Command{
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
	order.EditReview{Rating: 4},
	order.Reply{Text: "thank you"},
	order.Modify{To: order.Amendment{Terms: order.Terms{Total: money("7000"), Initial: money("2000")}, Coverage: order.CoveragePreShipment}},
	order.ProposeChange{To: order.Amendment{Terms: order.Terms{Total: money("7000"), Initial: money("2000")}, Coverage: order.CoveragePreShipment}},
	order.AcceptChange{Proposal: 1},
	order.RejectChange{Proposal: 1},
	order.ExtendReceipt{},
	order.OpenDispute{Ground: order.GroundOther, Claimed: money("1")},
	order.WithdrawDispute{},
	order.Escalate{},
	order.ProposeSettlement{Refund: money("1")},
	order.AcceptSettlement{Proposal: 1},
	order.Arbitrate{},
	order.Refund{Amount: money("1")},
	order.ReturnUnapplied{Amount: money("1")},
	order.ChargeBack{Reference: "C9", Case: "case-1", At: newYear},
	order.ReverseTransfer{Reference: "C9", Case: "case-1", At: newYear},
	order.ResolveChargeback{Reference: "C9", Case: "case-1", At: newYear.Add(1)},
	order.VoidPayment{Reference: "C9"},
	order.Unfund{},
	order.Cancel{},
	order.Expire{},
}

// matrixRow is a line of the table: what it says for each phase.
type matrixRow struct {
	command             string
	dispute, chargeback bool // accepted while one is open
	rules               []rule.ID
	cells               []string
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
		case len(fields) != 3+len(phases):
			t.Fatalf("not a row: %q", line)
		case fields[0] == "command":
			for i, phase := range phases {
				if fields[3+i] != phase.String() {
					t.Fatalf("column %d is %s, not %s", i, fields[3+i], phase)
				}
			}
		default:
			row := matrixRow{command: fields[0], cells: fields[3:]}
			dispute, chargeback, differ := strings.Cut(fields[2], "/")
			if !differ {
				chargeback = dispute
			}
			row.dispute, row.chargeback = dispute == "may", chargeback == "may"
			before, after, two := strings.Cut(fields[1], "/")
			for _, phase := range phases {
				if two && phase >= order.PhaseConfirmed {
					row.rules = append(row.rules, rule.ID(after))
				} else {
					row.rules = append(row.rules, rule.ID(before))
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}
