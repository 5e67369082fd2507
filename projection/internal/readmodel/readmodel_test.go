package readmodel_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/trade"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/internal/readmodel"
)

var cny = trade.Currency{'C', 'N', 'Y'}

// TestPlace holds that ParsePlace is the inverse of Place, and takes nothing else.
func TestPlace(t *testing.T) {
	id := trade.NewID()
	for _, numbers := range [][]int64{nil, {0}, {-1, 1}, {math.MinInt64, math.MaxInt64}} {
		for _, of := range []trade.ID{{}, id} {
			if len(numbers) == 0 && of.IsZero() {
				continue // of no row
			}
			text := readmodel.Place(of, numbers...)
			got, back, err := readmodel.ParsePlace(text, len(numbers), !of.IsZero())
			if err != nil || back != of || readmodel.Place(back, got...) != text {
				t.Errorf("%q is read as %v and %s: %v", text, got, back, err)
			}
		}
	}
	for _, c := range []struct {
		text    string
		numbers int
		id      bool
	}{
		{"", 1, false}, {"x", 1, false}, {"1/", 1, false}, {"/1", 1, false}, {"1", 2, false}, {"1/2", 1, false}, {"1.0", 1, false},
		{"9223372036854775808", 1, false}, {id.String(), 1, false}, {id.String(), 1, true}, {"1/" + strings.ToUpper(id.String()), 1, true},
		{"1/" + id.String() + " ", 1, true}, {"1", 0, true},
	} {
		_, _, err := readmodel.ParsePlace(c.text, c.numbers, c.id)
		if invalid, ok := errors.AsType[*trade.InvalidError](err); !ok || invalid.Field != "page.after" {
			t.Errorf("%q as %d numbers: the error is %v", c.text, c.numbers, err)
		}
	}
}

func TestMasks(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{readmodel.MaskEmail("anna.long@example.com"), "a***@example.com"},
		{readmodel.MaskEmail("@example.com"), "@example.com"},
		{readmodel.MaskEmail("no address"), "n***"},
		{readmodel.MaskEmail(""), ""},
		{readmodel.MaskName("莉莉"), "莉***"},
		{readmodel.MaskName(""), ""},
		{readmodel.MaskNumber("6222000011112222"), "***2222"},
		{readmodel.MaskNumber("123456789"), "***6789"},
		{readmodel.MaskNumber("12345678"), "***"},
		{readmodel.MaskNumber("1"), "***"},
		{readmodel.MaskNumber(""), ""},
		{readmodel.MaskNumber("账户账户账户"), "***户"},
	} {
		if c.got != c.want {
			t.Errorf("masked is %q, want %q", c.got, c.want)
		}
	}
}

func TestInstant(t *testing.T) {
	soon := time.Date(2030, 5, 6, 7, 8, 9, 10, time.FixedZone("", 3600))
	for _, c := range []struct {
		at   time.Time
		want int64
	}{
		{time.Time{}, 0}, {time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), 0}, {events.MinInstant, 0}, {events.MinInstant.Add(-1), 0},
		{soon, soon.UnixNano()}, {events.MaxInstant, events.MaxInstant.UnixNano()},
		{events.MaxInstant.Add(1), events.MaxInstant.UnixNano()}, {time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), events.MaxInstant.UnixNano()},
	} {
		if got := readmodel.Instant(c.at); got != projection.Int(c.want) {
			t.Errorf("%s is %v, want %d", c.at, got, c.want)
		}
	}
}

func TestShare(t *testing.T) {
	yuan := func(n int64) trade.Money { return trade.Minor(n, cny) }
	for _, c := range []struct {
		part, whole int64
		want        *big.Rat
	}{
		{0, 0, new(big.Rat)}, {0, 5, new(big.Rat)}, {1, 3, big.NewRat(1, 3)}, {5, 5, big.NewRat(1, 1)},
		{math.MaxInt64 - 1, math.MaxInt64, big.NewRat(math.MaxInt64-1, math.MaxInt64)},
	} {
		if got := readmodel.Share(yuan(c.part), yuan(c.whole)); got.Cmp(c.want) != 0 {
			t.Errorf("%d of %d is %s, want %s", c.part, c.whole, got, c.want)
		}
	}
	if d := readmodel.Difference(yuan(3), yuan(5)); d != yuan(-2) {
		t.Errorf("from 5 to 3 it is %s", d)
	}
}

func TestSums(t *testing.T) {
	a, b, c := readmodel.Account{Owner: "a", Currency: cny}, readmodel.Account{Owner: "b", Currency: cny}, readmodel.Account{Owner: "a", Currency: trade.Currency{'U', 'S', 'D'}}
	sums := readmodel.Sums{a: {1}, b: {2, 3}}
	for _, x := range []struct {
		name  string
		other readmodel.Sums
		want  readmodel.Account
		found bool
	}{
		{"the same", readmodel.Sums{a: {1, 0, 0}, b: {2, 3}}, readmodel.Account{}, false},
		{"zeros more", readmodel.Sums{a: {1}, b: {2, 3}, c: {}}, readmodel.Account{}, false},
		{"one more", readmodel.Sums{a: {1}, b: {2, 3}, c: {0, 0, 1}}, c, true},
		{"one less", readmodel.Sums{a: {1}}, b, true},
		{"all others", readmodel.Sums{b: {2}, c: {1}}, a, true},
		{"none", nil, a, true},
	} {
		for range 10 { // maps have no order
			if got, found := sums.Difference(x.other); got != x.want || found != x.found {
				t.Errorf("%s: the difference is %v, %t", x.name, got, found)
			}
		}
	}
}

func TestReaders(t *testing.T) {
	for _, c := range []struct {
		by   trade.Actor
		owns bool
		bad  bool
	}{
		{trade.Actor{Role: trade.Platform, Account: "p"}, true, false},
		{trade.Actor{Role: trade.System}, true, false},
		{trade.Actor{Role: trade.Seller, Account: "s"}, true, false},
		{trade.Actor{Role: trade.Seller, Account: "t"}, false, false},
		{trade.Actor{Role: trade.Buyer, Account: "s"}, false, false},
		{trade.Actor{Role: trade.Desk}, false, true},
		{trade.Actor{}, false, true},
	} {
		owns, err := readmodel.Owns(c.by, "seller", "s")
		if _, invalid := errors.AsType[*trade.InvalidError](err); owns != c.owns || invalid != c.bad || err != nil && !invalid {
			t.Errorf("%+v owns it: %t, %v", c.by, owns, err)
		}
	}
	if _, err := readmodel.Owns(trade.Actor{Role: trade.System}, "merchant", ""); err == nil || !strings.Contains(err.Error(), "merchant") {
		t.Errorf("an account that is empty gives %v", err)
	}
}
