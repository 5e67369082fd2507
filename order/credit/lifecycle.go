package credit

import (
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Phase is where a line stands in its life.
type Phase uint8

// The phases of a line. Stored: add phases, never renumber them.
const (
	// PhaseNone is the phase of a line that was never assessed or opened. Its limit is zero.
	PhaseNone Phase = iota
	// PhaseActive: the assurance line takes holds up to what is available.
	PhaseActive
	// PhaseSuspended: the assurance line takes no new holds; those that are open go on.
	PhaseSuspended
	// PhaseOpen: the pay-later line takes orders up to what is usable. It can be frozen in this
	// phase, which its set of reasons says.
	PhaseOpen
)

// phases names the phases: on the wire, and for people in both languages.
var phases = machine.Names{
	{"none", "not granted yet", "尚未授信"},
	{"active", "active", "生效中"},
	{"suspended", "suspended", "已暂停"},
	{"open", "open", "已开通"},
}

// String returns the phase's name, such as "active".
func (p Phase) String() string { return phases.Name(uint8(p)) }

// Text returns the phase as a sentence has it, such as "suspended" or "已暂停".
func (p Phase) Text(lang rule.Lang) string { return phases.Text(uint8(p), lang) }

// granted are the phases of an assurance line with a limit.
var granted = in(PhaseActive, PhaseSuspended)

// steps says which event moves a line of either product from where to where. It is the only place
// that does; the machines and the diagrams are made from it.
var steps = [...][]machine.Step[Phase, Kind]{
	Assurance: {
		// assess
		{Event: KindLimitAssessed, From: in(PhaseNone), To: PhaseActive},
		{Event: KindLimitAssessed, From: granted, Stay: true},
		{Event: KindLineSuspended, From: in(PhaseActive), To: PhaseSuspended},
		{Event: KindLineResumed, From: in(PhaseSuspended), To: PhaseActive},
		{Event: KindAssessmentRequested, From: granted, Stay: true},

		// hold
		{Event: KindHeld, From: in(PhaseActive), Stay: true},
		{Event: KindHoldAdjusted, From: granted, Stay: true},
		{Event: KindReleased, From: granted, Stay: true},

		// claim
		{Event: KindClaimPosted, From: granted, Stay: true},
		{Event: KindClaimRepaid, From: granted, Stay: true},
	},
	PayLater: {
		// open
		{Event: KindLineOpened, From: in(PhaseNone), To: PhaseOpen},
		{Event: KindLimitRaised, From: in(PhaseOpen), Stay: true},
		{Event: KindLimitReduced, From: in(PhaseOpen), Stay: true},
		{Event: KindAssessmentRequested, From: in(PhaseOpen), Stay: true},

		// deduct
		{Event: KindQuotaDeducted, From: in(PhaseOpen), Stay: true},
		{Event: KindQuotaRestored, From: in(PhaseOpen), Stay: true},
		{Event: KindQuotaConsumed, From: in(PhaseOpen), Stay: true},
		{Event: KindOverdueNoted, From: in(PhaseOpen), Stay: true},

		// freeze
		{Event: KindFrozen, From: in(PhaseOpen), Stay: true},
		{Event: KindUnfrozen, From: in(PhaseOpen), Stay: true},
	},
}

// permits says which role may issue which command to a line of either product, in which phases.
// What it does not allow is denied. See TestMatrix.
var permits = [...][]machine.Permit[Phase, Kind]{
	Assurance: {
		// assess
		permit(AssessLimit{}, by(trade.Platform), in(PhaseNone, PhaseActive, PhaseSuspended), rule.D6, KindLimitAssessed),
		permit(Suspend{}, by(trade.Platform), in(PhaseActive), rule.D6, KindLineSuspended),
		permit(Resume{}, by(trade.Platform), in(PhaseSuspended), rule.D6, KindLineResumed),
		permit(RequestAssessment{}, by(trade.Seller), granted, rule.B21, KindAssessmentRequested),

		// hold
		permit(Hold{}, by(trade.Desk), in(PhaseActive), rule.D3, KindHeld),
		permit(Adjust{}, by(trade.Desk), granted, rule.D5, KindHoldAdjusted),
		permit(Release{}, by(trade.Desk), granted, rule.D5, KindReleased),

		// claim
		permit(Claim{}, by(trade.Desk), granted, rule.D8, KindClaimPosted),
		permit(RepayClaim{}, by(trade.Platform), granted, rule.D8, KindClaimRepaid),
	},
	PayLater: {
		// open
		permit(OpenLine{}, by(trade.Platform), in(PhaseNone), rule.B3, KindLineOpened),
		permit(AssessLimit{}, by(trade.Platform), in(PhaseOpen), rule.B3, KindLimitRaised, KindLimitReduced),
		permit(RequestAssessment{}, by(trade.Seller), in(PhaseOpen), rule.B21, KindAssessmentRequested),

		// deduct
		permit(Deduct{}, by(trade.Desk), in(PhaseOpen), rule.B5, KindQuotaDeducted),
		permit(Restore{}, by(trade.Desk), in(PhaseOpen), rule.B9, KindQuotaRestored),
		permit(NoteOverdue{}, by(trade.Desk), in(PhaseOpen), rule.B15, KindOverdueNoted),
		permit(Consume{}, by(trade.Desk), in(PhaseOpen), rule.D52, KindQuotaConsumed),
		permit(Withdraw{}, by(trade.Seller), in(PhaseNone, PhaseOpen), rule.B6),

		// freeze
		permit(Freeze{}, by(trade.Platform, trade.Desk), in(PhaseOpen), rule.D53, KindFrozen),
		permit(Unfreeze{}, by(trade.Platform), in(PhaseOpen), rule.D53, KindUnfrozen),
	},
}

func in(phases ...Phase) []Phase { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(c Command, roles []trade.Role, phases []Phase, id rule.ID, makes ...Kind) machine.Permit[Phase, Kind] {
	return machine.Permit[Phase, Kind]{Command: c.Name(), Roles: roles, Phases: phases, Rule: id, Makes: makes}
}

var lives = [...]*machine.Life[Phase, Kind]{
	Assurance: machine.Must(machine.NewLife("assurance line", "信保额度", PhaseNone, steps[Assurance], permits[Assurance])),
	PayLater:  machine.Must(machine.NewLife("pay-later line", "先用后付额度", PhaseNone, steps[PayLater], permits[PayLater])),
}

// Life returns the two tables of a line of that product, and the machine and the diagram made from
// them. A pay-later line stays open; the diagram draws a phase that no step leaves as leading to
// the end.
func Life(p Product) *machine.Life[Phase, Kind] { return lives[p] }
