package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tradesurety/surety/examples/internal/display"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// texts are the words of this story in addition to the common ones.
type texts struct {
	contract, change, export, dispute, ruling, ledger string
	sees, may, blocked, frozen                        string
	held, consumed, available                         string
	entry, in, back, balance                          string
}

func textsIn(lang rule.Lang) texts {
	if lang == rule.Chinese {
		return texts{
			contract: "签约", change: "变更（已收款，须买家同意）", export: "出口", dispute: "纠纷", ruling: "仲裁与垫付", ledger: "订单台账",
			sees: "视角", may: "可以", blocked: "暂不可", frozen: "订单冻结",
			held: "占用", consumed: "已垫付未还", available: "可用",
			entry: "事项", in: "收入", back: "退出", balance: "余额",
		}
	}
	return texts{
		contract: "The contract", change: "A change (money has come in: it needs the buyer's consent)", export: "Export",
		dispute: "The dispute", ruling: "The ruling, with a claim", ledger: "The ledger of the order",
		sees: "sees", may: "may now", blocked: "not now", frozen: "the order is frozen",
		held: "held", consumed: "claimed and not repaid", available: "available",
		entry: "entry", in: "in", back: "back", balance: "balance",
	}
}

func (s *story) chapter(title string) {
	if s.err == nil {
		fmt.Fprintf(s.out, "\n%s\n%s\n", title, strings.Repeat("-", 100))
	}
}

// printNew prints the entries of the order's timeline since the last call.
func (s *story) printNew() {
	entries, err := s.desk.Timeline(s.ctx, platform, s.order)
	if errors.Is(err, desk.ErrNotFound) {
		return // the order is not drafted yet
	}
	if s.fail(err) {
		return
	}
	for _, e := range entries[s.seen:] {
		s.now = e.At
		s.line(e.By.Role, s.words.Event(e.Event), s.words.Phase(e.Order.Phase))
	}
	s.seen = len(entries)
}

func (s *story) line(by trade.Role, what, phase string) {
	text := fmt.Sprintf("%s  %s  %s  %s", s.now.Format("2006-01-02 15:04"), display.Pad(by.Text(s.words.Lang), 8), display.Pad(what, 60), phase)
	fmt.Fprintln(s.out, strings.TrimRight(text, " "))
}

// view prints the order as each of the two parties sees it.
func (s *story) view() {
	if s.err != nil {
		return
	}
	for _, party := range []trade.Actor{buyer, supplier} {
		o, _, err := s.desk.ReadOrder(s.ctx, party, s.order)
		if s.fail(err) {
			return
		}
		options, err := s.desk.Next(s.ctx, party, s.order)
		if s.fail(err) {
			return
		}
		status, _ := o.PlatformStatus(o.LastAt)
		fmt.Fprintf(s.out, "\n  [%s] %s: %s (%s)", party.Role.Text(s.words.Lang), s.texts.sees, s.words.Phase(o.Phase), status)
		if o.Frozen() {
			fmt.Fprintf(s.out, ", %s", s.texts.frozen)
		}
		fmt.Fprintln(s.out)
		var may []string
		for _, option := range options {
			if option.Refusal == nil {
				may = append(may, s.words.Command(option.Command))
			}
		}
		fmt.Fprintf(s.out, "    %s: %s\n", s.texts.may, strings.Join(may, ", "))
		for _, option := range options {
			if no := option.Refusal; no != nil && no.Rule != rule.D29 {
				fmt.Fprintf(s.out, "    %s: %s (%s)\n", s.texts.blocked, s.words.Command(option.Command), string(no.Rule))
			}
		}
		if party.Role == trade.Seller {
			s.quota()
		}
	}
}

func (s *story) quota() {
	l, _, err := s.desk.ReadLine(s.ctx, supplier, supplier.Account, usd)
	if s.fail(err) {
		return
	}
	fmt.Fprintf(s.out, "    %s %s, %s %s, %s %s\n", s.texts.held, l.Held, s.texts.consumed, l.Consumed, s.texts.available, l.Available())
}

// ledger prints every movement of the order's money with the balance after it.
func (s *story) ledger() {
	if s.err != nil {
		return
	}
	entries, err := s.desk.Timeline(s.ctx, platform, s.order)
	if s.fail(err) {
		return
	}
	t := s.texts
	fmt.Fprintf(s.out, "%s  %s%14s%14s%14s\n", display.Pad(s.words.Heading.Time, 16), display.Pad(t.entry, 48), t.in, t.back, t.balance)
	for _, e := range entries {
		in, back := "", ""
		switch e := e.Event.(type) {
		case order.PaymentReceived:
			in = e.Amount.Amount()
		case order.RefundMade:
			back = e.Amount.Amount()
		case order.ClaimPosted:
			back = e.Amount.Amount()
		default:
			continue
		}
		fmt.Fprintf(s.out, "%s  %s%14s%14s%14s\n", e.At.Format("2006-01-02 15:04"), display.Pad(s.words.Event(e.Event), 48), in, back, e.Order.Left().Amount())
	}
}
