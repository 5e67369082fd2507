package audit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tradesurety/surety/events"
)

// Figures are the figures of one stream by name, for a comparison with the state that the stream folds
// into. Amounts are in minor units. Instants are in nanoseconds since 1970, or 0 for none. Values are
// strings, bools and int64s.
type Figures map[string]any

// Against returns a description of the differences between the figures of a state and those of the
// books, or "" if there are none.
func (f Figures) Against(books Figures) string {
	if maps.Equal(f, books) {
		return ""
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if f[name] != books[name] {
			list = append(list, fmt.Sprintf("%s is %v, in the books %v", name, f[name], books[name]))
		}
	}
	if len(list) == 0 {
		return fmt.Sprintf("%d figures, and the books have %d", len(f), len(books))
	}
	return strings.Join(list, "; ")
}

// Figures returns the figures of a stream, or nil if the auditor keeps none: for streams of other
// categories and for forgotten streams.
func (a *Auditor) Figures(stream events.StreamID) Figures {
	category, key, _ := strings.Cut(string(stream), "-")
	switch category {
	case "order":
		if o := a.orders[key]; o != nil {
			return o.figures()
		}
	case "paylater":
		if s := a.payLater[key]; s != nil {
			return s.figures()
		}
	case "entrustment":
		id, _ := stream.Key()
		if e := a.entrustments[id]; e != nil {
			return e.figures()
		}
	case "line", "paylater_line":
		if l := a.lines[stream]; l != nil && l.open {
			return l.figures()
		}
	case "funds":
		if b := a.balances[stream]; b != nil && b.version > 0 {
			return b.figures()
		}
	case "service":
		account, _ := stream.Key()
		if s := a.services[account]; s != nil {
			return Figures{"active": s.phase == serviceActive, "suspended": s.phase == serviceSuspended}
		}
	}
	return nil
}

func (o *orderBook) figures() Figures {
	m, d, links := &o.money, &o.dispute, make([]string, 0, len(o.links))
	for _, l := range o.links {
		links = append(links, l.entrustment.id+" "+strconv.FormatInt(int64(l.released), 10))
	}
	slices.Sort(links)
	return Figures{
		"phase": nameOf(o.phase, orderPhases[:]), "last": int64(o.lastAt), "seller": o.seller, "buyer": o.buyer, "email": o.buyerEmail,
		"drafted": int64(o.draftedAt), "total": o.total, "initial": o.initial, "revision": o.revision, "coverage": o.coverage,
		"transport": o.transport, "account": o.account, "confirm by": int64(o.confirmBy), "pay by": int64(o.payBy),
		"held": o.hold.open, "claimed": m.claimed, "received": m.received, "applied": m.applied, "unapplied": m.unapplied,
		"review": m.review, "returned": m.returned, "reversed": m.reversed, "shortfall": m.shortfall, "refunded": m.refunded, "left": o.refundable(),
		"taken": m.cases.taken, "beyond": m.beyond(), "owed": m.owed(),
		"funded": int64(o.fundedAt), "paid": int64(o.paidAt), "links": strings.Join(links, ", "),
		"shipped": int64(o.shippedAt), "late": o.late, "deadline": int64(o.deadline), "completed": int64(o.completedAt),
		"reviewed": int64(o.reviewedAt), "edited": int64(o.editedAt),
		"proposal": o.proposal.number, "proposed": o.proposal.open,
		"dispute": d.number, "stage": int64(d.stage), "contested": m.cases.open, "frozen": int64(o.frozenAt), "thawed": int64(o.unfrozenAt),
	}
}

func (s *payLaterBook) figures() Figures {
	return Figures{
		"phase": nameOf(s.phase, payLaterPhases[:]), "last": int64(s.lastAt), "buyer": s.buyer, "merchant": s.merchant,
		"original": s.original, "outstanding": s.outstanding, "instalments": s.instalments, "paid": s.paid, "restored": s.restored,
		"consumed": s.consumed, "refunded": s.refunded, "paid back": s.paidBack,
		"received by itself": int64(s.autoReceiveAt), "due": int64(s.dueAt), "after-sales": int64(s.afterSalesAt), "paused until": int64(s.pauseUntil), "cases": s.afterSalesCases,
		"unapplied": s.unapplied, "extended": s.receiptExtended, "pending": s.chargePending, "flagged": s.fakeFlagged, "charges": s.chargeAttempts, "payments": int64(len(s.references)),
	}
}

func (e *entrustmentBook) figures() Figures {
	f := Figures{
		"cancelled": e.phase == entrustmentCancelled, "last": int64(e.lastAt), "seller": e.seller, "order": "", "void": false,
		"released": int64(e.releasedAt), "released beside": int64(e.releasedBesideAt), "declared in": strings.Trim(e.currency.String(), "\x00"),
	}
	if o := e.order; o != nil {
		f["order"], f["void"] = o.id, e.releasedAt != 0 && e.releasedAt < o.draftedAt
	}
	return f
}

func (l *lineBook) figures() Figures {
	grounds := make([]string, 0, len(l.grounds))
	for _, g := range l.grounds {
		grounds = append(grounds, g.reason+" "+g.ref)
	}
	return Figures{
		"last": int64(l.lastAt), "limit": l.limit, "held": l.held, "consumed": l.consumed, "available": l.available(), "holds": l.holds,
		"overdue": l.overdue, "suspended": l.suspended, "requested": l.assessmentRequested, "frozen": strings.Join(grounds, ", "),
	}
}

func (b *fundsBook) figures() Figures {
	return Figures{
		"last": int64(b.lastAt), "credited": b.credited, "refunded": b.refunded, "debt": b.debt, "waiting": b.lots.total,
		"available": b.available, "in transit": b.inTransit, "paid out": b.paidOut, "fees": b.fees, "spent": b.spent,
		"open": int64(len(b.open)), "cards": int64(len(b.cards)),
	}
}

// nameOf returns the name of a phase; the first name is that of no phase yet.
func nameOf(p phase, names []string) string {
	for i, name := range names {
		if p == 1<<i {
			return name
		}
	}
	return ""
}
