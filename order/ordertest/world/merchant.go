package world

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

const week = 7 * day

// merchant is a seller, who sells under both kinds of orders.
type merchant struct {
	trade.Actor
	index            int
	card             funds.CardNo
	requests         int // how many withdrawals, charges and repayments were issued
	serviceSuspended bool
	lineSuspended    bool            // the assurance line
	snapshots        [3]snapshotMark // of the permanent streams, a month ago
}

func (m *merchant) onQuota(w *world, c credit.Command) desk.Action {
	return desk.OnQuota(m.Account, w.people.cny, c)
}

func (m *merchant) onLine(w *world, c credit.Command) desk.Action {
	return desk.OnLine(m.Account, w.people.usd, c)
}

func (m *merchant) onFunds(w *world, c funds.Command) desk.Action {
	return desk.OnFunds(m.Account, w.people.cny, c)
}

// openServices opens the service and the lines of a seller, and schedules the weekly and monthly tasks.
func (w *world) openServices(m *merchant) {
	for _, c := range []seller.Activate{{Route: "counter"}, {Route: seller.RouteConsole, Fee: w.cny(1)}} {
		w.issue(m.Actor, desk.OnSeller(m.Account, c), never)
	}
	w.issue(w.people.otherSeller(m).Actor, desk.OnSeller(m.Account, seller.Activate{Route: seller.RouteConsole}), never)
	c := seller.Activate{Route: seller.RouteServicePage}
	if freeMember(m.Account) {
		w.issue(m.Actor, desk.OnSeller(m.Account, c), never) // without a certification
		c.Certification = seller.Certification{
			CompanyName: "Makers " + string(m.Account), RegistrationNo: "pending-" + string(m.Account),
			LegalRepresentative: "Li", RegisteredAddress: "1 Harbour Road, Ningbo",
		}
		w.issueAll(m.Actor, desk.OnSeller(m.Account, c)) // accepted, with the result that the certification is rejected
		c.Certification.RegistrationNo = "91330200" + string(m.Account)
	}
	w.issueAll(m.Actor, desk.OnSeller(m.Account, c))
	w.issue(m.Actor, desk.OnSeller(m.Account, c), never)
	w.issueAll(platform,
		m.onLine(w, credit.AssessLimit{Limit: w.assuranceLimit()}),
		m.onQuota(w, credit.OpenLine{Limit: w.quotaLimit()}),
	)
	w.issueAll(m.Actor, m.onFunds(w, funds.BindCard{Card: m.card, Holder: m.Account}))
	w.agenda.put(w.now.Add(w.between(0, week)), &weekly{m})
	w.agenda.put(w.now.Add(w.between(9*day, 10*day)), &monthly{m})
}

// weekly is the task of a merchant every week: withdrawals, charges and the review of freezes.
type weekly struct{ *merchant }

func (m *weekly) run(w *world, _ uint64) {
	m.reviewFreezes(w)
	m.attack(w)
	m.withdraw(w)
	if b, ok := m.readBalance(w); ok && w.odds(250) {
		if available := b.Available(w.now); available.IsPositive() {
			m.requests++
			c := funds.PayCharge{ID: funds.ChargeID(fmt.Sprintf("C%d", m.requests)), Amount: w.partOf(available), What: "storage"}
			w.issueAll(m.Actor, m.onFunds(w, c))
			c.What = "more storage"
			w.issue(m.Actor, m.onFunds(w, c), never)
		}
	}
	if w.running() {
		w.agenda.put(w.now.Add(week), m)
	}
}

// readBalance reads the received funds of the merchant.
func (m *merchant) readBalance(w *world) (funds.Balance, bool) {
	var b funds.Balance
	ok := w.read(func(d *desk.Desk) (err error) {
		b, _, err = d.ReadFunds(w.ctx, m.Actor, m.Account, w.people.cny)
		return err
	})
	return b, ok
}

// partOf draws an amount from one minor unit to the whole of an amount.
func (w *world) partOf(of trade.Money) trade.Money {
	return trade.Minor(1+w.rng.Int64N(of.MinorUnits()), of.Currency())
}

