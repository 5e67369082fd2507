package seller

import (
	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// The services and commands that the rules are tried on.
var (
	fresh     = after()
	active    = services()[order.ServiceActive]
	dismissed = services()[order.ServiceRejected]
	suspended = services()[order.ServiceSuspended]

	console   = Activate{Route: RouteConsole}
	certified = Activate{Route: RouteServicePage, Certification: certification}
)

// incomplete lacks a field of the certification.
func incomplete() Activate {
	c := certified
	c.Certification.RegisteredAddress = ""
	return c
}

// idle is a store that does not operate.
func idle() Facts {
	f := paid
	f.Operating = false
	return f
}

func cents(n int64) trade.Money { return trade.Minor(n, trade.Currency{'U', 'S', 'D'}) }

// acceptances has for each rule what it lets pass.
var acceptances = []accepted{
	{"A2/accept/a store in operation", fresh, acme, console, paid, Activated{RouteConsole, MemberPaid, Certification{}}},
	{"A3/accept/the console", fresh, acme, console, paid, Activated{RouteConsole, MemberPaid, Certification{}}},
	{"A3/accept/the page of the service", fresh, acme, Activate{Route: RouteServicePage}, paid, Activated{RouteServicePage, MemberPaid, Certification{}}},
	{"A3/accept/a fee of nothing", fresh, acme, Activate{Route: RouteConsole, Fee: cents(0)}, paid, Activated{RouteConsole, MemberPaid, Certification{}}},
	{"A4/accept/a paid member without certification", fresh, acme, console, paid, Activated{RouteConsole, MemberPaid, Certification{}}},
	{"A4/excludes/an incomplete certification is not looked at", fresh, acme, incomplete(), paid, Activated{RouteServicePage, MemberPaid, Certification{}}},
	{"A5/accept/approved at once", fresh, acme, certified, approved(), Activated{RouteServicePage, MemberFree, certification}},
	{"A5/accept/rejected at once", fresh, acme, certified, rejected("unknown number"), ActivationRejected{RouteServicePage, certification, "unknown number"}},
	{"D33/accept/the platform suspends", active, platform, Suspend{Reason: "counterfeit goods"}, Facts{}, Suspended{"counterfeit goods"}},
	{"D33/accept/the platform reinstates", suspended, platform, Reinstate{}, Facts{}, Reinstated{}},
	{"D34/accept/again after a rejection", dismissed, acme, certified, approved(), Activated{RouteServicePage, MemberFree, certification}},
	{"D34/accept/rejected again", dismissed, acme, certified, rejected("still unknown"), ActivationRejected{RouteServicePage, certification, "still unknown"}},
	{"D61/accept/at the instant of the last event", active, platform, Suspend{Reason: "fraud"}, Facts{}, Suspended{"fraud"}},
}

// refusals has for each rule what it does not let pass.
var refusals = []refused{
	{"A2/refuse/no store", fresh, acme, console, Facts{}, rule.A2},
	{"A2/refuse/a store that does not operate", fresh, acme, console, idle(), rule.A2},
	{"A2/refuse/active already", active, acme, console, paid, rule.A2},
	{"A2/refuse/suspended", suspended, acme, console, paid, rule.A2},
	{"A2/refuse/for another seller", fresh, other, console, paid, rule.A2},
	{"A2/refuse/comes before A3", fresh, acme, Activate{Route: "broker"}, idle(), rule.A2},
	{"A3/refuse/another route", fresh, acme, Activate{Route: "broker"}, paid, rule.A3},
	{"A3/refuse/a route in other case", fresh, acme, Activate{Route: "Console"}, paid, rule.A3},
	{"A3/refuse/a fee", fresh, acme, Activate{Route: RouteConsole, Fee: cents(1)}, paid, rule.A3},
	{"A3/refuse/a negative fee", fresh, acme, Activate{Route: RouteConsole, Fee: cents(-1)}, paid, rule.A3},
	{"A3/refuse/comes before A5", fresh, acme, Activate{Route: RouteConsole, Fee: cents(100)}, free, rule.A3},
	{"A5/refuse/a free member without certification", fresh, acme, console, approved(), rule.A5},
	{"A5/refuse/an incomplete certification", fresh, acme, incomplete(), approved(), rule.A5},
	{"A5/refuse/incomplete, whatever the verdict", fresh, acme, incomplete(), rejected("unknown"), rule.A5},
	{"D33/refuse/the seller suspends", active, acme, Suspend{Reason: "holidays"}, Facts{}, rule.D33},
	{"D33/refuse/the seller reinstates", suspended, acme, Reinstate{}, Facts{}, rule.D33},
	{"D33/refuse/suspended already", suspended, platform, Suspend{Reason: "fraud"}, Facts{}, rule.D33},
	{"D33/refuse/not suspended", active, platform, Reinstate{}, Facts{}, rule.D33},
}
