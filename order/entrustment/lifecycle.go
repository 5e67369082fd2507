package entrustment

import (
	"slices"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Phase is where an entrustment stands in its life.
type Phase uint8

const (
	// PhaseNone is the phase of an entrustment that was never drafted.
	PhaseNone Phase = iota
	// PhaseDrafted: the seller is writing it.
	PhaseDrafted
	// PhaseUnderReview (审核中): the export service examines it.
	PhaseUnderReview
	// PhaseNeedsChange (待客户修改, 待补充信息, 待签函): the seller has to mend what Need says.
	PhaseNeedsChange
	// PhaseAccepted (待通关受理): the export service will declare it.
	PhaseAccepted
	// PhaseDeclaring (待报关): customs have the declaration.
	PhaseDeclaring
	// PhaseReturned (通关退回): customs gave the declaration back.
	PhaseReturned
	// PhaseReleased (放行): customs let the goods go.
	PhaseReleased
	// PhaseCustomsClosed (结关): customs confirmed that the goods have left.
	PhaseCustomsClosed
	// PhaseCancelled: the seller gave it up before its release.
	PhaseCancelled
)

var phaseNames = [...]string{"none", "drafted", "under-review", "needs-change", "accepted", "declaring",
	"returned", "released", "customs-closed", "cancelled"}

// String returns the phase's name, such as "under-review".
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}

// alive are the phases in which an entrustment may be linked and unlinked, open those in which
// it may still be cancelled.
var (
	alive = in(PhaseDrafted, PhaseUnderReview, PhaseNeedsChange, PhaseAccepted, PhaseDeclaring, PhaseReturned, PhaseReleased, PhaseCustomsClosed)
	open  = in(PhaseDrafted, PhaseUnderReview, PhaseNeedsChange, PhaseAccepted, PhaseDeclaring, PhaseReturned)
)

// steps says which fact moves an entrustment from where to where. It is the only place that
// does; the machine and the diagram are made from it. See TestStepsAreTheMachine.
var steps = []machine.Step[Phase, Kind]{
	// the seller's part
	{Event: KindDrafted, From: in(PhaseNone), To: PhaseDrafted},
	{Event: KindSubmitted, From: in(PhaseDrafted), To: PhaseUnderReview},
	{Event: KindCancelled, From: open, To: PhaseCancelled},

	// review
	{Event: KindChangeRequested, From: in(PhaseUnderReview), To: PhaseNeedsChange},
	{Event: KindResubmitted, From: in(PhaseNeedsChange, PhaseReturned), To: PhaseUnderReview},
	{Event: KindApproved, From: in(PhaseUnderReview), To: PhaseAccepted},

	// customs
	{Event: KindDeclared, From: in(PhaseAccepted), To: PhaseDeclaring},
	{Event: KindReturned, From: in(PhaseDeclaring), To: PhaseReturned},
	{Event: KindReleased, From: in(PhaseDeclaring), To: PhaseReleased},
	{Event: KindCustomsClosed, From: in(PhaseReleased), To: PhaseCustomsClosed},

	// link
	{Event: KindLinked, From: alive, Stay: true},
	{Event: KindUnlinked, From: alive, Stay: true},
}

// Permission says who may ask for a command, in which phases, which rule refuses it elsewhere
// and to others, and which facts may come of it.
type Permission struct {
	Command string
	Roles   []trade.Role
	Phases  []Phase
	Rule    rule.ID
	// Cancelled is the rule that refuses the command in PhaseCancelled where it is not Rule.
	Cancelled rule.ID
	Makes     []Kind
}

