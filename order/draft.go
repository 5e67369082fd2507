package order

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// Draft: the seller writes the contract. It binds nobody yet.

// DraftMode is how a contract is drafted (A7).
type DraftMode string

// The two modes of drafting.
const (
	DraftOnline     DraftMode = "online"     // 在线起草
	DraftAttachment DraftMode = "attachment" // 上传附件
)

// Draft opens the order. Its instant stays the drafting time: entrustments that were released
// earlier cannot be linked (A23, D26).
type Draft struct {
	Mode DraftMode `json:"mode"`
}

func (c Draft) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if c.Mode != DraftOnline && c.Mode != DraftAttachment {
		return nil, refuse(rule.A7, c, o).On("mode")
	}
	if f.Service != ServiceActive {
		return nil, serviceIs(f.Service, refuse(rule.A6, c, o))
	}
	return []Event{Drafted{Seller: g.By.Account, Email: g.By.Email, Mode: c.Mode, DraftedAt: g.At}}, nil
}

func serviceIs(s Service, no *trade.Refusal) *trade.Refusal {
	return no.Says("the service is "+s.Text(rule.English), "服务状态为"+s.Text(rule.Chinese))
}

// Drafted says that the seller opened the order.
// Stored: add fields, never rename or remove.
type Drafted struct {
	Seller    trade.Account `json:"seller"`
	Email     trade.Email   `json:"seller_email,omitzero"`
	Mode      DraftMode     `json:"mode"`
	DraftedAt time.Time     `json:"drafted_at"`
}

func (e Drafted) evolve(o *Order, _ time.Time) {
	o.Seller = Party{Account: e.Seller, Email: e.Email}
	o.Mode, o.DraftedAt = e.Mode, e.DraftedAt
}

// SetBuyer enters the buyer. BuyerName is the expected payer of transfers (D19). A new address has to
// be matched again (A8).
type SetBuyer struct {
	Email     trade.Email `json:"email"`
	BuyerName string      `json:"name"`
}

func (c SetBuyer) check() error { return trade.CheckText("name", c.BuyerName, 200) }

func (c SetBuyer) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if trade.CheckEmail("email", c.Email) != nil {
		// A8 asks for an address, so that a malformed one is refused by it.
		return nil, refuse(rule.A8, c, o).On("email").Because("the address is missing or not of the form name@example.com", "买家邮箱为空或格式不正确")
	}
	if o.Seller.Same("", c.Email) || g.By.Email.Same(c.Email) {
		return nil, refuse(rule.D36, c, o).On("email")
	}
	if admits := f.rules().BuyerEmail; admits != nil && !admits(c.Email) {
		return nil, refuse(rule.D32, c, o).On("email").Because("the platform does not accept this address", "平台不接受该邮箱")
	}
	return []Event{BuyerEntered(c)}, nil
}

// BuyerEntered says who the seller's buyer is; it voids an earlier match.
// Stored: add fields, never rename or remove.
type BuyerEntered struct {
	Email     trade.Email `json:"email"`
	BuyerName string      `json:"name"`
}

func (e BuyerEntered) evolve(o *Order, _ time.Time) {
	o.Buyer, o.Matched = Party{Email: e.Email, Name: e.BuyerName}, false
}

// MatchBuyer looks up the entered address among the platform's accounts (匹配买家信息).
type MatchBuyer struct {
	Email trade.Email `json:"email"`
}

func (c MatchBuyer) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if o.Buyer.Email == "" {
		return nil, refuse(rule.A8, c, o).Because("no address was entered", "尚未填写买家邮箱")
	}
	if !c.Email.Same(o.Buyer.Email) {
		return nil, refuse(rule.A8, c, o).On("email").Because("the match is for another address than the one entered", "匹配的邮箱与已填写的邮箱不一致")
	}
	if f.Match != "" {
		if err := trade.CheckID("facts.match", string(f.Match)); err != nil {
			return nil, err
		}
	}
	if o.Seller.Same(f.Match, o.Buyer.Email) || g.By.Email.Same(o.Buyer.Email) {
		return nil, refuse(rule.D36, c, o).On("email")
	}
	return []Event{BuyerMatched{Email: o.Buyer.Email, Account: f.Match, Registered: f.Match != ""}}, nil
}

// BuyerMatched says which account the platform found for the address, or that it is not registered.
// Stored: add fields, never rename or remove.
type BuyerMatched struct {
	Email      trade.Email   `json:"email"`
	Account    trade.Account `json:"account,omitzero"`
	Registered bool          `json:"registered"`
}

func (e BuyerMatched) evolve(o *Order, _ time.Time) {
	o.Buyer.Account, o.Matched = e.Account, true
}

// AttachContract files an offline contract (线下合同). Both parties may until the initial payment is
// satisfied, the buyer of a draft once the seller has matched them, and again while a dispute or a
// chargeback is open. After submission it is evidence only and changes no term.
type AttachContract struct {
	FileName string `json:"file_name"`
	SHA256   string `json:"sha256"` // of the file, 64 lower-case hexadecimal digits
	Size     int64  `json:"size"`   // bytes of the file
	// StatesAccount is the party's statement whether the file contains a receiving account.
	StatesAccount bool `json:"states_account"`
	// Text is the text of the file as the platform reads it; it is searched for a receiving
	// account and not stored.
	Text string `json:"text,omitzero"`
}

