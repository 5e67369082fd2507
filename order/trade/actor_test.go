package trade_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// checkField fails unless err says that the field is malformed, or is nil where it must be.
var noon = time.Date(2025, 6, 30, 12, 0, 0, 123456789, time.UTC)

var (
	seller   = trade.Actor{Role: trade.Seller, Account: "acme", Email: "sales@acme.example"}
	buyer    = trade.Actor{Role: trade.Buyer, Account: "b-1029", Email: "buyer@example.com"}
	platform = trade.Actor{Role: trade.Platform}
	system   = trade.Actor{Role: trade.System}
	deskRole = trade.Actor{Role: trade.Desk}
)

func checkField(t *testing.T, input string, err error, field string, ok bool) {
	t.Helper()
	var bad *trade.InvalidError
	switch {
	case ok && err != nil:
		t.Errorf("%.60q: %v", input, err)
	case !ok && (!errors.As(err, &bad) || bad.Field != field || bad.Reason == ""):
		t.Errorf("%.60q: got %v, want an invalid %s", input, err, field)
	case !ok && len(err.Error()) > 400:
		t.Errorf("%.60q: the error has %d bytes", input, len(err.Error()))
	}
}

func TestCheckID(t *testing.T) {
	for _, good := range []string{"a", "A-Z.a_z@0+9", strings.Repeat("x", 64), "b-1029", "+8613800000000"} {
		checkField(t, good, trade.CheckID("id", good), "id", true)
	}
	for _, bad := range []string{
		"", strings.Repeat("x", 65), "a b", "a/b", "a:b", "a,b", "a\\b", "a\x00", "a\n", "é", "账号", "a\u200b", "\xff", "a|b", "a%20b", "a~",
	} {
		checkField(t, bad, trade.CheckID("id", bad), "id", false)
	}
}

func TestCheckEmail(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, good := range []trade.Email{
		"a@b.co", "first.last+tag@sub.example.com", "x!#$%&'*/=?^_`{|}~-@example.com", trade.Email(strings.Repeat("a", 64) + "@example.com"),
		trade.Email("a@" + long + "." + long + "." + long + ".example"), "a@1.2", "a@xn--fiq228c.example",
	} {
		checkField(t, string(good), trade.CheckEmail("email", good), "email", true)
	}
	for _, bad := range []trade.Email{
		"", "a", "@b.co", "a@", "a@b", "a@@b.co", "a@b@c.co", ".a@b.co", "a.@b.co", "a..b@c.co", "a@.b.co", "a@b.co.", "a@b..co",
		"a@-b.co", "a@b-.co", "a@b_c.co", "a b@c.co", " a@b.co", "a@b.co ", "a@b.co\n", "\"a\"@b.co", "a(b)@c.co", "<a@b.co>", "a@[1.2.3.4]",
		"买家@example.com", "a@例子.com", "a@b.c\x7fo", trade.Email(strings.Repeat("a", 65) + "@b.co"), trade.Email("a@" + long + "a.co"),
		trade.Email("a@" + strings.Repeat("b.", 130) + "co"), trade.Email(strings.Repeat("a@", 1<<19)),
	} {
		checkField(t, string(bad), trade.CheckEmail("email", bad), "email", false)
	}
}

// TestTextNormal: CR LF is LF, white space at both ends is cut, and a normal text stays as it is.
func TestTextNormal(t *testing.T) {
	for typed, want := range map[trade.Text]trade.Text{
		"": "", " \t\r\n\u00a0\u3000": "", "a": "a", "  a b \n": "a b", "a\r\nb": "a\nb", "\r\n\r\na\r\n\r\nb\r\n": "a\n\nb",
		"a\nb\tc": "a\nb\tc", "a\rb": "a\rb", "a\r\r\r\nb": "a\nb", "a\n\rb": "a\n\rb", "\u2028a\u2028b\u2029": "a\u2028b",
		"\xff \r\n": "\xff", "第一行\r\n第二行": "第一行\n第二行",
	} {
		got := typed.Normal()
		if got != want || got.Normal() != got {
			t.Errorf("%q became %q, then %q; want %q", typed, got, got.Normal(), want)
		}
	}
}

// TestTextCheck: free text may have line breaks and tabs, and no other control characters. What was
// recorded may have the separators of Unicode as well, on one line or more.
func TestTextCheck(t *testing.T) {
	for _, good := range []trade.Text{"a", "a\nb", "a\n\n\tb", "很好\n很快", "😀", "é"} {
		checkField(t, string(good), good.Check("reason", 20), "reason", true)
		checkField(t, string(good), good.CheckStored("reason", 20), "reason", true)
	}
	for _, bad := range []trade.Text{
		"", trade.Text(strings.Repeat("x", 21)), " a", "a\n", "\ta", "a\rb", "a\n\rb", "a\x00b", "a\vb", "a\fb", "a\x1bb", "a\x7fb", "a\u0085b",
		"a\u202eb", "a\u2066b", "a\ufffdb", "\xff", "a\xc3",
	} {
		checkField(t, string(bad), bad.Check("reason", 20), "reason", false)
		checkField(t, string(bad), bad.CheckStored("reason", 20), "reason", false)
	}
	for _, once := range []string{"a\u2028b", "a\u2029b"} {
		checkField(t, once, trade.Text(once).Check("reason", 20), "reason", false)
		checkField(t, once, trade.CheckText("name", once, 20), "name", false)
		checkField(t, once, trade.Text(once).CheckStored("reason", 20), "reason", true)
		checkField(t, once, trade.CheckStoredText("name", once, 20), "name", true)
	}
	checkField(t, "a\nb", trade.CheckStoredText("name", "a\nb", 20), "name", false)
}

