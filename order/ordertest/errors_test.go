package ordertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// TestErrors puts bad values into every field of every command of every kind of stream, as values and as JSON, and issues
// each command as every role. Each error must be of one family and readable by people, and the field that it names must
// be a field of the command.
func TestErrors(t *testing.T) {
	v := values{chance(func(int) int { return 0 })}
	for _, kind := range []struct {
		name string
		bad  func(*errorTable)
	}{
		{"order", spoilCommands(v.orderCommands(), order.EncodeCommand, order.DecodeCommand, func(c order.Command, g trade.Given) []error {
			return decideOnEach(ordersInEachPhase(t), func(o order.Order) error { _, err := order.Decide(o, c, g, order.Facts{}); return err })
		})},
		{"entrustment", spoilCommands(v.entrustmentCommands(), entrustment.EncodeCommand, entrustment.DecodeCommand, func(c entrustment.Command, g trade.Given) []error {
			s := entrustment.New("E1")
			s.Seller = Seller.Account
			return decideOnEach(inEachPhase(func(p entrustment.Phase) entrustment.Entrustment { s.Phase = p; return s }), func(s entrustment.Entrustment) error {
				_, err := entrustment.Decide(s, c, g, entrustment.Facts{Reservation: entrustment.Reservation{}})
				return err
			})
		})},
		{"seller", spoilCommands(v.sellerCommands(), seller.EncodeCommand, seller.DecodeCommand, func(c seller.Command, g trade.Given) []error {
			return decideOnEach([]seller.Facts{{}, {Operating: true, Membership: seller.MemberFree}, {Operating: true, Membership: seller.MemberPaid}}, func(f seller.Facts) error {
				_, err := seller.Decide(seller.New(Seller.Account), c, g, f)
				return err
			})
		})},
		{"line", spoilCommands(v.lineCommands(), credit.EncodeCommand, credit.DecodeCommand, decideOnLine(credit.Assurance, Seller.Account, USD("1").Currency()))},
		{"quota", spoilCommands(v.quotaCommands(), credit.EncodeCommand, credit.DecodeCommand, decideOnLine(credit.PayLater, Seller.Account, CNY("1").Currency()))},
		{"pay later", spoilCommands(v.payLaterCommands(), paylater.EncodeCommand, paylater.DecodeCommand, func(c paylater.Command, g trade.Given) []error {
			o := paylater.Order{ID: OrderID, Merchant: Seller.Account, Buyer: Buyer.Account, Original: CNY("100"), Outstanding: CNY("100")}
			return decideOnEach(inEachPhase(func(p paylater.Phase) paylater.Order { o.Phase = p; return o }), func(o paylater.Order) error {
				_, err := paylater.Decide(o, c, g, paylater.Facts{})
				return err
			})
		})},
		{"funds", spoilCommands(v.fundsCommands(), funds.EncodeCommand, funds.DecodeCommand, func(c funds.Command, g trade.Given) []error {
			b := funds.New(Seller.Account, CNY("1").Currency())
			return decideOnEach(inEachPhase(func(p funds.Phase) funds.Balance { b.Phase = p; return b }), func(b funds.Balance) error {
				_, err := funds.Decide(b, c, g, funds.Facts{Currencies: []trade.Currency{b.Currency}})
				return err
			})
		})},
	} {
		t.Run(kind.name, func(t *testing.T) {
			table := errorTable{t: t, fields: make(map[string]int)}
			kind.bad(&table)
			if table.malformed == 0 || table.refused == 0 {
				t.Errorf("%d commands are malformed and %d refused, want some of both", table.malformed, table.refused)
			}
			t.Logf("%d malformed, %d refused, %d fields", table.malformed, table.refused, len(table.fields))
		})
	}
}

// errorTable checks errors, and counts them and the fields that they name.
type errorTable struct {
	t                  *testing.T
	malformed, refused int
	fields             map[string]int
}

func (e *errorTable) check(command any, change string, err error) {
	e.t.Helper()
	if err == nil || errors.Is(err, order.ErrAccountNeeded) || errors.Is(err, seller.ErrVerdictNeeded) {
		return
	}
	if fault := faultOf(err); fault != "" {
		e.t.Errorf("%T, %s: %s: %v", command, change, fault, err)
	}
	field := ""
	if bad, ok := errors.AsType[*trade.InvalidError](err); ok {
		e.malformed++
		field = bad.Field
	} else if no, ok := errors.AsType[*trade.Refusal](err); ok {
		e.refused++
		field = no.Field
	} else if _, ok := errors.AsType[*trade.EarlyError](err); !ok {
		e.t.Errorf("%T, %s: %T %v", command, change, err, err)
	}
	if field == "" {
		return
	}
	if strings.HasSuffix(err.Error(), ": unknown key") {
		return
	}
	if e.fields[field]++; !hasField(command, field) {
		e.t.Errorf("%T, %s: the command has no field %q: %v", command, change, field, err)
	}
}

