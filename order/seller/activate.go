package seller

import (
	"errors"
	"strings"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Activate: a seller opens the service by one of two routes, free of charge, and learns the answer
// at once.

// Route is where a seller asks for the service.
type Route string

// The two routes: the panel of the seller's console (后台首页信用保障板块) and the page of the
// service itself (信用保障服务运营页面).
const (
	RouteConsole     Route = "console"
	RouteServicePage Route = "service-page"
)

func (r Route) check() error {
	if r != RouteConsole && r != RouteServicePage {
		return trade.Invalid("route", "is neither console nor service-page")
	}
	return nil
}

// Membership is a seller's membership of the platform.
type Membership string

// The memberships.
const (
	MemberPaid Membership = "paid" // 付费会员
	MemberFree Membership = "free" // 免费会员
)

// The bounds of the texts of this package, in bytes. Stored: raise them, never lower them.
const (
	maxName   = 200
	maxRoute  = 64
	maxReason = 500
)

// Certification is the enterprise certification (企业认证信息) that a free member files. It is
// complete if no field is empty. Stored: add fields, never rename or remove.
type Certification struct {
	CompanyName         string `json:"company_name,omitzero"`
	RegistrationNo      string `json:"registration_no,omitzero"` // the number on the business licence (统一社会信用代码)
	LegalRepresentative string `json:"legal_representative,omitzero"`
	RegisteredAddress   string `json:"registered_address,omitzero"`
}

// fields returns name and value of each field.
func (c *Certification) fields() [4][2]string {
	return [...][2]string{
		{"company_name", c.CompanyName},
		{"registration_no", c.RegistrationNo},
		{"legal_representative", c.LegalRepresentative},
		{"registered_address", c.RegisteredAddress},
	}
}

// Missing returns the names of the fields that are empty, in their order.
func (c Certification) Missing() []string {
	var names []string
	for _, field := range c.fields() {
		if field[1] == "" {
			names = append(names, field[0])
		}
	}
	return names
}

// check returns an error for malformed fields; an empty one is only missing.
func (c *Certification) check(text trade.TextCheck) error {
	for _, field := range c.fields() {
		if field[1] == "" {
			continue
		}
		if err := text("certification."+field[0], field[1], maxName); err != nil {
			return err
		}
	}
	return nil
}

// Verdict is the answer to a certification. The zero value says that there is none yet. A verdict
// that is not approved has the reason that the seller is shown, in at most 500 bytes.
type Verdict struct {
	Approved bool
	Reason   trade.Text
}

// ErrVerdictNeeded says that a free member has filed a complete certification, that every other
// rule has passed, and that Facts has no verdict. The caller obtains one and decides again; a dry
// run stops here.
var ErrVerdictNeeded = errors.New("seller: the answer depends on the verdict on the certification")

// Activate asks for the service. The certification of a paid member is ignored. Fee is what the
// seller was asked to pay for the service; only zero is accepted.
type Activate struct {
	Route         Route         `json:"route"`
	Certification Certification `json:"certification,omitzero"`
	Fee           trade.Money   `json:"fee,omitzero"`
}

func (c Activate) check() error {
	if err := trade.CheckText("route", string(c.Route), maxRoute); err != nil {
		return err
	}
	return c.Certification.check(trade.CheckText)
}

func (c Activate) decide(s *Service, _ *trade.Given, f *Facts) ([]Event, error) {
	if !f.Operating {
		return nil, s.refuse(rule.A2, c).Says("the store is not in operation", "店铺未实际开展运营")
	}
	if c.Route.check() != nil {
		return nil, s.refuse(rule.A3, c).On("route").Says("the routes are console and service-page",
			"开通途径只有后台首页信用保障板块和服务运营页面")
	}
	if !c.Fee.IsZero() {
		return nil, s.refuse(rule.A3, c).On("fee").Says("no fee is taken", "开通不收取任何费用")
	}
	switch f.Membership {
	case MemberPaid:
		return []Event{Activated{Route: c.Route, Membership: MemberPaid}}, nil
	case MemberFree:
		return c.certify(s, f.Verdict)
	}
	return nil, trade.Invalid("facts.membership", "is neither paid nor free")
}

// certify is the part of the rules that only a free member has to pass.
func (c Activate) certify(s *Service, v Verdict) ([]Event, error) {
	if missing := c.Certification.Missing(); len(missing) > 0 {
		return nil, s.refuse(rule.A5, c).On("certification."+missing[0]).Because("the certification lacks %s", "企业认证信息缺少%s", strings.Join(missing, ", "))
	}
	switch {
	case v == Verdict{}:
		return nil, ErrVerdictNeeded
	case v.Approved && v.Reason != "":
		return nil, trade.Invalid("facts.verdict", "is approved and has a reason of rejection")
	case v.Approved:
		return []Event{Activated{Route: c.Route, Membership: MemberFree, Certification: c.Certification}}, nil
	}
	v.Reason = v.Reason.Normal()
	if err := v.Reason.Check("facts.verdict.reason", maxReason); err != nil {
		return nil, err
	}
	return []Event{ActivationRejected{Route: c.Route, Certification: c.Certification, Reason: v.Reason}}, nil
}

// Activated says that the seller has the service. Certification is what a free member filed.
// Stored: add fields, never rename or remove.
type Activated struct {
	Route         Route         `json:"route"`
	Membership    Membership    `json:"membership"`
	Certification Certification `json:"certification,omitzero"`
}

func (e Activated) check() error {
	if err := e.Route.check(); err != nil {
		return err
	}
	if e.Membership != MemberPaid && e.Membership != MemberFree {
		return trade.Invalid("membership", "is neither paid nor free")
	}
	return e.Certification.check(trade.CheckStoredText)
}

func (e Activated) evolve(s *Service) {
	s.Route, s.Membership, s.Certification, s.Reason = e.Route, e.Membership, e.Certification, ""
}

// ActivationRejected says that the certification of a free member did not pass, and why. The
// member may file again.
// Stored: add fields, never rename or remove.
type ActivationRejected struct {
	Route         Route         `json:"route"`
	Certification Certification `json:"certification"`
	Reason        trade.Text    `json:"reason"`
}

func (e ActivationRejected) check() error {
	if err := e.Route.check(); err != nil {
		return err
	}
	if err := e.Reason.CheckStored("reason", maxReason); err != nil {
		return err
	}
	return e.Certification.check(trade.CheckStoredText)
}

func (e ActivationRejected) evolve(s *Service) { s.Reason = e.Reason }