func TestCheckText(t *testing.T) {
	for _, good := range []string{"a", "Jane Doe", "合同 (2).pdf", strings.Repeat("x", 20), "é", "😀"} {
		checkField(t, good, trade.CheckText("name", good, 20), "name", true)
	}
	for _, bad := range []string{
		"", strings.Repeat("x", 21), " a", "a ", "\ta", "a\u00a0", "a\nb", "a\x00b", "a\x7f", "a\u0085b", "a\u202eb", "a\u2066b", "a\u200fb", "a\ufffdb", "\xff", "a\xc3", "\xed\xa0\x80",
	} {
		checkField(t, bad, trade.CheckText("name", bad, 20), "name", false)
	}
}

func TestCheckInstant(t *testing.T) {
	for at, ok := range map[time.Time]bool{
		trade.MinInstant: true, trade.MaxInstant: true, noon: true, noon.In(time.FixedZone("", 3600)): true,
		trade.MinInstant.Add(-1): false, trade.MaxInstant.Add(1): false, {}: false,
	} {
		checkField(t, at.String(), trade.CheckInstant("at", at), "at", ok)
	}
}

func TestParseID(t *testing.T) {
	const text = "0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a"
	id, err := trade.ParseID(text)
	if err != nil || id.String() != text || id.IsZero() {
		t.Fatalf("got %s, %v", id, err)
	}
	for _, bad := range []string{
		"", "0193A4C8-7C1E-7D3A-B4A5-0F6E2D1C9B8A", "{" + text + "}", "urn:uuid:" + text, strings.ReplaceAll(text, "-", ""), text + "\n", " " + text,
		"00000000-0000-0000-0000-000000000000", text[:35], text[:35] + "g", "0193a4c87-c1e-7d3a-b4a5-0f6e2d1c9b8a", strings.Repeat("0", 1<<20),
	} {
		_, err := trade.ParseID(bad)
		checkField(t, bad, err, "id", false)
		var into trade.ID
		if bad != "" {
			checkField(t, bad, into.UnmarshalText([]byte(bad)), "id", false)
		}
	}
	var again trade.ID
	data, err := id.MarshalText()
	if err != nil || again.UnmarshalText(data) != nil || again != id {
		t.Errorf("%s became %s", id, again)
	}
	if data, err := (trade.ID{}).MarshalText(); len(data) != 0 || err != nil || again.UnmarshalText(nil) != nil || !again.IsZero() {
		t.Errorf("the zero ID became %q, %v, %s", data, err, again)
	}
}

// TestNewID makes IDs that sort by the time they were made.
func TestNewID(t *testing.T) {
	last := trade.ID{}
	for range 100 {
		id := trade.NewID()
		if bytes.Compare(id[:], last[:]) <= 0 || id[6]>>4 != 7 {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
}

func TestRole(t *testing.T) {
	chinese := map[trade.Role]string{trade.Buyer: "买家", trade.Seller: "卖家", trade.Platform: "平台", trade.System: "系统", trade.Desk: "服务台"}
	for role, want := range chinese {
		if role.Text(rule.Chinese) != want || role.Text(rule.English) != role.String() {
			t.Errorf("%s is %s", role, role.Text(rule.Chinese))
		}
		text, err := role.MarshalText()
		var again trade.Role
		if err != nil || string(text) != role.String() || again.UnmarshalText(text) != nil || again != role {
			t.Errorf("%s became %s, %v", role, again, err)
		}
	}
	for _, bad := range []string{"", "nobody", "Buyer", "unknown", "buyer ", strings.Repeat("x", 1<<20)} {
		again := trade.Seller
		checkField(t, bad, again.UnmarshalText([]byte(bad)), "role", false)
		if again != trade.Seller {
			t.Errorf("%.20q wrote %s", bad, again)
		}
	}
}

func TestActorValidate(t *testing.T) {
	for _, good := range []trade.Actor{buyer, seller, platform, system, deskRole, {Role: trade.Platform, Account: "staff-7"}} {
		if err := good.Validate(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for _, c := range []struct {
		field string
		actor trade.Actor
	}{
		{"actor.role", trade.Actor{Account: "acme"}},
		{"actor.role", trade.Actor{Role: 6, Account: "acme"}},
		{"actor.account", trade.Actor{Role: trade.Buyer}},
		{"actor.account", trade.Actor{Role: trade.Seller}},
		{"actor.account", trade.Actor{Role: trade.Seller, Account: "a b"}},
		{"actor.account", trade.Actor{Role: trade.Platform, Account: "a/b"}},
		{"actor.email", trade.Actor{Role: trade.Buyer, Account: "b", Email: "b"}},
	} {
		checkField(t, string(c.actor.Account), c.actor.Validate(), c.field, false)
	}
}
