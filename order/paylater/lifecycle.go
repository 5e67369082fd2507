package paylater

import (
	"slices"

	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Phase is where a pay-later order stands in its life.
type Phase uint8

const (
	// PhaseNone is the phase of an order that was never placed.
	PhaseNone Phase = iota
	// PhasePlaced: the buyer has ordered, the quota is deducted, nothing is shipped.
	PhasePlaced
	// PhaseShipped: the goods are on their way and not paid.
	PhaseShipped
	// PhasePrepaid: paid before shipment.
	PhasePrepaid
	// PhasePrepaidShipped: paid, and the goods are on their way.
	PhasePrepaidShipped
	// PhaseReceived: the goods have arrived and payment is due.
	PhaseReceived
	// PhaseOverdue: the due time has passed unpaid.
	PhaseOverdue
	// PhasePaid: received and paid.
	PhasePaid
	// PhaseCancelled: ended without a payment that the merchant keeps, before shipment or by a
	// return of the goods.
	PhaseCancelled
	// PhaseWrittenOff: the platform has given the payment up.
	PhaseWrittenOff
)

var phaseNames = [...]string{"none", "placed", "shipped", "prepaid", "prepaid-shipped", "received",
	"overdue", "paid", "cancelled", "written-off"}

// String returns the phase's name, such as "prepaid-shipped".
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}

// unpaid are the phases in which the order waits for money, charged those in which the system
// may collect it, paid those in which the merchant has it, and placed all but the first one.
var (
	unpaid  = in(PhasePlaced, PhaseShipped, PhaseReceived, PhaseOverdue)
	charged = in(PhaseReceived, PhaseOverdue)
	paid    = in(PhasePrepaid, PhasePrepaidShipped, PhasePaid)
	placed  = in(PhasePlaced, PhaseShipped, PhasePrepaid, PhasePrepaidShipped, PhaseReceived, PhaseOverdue,
		PhasePaid, PhaseCancelled, PhaseWrittenOff)
)

// steps says which fact moves an order from where to where. It is the only place that does; the
// machine and the diagram are made from it. See TestStepsAreTheMachine.
var steps = []machine.Step[Phase, Kind]{
	// place
	{Event: KindPlaced, From: in(PhaseNone), To: PhasePlaced},
	{Event: KindCancelled, From: in(PhasePlaced, PhasePrepaid), To: PhaseCancelled},

	// ship
	{Event: KindShipped, From: in(PhasePlaced), To: PhaseShipped},
	{Event: KindShipped, From: in(PhasePrepaid), To: PhasePrepaidShipped},
	{Event: KindReceiptExtended, From: in(PhaseShipped, PhasePrepaidShipped), Stay: true},
	{Event: KindReceiptConfirmed, From: in(PhaseShipped), To: PhaseReceived},
	{Event: KindReceiptConfirmed, From: in(PhasePrepaidShipped), To: PhasePaid},

	// pay
	{Event: KindInstalmentPaid, From: unpaid, Stay: true},
	{Event: KindPaid, From: in(PhasePlaced), To: PhasePrepaid},
	{Event: KindPaid, From: in(PhaseShipped), To: PhasePrepaidShipped},
	{Event: KindPaid, From: in(PhaseReceived, PhaseOverdue), To: PhasePaid},
	{Event: KindRefundMade, From: paid, Stay: true},

	// overdue
	{Event: KindChargeRequested, From: charged, Stay: true},
	{Event: KindChargeFailed, From: charged, Stay: true},
	{Event: KindMarkedOverdue, From: in(PhaseReceived), To: PhaseOverdue},
	{Event: KindWrittenOff, From: in(PhaseOverdue), To: PhaseWrittenOff},

	// after-sales
	{Event: KindAfterSalesOpened, From: in(PhaseReceived), Stay: true},
	{Event: KindAfterSalesClosed, From: in(PhaseReceived), Stay: true},
	{Event: KindAmountLowered, From: unpaid, Stay: true},
	{Event: KindReturned, From: in(PhaseShipped, PhaseReceived, PhaseOverdue), To: PhaseCancelled},
	{Event: KindFakeFlagged, From: placed, Stay: true},
}

// Permission says who may ask for a command, in which phases, which rule refuses it elsewhere
// and to others, and which facts may come of it. A command may have several.
type Permission struct {
	Command string
	Roles   []trade.Role
	Phases  []Phase
	Rule    rule.ID
	// WrittenOff is the rule that refuses the command in PhaseWrittenOff where it is not Rule.
	WrittenOff rule.ID
	Makes      []Kind

	probe func(*Order) Command // the command as Next tries it; nil if the order alone does not tell
}