// attack has somebody issue a command on the funds and lines of the merchant that must be refused.
func (m *merchant) attack(w *world) {
	b, ok := m.readBalance(w)
	if !ok {
		return
	}
	own := funds.Dest{Alipay: funds.Alipay{Account: "pay@makers.example", Holder: m.Account}}
	available := b.Available(w.now)
	more := trade.Minor(available.MinorUnits()+1, w.people.cny)
	foreign := own
	foreign.Alipay.Holder = w.people.otherSeller(m).Account
	switch w.rng.Uint32N(6) {
	case 0:
		w.issue(m.Actor, m.onFunds(w, funds.Withdraw{ID: "early", Amount: more, Dest: own}), never)
	case 1:
		w.issue(m.Actor, m.onFunds(w, funds.Withdraw{ID: "foreign", Amount: w.cny(1), Dest: foreign}), never)
	case 2:
		w.issue(m.Actor, m.onFunds(w, funds.Withdraw{ID: "unbound", Amount: w.cny(1), Dest: funds.Dest{Card: "nobody"}}), never)
	case 3:
		w.issue(m.Actor, m.onFunds(w, funds.WithdrawQuota{Amount: w.cny(1), Dest: own}), never)
		w.issue(m.Actor, m.onQuota(w, credit.Withdraw{Amount: w.cny(1)}), never)
	case 4:
		w.issue(w.people.otherSeller(m).Actor, m.onFunds(w, funds.Withdraw{ID: "rival", Amount: w.cny(1), Dest: own}), never)
		w.issue(m.Actor, m.onLine(w, credit.AssessLimit{Limit: w.usd(1)}), never)
		w.issue(m.Actor, m.onQuota(w, credit.Unfreeze{Reason: credit.ReasonOther, Ref: "please"}), never)
	case 5:
		if next := b.Page(w.now).NextAt; !next.IsZero() {
			w.agenda.put(next.Add(-1), &earlyWithdrawal{m})
		}
	}
}

// earlyWithdrawal is a task one nanosecond before more funds become available: they can be withdrawn at
// the next instant and not before.
type earlyWithdrawal struct{ *merchant }

func (m *earlyWithdrawal) run(w *world, _ uint64) {
	b, ok := m.readBalance(w)
	if !ok || !b.Page(w.now).NextAt.Equal(w.now.Add(1)) {
		return // a refund has taken the funds
	}
	own := funds.Dest{Alipay: funds.Alipay{Account: "pay@makers.example", Holder: m.Account}}
	all := b.Available(w.now.Add(1))
	w.issue(m.Actor, m.onFunds(w, funds.Withdraw{ID: "eve", Amount: all, Dest: own}), never)
	w.now = w.now.Add(1)
	m.requestWithdrawal(w, all, own)
}

// withdraw has the merchant withdraw the available funds or a part of them.
func (m *merchant) withdraw(w *world) {
	b, ok := m.readBalance(w)
	if !ok || w.odds(300) {
		return
	}
	amount := b.Available(w.now)
	if !amount.IsPositive() {
		return
	}
	if w.odds(500) {
		amount = w.partOf(amount)
	}
	dest := funds.Dest{Card: m.card}
	if w.odds(400) {
		dest = funds.Dest{Alipay: funds.Alipay{Account: "pay@makers.example", Holder: m.Account}}
	}
	m.requestWithdrawal(w, amount, dest)
}

// requestWithdrawal has the merchant withdraw an amount; the bank reports the result later.
func (m *merchant) requestWithdrawal(w *world, amount trade.Money, dest funds.Dest) {
	m.requests++
	id := funds.WithdrawalID(fmt.Sprintf("W%d", m.requests))
	if !w.issueAll(m.Actor, m.onFunds(w, funds.Withdraw{ID: id, Amount: amount, Dest: dest})) {
		return
	}
	w.issue(m.Actor, m.onFunds(w, funds.Withdraw{ID: id, Amount: trade.Minor(amount.MinorUnits()+1, w.people.cny), Dest: dest}), never)
	var c funds.Command = funds.SettleWithdrawal{ID: id}
	if w.odds(60) {
		c = funds.FailWithdrawal{ID: id, Reason: "the bank is closed"}
	}
	w.send(&message{c: desk.Command{By: platform, Do: m.onFunds(w, c)}, want: must},
		string(m.Account)+"/"+string(id), w.between(2*time.Hour, 30*time.Hour))
}

