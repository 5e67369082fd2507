package paylater

import (
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

// phases names the phases: on the wire, and for people in both languages.
var phases = machine.Names{
	{"none", "not placed yet", "尚未下单"},
	{"placed", "placed", "已下单"},
	{"shipped", "shipped", "已发货"},
	{"prepaid", "paid before shipment", "已付款待发货"},
	{"prepaid-shipped", "paid and shipped", "已付款已发货"},
	{"received", "received", "已收货待付款"},
	{"overdue", "overdue", "逾期未付款"},
	{"paid", "paid", "已付款"},
	{"cancelled", "cancelled", "已取消"},
	{"written-off", "written off", "已核销"},
}

// String returns the phase's name, such as "prepaid-shipped".
func (p Phase) String() string { return phases.Name(uint8(p)) }

// Text returns the phase as a sentence has it, such as "paid and shipped" or "已付款已发货".
func (p Phase) Text(lang rule.Lang) string { return phases.Text(uint8(p), lang) }

// unpaid are the phases in which the order waits for money, charged those in which the system
// may collect it, paid those in which the merchant has it, settled those that take no money, and
// placed all but the first one.
var (
	unpaid  = in(PhasePlaced, PhaseShipped, PhaseReceived, PhaseOverdue)
	charged = in(PhaseReceived, PhaseOverdue)
	paid    = in(PhasePrepaid, PhasePrepaidShipped, PhasePaid)
	settled = in(PhasePrepaid, PhasePrepaidShipped, PhasePaid, PhaseCancelled, PhaseWrittenOff)
	placed  = in(PhasePlaced, PhaseShipped, PhasePrepaid, PhasePrepaidShipped, PhaseReceived, PhaseOverdue,
		PhasePaid, PhaseCancelled, PhaseWrittenOff)
)

// steps says which event moves an order from where to where. It is the only place that does; the
// machine and the diagram are made from it. See TestAggregate.
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
	{Event: KindPaymentUnapplied, From: settled, Stay: true},
	{Event: KindUnappliedReturned, From: placed, Stay: true},
	{Event: KindRefundMade, From: paid, Stay: true},

	// overdue
	{Event: KindChargeRequested, From: charged, Stay: true},
	{Event: KindChargeFailed, From: charged, Stay: true},
	{Event: KindMarkedOverdue, From: in(PhaseReceived), To: PhaseOverdue},
	{Event: KindWrittenOff, From: in(PhaseOverdue), To: PhaseWrittenOff},

	// after-sales
	{Event: KindAfterSalesOpened, From: in(PhaseReceived), Stay: true},
	{Event: KindAfterSalesClosed, From: in(PhaseReceived, PhaseOverdue), Stay: true},
	{Event: KindAmountLowered, From: unpaid, Stay: true},
	{Event: KindReturned, From: in(PhaseShipped, PhaseReceived, PhaseOverdue), To: PhaseCancelled},
	{Event: KindFakeFlagged, From: placed, Stay: true},
}

// permits says which role may issue which command, in which phases. What it does not allow is
// denied. See TestMatrix.
var permits = []machine.Permit[Phase, Kind]{
	// place
	permit(Place{}, by(trade.Buyer), in(PhaseNone), rule.B7, KindPlaced),
	permit(Cancel{}, by(trade.Buyer, trade.Seller), in(PhasePlaced), rule.D49, KindCancelled).AsFact(),

	// ship
	permit(Ship{}, by(trade.Seller), in(PhasePlaced, PhasePrepaid), rule.B1, KindShipped),
	permit(ConfirmReceipt{}, by(trade.Buyer), in(PhaseShipped, PhasePrepaidShipped), rule.D46, KindReceiptConfirmed),
	permit(AutoConfirmReceipt{}, by(trade.System), in(PhaseShipped, PhasePrepaidShipped), rule.D46, KindReceiptConfirmed),
	permit(ExtendReceipt{}, by(trade.Buyer), in(PhaseShipped, PhasePrepaidShipped), rule.D46, KindReceiptExtended),

	// pay
	permit(Pay{}, by(trade.Buyer, trade.System), unpaid, rule.B8, KindInstalmentPaid, KindPaid, KindPaymentUnapplied).
		Unless(rule.D52, in(PhaseWrittenOff)).AsFact(trade.System),
	permit(Pay{}, by(trade.System), settled, rule.B8, KindPaymentUnapplied).
		Unless(rule.D52, in(PhaseWrittenOff)).AsFact(),
	permit(ReturnUnapplied{}, by(trade.Platform), placed, rule.D21, KindUnappliedReturned).AsFact(),
	permit(Refund{}, by(trade.Seller, trade.Platform), in(PhasePrepaid), rule.D50, KindRefundMade, KindCancelled).AsFact(trade.Platform),
	permit(Refund{}, by(trade.Seller, trade.Platform), in(PhasePrepaidShipped, PhasePaid), rule.D50, KindRefundMade).AsFact(trade.Platform),

	// overdue
	permit(RequestCharge{}, by(trade.System), charged, rule.D47, KindChargeRequested),
	permit(FailCharge{}, by(trade.System), charged, rule.D47, KindChargeFailed).AsFact(),
	permit(MarkOverdue{}, by(trade.System), in(PhaseReceived), rule.D47, KindMarkedOverdue),
	permit(WriteOff{}, by(trade.Platform), in(PhaseOverdue), rule.D52, KindWrittenOff),

	// after-sales
	permit(OpenAfterSales{}, by(trade.Buyer), in(PhaseReceived), rule.D46, KindAfterSalesOpened),
	permit(CloseAfterSales{}, by(trade.Buyer, trade.Seller, trade.Platform), in(PhaseReceived, PhaseOverdue), rule.D46, KindAfterSalesClosed),
	permit(LowerAmount{}, by(trade.Seller), unpaid, rule.D49, KindAmountLowered),
	permit(Return{}, by(trade.Seller, trade.Platform), in(PhaseShipped, PhaseReceived, PhaseOverdue), rule.D49, KindReturned).AsFact(trade.Platform),
	permit(FlagFake{}, by(trade.Platform), placed, rule.B19, KindFakeFlagged),
}

func in(phases ...Phase) []Phase { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(c Command, roles []trade.Role, phases []Phase, id rule.ID, makes ...Kind) machine.Permit[Phase, Kind] {
	return machine.Permit[Phase, Kind]{Command: c.Name(), Roles: roles, Phases: phases, Rule: id, Makes: makes}
}

var life = machine.Must(machine.NewLife("pay-later order", "先用后付订单", PhaseNone, steps, permits))

// Life returns the two tables of a pay-later order, and the machine and the diagram made from them.
func Life() *machine.Life[Phase, Kind] { return life }
