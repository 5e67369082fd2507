package order_test

import (
	"slices"
	"testing"

	"github.com/tradesurety/surety/order"
)

// rules are the rules that package order keeps by itself, each with its test. Their names say
// whether the rule lets pass, refuses, has an effect, or leaves something out.
var rules = []struct {
	rule order.Rule
	test func(*testing.T)
}{
	{order.RuleA1, testA1}, {order.RuleA6, testA6}, {order.RuleA7, testA7}, {order.RuleA8, testA8},
	{order.RuleA9, testA9}, {order.RuleA10, testA10}, {order.RuleA11, testA11}, {order.RuleA12, testA12},
	{order.RuleA13, testA13}, {order.RuleA14, testA14}, {order.RuleA15, testA15}, {order.RuleA16, testA16},
	{order.RuleA17, testA17}, {order.RuleA18, testA18}, {order.RuleA19, testA19}, {order.RuleA20, testA20},
	{order.RuleA21, testA21}, {order.RuleA22, testA22}, {order.RuleA23, testA23}, {order.RuleA24, testA24},
	{order.RuleA25, testA25}, {order.RuleA26, testA26},

	{order.RuleD1, testD1}, {order.RuleD2, testD2}, {order.RuleD3, testD3}, {order.RuleD4, testD4},
	{order.RuleD5, testD5}, {order.RuleD8, testD8}, {order.RuleD9, testD9}, {order.RuleD10, testD10}, {order.RuleD11, testD11},
	{order.RuleD12, testD12}, {order.RuleD13, testD13},
	{order.RuleD14, testD14}, {order.RuleD15, testD15}, {order.RuleD16, testD16}, {order.RuleD17, testD17},
	{order.RuleD18, testD18}, {order.RuleD19, testD19}, {order.RuleD20, testD20}, {order.RuleD21, testD21},
	{order.RuleD21b, testD21b}, {order.RuleD22, testD22}, {order.RuleD23, testD23},
	{order.RuleD24, testD24}, {order.RuleD25, testD25}, {order.RuleD26, testD26},
	{order.RuleD27, testD27}, {order.RuleD28, testD28},
	{order.RuleD29, testD29}, {order.RuleD30, testD30}, {order.RuleD31, testD31}, {order.RuleD32, testD32},
	{order.RuleD35, testD35}, {order.RuleD36, testD36}, {order.RuleD38, testD38}, {order.RuleD39, testD39},
	{order.RuleD40, testD40}, {order.RuleD41, testD41}, {order.RuleD60, testD60}, {order.RuleD61, testD61},
}

// TestRule tests the rules by their ids.
func TestRule(t *testing.T) {
	for _, r := range rules {
		t.Run(string(r.rule), r.test)
	}
}

// TestEveryRefusingRuleIsTested holds the list above to the tables: a rule that refuses a role
// or a phase has a test.
func TestEveryRefusingRuleIsTested(t *testing.T) {
	for _, p := range order.Permissions() {
		if !slices.ContainsFunc(rules, func(r struct {
			rule order.Rule
			test func(*testing.T)
		}) bool {
			return r.rule == p.Rule
		}) {
			t.Errorf("%s, which refuses %s, has no test", string(p.Rule), p.Command)
		}
	}
}