// permissions is what may be asked of an entrustment. What it does not allow is denied. See
// TestMatrix.
var permissions = []Permission{
	// the seller's part
	permit(Draft{}, by(trade.Seller), in(PhaseNone), rule.A21, KindDrafted),
	permit(Submit{}, by(trade.Seller), in(PhaseDrafted), rule.D37, KindSubmitted),
	permit(Cancel{}, by(trade.Seller), open, rule.D37, KindUnlinked, KindCancelled),

	// review
	permit(RequestChange{}, by(trade.Platform), in(PhaseUnderReview), rule.D37, KindChangeRequested),
	permit(Resubmit{}, by(trade.Seller), in(PhaseNeedsChange, PhaseReturned), rule.D37, KindResubmitted),
	permit(Approve{}, by(trade.Platform), in(PhaseUnderReview), rule.D37, KindApproved),

	// customs
	permit(Declare{}, by(trade.Platform), in(PhaseAccepted), rule.D42, KindDeclared),
	permit(Return{}, by(trade.Platform), in(PhaseDeclaring), rule.D37, KindReturned),
	permit(Release{}, by(trade.Platform), in(PhaseDeclaring), rule.D44, KindReleased),
	permit(CloseCustoms{}, by(trade.Platform), in(PhaseReleased), rule.D44, KindCustomsClosed),

	// link
	permit(Link{}, by(trade.Desk), alive, rule.A21, KindLinked).cancelled(rule.D39),
	permit(Unlink{}, by(trade.Desk), alive, rule.D40, KindUnlinked),
}

func in(phases ...Phase) []Phase { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(c Command, roles []trade.Role, phases []Phase, ruleID rule.ID, makes ...Kind) Permission {
	return Permission{Command: c.Name(), Roles: roles, Phases: phases, Rule: ruleID, Makes: makes}
}

func (p Permission) cancelled(ruleID rule.ID) Permission { p.Cancelled = ruleID; return p }

// Permissions returns the table of commands.
func Permissions() []Permission {
	rows := slices.Clone(permissions)
	for i := range rows {
		r := &rows[i]
		r.Roles, r.Phases, r.Makes = slices.Clone(r.Roles), slices.Clone(r.Phases), slices.Clone(r.Makes)
	}
	return rows
}

// Steps returns the table of facts.
func Steps() []machine.Step[Phase, Kind] {
	rows := slices.Clone(steps)
	for i := range rows {
		rows[i].From = slices.Clone(rows[i].From)
	}
	return rows
}

// lifecycle is the machine of an entrustment, made once from the steps.
var lifecycle = mustTable(machine.New(PhaseNone, steps))

// mustTable panics if the steps above contradict each other: the program is broken then,
// whatever its input.
func mustTable(t *machine.Table[Phase, Kind], err error) *machine.Table[Phase, Kind] {
	if err != nil {
		panic(err)
	}
	return t
}

// Table returns the machine of an entrustment.
func Table() *machine.Table[Phase, Kind] { return lifecycle }

// Diagram returns the phases of an entrustment as a Mermaid state diagram.
func Diagram() string { return lifecycle.Mermaid() }

// permits checks actor, phase and instant against the table of commands. Of a counterpart
// command the instant is that of another stream's command, so here only the version orders it.
func (s *State) permits(c Command, g *order.Given) error {
	name := c.Name()
	i := slices.IndexFunc(permissions, func(p Permission) bool { return p.Command == name })
	if i < 0 {
		return invalid("command", "is none of an entrustment")
	}
	p := &permissions[i]
	applies := p.Rule
	if s.Phase == PhaseCancelled && p.Cancelled != "" {
		applies = p.Cancelled
	}
	switch {
	case !slices.Contains(p.Roles, g.By.Role):
		return s.refuse(applies, c).Because("a %s cannot ask for it", "%s 角色无权执行此操作", g.By.Role)
	case g.By.Role == trade.Seller && s.Phase != PhaseNone && g.By.Account != s.Seller:
		return s.refuse(applies, c).Because("the account is not the entrustment's seller", "该账号不是此委托单的卖家")
	case !slices.Contains(p.Phases, s.Phase):
		return s.refuse(applies, c).Because("not in this phase", "委托单当前状态不允许此操作")
	case g.By.Role != trade.Desk && g.At.Before(s.LastAt):
		return s.refuse(rule.D61, c).From(s.LastAt)
	}
	return nil
}
