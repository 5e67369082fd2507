package seller_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// A free member files a certification. Decide says when it needs the verdict, and with it the
// service is active; a seller cannot suspend it.
func Example() {
	acme := trade.Actor{Role: trade.Seller, Account: "acme"}
	s := seller.New(acme.Account)
	facts := seller.Facts{Operating: true, Membership: seller.MemberFree}
	do := func(c seller.Command) error {
		given := trade.Given{By: acme, At: time.Date(2025, 3, 10, 9, 0, 0, 0, time.UTC)}
		made, err := seller.Decide(s, c, given, facts)
		for _, e := range made {
			fmt.Println(e.Kind())
			err = errors.Join(err, s.Apply(e, given.At))
		}
		return err
	}

	activate := seller.Activate{Route: seller.RouteConsole, Certification: seller.Certification{
		CompanyName: "Acme Trading Ltd", RegistrationNo: "91330100MA2XXXXX0A", LegalRepresentative: "Wang Fang",
	}}
	var no *trade.Refusal
	if errors.As(do(activate), &no) {
		fmt.Println(no.Rule, no.Reason(rule.English))
	}
	activate.Certification.RegisteredAddress = "699 Wangshang Rd, Hangzhou"
	fmt.Println(do(activate))

	facts.Verdict = seller.Verdict{Approved: true}
	if err := do(activate); err == nil {
		fmt.Println(s.Phase)
	}

	if errors.As(do(seller.Suspend{Reason: "holidays"}), &no) {
		fmt.Println(no.Rule, no.Reason(rule.English))
	}
	// Output:
	// A5 the certification lacks registered_address
	// seller: the answer depends on the verdict on the certification
	// service.activated
	// active
	// D33 the actor is the seller; suspend is for the platform, while it is active
}

// The life of a service is data: who may issue which command when, and the diagram.
func ExampleLife() {
	for _, p := range seller.Life().Permits() {
		fmt.Println(p.Command, p.Roles, p.Phases, p.Makes)
	}
	fmt.Print(seller.Life().Diagram())
	// Output:
	// activate [seller] [none rejected] [service.activated service.activation-rejected]
	// suspend [platform] [active] [service.suspended]
	// reinstate [platform] [suspended] [service.reinstated]
	// stateDiagram-v2
	//     [*] --> active: service.activated
	//     [*] --> rejected: service.activation-rejected
	//     active --> suspended: service.suspended
	//     rejected --> active: service.activated
	//     suspended --> active: service.reinstated
}