// reviewFreezes has the platform lift freezes of the pay-later line, and add new ones.
func (m *merchant) reviewFreezes(w *world) {
	var l credit.Line
	if !w.read(func(d *desk.Desk) (err error) {
		l, _, err = d.ReadQuota(w.ctx, platform, m.Account, w.people.cny)
		return err
	}) {
		return
	}
	for _, g := range l.Freezes {
		if w.odds(700) {
			w.issueAll(platform, m.onQuota(w, credit.Unfreeze(g)))
		}
	}
	if w.odds(15) {
		c := credit.Freeze{Reason: credit.ReasonOther, Ref: trade.Text(fmt.Sprintf("inspection of %s", w.now.Format(time.DateOnly)))}
		w.issueAll(platform, m.onQuota(w, c))
		w.issue(platform, m.onQuota(w, c), never)
	}
}

// monthly is the task of the platform for a merchant every month: assessments, repayments and suspensions.
type monthly struct{ *merchant }

func (m *monthly) run(w *world, _ uint64) {
	inputs := credit.Inputs{Month: w.now.Format("2006-01"), Qualification: "A"}
	if w.odds(300) { // the merchant requests an assessment, and a second request is refused
		w.issueAll(m.Actor, m.onLine(w, credit.RequestAssessment{Note: "more orders"}))
		w.issue(m.Actor, m.onQuota(w, credit.RequestAssessment{}), may) // refused while an earlier request is open
		w.issue(m.Actor, m.onLine(w, credit.RequestAssessment{}), never)
	}
	w.issueAll(platform, m.onLine(w, credit.AssessLimit{Limit: w.assuranceLimit(), Inputs: inputs}))
	w.issue(platform, m.onQuota(w, credit.AssessLimit{Limit: w.quotaLimit()}), may) // a frozen line is not raised
	m.repay(w)
	if w.odds(40) && !m.serviceSuspended {
		w.issueAll(platform, desk.OnSeller(m.Account, seller.Suspend{Reason: "complaints"}))
		m.serviceSuspended = true
		w.agenda.put(w.now.Add(3*day), &reinstate{m.merchant})
	}
	if w.odds(30) && !m.lineSuspended {
		w.issueAll(platform, m.onLine(w, credit.Suspend{Reason: "inspection"}))
		m.lineSuspended = true
		w.agenda.put(w.now.Add(2*day), &resume{m.merchant})
	}
	m.forgetOld(w)
	if w.running() {
		w.agenda.put(w.now.Add(30*day), m)
	}
}

// reinstate is the task that ends the suspension of a service.
type reinstate struct{ *merchant }

func (m *reinstate) run(w *world, _ uint64) {
	m.serviceSuspended = false
	w.issueAll(platform, desk.OnSeller(m.Account, seller.Reinstate{}))
}

// resume is the task that ends the suspension of an assurance line.
type resume struct{ *merchant }

func (m *resume) run(w *world, _ uint64) {
	m.lineSuspended = false
	w.issueAll(platform, m.onLine(w, credit.Resume{}))
}

// repay has the merchant repay a part of the compensations that the platform has paid from the line.
func (m *merchant) repay(w *world) {
	var l credit.Line
	if !w.read(func(d *desk.Desk) (err error) {
		l, _, err = d.ReadLine(w.ctx, platform, m.Account, w.people.usd)
		return err
	}) || !l.Consumed.IsPositive() {
		return
	}
	m.requests++
	reference := fmt.Sprintf("repayment-%d", m.requests)
	more := trade.Minor(l.Consumed.MinorUnits()+1, w.people.usd)
	w.issue(platform, m.onLine(w, credit.RepayClaim{Amount: more, Reference: reference}), never)
	w.issueAll(platform, m.onLine(w, credit.RepayClaim{Amount: w.partOf(l.Consumed), Reference: reference}))
}