// permissions is what may be asked of an order. What it does not allow is denied. See
// TestMatrix.
var permissions = []Permission{
	// place
	permit(Place{}, by(trade.Buyer), in(PhaseNone), rule.B7, KindPlaced).probed(nil),
	permit(Cancel{}, by(trade.Buyer, trade.Seller), in(PhasePlaced), rule.D49, KindCancelled),

	// ship
	permit(Ship{}, by(trade.Seller), in(PhasePlaced, PhasePrepaid), rule.B1, KindShipped),
	permit(ConfirmReceipt{}, by(trade.Buyer), in(PhaseShipped, PhasePrepaidShipped), rule.D46, KindReceiptConfirmed),
	permit(AutoConfirmReceipt{}, by(trade.System), in(PhaseShipped, PhasePrepaidShipped), rule.D46, KindReceiptConfirmed),
	permit(ExtendReceipt{}, by(trade.Buyer), in(PhaseShipped, PhasePrepaidShipped), rule.D46, KindReceiptExtended),

	// pay
	permit(Pay{}, by(trade.Buyer, trade.System), unpaid, rule.B8, KindInstalmentPaid, KindPaid).
		writtenOff(rule.D52).probed(probePay),
	permit(Refund{}, by(trade.Seller, trade.Platform), in(PhasePrepaid), rule.D50, KindRefundMade, KindCancelled).probed(probeRefund),
	permit(Refund{}, by(trade.Seller, trade.Platform), in(PhasePrepaidShipped, PhasePaid), rule.D50, KindRefundMade).probed(probeRefund),

	// overdue
	permit(RequestCharge{}, by(trade.System), charged, rule.D47, KindChargeRequested),
	permit(FailCharge{}, by(trade.System), charged, rule.D47, KindChargeFailed),
	permit(MarkOverdue{}, by(trade.System), in(PhaseReceived), rule.D47, KindMarkedOverdue),
	permit(WriteOff{}, by(trade.Platform), in(PhaseOverdue), rule.D52, KindWrittenOff),

	// after-sales
	permit(OpenAfterSales{}, by(trade.Buyer), in(PhaseReceived), rule.D46, KindAfterSalesOpened),
	permit(CloseAfterSales{}, by(trade.Buyer, trade.Seller, trade.Platform), in(PhaseReceived), rule.D46, KindAfterSalesClosed),
	permit(LowerAmount{}, by(trade.Seller), unpaid, rule.D49, KindAmountLowered).probed(probeLower),
	permit(Return{}, by(trade.Seller, trade.Platform), in(PhaseShipped, PhaseReceived, PhaseOverdue), rule.D49, KindReturned),
	permit(FlagFake{}, by(trade.Platform), placed, rule.B19, KindFakeFlagged),
}

func in(phases ...Phase) []Phase { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(c Command, roles []trade.Role, phases []Phase, ruleID rule.ID, makes ...Kind) Permission {
	return Permission{
		Command: c.Name(), Roles: roles, Phases: phases, Rule: ruleID, Makes: makes,
		probe: func(*Order) Command { return c },
	}
}

func (p Permission) writtenOff(ruleID rule.ID) Permission { p.WrittenOff = ruleID; return p }

func (p Permission) probed(probe func(*Order) Command) Permission { p.probe = probe; return p }

// refuses returns the rule that refuses the command to others and in other phases.
func (p *Permission) refuses(phase Phase) rule.ID {
	if p.WrittenOff != "" && phase == PhaseWrittenOff {
		return p.WrittenOff
	}
	return p.Rule
}

// Permissions returns a copy of the table of commands.
func Permissions() []Permission {
	rows := slices.Clone(permissions)
	for i := range rows {
		r := &rows[i]
		r.Roles, r.Phases, r.Makes = slices.Clone(r.Roles), slices.Clone(r.Phases), slices.Clone(r.Makes)
	}
	return rows
}

// Steps returns a copy of the table of facts.
func Steps() []machine.Step[Phase, Kind] {
	rows := slices.Clone(steps)
	for i := range rows {
		rows[i].From = slices.Clone(rows[i].From)
	}
	return rows
}

// lifecycle is the machine of an order, permitted finds the rows of a command. Both are made once
// from the tables above and never change.
var (
	lifecycle = mustTable(machine.New(PhaseNone, steps))
	permitted = func() map[string][]*Permission {
		rows := make(map[string][]*Permission)
		for i := range permissions {
			p := &permissions[i]
			rows[p.Command] = append(rows[p.Command], p)
		}
		return rows
	}()
)

// mustTable panics if the steps above contradict each other: the program is broken then,
// whatever its input.
func mustTable(t *machine.Table[Phase, Kind], err error) *machine.Table[Phase, Kind] {
	if err != nil {
		panic(err)
	}
	return t
}

// Table returns the machine of a pay-later order.
func Table() *machine.Table[Phase, Kind] { return lifecycle }

// Diagram returns the phases of a pay-later order as a Mermaid state diagram.
func Diagram() string { return lifecycle.Mermaid() }

// permits checks actor, phase and instant against the table of commands.
func (o *Order) permits(c Command, g *trade.Given) error {
	rows := permitted[c.Name()] // every command has one, see TestPermissions
	role, here := false, false
	for _, p := range rows {
		mine := slices.Contains(p.Roles, g.By.Role)
		role, here = role || mine, here || mine && slices.Contains(p.Phases, o.Phase)
	}
	applies := rows[0].refuses(o.Phase)
	switch {
	case !role:
		return o.refuse(applies, c).Says("the "+g.By.Role.Text(rule.English)+" cannot ask for it",
			g.By.Role.Text(rule.Chinese)+"无权执行此操作")
	case !o.isParty(g.By):
		return o.refuse(applies, c).Says("the account is no party of this order", "该账号不是本订单的当事人")
	case !here:
		return o.refuse(applies, c).Says("not in this phase", "订单当前阶段不允许此操作")
	case g.At.Before(o.LastAt):
		return o.refuse(rule.D61, c).From(o.LastAt)
	}
	return nil
}

// isParty reports whether a buyer or merchant is the one of this order. Before it is placed
// anybody may become its buyer.
func (o *Order) isParty(by trade.Actor) bool {
	switch {
	case o.Phase == PhaseNone:
		return true
	case by.Role == trade.Buyer:
		return by.Account == o.Buyer
	case by.Role == trade.Seller:
		return by.Account == o.Merchant
	default:
		return true
	}
}
