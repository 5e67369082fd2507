package world

import (
	"fmt"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

const week = 7 * day

// merchant sells under both kinds of orders.
type merchant struct {
	trade.Actor
	index     int
	card      funds.CardNo
	asked     int  // counts withdrawals and charges
	suspended bool // his service is
	stopped   bool // his assurance line is
	noted     [3]noted
}

// noted is a snapshot of a stream that does not end, as it was a month ago.
type noted struct {
	version events.Version
	after   events.Position
}

func (m *merchant) quota(w *world, c credit.Command) desk.Action {
	return desk.OnQuota(m.Account, w.people.cny, c)
}

func (m *merchant) line(w *world, c credit.Command) desk.Action {
	return desk.OnLine(m.Account, w.people.usd, c)
}

func (m *merchant) funds(w *world, c funds.Command) desk.Action {
	return desk.OnFunds(m.Account, w.people.cny, c)
}

// welcome opens a seller's service and his lines.
func (w *world) welcome(m *merchant) {
	for _, c := range []seller.Activate{{Route: "counter"}, {Route: seller.RouteConsole, Fee: w.cny(1)}} {
		w.ask(m.Actor, desk.OnSeller(m.Account, c), never)
	}
	w.ask(w.people.rival(m).Actor, desk.OnSeller(m.Account, seller.Activate{Route: seller.RouteConsole}), never)
	c := seller.Activate{Route: seller.RouteServicePage}
	if free(m.Account) {
		w.ask(m.Actor, desk.OnSeller(m.Account, c), never) // there is no certification
		c.Certification = seller.Certification{
			CompanyName: "Makers " + string(m.Account), RegistrationNo: "pending-" + string(m.Account),
			LegalRepresentative: "Li", RegisteredAddress: "1 Harbour Road, Ningbo",
		}
		w.all(m.Actor, desk.OnSeller(m.Account, c)) // is rejected, which is an answer
		c.Certification.RegistrationNo = "91330200" + string(m.Account)
	}
	w.all(m.Actor, desk.OnSeller(m.Account, c))
	w.ask(m.Actor, desk.OnSeller(m.Account, c), never)
	w.all(platform,
		m.line(w, credit.AssessLimit{Limit: w.assuranceLimit()}),
		m.quota(w, credit.OpenLine{Limit: w.quotaLimit()}),
	)
	w.all(m.Actor, m.funds(w, funds.BindCard{Card: m.card, Holder: m.Account}))
	w.agenda.put(w.now.Add(w.between(0, week)), &weeks{m})
	w.agenda.put(w.now.Add(w.between(9*day, 10*day)), &months{m})
}

// weeks is what a merchant does every week: he looks after his money.
type weeks struct{ *merchant }

func (m *weeks) run(w *world, _ uint64) {
	m.unfreeze(w)
	m.grasp(w)
	m.withdraw(w)
	if b, ok := m.balance(w); ok && w.odds(250) {
		if available := b.Available(w.now); available.IsPositive() {
			m.asked++
			c := funds.PayCharge{ID: funds.ChargeID(fmt.Sprintf("C%d", m.asked)), Amount: w.part(available), What: "storage"}
			w.all(m.Actor, m.funds(w, c))
			c.What = "more storage"
			w.ask(m.Actor, m.funds(w, c), never)
		}
	}
	if w.running() {
		w.agenda.put(w.now.Add(week), m)
	}
}

// balance reads the received funds.
func (m *merchant) balance(w *world) (funds.Balance, bool) {
	var b funds.Balance
	ok := w.read(func(d *desk.Desk) (err error) {
		b, _, err = d.ReadFunds(w.ctx, m.Actor, m.Account, w.people.cny)
		return err
	})
	return b, ok
}

// part draws a part of an amount, not nothing.
func (w *world) part(of trade.Money) trade.Money {
	return trade.Minor(1+w.rng.Int64N(of.MinorUnits()), of.Currency())
}

// grasp tries to get what is not his, or not yet.
func (m *merchant) grasp(w *world) {
	b, ok := m.balance(w)
	if !ok {
		return
	}
	own := funds.Dest{Alipay: funds.Alipay{Account: "pay@makers.example", Holder: m.Account}}
	available := b.Available(w.now)
	more := trade.Minor(available.MinorUnits()+1, w.people.cny)
	foreign := own
	foreign.Alipay.Holder = w.people.rival(m).Account
	switch w.rng.Uint32N(6) {
	case 0:
		w.ask(m.Actor, m.funds(w, funds.Withdraw{ID: "early", Amount: more, Dest: own}), never)
	case 1:
		w.ask(m.Actor, m.funds(w, funds.Withdraw{ID: "foreign", Amount: w.cny(1), Dest: foreign}), never)
	case 2:
		w.ask(m.Actor, m.funds(w, funds.Withdraw{ID: "unbound", Amount: w.cny(1), Dest: funds.Dest{Card: "nobody"}}), never)
	case 3:
		w.ask(m.Actor, m.funds(w, funds.WithdrawQuota{Amount: w.cny(1), Dest: own}), never)
		w.ask(m.Actor, m.quota(w, credit.Withdraw{Amount: w.cny(1)}), never)
	case 4:
		w.ask(w.people.rival(m).Actor, m.funds(w, funds.Withdraw{ID: "rival", Amount: w.cny(1), Dest: own}), never)
		w.ask(m.Actor, m.line(w, credit.AssessLimit{Limit: w.usd(1)}), never)
		w.ask(m.Actor, m.quota(w, credit.Unfreeze{Reason: credit.ReasonOther, Ref: "please"}), never)
	case 5:
		if next := b.Page(w.now).NextAt; !next.IsZero() {
			w.agenda.put(next.Add(-1), &eve{m})
		}
	}
}

// eve is the last instant before more becomes available.
type eve struct{ *merchant }

func (m *eve) run(w *world, _ uint64) {
	b, ok := m.balance(w)
	if !ok || !b.Page(w.now).NextAt.Equal(w.now.Add(1)) {
		return // a refund has taken it
	}
	own := funds.Dest{Alipay: funds.Alipay{Account: "pay@makers.example", Holder: m.Account}}
	all := b.Available(w.now.Add(1))
	w.ask(m.Actor, m.funds(w, funds.Withdraw{ID: "eve", Amount: all, Dest: own}), never)
	w.now = w.now.Add(1)
	m.withdrawal(w, all, own)
}

// withdraw takes out what is available, or a part.
func (m *merchant) withdraw(w *world) {
	b, ok := m.balance(w)
	if !ok || w.odds(300) {
		return
	}
	amount := b.Available(w.now)
	if !amount.IsPositive() {
		return
	}
	if w.odds(500) {
		amount = w.part(amount)
	}
	dest := funds.Dest{Card: m.card}
	if w.odds(400) {
		dest = funds.Dest{Alipay: funds.Alipay{Account: "pay@makers.example", Holder: m.Account}}
	}
	m.withdrawal(w, amount, dest)
}

// withdrawal asks for available funds; the bank says later what became of it.
func (m *merchant) withdrawal(w *world, amount trade.Money, dest funds.Dest) {
	m.asked++
	id := funds.WithdrawalID(fmt.Sprintf("W%d", m.asked))
	if !w.all(m.Actor, m.funds(w, funds.Withdraw{ID: id, Amount: amount, Dest: dest})) {
		return
	}
	w.ask(m.Actor, m.funds(w, funds.Withdraw{ID: id, Amount: trade.Minor(amount.MinorUnits()+1, w.people.cny), Dest: dest}), never)
	var c funds.Command = funds.SettleWithdrawal{ID: id}
	if w.odds(60) {
		c = funds.FailWithdrawal{ID: id, Reason: "the bank is closed"}
	}
	w.tell(&message{c: desk.Command{By: platform, Do: m.funds(w, c)}, want: must},
		string(m.Account)+"/"+string(id), w.between(2*time.Hour, 30*time.Hour))
}

// unfreeze lets the platform look at the line: it lifts old reasons, and has new ones.
func (m *merchant) unfreeze(w *world) {
	var l credit.Line
	if !w.read(func(d *desk.Desk) (err error) {
		l, _, err = d.ReadQuota(w.ctx, platform, m.Account, w.people.cny)
		return err
	}) {
		return
	}
	for _, g := range l.Freezes {
		if w.odds(700) {
			w.all(platform, m.quota(w, credit.Unfreeze(g)))
		}
	}
	if w.odds(15) {
		c := credit.Freeze{Reason: credit.ReasonOther, Ref: trade.Text(fmt.Sprintf("inspection of %s", w.now.Format(time.DateOnly)))}
		w.all(platform, m.quota(w, c))
		w.ask(platform, m.quota(w, c), never)
	}
}

// months is what the platform does for a seller every month.
type months struct{ *merchant }

func (m *months) run(w *world, _ uint64) {
	inputs := credit.Inputs{Month: w.now.Format("2006-01"), Qualification: "A"}
	if w.odds(300) { // the merchant has asked for it, and once is enough
		w.all(m.Actor, m.line(w, credit.RequestAssessment{Note: "more orders"}))
		w.ask(m.Actor, m.quota(w, credit.RequestAssessment{}), may) // the one before is open if no raise was possible
		w.ask(m.Actor, m.line(w, credit.RequestAssessment{}), never)
	}
	w.all(platform, m.line(w, credit.AssessLimit{Limit: w.assuranceLimit(), Inputs: inputs}))
	w.ask(platform, m.quota(w, credit.AssessLimit{Limit: w.quotaLimit()}), may) // no raise while frozen
	m.repay(w)
	if w.odds(40) && !m.suspended {
		w.all(platform, desk.OnSeller(m.Account, seller.Suspend{Reason: "complaints"}))
		m.suspended = true
		w.agenda.put(w.now.Add(3*day), &reinstate{m.merchant})
	}
	if w.odds(30) && !m.stopped {
		w.all(platform, m.line(w, credit.Suspend{Reason: "inspection"}))
		m.stopped = true
		w.agenda.put(w.now.Add(2*day), &resume{m.merchant})
	}
	m.forget(w)
	if w.running() {
		w.agenda.put(w.now.Add(30*day), m)
	}
}

type reinstate struct{ *merchant }

func (m *reinstate) run(w *world, _ uint64) {
	m.suspended = false
	w.all(platform, desk.OnSeller(m.Account, seller.Reinstate{}))
}

type resume struct{ *merchant }

func (m *resume) run(w *world, _ uint64) {
	m.stopped = false
	w.all(platform, m.line(w, credit.Resume{}))
}

// repay has the seller pay back what the platform has compensated for him.
func (m *merchant) repay(w *world) {
	var l credit.Line
	if !w.read(func(d *desk.Desk) (err error) {
		l, _, err = d.ReadLine(w.ctx, platform, m.Account, w.people.usd)
		return err
	}) || !l.Consumed.IsPositive() {
		return
	}
	m.asked++
	reference := fmt.Sprintf("repayment-%d", m.asked)
	more := trade.Minor(l.Consumed.MinorUnits()+1, w.people.usd)
	w.ask(platform, m.line(w, credit.RepayClaim{Amount: more, Reference: reference}), never)
	w.all(platform, m.line(w, credit.RepayClaim{Amount: w.part(l.Consumed), Reference: reference}))
}

// forget lets a store that forgets drop what lies before the snapshot that the streams of a
// merchant had a month ago. Every process that goes on has read beyond it, and one that begins
// reads from a snapshot on.
func (m *merchant) forget(w *world) {
	store, ok := w.store.(events.Snapshots)
	if w.forgetter == nil || !ok || w.err != nil {
		return
	}
	for i, s := range m.streams(w) {
		n := &m.noted[i]
		if n.version > 1 {
			w.forgotten.queue = append(w.forgotten.queue, forget{n.after, []events.StreamID{s.stream}, n.version - 1})
		}
		kept, found, err := store.LatestSnapshot(w.ctx, s.stream, s.fold)
		if err != nil {
			w.fail(err)
			return
		}
		if found {
			*n = noted{kept.Version, w.follower.after}
		}
	}
	_, _ = m.balance(w)
	_ = w.read(func(d *desk.Desk) error {
		if _, _, err := d.ReadLine(w.ctx, platform, m.Account, w.people.usd); err != nil {
			return err
		}
		_, _, err := d.ReadQuota(w.ctx, platform, m.Account, w.people.cny)
		return err
	})
	w.start(1)
}

// lasting is a stream that does not end, and the fold of its snapshots.
type lasting struct {
	stream events.StreamID
	fold   string
}

func (m *merchant) streams(w *world) [3]lasting {
	line, err := credit.Stream(credit.Assurance, m.Account, w.people.usd)
	w.noError(err)
	quota, err := credit.Stream(credit.PayLater, m.Account, w.people.cny)
	w.noError(err)
	balance, err := funds.Stream(m.Account, w.people.cny)
	w.noError(err)
	return [3]lasting{
		{line, credit.Model(credit.Assurance).Fold}, {quota, credit.Model(credit.PayLater).Fold}, {balance, funds.Model().Fold},
	}
}

func (w *world) noError(err error) {
	if err != nil {
		w.fail(err)
	}
}

// read asks the first process for a state until it answers, and reports whether it did.
func (w *world) read(from func(d *desk.Desk) error) bool {
	for w.err == nil {
		err := from(w.processes[0].desk)
		switch {
		case w.recover(err):
		case err != nil:
			w.fail(err)
		default:
			return true
		}
	}
	return false
}
