package entrustment

import (
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

// phases names the phases: on the wire, and for people in both languages.
var phases = machine.Names{
	{"none", "not drafted yet", "尚未起草"},
	{"drafted", "drafted", "已起草"},
	{"under-review", "under review", "审核中"},
	{"needs-change", "in need of a change", "待客户修改"},
	{"accepted", "accepted", "待通关受理"},
	{"declaring", "with customs", "待报关"},
	{"returned", "returned by customs", "通关退回"},
	{"released", "released by customs", "已放行"},
	{"customs-closed", "closed by customs", "已结关"},
	{"cancelled", "cancelled", "已取消"},
}

// String returns the phase's name, such as "under-review".
func (p Phase) String() string { return phases.Name(uint8(p)) }

// Text returns the phase as a sentence has it, such as "under review" or "审核中".
func (p Phase) Text(lang rule.Lang) string { return phases.Text(uint8(p), lang) }

// alive are the phases in which an entrustment may be linked and unlinked, open those in which
// it may still be cancelled.
var (
	alive = in(PhaseDrafted, PhaseUnderReview, PhaseNeedsChange, PhaseAccepted, PhaseDeclaring, PhaseReturned, PhaseReleased, PhaseCustomsClosed)
	open  = in(PhaseDrafted, PhaseUnderReview, PhaseNeedsChange, PhaseAccepted, PhaseDeclaring, PhaseReturned)
	// underway are the phases in which a report of customs releases the goods: reports may come
	// before those of the export service.
	underway = in(PhaseUnderReview, PhaseNeedsChange, PhaseAccepted, PhaseDeclaring, PhaseReturned)
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
	{Event: KindReturned, From: in(PhaseAccepted, PhaseDeclaring), To: PhaseReturned},
	{Event: KindReleased, From: underway, To: PhaseReleased},
	{Event: KindReleasedBeside, From: in(PhaseDrafted, PhaseCancelled), Stay: true},
	{Event: KindCustomsClosed, From: in(PhaseReleased), To: PhaseCustomsClosed},

	// link
	{Event: KindLinked, From: alive, Stay: true},
	{Event: KindUnlinked, From: alive, Stay: true},
}

// permits says which role may issue which command, in which phases. What it does not allow is
// denied. See TestMatrix.
var permits = []machine.Permit[Phase, Kind]{
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
	permit(Return{}, by(trade.Platform), in(PhaseAccepted, PhaseDeclaring), rule.D37, KindReturned).AsFact(),
	permit(Return{}, by(trade.Platform), in(PhaseDrafted, PhaseUnderReview, PhaseNeedsChange, PhaseReturned, PhaseReleased,
		PhaseCustomsClosed, PhaseCancelled), rule.D37).AsFact(),
	permit(Release{}, by(trade.Platform), underway, rule.D44, KindReleased).AsFact(),
	permit(Release{}, by(trade.Platform), in(PhaseDrafted, PhaseCancelled), rule.D44, KindReleasedBeside).AsFact(),
	permit(Release{}, by(trade.Platform), in(PhaseReleased, PhaseCustomsClosed), rule.D44).AsFact(),
	permit(CloseCustoms{}, by(trade.Platform), in(PhaseReleased), rule.D44, KindCustomsClosed).AsFact(),
	permit(CloseCustoms{}, by(trade.Platform), in(PhaseDrafted, PhaseUnderReview, PhaseNeedsChange, PhaseAccepted, PhaseDeclaring,
		PhaseReturned, PhaseCustomsClosed, PhaseCancelled), rule.D44).AsFact(),

	// link
	permit(Link{}, by(trade.Desk), alive, rule.A21, KindLinked).Unless(rule.D39, in(PhaseCancelled)),
	permit(Unlink{}, by(trade.Desk), alive, rule.D40, KindUnlinked),
}

func in(phases ...Phase) []Phase { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(c Command, roles []trade.Role, phases []Phase, id rule.ID, makes ...Kind) machine.Permit[Phase, Kind] {
	return machine.Permit[Phase, Kind]{Command: c.Name(), Roles: roles, Phases: phases, Rule: id, Makes: makes}
}

var life = machine.Must(machine.NewLife("entrustment", "委托单", PhaseNone, steps, permits))

// Life returns the two tables of an entrustment, and the machine and the diagram made from them.
func Life() *machine.Life[Phase, Kind] { return life }
