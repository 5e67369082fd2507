package seller

import (
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/trade"
)

var (
	acme     = trade.Actor{Role: trade.Seller, Account: "acme"}
	other    = trade.Actor{Role: trade.Seller, Account: "other"}
	platform = trade.Actor{Role: trade.Platform}

	noon = time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)

	paid = Facts{Operating: true, Membership: MemberPaid}
	free = Facts{Operating: true, Membership: MemberFree}

	certification = Certification{
		CompanyName: "Acme Trading Ltd", RegistrationNo: "91330100MA2XXXXX0A",
		LegalRepresentative: "Wang Fang", RegisteredAddress: "699 Wangshang Rd, Hangzhou",
	}
)

func approved() Facts {
	f := free
	f.Verdict = Verdict{Approved: true}
	return f
}

func rejected(reason trade.Text) Facts {
	f := free
	f.Verdict = Verdict{Reason: reason}
	return f
}

// after returns the service of acme after the events, an hour apart and the last one at noon.
func after(history ...Event) Service {
	s := New("acme")
	for i, e := range history {
		at := noon.Add(time.Duration(i+1-len(history)) * time.Hour)
		if err := s.Apply(e, at); err != nil {
			panic(err)
		}
	}
	return s
}

// services returns for each phase a service that stands in it.
func services() map[order.Service]Service {
	activated := Activated{Route: RouteConsole, Membership: MemberPaid}
	return map[order.Service]Service{
		order.ServiceNone:      after(),
		order.ServiceActive:    after(activated),
		order.ServiceRejected:  after(ActivationRejected{Route: RouteConsole, Certification: certification, Reason: "unknown"}),
		order.ServiceSuspended: after(activated, Suspended{Reason: "counterfeit goods"}),
	}
}
