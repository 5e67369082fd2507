package credit

import (
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// The lines and commands that the rules are tried on.
var (
	never   = after()
	empty   = after(assessed(10_000))
	six     = after(assessed(10_000), held(orderA, 6_000))
	cut     = after(assessed(10_000), held(orderA, 6_000), assessed(4_000))
	stopped = after(assessed(10_000), held(orderA, 6_000), LineSuspended{Reason: "fraud"})
	claimed = after(assessed(10_000), held(orderA, 6_000), ClaimPosted{Order: orderA, Amount: dollars(6_000), Released: dollars(0)})

	none   = Facts{}
	no     = trade.Money{}
	inputs = Inputs{Qualification: "A", Ability: "verified", TradeFlow: euros(250_000), Penalties: 1, Month: "2025-06"}
)

func hold(id trade.ID, n int64) Hold { return Hold{Order: id, Amount: dollars(n)} }

func adjust(from, to int64) Adjust { return Adjust{orderA, dollars(from), dollars(to)} }

func release(n int64, cause order.ReleaseCause) Release { return Release{orderA, dollars(n), cause} }

func claim(openHold, n int64) Claim { return Claim{orderA, dollars(openHold), dollars(n)} }

// acceptances has for each rule what it lets pass.
var acceptances = []accepted{
	{"A14/accept/released at shipment", six, release(6_000, order.ReleaseShipped), open(6_000), Released{orderA, dollars(6_000), order.ReleaseShipped}, sums{10_000, 0, 0, 10_000, 0}},
	{"A15/accept/released at receipt", six, release(6_000, order.ReleaseReceived), open(6_000), Released{orderA, dollars(6_000), order.ReleaseReceived}, sums{10_000, 0, 0, 10_000, 0}},
	{"A15/accept/the room of one hold goes to the next", empty, hold(orderB, 5_000), none, held(orderB, 5_000), sums{10_000, 5_000, 0, 5_000, 0}},
	{"D3/accept/all that is available", six, hold(orderB, 4_000), none, held(orderB, 4_000), sums{10_000, 10_000, 0, 0, 0}},
	{"D3/accept/the rest after a claim", claimed, hold(orderB, 4_000), none, held(orderB, 4_000), sums{10_000, 4_000, 6_000, 0, 0}},
	{"D4/accept/again after no coverage", empty, hold(orderA, 1), released(5, order.ReleaseUncovered), held(orderA, 1), sums{10_000, 1, 0, 9_999, 0}},
	{"D5/accept/released when the order closes", six, release(6_000, order.ReleaseClosed), open(6_000), Released{orderA, dollars(6_000), order.ReleaseClosed}, sums{10_000, 0, 0, 10_000, 0}},
	{"D5/accept/released when coverage changes to none", six, release(6_000, order.ReleaseUncovered), open(6_000), Released{orderA, dollars(6_000), order.ReleaseUncovered}, sums{10_000, 0, 0, 10_000, 0}},
	{"D5/accept/lowered", six, adjust(6_000, 1), open(6_000), HoldAdjusted{orderA, dollars(6_000), dollars(1)}, sums{10_000, 1, 0, 9_999, 0}},
	{"D5/accept/raised by all that is available", six, adjust(6_000, 10_000), open(6_000), HoldAdjusted{orderA, dollars(6_000), dollars(10_000)}, sums{10_000, 10_000, 0, 0, 0}},
	{"D5/accept/lowered above the limit", cut, adjust(6_000, 5_000), open(6_000), HoldAdjusted{orderA, dollars(6_000), dollars(5_000)}, sums{4_000, 5_000, 0, 0, 1_000}},
	{"D5/accept/lowered while suspended", stopped, adjust(6_000, 5_000), open(6_000), HoldAdjusted{orderA, dollars(6_000), dollars(5_000)}, sums{10_000, 5_000, 0, 5_000, 0}},
	{"D5/accept/released while suspended", stopped, release(6_000, order.ReleaseReceived), open(6_000), Released{orderA, dollars(6_000), order.ReleaseReceived}, sums{10_000, 0, 0, 10_000, 0}},
	{"D6/accept/the first assessment", never, AssessLimit{dollars(10_000), inputs}, none, LimitAssessed{dollars(10_000), inputs}, sums{10_000, 0, 0, 10_000, 0}},
	{"D6/accept/raised", six, AssessLimit{Limit: dollars(20_000)}, none, assessed(20_000), sums{20_000, 6_000, 0, 14_000, 0}},
	{"D6/accept/unchanged", six, AssessLimit{Limit: dollars(10_000)}, none, assessed(10_000), sums{10_000, 6_000, 0, 4_000, 0}},
	{"D6/accept/assessed while suspended", stopped, AssessLimit{Limit: dollars(7_000)}, none, assessed(7_000), sums{7_000, 6_000, 0, 1_000, 0}},
	{"D6/accept/suspended", six, Suspend{"fraud"}, none, LineSuspended{"fraud"}, sums{10_000, 6_000, 0, 4_000, 0}},
	{"D6/accept/resumed", stopped, Resume{}, none, LineResumed{}, sums{10_000, 6_000, 0, 4_000, 0}},
	{"D7/accept/cut below what is held", six, AssessLimit{Limit: dollars(4_000)}, none, assessed(4_000), sums{4_000, 6_000, 0, 0, 2_000}},
	{"D7/accept/cut to nothing", six, AssessLimit{Limit: dollars(0)}, none, assessed(0), sums{0, 6_000, 0, 0, 6_000}},
	{"D7/accept/released above the limit", cut, release(6_000, order.ReleaseShipped), open(6_000), Released{orderA, dollars(6_000), order.ReleaseShipped}, sums{4_000, 0, 0, 4_000, 0}},
	{"D8/accept/part posted, the rest released", six, claim(6_000, 2_500), open(6_000), ClaimPosted{orderA, dollars(2_500), dollars(3_500)}, sums{10_000, 0, 2_500, 7_500, 0}},
	{"D8/accept/all posted", six, claim(6_000, 6_000), open(6_000), ClaimPosted{orderA, dollars(6_000), dollars(0)}, sums{10_000, 0, 6_000, 4_000, 0}},
	{"D8/accept/claimed while suspended", stopped, claim(6_000, 1), open(6_000), ClaimPosted{orderA, dollars(1), dollars(5_999)}, sums{10_000, 0, 1, 9_999, 0}},
	{"D8/accept/claimed above the limit", cut, claim(6_000, 6_000), open(6_000), ClaimPosted{orderA, dollars(6_000), dollars(0)}, sums{4_000, 0, 6_000, 0, 2_000}},
	{"D8/accept/repaid in part", claimed, RepayClaim{dollars(1_000), "TT-1"}, none, ClaimRepaid{dollars(1_000), "TT-1"}, sums{10_000, 0, 5_000, 5_000, 0}},
	{"D8/accept/repaid in full", claimed, RepayClaim{dollars(6_000), "TT-1"}, none, ClaimRepaid{dollars(6_000), "TT-1"}, sums{10_000, 0, 0, 10_000, 0}},
}

// refusals has for each rule what it does not let pass.
var refusals = []refused{
	{"A13/refuse/a claim without coverage", six, claim(6_000, 1), none, rule.A13, no},
	{"A13/refuse/a claim after coverage changed to none", six, claim(6_000, 1), released(6_000, order.ReleaseUncovered), rule.A13, no},
	{"A13/refuse/a release of what was never held", six, release(6_000, order.ReleaseShipped), none, rule.A13, no},
	{"A13/refuse/a change of what was never held", six, adjust(6_000, 1), none, rule.A13, no},
	{"A14/refuse/a claim after shipment", six, claim(6_000, 1), released(6_000, order.ReleaseShipped), rule.A14, no},
	{"A14/refuse/a second release", six, release(6_000, order.ReleaseShipped), released(6_000, order.ReleaseShipped), rule.A14, no},
	{"A14/refuse/a new hold after shipment", six, hold(orderA, 1), released(6_000, order.ReleaseShipped), rule.A14, no},
	{"A15/refuse/a claim after receipt", six, claim(6_000, 1), released(6_000, order.ReleaseReceived), rule.A15, no},
	{"A15/refuse/a second release", six, release(6_000, order.ReleaseReceived), released(6_000, order.ReleaseReceived), rule.A15, no},
	{"A15/refuse/a new hold after receipt", six, hold(orderA, 1), released(6_000, order.ReleaseReceived), rule.A15, no},
	{"D3/refuse/one more than is available", six, hold(orderB, 4_001), none, rule.D3, dollars(1)},
	{"D3/refuse/the second of two orders", six, hold(orderB, 5_000), none, rule.D3, dollars(1_000)},
	{"D3/refuse/a line that was never assessed", never, hold(orderA, 6_000), none, rule.D3, dollars(6_000)},
	{"D3/refuse/a suspended line", stopped, hold(orderB, 1), none, rule.D3, dollars(1)},
	{"D3/refuse/what a claim consumed", claimed, hold(orderB, 5_000), none, rule.D3, dollars(1_000)},
	{"D4/refuse/a second hold of one order", six, hold(orderA, 1), open(6_000), rule.D4, no},
	{"D5/refuse/a raise beyond what is available", six, adjust(6_000, 10_001), open(6_000), rule.D5, dollars(1)},
	{"D5/refuse/a raise on a suspended line", stopped, adjust(6_000, 6_001), open(6_000), rule.D5, dollars(1)},
	{"D5/refuse/a raise above a cut limit", cut, adjust(6_000, 6_001), open(6_000), rule.D5, dollars(1)},
	{"D5/refuse/a change from another amount", six, adjust(5_999, 1), open(6_000), rule.D5, no},
	{"D5/refuse/a release of a part", six, release(5_999, order.ReleaseShipped), open(6_000), rule.D5, no},
	{"D5/refuse/a release of more", six, release(6_001, order.ReleaseShipped), open(6_000), rule.D5, no},
	{"D5/refuse/on a line that was never assessed", never, release(1, order.ReleaseClosed), open(1), rule.D5, no},
	{"D6/refuse/suspended already", stopped, Suspend{"fraud"}, none, rule.D6, no},
	{"D6/refuse/not suspended", six, Resume{}, none, rule.D6, no},
	{"D7/refuse/a new hold on a cut line", cut, hold(orderB, 1), none, rule.D3, dollars(1)},
	{"D8/refuse/more than is held", six, claim(6_000, 6_001), open(6_000), rule.D8, dollars(1)},
	{"D8/refuse/of another hold", six, claim(7_000, 6_500), open(6_000), rule.D8, no},
	{"D8/refuse/claimed twice", claimed, claim(6_000, 1), posted(6_000), rule.D8, no},
	{"D8/refuse/released after a claim", claimed, release(6_000, order.ReleaseClosed), posted(6_000), rule.D8, no},
	{"D8/refuse/changed after a claim", claimed, adjust(6_000, 1), posted(6_000), rule.D8, no},
	{"D8/refuse/a new hold after a claim", claimed, hold(orderA, 1), posted(6_000), rule.D8, no},
	{"D8/refuse/a claim after the order closed", six, claim(6_000, 1), released(6_000, order.ReleaseClosed), rule.D8, no},
	{"D8/refuse/a new hold after the order closed", six, hold(orderA, 1), released(6_000, order.ReleaseClosed), rule.D8, no},
	{"D8/refuse/repaid more than was claimed", claimed, RepayClaim{dollars(6_001), "TT-1"}, none, rule.D8, no},
	{"D8/refuse/repaid without a claim", six, RepayClaim{dollars(1), "TT-1"}, none, rule.D8, no},
	{"D60/refuse/a limit", six, AssessLimit{Limit: euros(1)}, none, rule.D60, no},
	{"D60/refuse/a hold", six, Hold{orderB, euros(1)}, none, rule.D60, no},
	{"D60/refuse/a change", six, Adjust{orderA, dollars(6_000), euros(1)}, open(6_000), rule.D60, no},
	{"D60/refuse/a release", six, Release{orderA, euros(6_000), order.ReleaseShipped}, open(6_000), rule.D60, no},
	{"D60/refuse/a claim", six, Claim{orderA, dollars(6_000), euros(1)}, open(6_000), rule.D60, no},
	{"D60/refuse/a repayment", claimed, RepayClaim{euros(1), "TT-1"}, none, rule.D60, no},
}
