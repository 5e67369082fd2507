package order_test

import (
	"slices"
	"testing"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/rule"
)

// rules are the rules that package order applies by itself, each with its test. The names of the
// subtests say whether the rule accepts, refuses, has an effect, or excludes something.
var rules = []struct {
	rule rule.ID
	test func(*testing.T)
}{
	{rule.A1, testA1}, {rule.A6, testA6}, {rule.A7, testA7}, {rule.A8, testA8},
	{rule.A9, testA9}, {rule.A10, testA10}, {rule.A11, testA11}, {rule.A12, testA12},
	{rule.A13, testA13}, {rule.A14, testA14}, {rule.A15, testA15}, {rule.A16, testA16},
	{rule.A17, testA17}, {rule.A18, testA18}, {rule.A19, testA19}, {rule.A20, testA20},
	{rule.A21, testA21}, {rule.A22, testA22}, {rule.A23, testA23}, {rule.A24, testA24},
	{rule.A25, testA25}, {rule.A26, testA26},

	{rule.D1, testD1}, {rule.D2, testD2}, {rule.D3, testD3}, {rule.D4, testD4},
	{rule.D5, testD5}, {rule.D8, testD8}, {rule.D9, testD9}, {rule.D10, testD10}, {rule.D11, testD11},
	{rule.D12, testD12}, {rule.D13, testD13},
	{rule.D14, testD14}, {rule.D15, testD15}, {rule.D16, testD16}, {rule.D17, testD17},
	{rule.D18, testD18}, {rule.D19, testD19}, {rule.D20, testD20}, {rule.D21, testD21},
	{rule.D21b, testD21b}, {rule.D22, testD22}, {rule.D23, testD23},
	{rule.D24, testD24}, {rule.D25, testD25}, {rule.D26, testD26},
	{rule.D27, testD27}, {rule.D28, testD28},
	{rule.D29, testD29}, {rule.D30, testD30}, {rule.D31, testD31}, {rule.D32, testD32},
	{rule.D35, testD35}, {rule.D36, testD36}, {rule.D38, testD38}, {rule.D39, testD39},
	{rule.D40, testD40}, {rule.D41, testD41}, {rule.D60, testD60}, {rule.D61, testD61},
	{rule.D62, testD62}, {rule.D63, testD63}, {rule.D65, testD65},
	{rule.D67, testD67},
}

// TestRule tests the rules by their ids.
func TestRule(t *testing.T) {
	for _, r := range rules {
		t.Run(string(r.rule), r.test)
	}
}

// TestEveryRefusingRuleIsTested compares the list above with the tables: a rule that refuses a role
// or a phase has a test.
func TestEveryRefusingRuleIsTested(t *testing.T) {
	for _, p := range order.Life().Permits() {
		if !slices.ContainsFunc(rules, func(r struct {
			rule rule.ID
			test func(*testing.T)
		}) bool {
			return r.rule == p.Rule
		}) {
			t.Errorf("%s, which refuses %s, has no test", string(p.Rule), p.Command)
		}
	}
}
