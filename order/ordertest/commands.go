package ordertest

import (
	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// Hostile generates the commands of another generator with a hostile value in one field: missing, malformed, out of
// bounds, or merely another one. A command without fields is unchanged. Such a command must be refused, malformed or
// harmless; it must never cause a panic.
func Hostile[C any](commands *rapid.Generator[C]) *rapid.Generator[C] {
	return rapid.Custom(func(t *rapid.T) C {
		c := commands.Draw(t, "command")
		return drawn(func(v values) C { return spoil(v.chance, c) }).Draw(t, "spoilt")
	})
}

// OrderCommands generates well-formed commands of every kind on an assurance order. Whether one is accepted depends
// on the order, the actor and the instant.
func OrderCommands() *rapid.Generator[order.Command] {
	return drawn(func(v values) order.Command { return one(v.chance, v.orderCommands()...) })
}

// EntrustmentCommands generates well-formed commands of every kind on an export entrustment.
func EntrustmentCommands() *rapid.Generator[entrustment.Command] {
	return drawn(func(v values) entrustment.Command { return one(v.chance, v.entrustmentCommands()...) })
}

// SellerCommands generates well-formed commands of every kind on a seller's service.
func SellerCommands() *rapid.Generator[seller.Command] {
	return drawn(func(v values) seller.Command { return one(v.chance, v.sellerCommands()...) })
}

// LineCommands generates well-formed commands of every kind on an assurance line in US dollars.
func LineCommands() *rapid.Generator[credit.Command] {
	return drawn(func(v values) credit.Command { return one(v.chance, v.lineCommands()...) })
}

// QuotaCommands generates well-formed commands of every kind on a pay-later line in yuan.
func QuotaCommands() *rapid.Generator[credit.Command] {
	return drawn(func(v values) credit.Command { return one(v.chance, v.quotaCommands()...) })
}

// PayLaterCommands generates well-formed commands of every kind on a pay-later order.
func PayLaterCommands() *rapid.Generator[paylater.Command] {
	return drawn(func(v values) paylater.Command { return one(v.chance, v.payLaterCommands()...) })
}

// FundsCommands generates well-formed commands of every kind on received funds in yuan.
func FundsCommands() *rapid.Generator[funds.Command] {
	return drawn(func(v values) funds.Command { return one(v.chance, v.fundsCommands()...) })
}

func (v values) orderCommands() []order.Command {
	account := one[order.ReceivingAccount](v.chance, ReceivingAccount, "TA-2")
	payment := one[order.PaymentID](v.chance, "P1", "P2")
	paid := order.RecordPayment{Reference: v.reference(), Method: order.PayTT, ReceivingAccount: account, Amount: v.usd(), Payer: v.text(), PaidAt: v.instant()}
	if v.yes() {
		paid.Method, paid.Payment, paid.ReceivingAccount, paid.Payer = one(v.chance, order.PayCard, order.PayECheck), payment, "", ""
	}
	number := uint32(1 + v.chance(3))
	return []order.Command{
		order.Draft{Mode: one(v.chance, order.DraftOnline, order.DraftAttachment)},
		order.SetBuyer{Email: one(v.chance, Buyer.Email, OtherBuyer.Email, Stranger.Email), BuyerName: v.text()},
		order.MatchBuyer{Email: one(v.chance, Buyer.Email, OtherBuyer.Email, Stranger.Email)},
		order.AttachContract{FileName: "contract.pdf", SHA256: digest, Size: int64(1 + v.chance(1<<20)), StatesAccount: v.yes(), Text: v.maybe()},
		order.SetTerms{Terms: v.terms(USD("0").Currency())},
		order.SetTransport{Mode: v.transport()},
		order.ChooseCoverage{Coverage: v.coverage(), TermsAccepted: v.yes()},
		order.Submit{OneTouchAcknowledged: v.yes()},
		order.Confirm{Terms: order.Revision(1 + v.chance(4))},
		order.Modify{To: v.amendment(), TermsAccepted: v.yes()},
		order.ProposeChange{To: v.amendment(), TermsAccepted: v.yes()},
		order.AcceptChange{Proposal: number}, order.RejectChange{Proposal: number},
		order.InitiatePayment{Payment: payment, Method: one(v.chance, order.PayTT, order.PayCard, order.PayECheck), Amount: v.usd(), BankCountry: one(v.chance, "US", "CA")},
		paid,
		order.FailPayment{Payment: payment, Reason: v.prose()},
		order.ApplyUnapplied{Amount: v.usd()}, order.AcceptShortfall{},
		order.Link{Entrustment: v.goods()}, order.Unlink{Entrustment: v.goods()},
		order.RecordRelease{Entrustment: v.goods(), ReleasedAt: v.instant()},
		order.MarkShipped{}, order.ExtendReceipt{}, order.ConfirmReceipt{}, order.AutoConfirmReceipt{},
		order.Review{Rating: 1 + v.chance(5), Text: v.maybeProse()}, order.EditReview{Rating: 1 + v.chance(5), Text: v.maybeProse()}, order.Reply{Text: v.prose()},
		order.Cancel{}, order.Expire{},
		order.OpenDispute{Ground: one(v.chance, order.GroundLate, order.GroundQuality, order.GroundOther), Claimed: v.usd(), Text: v.maybeProse()},
		order.WithdrawDispute{}, order.Escalate{}, order.ProposeSettlement{Refund: v.usd()}, order.AcceptSettlement{Proposal: number},
		one(v.chance, order.Arbitrate{Text: v.maybeProse()}, order.Arbitrate{Refund: v.usd()}, order.Arbitrate{Compensation: v.usd()}),
		order.Refund{Amount: v.usd()}, order.ReturnUnapplied{Amount: v.usd(), Reference: one(v.chance, "", v.reference())},
		order.ChargeBack{Reference: v.reference(), Case: v.reference(), Amount: one(v.chance, trade.Money{}, v.usd()), At: v.instant()},
		order.ReverseTransfer{Reference: v.reference(), Case: v.reference(), Amount: one(v.chance, trade.Money{}, v.usd()), At: v.instant()},
		order.ResolveChargeback{Reference: v.reference(), Case: v.reference(), Won: v.yes(), At: v.instant()},
		order.VoidPayment{Reference: v.reference()}, order.Unfund{},
	}
}

func (v values) entrustmentCommands() []entrustment.Command {
	return []entrustment.Command{
		entrustment.Draft{Reference: one(v.chance, "", "T-1"), Title: v.maybe()}, entrustment.Submit{}, entrustment.Approve{},
		entrustment.RequestChange{Need: one(v.chance, entrustment.NeedCustomerChange, entrustment.NeedInformation, entrustment.NeedSignedLetter), Note: v.maybeProse()},
		entrustment.Resubmit{}, entrustment.Declare{Declaration: Declaration(v.goods(), USD("0").Currency(), v.instant())},
		entrustment.Return{Reason: v.prose()}, entrustment.Release{ReleasedAt: v.instant()}, entrustment.CloseCustoms{ClosedAt: v.instant()},
		entrustment.Cancel{Reason: v.maybeProse()},
		entrustment.Link{Order: v.id(), DraftedAt: v.instant(), Currency: USD("0").Currency(), Seller: string(Seller.Account)},
		entrustment.Unlink{Order: v.id(), Cause: one(v.chance, entrustment.CauseUnlinked, entrustment.CauseClosed)},
	}
}

func (v values) sellerCommands() []seller.Command {
	return []seller.Command{
		seller.Activate{Route: one(v.chance, seller.RouteConsole, seller.RouteServicePage), Certification: one(v.chance, seller.Certification{}, seller.Certification{
			CompanyName: v.text(), RegistrationNo: "91330200MA2AGXXXXX", LegalRepresentative: v.text(), RegisteredAddress: v.maybe(),
		})},
		seller.Suspend{Reason: v.prose()}, seller.Reinstate{},
	}
}

func (v values) lineCommands() []credit.Command {
	id, amount := v.id(), v.usd()
	return []credit.Command{
		credit.AssessLimit{Limit: v.usd(), Inputs: v.inputs(USD("0").Currency())}, credit.Suspend{Reason: v.prose()}, credit.Resume{},
		credit.RequestAssessment{Note: v.maybeProse()}, credit.Hold{Order: id, Amount: amount}, credit.Adjust{Order: id, From: amount, To: v.usd()},
		credit.Release{Order: id, Amount: amount, Cause: one(v.chance, order.ReleaseShipped, order.ReleaseReceived, order.ReleaseClosed, order.ReleaseUncovered)},
		credit.Claim{Order: id, Open: amount, Amount: amount}, credit.RepayClaim{Amount: amount, Reference: v.reference()},
	}
}

func (v values) quotaCommands() []credit.Command {
	id, amount := v.id(), v.cny()
	ground := one(v.chance, credit.Ground{Reason: credit.ReasonOverdue, Ref: trade.Text(id.String())}, credit.Ground{Reason: credit.ReasonFakeOrder, Ref: trade.Text(id.String())},
		credit.Ground{Reason: credit.ReasonOpenOrders}, credit.Ground{Reason: credit.ReasonOther, Ref: v.prose()})
	return []credit.Command{
		credit.OpenLine{Limit: amount, Inputs: v.inputs(funds.CNY())}, credit.AssessLimit{Limit: amount, Inputs: v.inputs(funds.CNY())},
		credit.Deduct{Order: id, Amount: amount}, credit.RequestAssessment{Note: v.maybeProse()},
		one(v.chance,
			credit.Restore{Order: id, Amount: amount, Cause: one(v.chance, credit.RestorePaid, credit.RestoreReturned), Overdue: v.yes()},
			credit.Restore{Order: id, Amount: amount, Cause: one(v.chance, credit.RestoreCancelled, credit.RestoreLowered)}),
		credit.NoteOverdue{Order: id}, credit.Consume{Order: id, Amount: amount}, credit.Withdraw{Amount: amount},
		credit.Freeze(ground), credit.Unfreeze(ground),
	}
}

func (v values) payLaterCommands() []paylater.Command {
	return []paylater.Command{
		paylater.Place{Merchant: one(v.chance, Merchant, OtherMerchant).Account, ChosePayLater: v.yes(), Amount: v.cny()},
		paylater.Cancel{Reason: v.maybeProse()}, paylater.Ship{}, paylater.ExtendReceipt{}, paylater.ConfirmReceipt{}, paylater.AutoConfirmReceipt{},
		paylater.Pay{Reference: v.reference(), Amount: v.cny()}, paylater.Refund{Amount: v.cny(), Reason: v.maybeProse()},
		paylater.RequestCharge{}, paylater.FailCharge{Reason: v.maybeProse()}, paylater.MarkOverdue{}, paylater.WriteOff{Reason: v.maybeProse()},
		paylater.OpenAfterSales{Reason: v.maybeProse()}, paylater.CloseAfterSales{Reason: v.maybeProse()}, paylater.LowerAmount{Amount: v.cny()},
		paylater.Return{Reason: v.maybeProse()}, paylater.FlagFake{Reason: v.maybeProse()}, paylater.ReturnUnapplied{Amount: v.cny()},
	}
}

func (v values) fundsCommands() []funds.Command {
	id, amount := v.id(), v.cny()
	holder := one(v.chance, Merchant, OtherMerchant)
	card := one[funds.CardNo](v.chance, "6222-01", "6222-02")
	dest := one(v.chance, OwnAlipay(holder), funds.Dest{Card: card})
	w := one[funds.WithdrawalID](v.chance, "W1", "W2")
	return []funds.Command{
		funds.BindCard{Card: card, Holder: holder.Account}, funds.UnbindCard{Card: card},
		funds.Credit{Order: id, Amount: amount}, funds.Debit{Order: id, Amount: amount},
		funds.Withdraw{ID: w, Amount: amount, Dest: dest}, funds.WithdrawQuota{Amount: amount, Dest: dest},
		funds.SettleWithdrawal{ID: w}, funds.FailWithdrawal{ID: w, Reason: v.prose()},
		funds.PayCharge{ID: one[funds.ChargeID](v.chance, "C1", "C2"), Amount: amount, What: v.text()},
	}
}
