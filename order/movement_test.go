package order_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// The movements of tables of cases. A movement is a word with arguments behind colons, such as
// card:1:2000. Its result may stand behind it: !D29 says that the rule refuses it, !early that
// it is to be reported again later, and !nothing that it is accepted and changes nothing.

// compound are movements that stand for several others.
var compound = map[string]func(a []string) []string{
	"card":   func(a []string) []string { return []string{"announce:" + a[0] + ":1", "charge:" + a[0] + ":" + a[1]} },
	"ready":  func([]string) []string { return []string{"transport", "link:E1", "release:E1"} },
	"ship":   func([]string) []string { return []string{"transport", "link:E1", "release:E1", "mark"} },
	"settle": func(a []string) []string { return []string{"offer:" + a[0], "accept"} },
	"rule":   func([]string) []string { return []string{"+6d", "escalate", "award"} },
	"rule-refund": func(a []string) []string {
		return []string{"+6d", "escalate", "award-refund:" + a[0]}
	},
	"rule-claim": func(a []string) []string { return []string{"+6d", "escalate", "award-claim:" + a[0]} },
}

// single are movements that are one command. Missing arguments are empty.
var single = map[string]func(s story, a []string) (trade.Actor, order.Command){
	"confirm": func(s story, _ []string) (trade.Actor, order.Command) {
		return buyer, order.Confirm{Terms: s.order.Revision}
	},
	"modify": func(s story, a []string) (trade.Actor, order.Command) {
		return seller, order.Modify{To: s.amendment(a[0], a[1], s.order.Coverage)}
	},
	"propose": func(s story, a []string) (trade.Actor, order.Command) {
		return seller, order.ProposeChange{To: s.amendment(a[0], a[1], s.order.Coverage)}
	},
	"consent": func(s story, _ []string) (trade.Actor, order.Command) {
		return buyer, order.AcceptChange{Proposal: s.order.Proposal.Number}
	},
	"cancel": func(story, []string) (trade.Actor, order.Command) { return buyer, order.Cancel{} },
	"revoke": func(story, []string) (trade.Actor, order.Command) { return seller, order.Cancel{} },
	"expire": func(story, []string) (trade.Actor, order.Command) { return system, order.Expire{} },
	"announce": func(_ story, a []string) (trade.Actor, order.Command) {
		return buyer, card(order.PaymentID(a[0]), a[1])
	},
	"notice": func(_ story, a []string) (trade.Actor, order.Command) {
		return buyer, notice(order.PaymentID(a[0]), a[1])
	},
	"charge": func(s story, a []string) (trade.Actor, order.Command) {
		return platform, s.charged(order.PaymentID(a[0]), a[1])
	},
	"fail": func(_ story, a []string) (trade.Actor, order.Command) {
		return platform, order.FailPayment{Payment: order.PaymentID(a[0]), Reason: "declined"}
	},
	"wire": func(s story, a []string) (trade.Actor, order.Command) {
		return platform, s.wireAs(a[0], a[1], "Jane Doe")
	},
	"stranger": func(s story, a []string) (trade.Actor, order.Command) {
		return platform, s.wireAs(a[0], a[1], "John Doe")
	},
	"apply": func(_ story, a []string) (trade.Actor, order.Command) {
		return platform, order.ApplyUnapplied{Amount: money(a[0]), Reference: a[1], Method: order.Method(a[2])}
	},
	"return": func(_ story, a []string) (trade.Actor, order.Command) {
		return platform, order.ReturnUnapplied{Amount: money(a[0]), Reference: a[1], Method: order.Method(a[2])}
	},
	"refund": func(_ story, a []string) (trade.Actor, order.Command) {
		return seller, order.Refund{Amount: money(a[0])}
	},
	"repay": func(_ story, a []string) (trade.Actor, order.Command) {
		return platform, order.Refund{Amount: money(a[0])}
	},
	"short": func(story, []string) (trade.Actor, order.Command) { return seller, order.AcceptShortfall{} },
	"void": func(_ story, a []string) (trade.Actor, order.Command) {
		return platform, order.VoidPayment{Reference: a[0], Method: order.Method(a[1])}
	},

	"back":   func(s story, a []string) (trade.Actor, order.Command) { return platform, s.opens(a) },
	"won":    func(s story, a []string) (trade.Actor, order.Command) { return platform, s.ends(a, true) },
	"lost":   func(s story, a []string) (trade.Actor, order.Command) { return platform, s.ends(a, false) },
	"recall": func(s story, a []string) (trade.Actor, order.Command) { return platform, s.recalls(a) },

	"dispute":  func(_ story, a []string) (trade.Actor, order.Command) { return buyer, objection(a[0]) },
	"withdraw": func(story, []string) (trade.Actor, order.Command) { return buyer, order.WithdrawDispute{} },
	"escalate": func(story, []string) (trade.Actor, order.Command) { return system, order.Escalate{} },
	"offer": func(_ story, a []string) (trade.Actor, order.Command) {
		return buyer, order.ProposeSettlement{Refund: money(a[0])}
	},
	"accept": func(s story, _ []string) (trade.Actor, order.Command) {
		return seller, order.AcceptSettlement{Proposal: s.order.Dispute.Settlement.Proposal}
	},
	"award": func(story, []string) (trade.Actor, order.Command) { return platform, order.Arbitrate{} },
	"award-refund": func(_ story, a []string) (trade.Actor, order.Command) {
		return platform, order.Arbitrate{Refund: money(a[0])}
	},
	"award-claim": func(_ story, a []string) (trade.Actor, order.Command) { return platform, compensation(a[0]) },

	"transport": func(story, []string) (trade.Actor, order.Command) {
		return seller, order.SetTransport{Mode: order.TransportAir}
	},
	"link": func(_ story, a []string) (trade.Actor, order.Command) {
		return seller, order.Link{Entrustment: order.EntrustmentID(a[0])}
	},
	"release": func(s story, a []string) (trade.Actor, order.Command) {
		return deskRole, order.RecordRelease{Entrustment: order.EntrustmentID(a[0]), ReleasedAt: s.now}
	},
	"mark":    func(story, []string) (trade.Actor, order.Command) { return seller, ship },
	"receive": func(story, []string) (trade.Actor, order.Command) { return buyer, order.ConfirmReceipt{} },
	"auto":    func(story, []string) (trade.Actor, order.Command) { return system, order.AutoConfirmReceipt{} },
	"tick":    func(story, []string) (trade.Actor, order.Command) { return system, order.Unfund{} },
}

