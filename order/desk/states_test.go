package desk_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/ordertest"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

var updateStates = flag.Bool("update-states", false, "write testdata/states anew")

// filled is what each kind of field of a golden state holds.
var filled = map[reflect.Type]any{
	reflect.TypeFor[time.Time]():      start.Add(90 * time.Minute),
	reflect.TypeFor[trade.Money]():    money("12.50 USD"),
	reflect.TypeFor[trade.Currency](): usd,
	reflect.TypeFor[trade.Number]():   number("3.5"),
	reflect.TypeFor[trade.ID]():       must(trade.ParseID("0193a4c8-7c1e-7d3a-b4a5-0f6e2d1c9b8a")),
	reflect.TypeFor[trade.Role]():     trade.Buyer,
	reflect.TypeFor[order.Event]():    order.Reviewed{Rating: 5, Text: "good"},
}

// fill sets every field of a struct, those of structs within it, and one element of every list.
func fill(v reflect.Value) {
	if x, ok := filled[v.Type()]; ok {
		v.Set(reflect.ValueOf(x))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(1)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	}
}

func full[S any]() S {
	var s S
	fill(reflect.ValueOf(&s).Elem())
	return s
}

// TestStatesAsJSON holds the JSON of every state that a read returns to its golden file: a state in
// which each field has a value, so that the file has every key.
func TestStatesAsJSON(t *testing.T) {
	f := ordertest.Desk(t)
	f.PayLaterOrderAt(paylater.PhasePaid, ordertest.CNY("100"))
	f.Do(ordertest.Merchant, desk.OnFunds(ordertest.Merchant.Account, ordertest.CNY("1").Currency(), funds.BindCard{Card: "6222020000000000000", Holder: ordertest.Merchant.Account}))
	balance, _, err := f.Desk.ReadFunds(t.Context(), ordertest.Merchant, ordertest.Merchant.Account, ordertest.CNY("1").Currency())
	if err != nil {
		t.Fatal(err)
	}
	for name, state := range map[string]any{
		"order": full[order.Order](), "service": full[seller.Service](), "entrustment": full[entrustment.Entrustment](),
		"line": full[credit.Line](), "line-page": full[credit.Page](), "line-statement": full[credit.Statement](),
		"paylater": full[paylater.Order](), "reservation": full[reservation.Reservation](), "entry": full[desk.Entry](),
		"funds": balance, "funds-page": full[funds.Page](), "funds-statement": full[funds.Statement](), "withdrawal": full[funds.Withdrawal](),
	} {
		text, err := json.Marshal(state)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if bytes.Contains(text, []byte(`"0001-01-01`)) || bytes.ContainsFunc(text, func(r rune) bool { return r == '�' }) {
			t.Errorf("%s has a zero instant: %s", name, text)
		}
		var tree any
		if err := json.Unmarshal(text, &tree); err != nil {
			t.Fatal(err)
		}
		snakes(t, name, tree)
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		pretty.WriteByte('\n')
		path := filepath.Join("testdata", "states", name+".json")
		if *updateStates {
			if err := os.WriteFile(path, pretty.Bytes(), 0o644); err != nil { //nolint:gosec // it is part of the repository
				t.Fatal(err)
			}
		}
		if want := must(os.ReadFile(path)); !bytes.Equal(pretty.Bytes(), want) {
			t.Errorf("%s is\n%s\nwant\n%s", name, pretty.Bytes(), want)
		}
	}
	if text := string(must(json.Marshal(order.New(trade.ID{})))); text != "{}" {
		t.Errorf("an order that does not exist is %s", text)
	}
}

// snakes checks that all keys are in snake_case.
func snakes(t *testing.T, name string, tree any) {
	switch tree := tree.(type) {
	case map[string]any:
		for key, inner := range tree {
			if key != strings.ToLower(key) || strings.ContainsAny(key, "- ") {
				t.Errorf("%s has the key %q", name, key)
			}
			snakes(t, name, inner)
		}
	case []any:
		for _, inner := range tree {
			snakes(t, name, inner)
		}
	}
}