// spoilCommands returns a function that issues the sample commands of a kind of stream with bad values, and checks the
// errors.
func spoilCommands[C interface{ Name() string }](samples []C, encode func(C) (string, []byte), decode func(string, []byte) (C, error), decide func(C, trade.Given) []error) func(*errorTable) {
	actors := []trade.Actor{{Role: trade.Seller, Account: Seller.Account}, Buyer, Platform, {Role: trade.System}, {Role: trade.Desk}, {Role: trade.Seller, Account: "s-other"}}
	return func(e *errorTable) {
		seen := make(map[reflect.Type]bool)
		for _, c := range samples {
			if seen[reflect.TypeOf(c)] {
				continue
			}
			seen[reflect.TypeOf(c)] = true
			issue := func(c C, change string) {
				for _, by := range actors {
					for _, err := range decide(c, trade.Given{By: by, At: Start.Add(time.Hour)}) {
						e.check(c, change, err)
						if _, malformed := errors.AsType[*trade.InvalidError](err); malformed {
							return // a command is malformed for every actor and in every state
						}
					}
				}
			}
			issue(c, "unchanged")
			for _, err := range decide(c, trade.Given{}) {
				e.check(c, "without an actor", err)
			}
			for bad, change := range spoiltCommands(c) {
				issue(bad, change)
			}
			name, data := encode(c)
			for _, text := range append(spoiltJSON(e.t, data), "", "null", "7", "[]", "{", `{"x":1}`, string(data)+"x", "\xff") {
				if decoded, err := decode(name, []byte(text)); err != nil {
					e.check(c, text, err)
				} else {
					issue(decoded, text)
				}
			}
			_, err := decode(name+"x", data)
			e.check(c, "another name", err)
		}
	}
}

// spoiltCommands yields the command with each bad value in each of its fields, and a description of the change.
func spoiltCommands[C any](c C) func(func(C, string) bool) {
	return func(yield func(C, string) bool) {
		paths := leafPaths(reflect.TypeOf(c), nil, nil)
		for _, path := range paths {
			v := reflect.New(reflect.TypeOf(c)).Elem()
			v.Set(reflect.ValueOf(c))
			name, leaf := v.Type().Name(), v
			for _, i := range path {
				name += "." + leaf.Type().Field(i).Name
				leaf = leaf.Field(i)
			}
			for _, bad := range badValues(leaf) {
				leaf.Set(bad)
				if !yield(v.Interface().(C), fmt.Sprintf("%s = %.60v", name, bad)) {
					return
				}
			}
		}
	}
}

// leafPaths appends the index paths of all fields that can be spoilt.
func leafPaths(t reflect.Type, at []int, list [][]int) [][]int {
	if t.Kind() != reflect.Struct || whole[t] {
		return append(list, slices.Clone(at))
	}
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			list = leafPaths(t.Field(i).Type, append(at, i), list)
		}
	}
	return list
}

// badValues returns invalid and extreme values of the type of a field.
func badValues(v reflect.Value) (list []reflect.Value) {
	add := func(x any) { list = append(list, reflect.ValueOf(x).Convert(v.Type())) }
	switch v.Interface().(type) {
	case trade.Money:
		for _, m := range hostileMoney {
			add(m)
		}
		return list
	case trade.Number:
		for _, s := range hostileNumbers {
			add(must(trade.ParseNumber(s)))
		}
		return list
	case time.Time:
		for _, at := range hostileInstants {
			add(at)
		}
		return list
	}
	switch v.Kind() {
	case reflect.String:
		for _, s := range append(hostileTexts, "no@address", "E2", "order: x") {
			add(s)
		}
	case reflect.Bool:
		add(!v.Bool())
	case reflect.Int, reflect.Int64:
		for _, n := range []int64{-1, 0, math.MinInt32, math.MaxInt32, math.MinInt64, math.MaxInt64} {
			add(n)
		}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		add(uint64(0))
		add(uint64(1)<<v.Type().Bits() - 1)
	case reflect.Slice:
		list = append(list, reflect.Zero(v.Type()))
		if v.Len() > 0 && v.Index(0).Kind() == reflect.Struct {
			for bad := range spoiltElements(v.Index(0)) {
				one := reflect.MakeSlice(v.Type(), 1, 1)
				one.Index(0).Set(bad)
				list = append(list, one)
			}
		}
		long := reflect.MakeSlice(v.Type(), 1001, 1001)
		for i := 0; i < long.Len() && v.Len() > 0; i++ {
			long.Index(i).Set(v.Index(0))
		}
		list = append(list, long)
	case reflect.Array:
		list = append(list, reflect.Zero(v.Type()))
	}
	return list
}

