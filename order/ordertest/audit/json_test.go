package audit

import (
	"slices"
	"testing"
)

// TestParseIsStrict requires the reader to refuse what is not JSON, and an object in which two keys are the same.
func TestParseIsStrict(t *testing.T) {
	for _, text := range []string{
		``, ` `, `7`, `[]`, `null`, `{`, `}`, `{}}`, `{} {}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,"a":1}`, `{"a":1 "b":2}`, `{"a":1,,"b":2}`, `{a:1}`, `{'a':1}`,
		`{"a":tru}`, `{"a":nul}`, `{"a":True}`, `{"a":01}`, `{"a":+1}`, `{"a":.5}`, `{"a":1.}`, `{"a":1e}`, `{"a":0x1}`, `{"a":NaN}`, `{"a":1:2}`,
		`{"a":"\x"}`, `{"a":"\u00g0"}`, `{"a":"` + "\n" + `"}`, `{"a":"}`, `{"a":"` + "\xff" + `"}`, `{"` + "\xff" + `":1}`,
		`{"a":[1 2]}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1}}`, `{"a":{"b":1]}`, `{"a":{"b" 1}}`, `{"a":{"b":1,}}`, `{"a":[}`, `{"a":1}/**/`,
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"\u0061":1,"a":2}`, `{"\u0061":1,"\u0061":2}`, `{"":1,"":2}`, `{"\/":1,"/":2}`,
	} {
		if a := New(); a.parseData([]byte(text)) {
			t.Errorf("%s is accepted as %q", text, a.data)
		} else if a.violation == nil || a.violation.Invariant != "I28" {
			t.Errorf("%s: %v, want a violation of I28", text, a.violation)
		}
	}
	for _, text := range []string{`{}`, " { } ", `{"a":1}`, `{"a": -1.5e3 , "b":[1, 2],"c":{"d":null}}` + "\n", `{"\u0061":1}`, `{"a":"\ud83d\ude00"}`} {
		if a := New(); !a.parseData([]byte(text)) {
			t.Errorf("%s: %v", text, a.violation)
		}
	}
	a := New()
	if !a.parseData([]byte(`{"\u0061mount":"1.00 USD"}`)) || a.money("amount", currency{'U', 'S', 'D'}) != 100 {
		t.Errorf("an escaped key is read as %q", a.data)
	}
}

// TestEachItemIsStrict requires the reader of arrays to visit each item once, and to refuse what is not an array.
func TestEachItemIsStrict(t *testing.T) {
	for text, want := range map[string][]string{
		`[]`: nil, `[ ]`: nil, `[1]`: {"1"}, `[ "a]" , {"b":[1,2]},[3 , 4] ]`: {`"a]"`, `{"b":[1,2]}`, `[3 , 4]`},
	} {
		var items []string
		if err := eachItem([]byte(text), func(v []byte) { items = append(items, string(v)) }); err != nil || !slices.Equal(items, want) {
			t.Errorf("%s has the items %q, %v", text, items, err)
		}
	}
	for _, text := range []string{``, `1`, `null`, `{}`, `"[]"`, `[`, `]`, `[1`, `[1 2]`, `["a""b"]`, `[{}{}]`, `[1,]`, `[,1]`, `[,]`, `[1,,2]`, `[1]]`, `[1] 2`, `[1}`} {
		if err := eachItem([]byte(text), func([]byte) {}); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

// TestAmountsAreStrict requires the one form of an amount that the log has.
func TestAmountsAreStrict(t *testing.T) {
	for text, want := range map[string]amount{"0 JPY": 0, "0.00 USD": 0, "0.05 USD": 5, "1234.50 USD": 123450, "-0.01 USD": -1, "-7 JPY": -7, "92233720368547758.07 USD": 9223372036854775807} {
		if units, _, _, ok := parseMoney([]byte(text)); !ok || units != want {
			t.Errorf("%s is %d, %t, want %d", text, units, ok, want)
		}
	}
	for _, text := range []string{
		" USD", "USD", "1.00", "1.00USD", "1.00  USD", " 1.00 USD", "1.00 USD ", "1.00 US", "1.00 USDX", "1.00 usd", "1.00 U$D", "1.00 U1D", "1.00 \x00\x00\x00", "1.00 元",
		"- USD", "-.5 USD", ".5 USD", "1. USD", "+1.00 USD", "--1.00 USD", "1.0.0 USD", "1,000.00 USD", "1e3 USD", "01.00 USD", "00 JPY", "-01 JPY", "-0 JPY", "-0.00 USD",
		"92233720368547758.08 USD", "１.00 USD",
	} {
		if units, _, _, ok := parseMoney([]byte(text)); ok {
			t.Errorf("%q is accepted as %d", text, units)
		}
	}
	a := New()
	if a.parseData([]byte(`{"amount":""}`)); a.money("amount", currency{'U', 'S', 'D'}) != 0 || a.violation == nil || a.violation.Invariant != "I32" {
		t.Errorf("an empty amount: %v, want a violation of I32", a.violation)
	}
}