// MaxContracts is the largest number of offline contracts of a party, so that neither uses up the
// other's room; MaxContractText is the largest number of bytes of the text of one.
const (
	MaxContracts    = 25
	MaxContractText = 1 << 20
)

func (c AttachContract) check() error {
	if err := trade.CheckText("file_name", c.FileName, 255); err != nil {
		return err
	}
	if raw, err := hex.DecodeString(c.SHA256); err != nil || len(raw) != 32 || c.SHA256 != hex.EncodeToString(raw) {
		return trade.Invalid("sha256", "is not 64 lower-case hexadecimal digits")
	}
	if c.Size <= 0 {
		return trade.Invalid("size", "%d is not positive", c.Size)
	}
	if len(c.Text) > MaxContractText {
		return trade.Invalid("text", "%d bytes are more than %d", len(c.Text), MaxContractText)
	}
	return nil
}

func (c AttachContract) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if c.StatesAccount {
		return nil, refuse(rule.A10, c, o).On("states_account")
	}
	if finds := f.rules().FindsAccount; finds != nil && c.Text != "" && finds(c.Text) {
		return nil, refuse(rule.A10, c, o).On("text").Because("the text seems to contain one", "合同文本中疑似含有收款账号")
	}
	if o.contractsOf(g.By.Role) >= MaxContracts {
		return nil, refuse(rule.A9, c, o).Because("the party has %[1]d files, which is the most", "该方已有%[1]d份文件，不能再增加", MaxContracts)
	}
	return []Event{ContractAttached{Party: g.By.Role, FileName: c.FileName, SHA256: c.SHA256, Size: c.Size}}, nil
}

// ContractAttached says that a party filed an offline contract.
// Stored: add fields, never rename or remove.
type ContractAttached struct {
	Party    trade.Role `json:"party"`
	FileName string     `json:"file_name"`
	SHA256   string     `json:"sha256"`
	Size     int64      `json:"size"`
}

// contradicts allows the 50 files that an order could have in the first edition, of both parties together.
func (e *ContractAttached) contradicts(o *Order) error {
	if o.Phase > PhaseConfirmed && !o.Frozen() {
		return fmt.Errorf("order: evidence of the %s, and neither a dispute nor a chargeback is open", e.Party)
	}
	if o.contractsOf(e.Party) < MaxContracts {
		return nil
	}
	return checkCount(len(o.Contracts), 2*MaxContracts)
}

func (e ContractAttached) evolve(o *Order, at time.Time) {
	o.Contracts = appended(o.Contracts, ContractFile{ContractAttached: e, At: at})
}

// ContractFile is an offline contract on an order.
type ContractFile struct {
	ContractAttached
	At time.Time
}

// appended returns a longer copy of the list, because an earlier state may share the old one.
func appended[T any](list []T, v T) []T {
	longer := make([]T, len(list)+1)
	copy(longer, list)
	longer[len(list)] = v
	return longer
}

// SetTerms sets what is sold, for how much, and when it ships.
type SetTerms struct {
	Terms Terms `json:"terms"`
}

func (c SetTerms) check() error { return c.Terms.check() }

func (c SetTerms) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	terms, no := c.Terms.complete()
	if no != nil {
		no.Command, no.Phase = c.Name(), o.Phase.String()
		return nil, no
	}
	return []Event{TermsSet{Terms: terms, Revision: o.Revision + 1}}, nil
}

// TermsSet says what the new terms are.
// Stored: add fields, never rename or remove.
type TermsSet struct {
	Terms    Terms    `json:"terms"`
	Revision Revision `json:"revision"`
}

func (e TermsSet) evolve(o *Order, _ time.Time) { o.Terms, o.Revision = e.Terms, e.Revision }

// Transport is the mode of transport; it decides after how many days receipt is confirmed
// automatically (A25).
type Transport string

// The modes of the rule book. A policy may know others (D14).
const (
	TransportAir  Transport = "air"  // 空运
	TransportLand Transport = "land" // 陆运
	TransportSea  Transport = "sea"  // 海运
)

// SetTransport sets the mode of transport. The seller may change it until shipment, without the
// buyer's consent.
type SetTransport struct {
	Mode Transport `json:"mode"`
}

func (c SetTransport) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if days, ok := f.rules().ReceiptDays[c.Mode]; !ok || days <= 0 {
		return nil, refuse(rule.D14, c, o).On("mode")
	}
	return o.withConsequences(g, f, TransportSet(c))
}

// TransportSet says which mode of transport the seller chose.
// Stored: add fields, never rename or remove.
type TransportSet struct {
	Mode Transport `json:"mode"`
}

func (e TransportSet) evolve(o *Order, _ time.Time) { o.Transport = e.Mode }