// moved continues the story with a movement, an hour later. +6d continues it six days later, and @2h
// behind a report makes it one of an instant two hours ago.
func (s story) moved(t *testing.T, movement string) story {
	t.Helper()
	if d, ok := strings.CutPrefix(movement, "+"); ok {
		return s.after(span(t, d))
	}
	word, becomes, _ := strings.Cut(movement, "!")
	parts := strings.Split(word, ":")
	args := append(parts[1:], "", "", "", "")
	if of, ok := compound[parts[0]]; ok {
		for _, m := range of(args) {
			s = s.moved(t, m)
		}
		return s
	}
	of, ok := single[parts[0]]
	if !ok {
		t.Fatalf("no movement %q", movement)
	}
	s = s.after(time.Hour)
	by, cmd := of(s, args)
	switch a := s.when(by, cmd); becomes {
	case "":
		return s.does(by, cmd)
	case "nothing":
		a.then()(t)
	case "early":
		if early, ok := errors.AsType[*trade.EarlyError](a.err); !ok || early.Command != cmd.Name() {
			t.Fatalf("%s: got %+v, %v; want that it is too early", movement, a.got, a.err)
		}
		a.nothing(t)
	default:
		a.refusedBy(rule.ID(becomes))(t)
	}
	return s
}

// span reads so many days or hours.
func span(t *testing.T, text string) time.Duration {
	t.Helper()
	if n, ok := strings.CutSuffix(text, "d"); ok {
		return 24 * must(time.ParseDuration(n+"h"))
	}
	return must(time.ParseDuration(text))
}

// wireAs is a transfer under that bank reference, or a new one, by that payer.
func (s story) wireAs(amount, reference, payer string) order.RecordPayment {
	c := s.wire(amount)
	if c.Payer = payer; reference != "" {
		c.Reference = reference
	}
	return c
}

// instant cuts the instant of a report from its arguments: now, or with a last argument @2h two hours
// ago.
func (s story) instant(args []string) (time.Time, []string) {
	for i, a := range args {
		if ago, ok := strings.CutPrefix(a, "@"); ok {
			return s.now.Add(-must(time.ParseDuration(ago))), append(slices.Delete(slices.Clone(args), i, i+1), "")
		}
	}
	return s.now, args
}

// opens is the report back:PAYMENT:CASE:AMOUNT; case and amount may be missing.
func (s story) opens(args []string) order.ChargeBack {
	at, args := s.instant(args)
	c := s.case1(order.PaymentID(args[0]))
	if c.At = at; args[1] != "" {
		c.Case = args[1]
	}
	if args[2] != "" {
		c.Amount = money(args[2])
	}
	return c
}

// ends is the report won:PAYMENT:CASE or lost:PAYMENT:CASE.
func (s story) ends(args []string, won bool) order.ResolveChargeback {
	at, args := s.instant(args)
	c := s.end1(order.PaymentID(args[0]), won)
	if c.At = at; args[1] != "" {
		c.Case = args[1]
	}
	return c
}

// recalls is the report recall:REFERENCE:CASE:AMOUNT of a transfer.
func (s story) recalls(args []string) order.ReverseTransfer {
	at, args := s.instant(args)
	c := order.ReverseTransfer{Reference: args[0], Case: "recall-1", At: at}
	if args[1] != "" {
		c.Case = args[1]
	}
	if args[2] != "" {
		c.Amount = money(args[2])
	}
	return c
}

// has checks words such as applied=2000 against the order.
func (s story) has(t *testing.T, expected ...string) {
	t.Helper()
	o, l := &s.order, &s.order.Ledger
	held := trade.Money{}
	if o.Hold.Status == order.HoldOpen {
		held = o.Hold.Amount
	}
	sums := map[string]trade.Money{
		"received": l.Received, "applied": l.Applied, "unapplied": l.Unapplied, "review": l.Review, "returned": l.Returned, "reversed": l.Reversed,
		"shortfall": l.Shortfall, "refunded": l.Refunded, "claimed": l.Claimed, "due": o.Due(), "left": o.Left(), "held": held,
		"beyond": l.Beyond(), "owed": l.OwedByBuyer(), "taken": l.Taken, "lost": l.Lost,
	}
	for _, e := range expected {
		name, want, _ := strings.Cut(e, "=")
		got := o.Phase.String()
		switch name {
		case "phase":
		case "cases":
			got = fmt.Sprint(o.OpenChargebacks)
		default:
			sum, ok := sums[name]
			if !ok {
				t.Fatalf("no figure %q", e)
			}
			got, want = trade.Minor(sum.MinorUnits(), usd).Amount(), money(want).Amount()
		}
		if got != want {
			t.Errorf("%s is %s, want %s; the ledger has %+v", name, got, want, *l)
		}
	}
}

// follows continues the story with movements.
func (s story) follows(t *testing.T, movements string) story {
	t.Helper()
	for _, m := range strings.Fields(movements) {
		s = s.moved(t, m)
	}
	return s
}
