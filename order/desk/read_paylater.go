package desk

import (
	"context"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/trade"
)

// ReadPayLater returns a pay-later order as it stands, and its version. Its buyer, its merchant,
// the platform and the system may read it.
func (d *Desk) ReadPayLater(ctx context.Context, by trade.Actor, id trade.ID, opts ...ReadOption) (paylater.Order, events.Version, error) {
	if err := d.reader(by); err != nil {
		return paylater.Order{}, 0, err
	}
	o, v, err := payLaterOrders.model.View(ctx, d.store, paylater.Stream(id), d.reading(opts)...)
	if err != nil {
		return paylater.Order{}, 0, err
	}
	if !o.VisibleTo(by) {
		return paylater.Order{}, 0, ErrNotFound
	}
	return o, v, nil
}

// NextPayLater returns the commands that the actor may issue on a pay-later order now: see
// paylater.Order.Next.
func (d *Desk) NextPayLater(ctx context.Context, by trade.Actor, id trade.ID) ([]machine.Choice, error) {
	o, _, err := d.ReadPayLater(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return o.Next(by, d.instant(d.clock(), o.LastAt), d.payLater), nil
}

// ReadQuota returns a merchant's pay-later line: limit, used, remaining, why it is frozen (B4).
// The merchant and the platform may read it; its Page is what the merchant sees.
func (d *Desk) ReadQuota(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, opts ...ReadOption) (credit.Line, events.Version, error) {
	return read(ctx, d, quotas, by, merchant, opts)(credit.Stream(credit.PayLater, merchant, c))
}

// ReadFunds returns a merchant's received funds. The merchant and the platform may read them;
// Page is what the merchant sees, at an instant.
func (d *Desk) ReadFunds(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency, opts ...ReadOption) (funds.Balance, events.Version, error) {
	return read(ctx, d, balances, by, merchant, opts)(funds.Stream(merchant, c))
}

// QuotaLedger returns each movement of a merchant's pay-later line from its opening on, with its
// order and the figures after it. All who may read the line may read it. It reads the whole stream.
func (d *Desk) QuotaLedger(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency) (credit.Statement, error) {
	if _, _, err := d.ReadQuota(ctx, by, merchant, c); err != nil {
		return credit.Statement{}, err
	}
	stream, err := credit.Stream(credit.PayLater, merchant, c)
	if err != nil {
		return credit.Statement{}, err
	}
	var history []events.Recorded[credit.Event]
	err = d.history(ctx, stream, func(r *events.Record) error {
		e, err := credit.DecodeEvent(r.Type, r.Schema, r.Data)
		history = append(history, events.Recorded[credit.Event]{At: r.At, Event: e})
		return err
	})
	if err != nil {
		return credit.Statement{}, err
	}
	s, err := credit.Ledger(credit.New(credit.PayLater, merchant, c), history)
	return s, corrupt(stream, err)
}

// FundsLedger returns the statement of a merchant's received funds. All who may read the funds
// may read it. It reads the whole stream, and so does Withdrawals.
func (d *Desk) FundsLedger(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency) (funds.Statement, error) {
	stream, history, err := d.fundsHistory(ctx, by, merchant, c)
	if err != nil {
		return funds.Statement{}, err
	}
	s, err := funds.Ledger(balances.model.New(stream), history)
	return s, corrupt(stream, err)
}

// Withdrawals returns the withdrawal history of a merchant (B22). All who may read the funds
// may read it.
func (d *Desk) Withdrawals(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency) ([]funds.Withdrawal, error) {
	stream, history, err := d.fundsHistory(ctx, by, merchant, c)
	if err != nil {
		return nil, err
	}
	list, err := funds.Withdrawals(history)
	return list, corrupt(stream, err)
}

func (d *Desk) fundsHistory(ctx context.Context, by trade.Actor, merchant trade.Account, c trade.Currency) (events.StreamID, []events.Recorded[funds.Event], error) {
	if _, _, err := d.ReadFunds(ctx, by, merchant, c); err != nil {
		return "", nil, err
	}
	stream, err := funds.Stream(merchant, c)
	if err != nil {
		return "", nil, err
	}
	var history []events.Recorded[funds.Event]
	err = d.history(ctx, stream, func(r *events.Record) error {
		e, err := funds.DecodeEvent(r.Type, r.Schema, r.Data)
		history = append(history, events.Recorded[funds.Event]{At: r.At, Event: e})
		return err
	})
	return stream, history, err
}

// history hands the records of a stream to take, one after the other.
func (d *Desk) history(ctx context.Context, stream events.StreamID, take func(r *events.Record) error) error {
	for r, err := range d.store.Read(ctx, stream, 0) {
		if err != nil {
			return err
		}
		if err := take(&r); err != nil {
			return r.Corrupt(err)
		}
	}
	return nil
}

// corrupt returns the error of a history that cannot be: a state from a snapshot or a cache does
// not show what lies before it.
func corrupt(stream events.StreamID, err error) error {
	if err == nil {
		return nil
	}
	return &events.CorruptError{Stream: stream, Err: err}
}