// spoiltElements yields an element of a slice with each bad value in each of its fields.
func spoiltElements(v reflect.Value) func(func(reflect.Value) bool) {
	return func(yield func(reflect.Value) bool) {
		for _, path := range leafPaths(v.Type(), nil, nil) {
			for _, bad := range badValues(v.FieldByIndex(path)) {
				c := reflect.New(v.Type()).Elem()
				c.Set(v)
				c.FieldByIndex(path).Set(bad)
				if !yield(c) {
					return
				}
			}
		}
	}
}

// spoiltJSON returns the JSON of a command with each value replaced by each bad one, and with each key omitted and
// repeated.
func spoiltJSON(t *testing.T, data []byte) []string {
	t.Helper()
	var root any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	var list []string
	var walk func(v any, put func(string) string)
	walk = func(v any, put func(string) string) {
		for _, bad := range []string{`null`, `7`, `-1.5`, `"x"`, `""`, `"1.001 USD"`, `"2025-13-01T00:00:00Z"`, `true`, `{}`, `[]`, `["x"]`, `{"x":1}`, `"\ud800"`, `{`} {
			list = append(list, put(bad))
		}
		text := func(v any) string {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		switch v := v.(type) {
		case map[string]any:
			keys := make([]string, 0, len(v))
			for key := range v {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			for _, key := range keys {
				var others []string
				for _, otherKey := range keys {
					if otherKey != key {
						others = append(others, text(otherKey)+":"+text(v[otherKey]))
					}
				}
				member := func(key, value string) string {
					return put("{" + strings.Join(append(slices.Clone(others), text(key)+":"+value), ",") + "}")
				}
				list = append(list, put("{"+strings.Join(others, ",")+"}"), member(key, text(v[key])+","+text(key)+":"+text(v[key])))
				walk(v[key], func(s string) string { return member(key, s) })
			}
		case []any:
			if len(v) > 0 {
				walk(v[0], func(s string) string { return put("[" + s + "]") })
			}
		}
	}
	walk(root, func(s string) string { return s })
	return list
}

// decideOnEach returns the error of the decision on each state.
func decideOnEach[S any](states []S, decide func(S) error) []error {
	list := make([]error, 0, len(states))
	for _, s := range states {
		list = append(list, decide(s))
	}
	return list
}

// inEachPhase returns a state in each phase, beginning with the zero phase.
func inEachPhase[P ~uint8, S any](in func(P) S) []S {
	var list []S
	for p := range P(9) {
		list = append(list, in(p))
	}
	return list
}

// decideOnLine returns a function that decides a command on a line of a product in each of its phases.
func decideOnLine(p credit.Product, account trade.Account, c trade.Currency) func(credit.Command, trade.Given) []error {
	return func(command credit.Command, g trade.Given) (list []error) {
		l := credit.New(p, account, c)
		l.Limit = trade.Minor(100, c)
		for _, f := range []credit.Facts{{}, {Currencies: []trade.Currency{c}}, {Currencies: []trade.Currency{c}, Hold: order.Hold{Status: order.HoldOpen, Amount: trade.Minor(7, c)}}} {
			list = append(list, decideOnEach(inEachPhase(func(p credit.Phase) credit.Line { l.Phase = p; return l }), func(l credit.Line) error {
				_, err := credit.Decide(l, command, g, f)
				return err
			})...)
		}
		return list
	}
}

// ordersInEachPhase returns an order in each phase.
func ordersInEachPhase(t *testing.T) []order.Order {
	t.Helper()
	return inEachPhase(func(p order.Phase) order.Order {
		return order.Order{
			ID: OrderID, Phase: p, Seller: order.Party{Account: Seller.Account}, Buyer: order.Party{Account: Buyer.Account, Email: Buyer.Email},
			Terms: order.Terms{Total: USD("100"), Initial: USD("30")}, Coverage: order.CoverageNone, Mode: order.DraftOnline, ReceivingAccount: ReceivingAccount,
		}
	})
}

// TestRefusalsNameFields reads the source files: each field that a refusal names must be a field of a command of its
// package, also in refusals that no other test reaches.
func TestRefusalsNameFields(t *testing.T) {
	v := values{chance(func(int) int { return 0 })}
	literal := regexp.MustCompile(`\.On\("([^"]+)"\)`)
	for folder, commands := range map[string][]any{
		"..": asAny(v.orderCommands()), "../entrustment": asAny(v.entrustmentCommands()), "../seller": asAny(v.sellerCommands()),
		"../credit": append(asAny(v.lineCommands()), asAny(v.quotaCommands())...), "../paylater": asAny(v.payLaterCommands()), "../funds": asAny(v.fundsCommands()),
	} {
		found := 0
		for _, file := range must(filepath.Glob(folder + "/*.go")) {
			for _, on := range literal.FindAllStringSubmatch(string(must(os.ReadFile(file))), -1) {
				if found++; !slices.ContainsFunc(commands, func(c any) bool { return hasPath(reflect.TypeOf(c), on[1]) }) {
					t.Errorf("%s: no command has the field %s", file, on[1])
				}
			}
		}
		if found == 0 {
			t.Errorf("%s: no refusal names a field", folder)
		}
	}
}

func asAny[C any](list []C) (all []any) {
	for _, c := range list {
		all = append(all, c)
	}
	return all
}

// TestFaultOf is the control: faultOf must find the fault of each of these errors.
func TestFaultOf(t *testing.T) {
	no := trade.Refuse(rule.A8, "set-buyer", "draft")
	for name, err := range map[string]error{
		"two families":        errors.Join(no, trade.Invalid("email", "is odd")),
		"no field":            trade.Invalid("", "is odd"),
		"a package":           trade.Invalid("email", "strconv.ParseInt: parsing"),
		"a package in a text": trade.Refuse(rule.A8, "set-buyer", "draft").Says("order: add 1.00 USD", "金额"),
		"the first byte":      trade.Invalid("email", "unexpected end, at byte 0"),
		"English alone":       trade.Refuse(rule.A8, "set-buyer", "draft").Says("odd", ""),
		"no command":          trade.Refuse(rule.A8, "", "draft"),
		"a format":            trade.Refuse(rule.A8, "set-buyer", "draft").Says("%!d(string=x)", "%!d(string=x)"),
	} {
		if faultOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if fault := faultOf(no); fault != "" {
		t.Error(fault)
	}
	for path, want := range map[string]bool{
		"terms.items[3].amount": true, "terms.ship_by.days": true, "terms": true, "terms.items": true, "total": false, "terms.items[0].colour": false, "terms.total.amount": false,
	} {
		if hasField(order.SetTerms{}, path) != want {
			t.Errorf("%s: %t", path, !want)
		}
	}
}

// contextFields are the names of fields that an error may name and that are not part of a command: the actor, the
// instant, the envelope of the desk, the addressed stream, and the answers of the platform.
var contextFields = regexp.MustCompile(`^(actor\.(role|account|email)|at|command|command\.(id|correlation|causation|trace)|order|entrustment|seller|merchant|currency|facts\..+)$`)

// hasField reports whether a field that an error names is in the JSON of the command or is a context field.
func hasField(command any, field string) bool {
	return contextFields.MatchString(field) || hasPath(reflect.TypeOf(command), field)
}

// hasPath reports whether the JSON of a type has a value at a path such as "terms.items[3].amount".
func hasPath(t reflect.Type, path string) bool {
	if path == "" {
		return true
	}
	if index, rest, ok := strings.Cut(path, "]"); ok && strings.HasPrefix(index, "[") {
		return t.Kind() == reflect.Slice && hasPath(t.Elem(), strings.TrimPrefix(rest, "."))
	}
	if t.Kind() != reflect.Struct || whole[t] {
		return false
	}
	key := path
	if i := strings.IndexAny(path, ".["); i >= 0 {
		key = path[:i]
	}
	return slices.ContainsFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return name == key && hasPath(f.Type, strings.TrimPrefix(path[len(key):], "."))
	})
}
