package audit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tradesurety/surety/events"
)

// Figures is what the books have of one stream, by name, for a comparison with the state that
// the stream folds into. Amounts are in minor units, instants in nanoseconds since 1970 or 0 for
// none. Values are strings, bools and int64s.
type Figures map[string]any

// Against says where the figures of a state are not those of the books, or nothing.
func (f Figures) Against(books Figures) string {
	if maps.Equal(f, books) {
		return ""
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if f[name] != books[name] {
			list = append(list, fmt.Sprintf("%s is %v, by the books %v", name, f[name], books[name]))
		}
	}
	if len(list) == 0 {
		return fmt.Sprintf("%d figures, and the books have %d", len(f), len(books))
	}
	return strings.Join(list, "; ")
}

// Figures returns what the books have of a stream, or nil if they have nothing of it: streams of
// other categories, and what was forgotten.
func (a *Auditor) Figures(stream events.StreamID) Figures {
	category, key, _ := strings.Cut(string(stream), "-")
	switch category {
	case "order":
		if o := a.orders[key]; o != nil {
			return o.figures()
		}
	case "paylater":
		if s := a.sales[key]; s != nil {
			return s.figures()
		}
	case "entrustment":
		id, _ := stream.Key()
		if g := a.goods[id]; g != nil {
			return g.figures()
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
			return Figures{"active": s.state == serviceActive, "suspended": s.state == serviceSuspended}
		}
	}
	return nil
}

func (o *orderBook) figures() Figures {
	m, d, links := &o.money, &o.dispute, make([]string, 0, len(o.links))
	for _, l := range o.links {
		links = append(links, l.goods.id+" "+strconv.FormatInt(int64(l.released), 10))
	}
	slices.Sort(links)
	return Figures{
		"phase": nameOf(o.phase, orderPhases[:]), "last": int64(o.last), "seller": o.seller, "buyer": o.buyer, "email": o.buyerEmail,
		"drafted": int64(o.draftedAt), "total": o.total, "initial": o.initial, "revision": o.revision, "coverage": o.coverage,
		"transport": o.transport, "account": o.account, "confirm by": int64(o.confirmBy), "pay by": int64(o.payBy),
		"held": o.hold.open, "claimed": m.claimed, "received": m.received, "applied": m.applied, "unapplied": m.unapplied,
		"review": m.review, "returned": m.returned, "reversed": m.reversed, "shortfall": m.shortfall, "refunded": m.refunded, "left": o.left(),
		"taken": m.cases.taken, "beyond": m.beyond(), "owed": m.owed(),
		"funded": int64(o.fundedAt), "paid": int64(o.paidAt), "links": strings.Join(links, ", "),
		"shipped": int64(o.shippedAt), "late": o.late, "deadline": int64(o.deadline), "completed": int64(o.completedAt),
		"reviewed": int64(o.reviewedAt), "edited": int64(o.editedAt),
		"proposal": o.proposal.number, "proposed": o.proposal.open,
		"dispute": d.number, "stage": int64(d.stage), "contested": m.cases.open, "frozen": int64(o.frozenAt), "thawed": int64(o.thawedAt),
	}
}

func (s *saleBook) figures() Figures {
	return Figures{
		"phase": nameOf(s.phase, salePhases[:]), "last": int64(s.last), "buyer": s.buyer, "merchant": s.merchant,
		"original": s.original, "outstanding": s.outstanding, "instalments": s.instalments, "paid": s.paid, "restored": s.restored,
		"consumed": s.consumed, "refunded": s.refunded, "paid back": s.paidBack,
		"received by itself": int64(s.autoAt), "due": int64(s.dueAt), "after-sales": int64(s.openedAt), "paused until": int64(s.pausedAt), "cases": s.cases,
		"unapplied": s.unapplied, "extended": s.extended, "pending": s.pending, "flagged": s.flagged, "charges": s.charges, "payments": int64(len(s.references)),
	}
}

func (g *goodsBook) figures() Figures {
	f := Figures{
		"cancelled": g.phase == goodsCancelled, "last": int64(g.last), "seller": g.seller, "order": "", "void": false,
		"released": int64(g.releasedAt), "released beside": int64(g.besideAt), "declared in": strings.Trim(g.currency.String(), "\x00"),
	}
	if o := g.order; o != nil {
		f["order"], f["void"] = o.id, g.releasedAt != 0 && g.releasedAt < o.draftedAt
	}
	return f
}

func (l *lineBook) figures() Figures {
	grounds := make([]string, 0, len(l.grounds))
	for _, g := range l.grounds {
		grounds = append(grounds, g.reason+" "+g.ref)
	}
	return Figures{
		"last": int64(l.last), "limit": l.limit, "held": l.held, "consumed": l.consumed, "available": l.available(), "holds": l.holds,
		"overdue": l.overdue, "suspended": l.suspended, "requested": l.requested, "frozen": strings.Join(grounds, ", "),
	}
}

func (b *fundsBook) figures() Figures {
	return Figures{
		"last": int64(b.last), "credited": b.credited, "refunded": b.refunded, "debt": b.debt, "waiting": b.lots.total,
		"available": b.available, "in transit": b.inTransit, "paid out": b.paidOut, "fees": b.fees, "spent": b.spent,
		"open": int64(len(b.open)), "cards": int64(len(b.cards)),
	}
}

// nameOf returns the name of a phase, of which the first is none.
func nameOf(p phase, names []string) string {
	for i, name := range names {
		if p == 1<<i {
			return name
		}
	}
	return ""
}
