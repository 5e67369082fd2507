package ordertest

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest/audit"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// PlayOption changes how Play and Histories play.
type PlayOption func(*rules)

// rules are the settings of a game.
type rules struct {
	assurance, payLater bool
	orders              int
	commands            int
	check               func(records []events.Record) error
	audited             bool // check is the auditor
	policy              *order.Policy
	terms               *paylater.Policy
	desk                []desk.Option
}

// OnlyAssurance leaves out the pay-later orders.
func OnlyAssurance() PlayOption { return func(r *rules) { r.payLater = false } }

// OnlyPayLater leaves out the assurance orders.
func OnlyPayLater() PlayOption { return func(r *rules) { r.assurance = false } }

// Orders sets the number of orders of each kind, at least one; the default is 4. With few orders each one gets
// further in its life.
func Orders(n int) PlayOption { return func(r *rules) { r.orders = max(n, 1) } }

// Commands sets the number of commands of a game. With the default, 0, rapid chooses: -rapid.steps on average, and
// fewer when rapid shrinks a failure.
func Commands(n int) PlayOption { return func(r *rules) { r.commands = n } }

// Check sets the check of the records: it is called with the records of each commit, in their order, and an error
// fails the run. Play's own checks still apply. With nil there is no such check; the default is the independent auditor
// of package audit.
func Check(check func(records []events.Record) error) PlayOption {
	return func(r *rules) { r.check, r.audited = check, false }
}

// UnderPolicies sets the policies of the desk. A nil policy is drawn.
func UnderPolicies(p *order.Policy, terms *paylater.Policy) PlayOption {
	return func(r *rules) { r.policy, r.terms = p, terms }
}

// WithDesk adds options of the desk, such as snapshots. The game sets the policies, the sources and the clock.
func WithDesk(opts ...desk.Option) PlayOption {
	return func(r *rules) { r.desk = append(r.desk, opts...) }
}

// Tally counts the attempts of a game and their results.
type Tally struct {
	Asked     map[string]int // by the kind of attempt: "valid", "boundary", "tick", "any", and so on
	Accepted  int            // commands that were executed
	Refused   map[rule.ID]int
	Malformed int            // commands rejected without a rule: malformed, or at another version
	Events    map[string]int // by type
}

// Add adds the counts of another game.
func (t *Tally) Add(o Tally) {
	*t = Tally{Asked: sum(t.Asked, o.Asked), Accepted: t.Accepted + o.Accepted, Refused: sum(t.Refused, o.Refused), Malformed: t.Malformed + o.Malformed, Events: sum(t.Events, o.Events)}
}

func sum[K comparable](a, b map[K]int) map[K]int {
	all := make(map[K]int, len(a)+len(b))
	for k, n := range a {
		all[k] += n
	}
	for k, n := range b {
		all[k] += n
	}
	return all
}

// Play is one run of a rapid state machine on an empty store that the caller owns: two sellers, two merchants and
// their buyers trade on a desk under drawn policies. Of the commands 70 percent are sensible next steps, some of them
// exactly at a deadline or a nanosecond beside it, some of them ticks; the others are arbitrary, by another actor,
// malformed, at a stale version, repeated, or other content under a known ID.
//
// After each command Play checks that the answer is of a type that the desk promises, that a command which was not
// accepted wrote nothing, and that an accepted one wrote one commit with the events of its result. A dry run before
// the command must give the same answer, the repeated command the same result, and repeated ticks must come to an end.
// The auditor checks the records of each commit, and the desk's states of the streams of the commit must equal the
// auditor's figures. At the end Play verifies the log, and compares the states of the desk with those of a desk without
// a cache.
//
// A failure fails rt, which prints how to run it again.
func Play(rt *rapid.T, store events.Store, opts ...PlayOption) Tally {
	rt.Helper()
	return play(rt, store, opts).tally
}

