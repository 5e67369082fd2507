package trade

import (
	"strings"

	"github.com/tradesurety/surety/order/rule"
)

// Role is the capacity in which an actor acts.
type Role uint8

const (
	// Buyer is the buyer of a contract.
	Buyer Role = iota + 1
	// Seller is the supplier who runs the order.
	Seller
	// Platform is the marketplace: it reports what banks and customs did, and decides.
	Platform
	// System is the platform's clock: it issues the commands that are due.
	System
	// Desk is this library: it writes to one stream what a command on another causes, in the
	// same commit. No caller may have this role.
	Desk
)

var roleNames = [...]string{"nobody", "buyer", "seller", "platform", "system", "desk"}

// String returns the role's name in lower case, such as "buyer".
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return "unknown"
}

// Text returns the role's name in that language.
func (r Role) Text(lang rule.Lang) string {
	if chinese := [...]string{"", "买家", "卖家", "平台", "系统", "服务台"}; lang == rule.Chinese && int(r) < len(chinese) {
		return chinese[r]
	}
	return r.String()
}

// AppendText appends the role's name.
func (r Role) AppendText(b []byte) ([]byte, error) { return append(b, r.String()...), nil }

// MarshalText returns the role's name.
func (r Role) MarshalText() ([]byte, error) { return r.AppendText(nil) }

// UnmarshalText reads what AppendText wrote.
func (r *Role) UnmarshalText(text []byte) error {
	for i, name := range roleNames {
		if i > 0 && name == string(text) {
			*r = Role(i)
			return nil
		}
	}
	return Invalid("role", "%s is not one of buyer, seller, platform, system, desk", Quoted(string(text)))
}

// Account is an account of the platform: 1 to 64 of A-Z a-z 0-9 . _ @ + -.
type Account string

// Email is an e-mail address as its owner writes it. Addresses that differ only in case are the
// same.
type Email string

// Same reports whether both are the same, non-empty address.
func (e Email) Same(o Email) bool { return e != "" && strings.EqualFold(string(e), string(o)) }

// Actor is who issues a command. It comes from the authentication of the caller, never from the
// payload of a command.
type Actor struct {
	Role    Role
	Account Account
	// Email is the address that the platform has verified for the account. It identifies a buyer
	// who was not registered when the contract was drafted.
	Email Email
}

// Validate returns an *InvalidError that names the field and the reason, or nil. Only Buyer
// and Seller need an account.
func (a Actor) Validate() error {
	switch a.Role {
	case Buyer, Seller:
		if err := CheckID("actor.account", string(a.Account)); err != nil {
			return err
		}
	case Platform, System, Desk:
		if a.Account != "" {
			if err := CheckID("actor.account", string(a.Account)); err != nil {
				return err
			}
		}
	default:
		return Invalid("actor.role", "%d is not a role", a.Role)
	}
	if a.Email != "" {
		return CheckEmail("actor.email", a.Email)
	}
	return nil
}

// CheckID returns an *InvalidError unless the identifier has 1 to 64 characters of
// A-Z a-z 0-9 . _ @ + -, so no separators and no white space.
func CheckID(field, id string) error {
	switch {
	case id == "":
		return Invalid(field, "must not be empty")
	case len(id) > 64:
		return Invalid(field, "%d bytes are more than 64", len(id))
	}
	for i := range len(id) {
		c := id[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("._@+-", c) >= 0) {
			return Invalid(field, "%s has a character other than A-Z a-z 0-9 . _ @ + -", Quoted(id))
		}
	}
	return nil
}

// CheckEmail returns an *InvalidError unless the address has the form local@domain: at most
// 254 printable ASCII characters without white space or quotes, a local part of at most 64,
// and a domain of at least two labels.
func CheckEmail(field string, e Email) error {
	s := string(e)
	switch {
	case s == "":
		return Invalid(field, "must not be empty")
	case len(s) > 254:
		return Invalid(field, "%d bytes are more than 254", len(s))
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || strings.IndexByte("\"(),:;<>[]\\", s[i]) >= 0 {
			return Invalid(field, "%s has a character that an address cannot have", Quoted(s))
		}
	}
	local, domain, ok := strings.Cut(s, "@")
	switch {
	case !ok || strings.Contains(domain, "@"):
		return Invalid(field, "%s does not have exactly one @", Quoted(s))
	case local == "" || len(local) > 64 || dots(local):
		return Invalid(field, "%s has no proper part before the @", Quoted(s))
	case !strings.Contains(domain, ".") || dots(domain):
		return Invalid(field, "%s has no proper domain after the @", Quoted(s))
	}
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || !isLabel(label) {
			return Invalid(field, "%s has no proper domain after the @", Quoted(s))
		}
	}
	return nil
}

// dots reports whether a dot is first, last or beside another.
func dots(s string) bool {
	return s[:1] == "." || s[len(s)-1:] == "." || strings.Contains(s, "..")
}

func isLabel(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}
