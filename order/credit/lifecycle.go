package credit

import (
	"slices"

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
	// PhaseSuspended: the assurance line takes no new holds; the ones it has go on.
	PhaseSuspended
	// PhaseOpen: the pay-later line takes orders up to what is usable. Whether it is frozen is
	// no phase but told by its set of reasons.
	PhaseOpen
)

var phaseNames = [...]string{"none", "active", "suspended", "open"}

// String returns the phase's name, such as "active".
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}

// of reports whether a line of that product can be in the phase.
func (p Phase) of(product Product) bool {
	return p == PhaseNone || (p == PhaseOpen) == (product == PayLater)
}

// steps is the life of a line: which fact moves it from where to where. It is the only place
// that says so; the machine and the diagram are made from it. See TestStepsAreTheMachine.
var steps = []machine.Step[Phase, Kind]{
	// assess
	{Event: KindLimitAssessed, From: in(PhaseNone), To: PhaseActive},
	{Event: KindLimitAssessed, From: in(PhaseActive, PhaseSuspended), Stay: true},
	{Event: KindLineSuspended, From: in(PhaseActive), To: PhaseSuspended},
	{Event: KindLineResumed, From: in(PhaseSuspended), To: PhaseActive},

	// hold
	{Event: KindHeld, From: in(PhaseActive), Stay: true},
	{Event: KindHoldAdjusted, From: in(PhaseActive, PhaseSuspended), Stay: true},
	{Event: KindReleased, From: in(PhaseActive, PhaseSuspended), Stay: true},

	// claim
	{Event: KindClaimPosted, From: in(PhaseActive, PhaseSuspended), Stay: true},
	{Event: KindClaimRepaid, From: in(PhaseActive, PhaseSuspended), Stay: true},

	// open, the whole life of a pay-later line
	{Event: KindLineOpened, From: in(PhaseNone), To: PhaseOpen},
	{Event: KindLimitRaised, From: in(PhaseOpen), Stay: true},
	{Event: KindLimitReduced, From: in(PhaseOpen), Stay: true},
	{Event: KindQuotaDeducted, From: in(PhaseOpen), Stay: true},
	{Event: KindQuotaRestored, From: in(PhaseOpen), Stay: true},
	{Event: KindQuotaConsumed, From: in(PhaseOpen), Stay: true},
	{Event: KindOverdueNoted, From: in(PhaseOpen), Stay: true},
	{Event: KindFrozen, From: in(PhaseOpen), Stay: true},
	{Event: KindUnfrozen, From: in(PhaseOpen), Stay: true},
}

// Permission says who may ask a line of that product for a command, in which phases, which rule
// refuses it elsewhere and to others, and which facts may come of it.
type Permission struct {
	Product Product
	Command string
	Roles   []trade.Role
	Phases  []Phase
	Rule    rule.ID
	Makes   []Kind
}

// permissions is what may be asked of a line. What it does not allow is denied. See TestMatrix.
var permissions = []Permission{
	// assess
	permit(Assurance, AssessLimit{}, by(trade.Platform), in(PhaseNone, PhaseActive, PhaseSuspended), rule.D6, KindLimitAssessed),
	permit(Assurance, Suspend{}, by(trade.Platform), in(PhaseActive), rule.D6, KindLineSuspended),
	permit(Assurance, Resume{}, by(trade.Platform), in(PhaseSuspended), rule.D6, KindLineResumed),

	// hold
	permit(Assurance, Hold{}, by(trade.Desk), in(PhaseActive), rule.D3, KindHeld),
	permit(Assurance, Adjust{}, by(trade.Desk), in(PhaseActive, PhaseSuspended), rule.D5, KindHoldAdjusted),
	permit(Assurance, Release{}, by(trade.Desk), in(PhaseActive, PhaseSuspended), rule.D5, KindReleased),

	// claim
	permit(Assurance, Claim{}, by(trade.Desk), in(PhaseActive, PhaseSuspended), rule.D8, KindClaimPosted),
	permit(Assurance, RepayClaim{}, by(trade.Platform), in(PhaseActive, PhaseSuspended), rule.D8, KindClaimRepaid),

	// open
	permit(PayLater, OpenLine{}, by(trade.Platform), in(PhaseNone), rule.B3, KindLineOpened),
	permit(PayLater, AssessLimit{}, by(trade.Platform), in(PhaseOpen), rule.B3, KindLimitRaised, KindLimitReduced),

	// deduct
	permit(PayLater, Deduct{}, by(trade.Desk), in(PhaseOpen), rule.B5, KindQuotaDeducted),
	permit(PayLater, Restore{}, by(trade.Desk), in(PhaseOpen), rule.B9, KindQuotaRestored),
	permit(PayLater, NoteOverdue{}, by(trade.Desk), in(PhaseOpen), rule.B15, KindOverdueNoted),
	permit(PayLater, Consume{}, by(trade.Desk), in(PhaseOpen), rule.D52, KindQuotaConsumed),
	permit(PayLater, Withdraw{}, by(trade.Seller), in(PhaseNone, PhaseOpen), rule.B6),

	// freeze
	permit(PayLater, Freeze{}, by(trade.Platform, trade.Desk), in(PhaseOpen), rule.D53, KindFrozen),
	permit(PayLater, Unfreeze{}, by(trade.Platform), in(PhaseOpen), rule.D53, KindUnfrozen),
}

func in(phases ...Phase) []Phase { return phases }

func by(roles ...trade.Role) []trade.Role { return roles }

func permit(p Product, c Command, roles []trade.Role, phases []Phase, ruleID rule.ID, makes ...Kind) Permission {
	return Permission{Product: p, Command: c.Name(), Roles: roles, Phases: phases, Rule: ruleID, Makes: makes}
}

// permissionOf returns the row of that command on that product, or else its row on the other
// one, whose rule then refuses it. Every command has a row, see TestPermissions, and the table
// is short enough to be read from the top; a command without a row would be denied.
func permissionOf(product Product, command string) *Permission {
	found := &Permission{Product: product, Command: command}
	for i := range permissions {
		if p := &permissions[i]; p.Command == command {
			if p.Product == product {
				return p
			}
			found = p
		}
	}
	return found
}

// Permissions returns a copy of the table of commands.
func Permissions() []Permission {
	rows := slices.Clone(permissions)
	for i := range rows {
		p := &rows[i]
		p.Roles, p.Phases, p.Makes = slices.Clone(p.Roles), slices.Clone(p.Phases), slices.Clone(p.Makes)
	}
	return rows
}

// lifecycle is the machine of a line. It is made once from the steps and never changes.
var lifecycle = mustTable(machine.New(PhaseNone, steps))

// mustTable panics if the steps above contradict each other: the program is broken then,
// whatever its input.
func mustTable(t *machine.Table[Phase, Kind], err error) *machine.Table[Phase, Kind] {
	if err != nil {
		panic(err)
	}
	return t
}

// Table returns the machine of a line.
func Table() *machine.Table[Phase, Kind] { return lifecycle }

// Diagram returns the phases of a line as a Mermaid state diagram. A pay-later line stays open;
// the diagram draws a phase that no step leaves as leading to the end.
func Diagram() string { return lifecycle.Mermaid() }