// ChooseCoverage chooses the type of coverage (保障方式). TermsAccepted says that the seller accepted
// the Trade Assurance terms; it is ignored for an order without coverage (A13).
type ChooseCoverage struct {
	Coverage      Coverage `json:"coverage"`
	TermsAccepted bool     `json:"terms_accepted"`
}

func (c ChooseCoverage) check() error {
	switch c.Coverage {
	case CoverageNone, CoveragePreShipment, CoveragePostDelivery:
		return nil
	}
	return trade.Invalid("coverage", "%s is not one of none, pre-shipment, post-delivery", trade.Quoted(string(c.Coverage)))
}

func (c ChooseCoverage) decide(o *Order, _ *trade.Given, _ *Facts) ([]Event, error) {
	if c.Coverage != CoverageNone && !c.TermsAccepted {
		return nil, refuse(rule.A13, c, o).On("terms_accepted").Because("the Trade Assurance terms are not ticked", "未勾选信用保证条款")
	}
	return []Event{CoverageChosen{Coverage: c.Coverage, Revision: o.Revision + 1}}, nil
}

// CoverageChosen says which coverage the seller chose.
// Stored: add fields, never rename or remove.
type CoverageChosen struct {
	Coverage Coverage `json:"coverage"`
	Revision Revision `json:"revision"`
}

func (e CoverageChosen) evolve(o *Order, _ time.Time) {
	o.Coverage, o.Revision = e.Coverage, e.Revision
}

// Submit offers the order to the buyer. OneTouchAcknowledged says that the seller ticked
// "知晓信保需要通过一达通出口"; the default is no (A16).
type Submit struct {
	OneTouchAcknowledged bool `json:"onetouch_acknowledged"`
}

// ErrAccountNeeded means that a Submit lacks nothing but the receiving account, which is made only
// then: decide again with Facts.Receiving set.
var ErrAccountNeeded = errors.New("order: a receiving account is needed")

func (c Submit) decide(o *Order, g *trade.Given, f *Facts) ([]Event, error) {
	if !o.Matched {
		return nil, refuse(rule.A8, c, o).Because("the buyer is not matched", "尚未匹配买家信息")
	}
	if o.Terms.Total.IsZero() {
		return nil, refuse(rule.A12, c, o).Because("the terms are missing", "尚未填写订单金额")
	}
	if o.Coverage == "" {
		return nil, refuse(rule.A16, c, o).Because("no coverage was chosen", "尚未选择保障方式")
	}
	if !c.OneTouchAcknowledged {
		return nil, refuse(rule.A16, c, o).On("onetouch_acknowledged").Because("the export through OneTouch is not acknowledged", "未勾选知晓信保需要通过一达通出口")
	}
	if o.Mode == DraftAttachment && o.contractsOf(trade.Seller) == 0 {
		return nil, refuse(rule.A7, c, o).Because("the contract is not attached", "上传附件模式下尚未上传合同")
	}
	if f.Service != ServiceActive {
		return nil, serviceIs(f.Service, refuse(rule.A6, c, o))
	}
	hold, err := o.placeHold(c, g, f, HoldAtSubmit)
	if err != nil {
		return nil, err
	}
	account := f.Receiving
	if account.Account == "" {
		return nil, ErrAccountNeeded
	}
	if err := trade.CheckID("facts.account", string(account.Account)); err != nil {
		return nil, err
	}
	if !account.Owner.IsZero() && account.Owner != o.ID {
		return nil, refuse(rule.A11, c, o).Because("account %[1]s was made for another order", "账号 %[1]s 已用于其他订单", account.Account)
	}
	submitted := Submitted{
		ReceivingAccount: account.Account, Link: f.rules().LinkPrefix + o.ID.String(),
		Revision: o.Revision, ConfirmBy: g.At.Add(f.rules().ConfirmWithin),
	}
	return append([]Event{submitted}, hold...), nil
}

// contractsOf returns how many offline contracts the party has filed.
func (o *Order) contractsOf(party trade.Role) (count int) {
	for i := range o.Contracts {
		if o.Contracts[i].Party == party {
			count++
		}
	}
	return count
}

// Submitted says that the order is offered to the buyer: the account to pay into, the link to send,
// and until when the buyer may confirm.
// Stored: add fields, never rename or remove.
type Submitted struct {
	ReceivingAccount ReceivingAccount `json:"account"`
	Link             string           `json:"link"`
	Revision         Revision         `json:"revision"`
	ConfirmBy        time.Time        `json:"confirm_by"`
}

func (e Submitted) evolve(o *Order, _ time.Time) {
	o.ReceivingAccount, o.Link, o.ConfirmBy = e.ReceivingAccount, e.Link, e.ConfirmBy
}

// OrderLink returns the link that the seller sends to the buyer (A17). A draft has none.
func (o *Order) OrderLink() (string, error) {
	if o.Link == "" {
		return "", trade.Refuse(rule.A17, "order-link", o.Phase.String())
	}
	return o.Link, nil
}