func play(rt *rapid.T, store events.Store, opts []PlayOption) *game {
	rt.Helper()
	g := newGame(rt, store, opts)
	g.Open()
	step := func(rt *rapid.T) {
		g.chance = chanceOf(rt, "step", g.world)
		g.step()
	}
	if g.rules.commands > 0 {
		for range g.rules.commands {
			step(rt)
		}
	} else {
		rt.Repeat(map[string]func(*rapid.T){"ask": step})
	}
	g.close()
	return g
}

// chanceOf draws one number and derives all further numbers from it and from world, evenly distributed. Most of
// rapid's own numbers are small, which would pick the same few commands again and again. Rapid shrinks a failing game
// by leaving out whole steps, which works best with one number per step.
func chanceOf(rt *rapid.T, label string, world uint64) chance {
	return rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, label), world)).IntN
}

// game is one run of Play.
type game struct {
	*Player
	rt      *rapid.T
	rules   rules
	world   uint64
	options []desk.Option
	tally   Tally
	books   *audit.Auditor // nil if another check replaces it
	past    []Committed
	last    desk.Command // the last command that was executed, and its result
	result  desk.Result
	after   events.Position // the last position that was checked
}

func newGame(rt *rapid.T, store events.Store, opts []PlayOption) *game {
	g := &game{rt: rt, tally: Tally{Asked: map[string]int{}, Refused: map[rule.ID]int{}, Events: map[string]int{}}}
	g.rules = rules{assurance: true, payLater: true, orders: 4, audited: true}
	for _, o := range opts {
		o(&g.rules)
	}
	g.world = rapid.Uint64().Draw(rt, "world")
	c := chanceOf(rt, "opening", g.world)
	if g.rules.policy == nil {
		g.rules.policy = Policies().Draw(rt, "policy")
	}
	if g.rules.terms == nil {
		g.rules.terms = PayLaterPolicies().Draw(rt, "pay-later policy")
	}
	payout := map[trade.Account]funds.Policy{
		Merchant.Account:      {HoldDays: one(c, 0, 7), FeeRate: one(c, 0, 10), Expected: Day},
		OtherMerchant.Account: {HoldDays: 15, FeeMin: CNY(one(c, "0", "0.01", "0.02")), Expected: Day},
	}
	if g.rules.audited {
		g.books = audit.New(audit.WithPolicy(AuditPolicy(g.rules.policy, g.rules.terms)), audit.WithFunds(func(merchant string) audit.FundsPolicy {
			return AuditFunds(payout[trade.Account(merchant)])
		}))
		g.rules.check = g.books.Commit
	}
	g.options = g.rules.deskOptions(payout)
	config := PlayerConfig{}
	if g.rules.assurance {
		config.Orders = g.rules.orders
	}
	if g.rules.payLater {
		config.PayLaterOrders = g.rules.orders
	}
	g.Player = NewPlayer(DeskOn(rt, store, append(slices.Clone(g.rules.desk), g.options...)...), c, config)
	g.newID, g.did = g.nextID, func(c desk.Command) { g.commit(c, g.written(c.Do.String())) }
	return g
}

// deskOptions returns the policies and sources of the game's desk.
func (r *rules) deskOptions(payout map[trade.Account]funds.Policy) []desk.Option {
	return []desk.Option{desk.WithPolicy(r.policy), desk.WithPayLater(r.terms), desk.WithSources(desk.Sources{
		Match: Sources().Match, Email: Sources().Email,
		Store: func(_ context.Context, account trade.Account) (seller.Facts, error) {
			membership := seller.MemberPaid
			if account == freeMember.Account {
				membership = seller.MemberFree
			}
			return seller.Facts{Operating: true, Membership: membership}, nil
		},
		Certify: func(_ context.Context, command uuid.UUID, _ seller.Certification) (seller.Verdict, error) {
			if command[15]&1 == 0 {
				return seller.Verdict{Reason: "unknown number"}, nil
			}
			return seller.Verdict{Approved: true}, nil
		},
		Funds: func(_ context.Context, merchant trade.Account) (funds.Policy, error) {
			if p, ok := payout[merchant]; ok {
				return p, nil
			}
			return funds.DefaultPolicy(), nil
		},
	})}
}
