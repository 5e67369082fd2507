package trade_test

import (
	"encoding"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradesurety/surety/order/trade"
)

var (
	_ encoding.TextAppender    = trade.Currency{}
	_ encoding.TextMarshaler   = trade.Currency{}
	_ encoding.TextUnmarshaler = (*trade.Currency)(nil)
)

// currencyOf returns the currency of a code that must be known.
func currencyOf(tb rapid.TB, code string) trade.Currency {
	tb.Helper()
	c, err := trade.ParseCurrency(code)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// knownCurrencies tries every code of three capitals.
func knownCurrencies() map[string]trade.Currency {
	known := make(map[string]trade.Currency)
	for i := range 26 * 26 * 26 {
		code := string([]byte{'A' + byte(i/676), 'A' + byte(i/26%26), 'A' + byte(i%26)})
		if c, err := trade.ParseCurrency(code); err == nil {
			known[code] = c
		}
	}
	return known
}

func TestCurrencyExponents(t *testing.T) {
	want := make(map[string]int)
	for exponent, codes := range map[int]string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
		3: "BHD IQD JOD KWD LYD OMR TND",
		4: "UYW",
	} {
		for _, code := range strings.Fields(codes) {
			want[code] = exponent
		}
	}
	known := knownCurrencies()
	if len(known) != 156 {
		t.Errorf("%d currencies, want the 156 of the list", len(known))
	}
	for code, c := range known {
		exponent, special := want[code]
		if !special {
			exponent = 2
		}
		if c.Exponent() != exponent || c.String() != code || c.IsZero() {
			t.Errorf("%s: exponent %d, text %q, zero %t", code, c.Exponent(), c, c.IsZero())
		}
		delete(want, code)
	}
	if len(want) > 0 {
		t.Errorf("unknown: %v", want)
	}
}

func TestCurrencyKnowsTheLatestAmendments(t *testing.T) {
	for _, code := range strings.Fields("SLE VED VES ZWG XCG EUR CNY USD GBP STN MRU BYN SSP") {
		if got := currencyOf(t, code).Exponent(); got != 2 {
			t.Errorf("%s has %d fraction digits", code, got)
		}
	}
}

func TestParseCurrencyRefuses(t *testing.T) {
	withdrawn := strings.Fields("BGN HRK ANG CUC SLL ZWL ZWD VEF VEB DEM LTL STD MRO BYR EEK")
	units := strings.Fields("BOV CHE CHW CLF COU MXV USN USS UYI XAD XAU XAG XPT XPD XDR XSU XUA XBA XBB XBC XBD XTS XXX")
	spellings := []string{"", "U", "US", "USDX", "usd", "Usd", " USD", "USD ", "US\x00", "\x00\x00\x00", "EU€", "CNH", "BTC", strings.Repeat("USD", 1<<20)}
	for _, code := range append(append(withdrawn, units...), spellings...) {
		c, err := trade.ParseCurrency(code)
		var invalid *trade.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != "currency" || !c.IsZero() {
			t.Errorf("ParseCurrency(%.40q) = %q, %v", code, c, err)
		} else if len(err.Error()) > 400 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
}

func TestCurrencyText(t *testing.T) {
	type doc struct {
		Currency trade.Currency `json:"c"`
	}
	for code, text := range map[string]string{"USD": `{"c":"USD"}`, "": `{"c":""}`} {
		var in doc
		if code != "" {
			in.Currency = currencyOf(t, code)
		}
		data, err := json.Marshal(in)
		if err != nil || string(data) != text {
			t.Errorf("%q encodes as %s, %v", code, data, err)
		}
		out := doc{Currency: currencyOf(t, "JPY")}
		if err := json.Unmarshal(data, &out); err != nil || out != in {
			t.Errorf("%s decodes as %v, %v", data, out, err)
		}
	}
	if data, err := (trade.Currency{'X', 'X', 'X'}).MarshalText(); err == nil {
		t.Errorf("a code that cannot be read back was written: %s", data)
	}
	for _, text := range []string{"usd", "USDX", strings.Repeat("A", 1<<20)} {
		c := currencyOf(t, "JPY")
		var invalid *trade.InvalidError
		if err := c.UnmarshalText([]byte(text)); !errors.As(err, &invalid) {
			t.Errorf("%.40q: %v", text, err)
		}
		if c != currencyOf(t, "JPY") {
			t.Errorf("%.40q changed the currency to %s", text, c)
		}
	}
	if c := (trade.Currency{}); c.String() != "" || c.Exponent() != 0 || !c.IsZero() {
		t.Errorf("the zero currency is %q with %d digits", c, c.Exponent())
	}
}
